"""How likely each count is, when only the mean and the variance of the count are known."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from math import ceil, floor, fsum, sqrt

NO_MEAN = 1e-12
ABOVE_MEAN = 1 + 1e-9
MOST_TRIALS = 1_000_000
SHARE_TOLERANCE = 1e-12
EXACT_DEVIATION = 10_000
"""Counts that deviate more than this are reckoned in larger steps, so that no target whatever stops the clock; chances
are then off by 0.00003 at most. The programme's own goals are a hundred times below it."""
NEGLIGIBLE = 1e-20
"""Counts this much less likely than the likeliest one are left out."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How likely each count is: `weights`, in any unit, of the counts from `first` on; all others are negligible.

    `step`: how many make one of these counts; 1 but for very wide spreads.
    """

    first: int
    weights: tuple[float, ...]
    step: int = 1

    def at_least(self, count: int) -> float:
        """Return the chance, 0 to 1, of `count` or more."""
        place = (count + self.step // 2) // self.step - self.first
        return fsum(self.weights[max(place, 0) :]) / fsum(self.weights)

    def smallest(self, *shares: float) -> list[int]:
        """Return, for each share (above 0 to below 1), the smallest count that is not exceeded with that chance."""
        sums = list(accumulate(self.weights))
        places = (bisect_left(sums, (share - SHARE_TOLERANCE) * sums[-1]) for share in shares)
        return [(self.first + place) * self.step for place in places]


@lru_cache(maxsize=1)  # the same one is asked for its tail and for its quantiles; a very wide one takes 0.1 s
def spread(mean: float, variance: float) -> Spread:
    """Return the spread of a count: negative binomial if its variance is above the mean, else binomial (or Poisson).

    Neither is below 0. Nothing but 0 is likely for a mean up to `NO_MEAN`.

    Source: research/forecast.md, section 2, step 6.
    """
    if mean <= NO_MEAN:
        return Spread(0, (1.0,))
    step = max(1, ceil(sqrt(variance) / EXACT_DEVIATION))
    return replace(_spread(mean / step, variance / step**2), step=step)


def _spread(mean: float, variance: float) -> Spread:
    if variance > mean * ABOVE_MEAN:
        return _walk(rise=mean**2 / variance, slope=1 - mean / variance)
    lacking = mean - variance
    if lacking * MOST_TRIALS <= mean**2 or mean > MOST_TRIALS:
        return _walk(rise=mean, slope=0.0)
    trials = max(1, ceil(mean**2 / lacking - 1e-9), ceil(mean))
    if trials == mean:  # every trial succeeds
        return Spread(trials, (1.0,))
    odds = mean / (trials - mean)
    return _walk(rise=trials * odds, slope=-odds)


def _walk(rise: float, slope: float) -> Spread:
    """Return the spread in which count x + 1 is (rise + slope · x) / (x + 1) times as likely as x.

    The three families have this one shape (Katz): slope is above 0 for the negative binomial, 0 for Poisson, below 0
    for the binomial. Walking both ways from the likeliest count needs no factorials and never underflows.
    """
    top = max(floor((rise - 1) / (1 - slope)) + 1, 0)
    above, below = [], []
    weight, count = 1.0, top
    while weight > NEGLIGIBLE:
        above.append(weight)
        weight *= (rise + slope * count) / (count + 1)
        count += 1
    weight, count = 1.0, top
    while count > 0 and weight > NEGLIGIBLE:
        count -= 1
        weight *= (count + 1) / (rise + slope * count)
        below.append(weight)
    return Spread(count, (*reversed(below), *above))
