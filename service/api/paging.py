"""Pages of a list by key: from the `after` of a query to a position, and from a page to its answer."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import orjson
from starlette.responses import Response

from service.api.answers import page_answer
from service.core.errors import Invalid
from service.core.fields import parameter_problem
from service.core.pages import Page
from service.web.dependencies import Call

Item = TypeVar("Item")


def read_position(call: Call, asked: Mapping[str, Any], *, scope: str, length: int) -> tuple[str, ...] | None:
    """Return the position of the query's cursor in the list named `scope`, or None for the first page.

    Raises:
        Invalid: the cursor is not ours, or of another list or order.
    """
    if asked["after"] is None:
        return None
    position = call.resources.cursors.read(scope, asked["after"], length=length)
    if position is None:
        raise Invalid([parameter_problem("after", "bad_cursor")])
    return position


def answer_page(call: Call, page: Page[Item], show: Callable[[Item], dict[str, Any]], *, scope: str) -> Response:
    """Return a page, each item as `show` gives its fields, with the cursor of the next one."""
    following = None if page.position is None else call.resources.cursors.write(scope, page.position)
    return page_answer(call.request, b",".join(orjson.dumps(show(item)) for item in page.items), following)
