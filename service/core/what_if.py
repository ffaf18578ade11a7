"""What if so many more were there by a day: records that nobody registered, dated evenly up to it.

Source: PRODUCT.md section 7, "what-if".
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from service.core.errors import Invalid
from service.core.fields import LAST_DAY, Field, check_body, day, integer, problem
from service.core.targets import GOAL_AT_MOST

FIELDS = {"add": Field(integer(1, GOAL_AT_MOST), required=True), "by": Field(day, required=True)}


@dataclass(frozen=True, slots=True)
class Supposed:
    """So many records more, the last of them dated `by`."""

    add: int
    by: date

    def dated(self, today: date) -> Counter[date]:
        """Return how many are dated on each day, evenly from tomorrow to `by`, which lies after `today`.

        By the end of each day as many are there, rounded down, as its share of the days asks for.
        """
        days = (self.by - today).days
        there = [self.add * number // days for number in range(days + 1)]
        return Counter(
            {today + timedelta(days=number): there[number] - there[number - 1] for number in range(1, days + 1)}
        )


def check_supposed(body: Mapping[str, Any], *, today: date) -> Supposed:
    """Return what a body supposes.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
    """
    values, problems = check_body(body, FIELDS)
    if values.get("by") and values["by"] <= today:
        problems.append(problem("by", "out_of_range", low=today + timedelta(days=1), high=LAST_DAY))
    if problems:
        raise Invalid(problems)
    return Supposed(values["add"], values["by"])
