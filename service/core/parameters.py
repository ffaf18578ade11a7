"""The rules of query parameters: they arrive as text, once each, and unknown ones are refused."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.core.errors import FieldProblem
from service.core.fields import NAME_LENGTH, Bad, instant, parameter_problem, text
from service.core.text import fold

LIMIT_DEFAULT = 50
LIMIT_MOST = 200
SEARCH_LEAST = 2
_DIGITS_MOST = 18
_WORDS = text(NAME_LENGTH)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: the rule of its text, what leaving it out means, and its words in the API's document."""

    rule: Callable[[str], Any]
    default: Any = None
    description: str = ""
    example: Any = None
    values: Sequence[str] = ()
    is_integer: bool = False
    is_required: bool = False


Parameters = Mapping[str, Parameter]


def check_parameters(
    given: Sequence[tuple[str, str]], parameters: Parameters
) -> tuple[dict[str, Any], list[FieldProblem]]:
    """Return the clean value of every parameter (its default where it was left out), and every problem found."""
    values = {name: parameter.default for name, parameter in parameters.items()}
    problems: list[FieldProblem] = []
    seen: set[str] = set()
    for name, raw in given:
        parameter = parameters.get(name)
        if parameter is None:
            known = ", ".join(parameters) or "-"
            problems.append(parameter_problem(name[:100], "unknown_parameter", known=known))
        elif name in seen:
            problems.append(parameter_problem(name, "repeated_parameter"))
        else:
            seen.add(name)
            try:
                values[name] = parameter.rule(raw)
            except Bad as bad:
                problems.append(FieldProblem(name, bad.code, bad.message, is_parameter=True))
    problems += [
        parameter_problem(name, "required")
        for name, parameter in parameters.items()
        if parameter.is_required and name not in seen
    ]
    return values, problems


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Make the rule of a whole number in decimal digits, between `low` and `high`, both included."""

    def rule(raw: str) -> int:
        if not (raw.isascii() and raw.removeprefix("-").isdigit() and len(raw) <= _DIGITS_MOST):
            raise Bad("not_an_integer")
        number = int(raw)
        if not low <= number <= high:
            raise Bad("out_of_range", low=low, high=high)
        return number

    return rule


def true_or_false(raw: str) -> bool:
    """Take `true` or `false`."""
    if raw not in ("true", "false"):
        raise Bad("not_true_or_false")
    return raw == "true"


def search_words(raw: str) -> str:
    """Take part of a name, two to 200 characters; return it as searches compare it."""
    # Folding can make one character of two (two lone letters one syllable), and the index knows no single ones.
    folded = fold(_WORDS(raw))
    if len(folded) < SEARCH_LEAST:
        raise Bad("too_short", limit=SEARCH_LEAST)
    return folded


def instant_in_query(raw: str) -> datetime:
    """Take an RFC 3339 instant, also where the `+` of its zone arrives unescaped and so as a space."""
    return instant(re.sub(r" (?=\d\d:\d\d$)", "+", raw))


def cursor_text(raw: str) -> str:
    """Take the text of a cursor; whether it is ours is seen when it is read."""
    if not raw or not raw.isascii():
        raise Bad("bad_cursor")
    return raw


PAGE: Parameters = {
    "limit": Parameter(
        whole_number(1, LIMIT_MOST),
        default=LIMIT_DEFAULT,
        description=f"How many items a page has, 1 to {LIMIT_MOST}.",
        example=LIMIT_DEFAULT,
        is_integer=True,
    ),
    "after": Parameter(cursor_text, description="Go on after this page: the `next` of the one before."),
}
