"""One page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in order, and where the list goes on: the sort values of the last one, or None at its end."""

    items: Sequence[Item]
    position: tuple[str, ...] | None
