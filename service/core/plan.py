"""The path a target asks for: how many by the end of each day, and the day on which a number is due."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from service.core.targets import Target


class EmptyWindow(ValueError):
    """The window holds no day: the target is due before it starts, so no plan can be made."""


@dataclass(frozen=True, slots=True)
class Path:
    """A target's plan from one start: linear, in whole days, through points (the day's ordinal, count).

    The first point is the eve of `starts_on` with the start, the last one `due_on` with the goal. Days are ordinals
    inside, because the eve of the calendar's first day is no date.
    """

    points: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """What was there on the eve of the window."""
        return self.points[0][1]

    @property
    def goal(self) -> int:
        """What is to be there at the end of the window."""
        return self.points[-1][1]

    def plan(self, day: date) -> Fraction:
        """Return the count that the path asks for by the end of `day`.

        Unit: whole factories or models; exact, not rounded. The start up to the eve of `starts_on`, the goal from
        `due_on` on.

        Source: PRODUCT.md section 4, "Plan".
        """
        ordinal = day.toordinal()
        place = bisect_left(self.points, (ordinal + 1,))
        if place == 0:
            return Fraction(self.start)
        if place == len(self.points):
            return Fraction(self.goal)
        (left, low), (right, high) = self.points[place - 1], self.points[place]
        return low + Fraction((high - low) * (ordinal - left), right - left)

    def days_to_reach(self, count: int) -> int:
        """Return the first day on which the plan asks for `count` or more, in days after the eve of the window.

        0 (the eve) for a count up to the start; a count above the goal is taken as the goal.
        """
        wanted = min(count, self.goal)
        place = next(place for place, (_, asked) in enumerate(self.points) if asked >= wanted)
        if place == 0:
            return 0
        (left, low), (right, high) = self.points[place - 1], self.points[place]
        return left - self.points[0][0] - (low - wanted) * (right - left) // (high - low)

    def first_day_reaching(self, count: int) -> date:
        """Return the first day, not before the eve of the window, whose plan is `min(count, goal)` or more."""
        return date.fromordinal(max(self.points[0][0] + self.days_to_reach(count), date.min.toordinal()))


def path(target: Target, start: int) -> Path:
    """Return the path of `target` from `start`, the count on the eve of `starts_on`.

    Points of the trajectory below the start are lifted to it.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.

    Source: PRODUCT.md section 4, "Plan".
    """
    if target.starts_on > target.due_on:
        raise EmptyWindow(target.code)
    eve, due = target.starts_on.toordinal() - 1, target.due_on.toordinal()
    points = ((on.toordinal(), max(count, start)) for on, count in target.trajectory)
    return Path(((eve, start), *(point for point in points if eve < point[0] < due), (due, target.goal)))


def plan(target: Target, start: int, day: date) -> Fraction:
    """Return the count that `target` asks for by the end of `day`; see `Path.plan`, which serves many days.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.
    """
    return path(target, start).plan(day)
