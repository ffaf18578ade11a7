"""How exact figures are rounded where they are shown."""

from fractions import Fraction
from typing import overload

SHARE_PLACES = 3
INDEX_PLACES = 3
PROBABILITY_PLACES = 4
RATE_PLACES = 1
PLAN_PLACES = 1


@overload
def half_up(value: Fraction | float, places: int) -> float: ...
@overload
def half_up(value: None, places: int) -> None: ...
def half_up(value: Fraction | float | None, places: int) -> float | None:
    """Return `value` to `places` decimals, a tie going away from zero; null stays null.

    Exact for `int` and `Fraction`; a float is read as the shortest decimal that prints it, so that 0.00005 is a tie
    for whoever reads it, whatever its bits are. The result prints with at most `places` decimals and is never -0.0.

    Raises:
        ValueError: `value` is not finite.

    Source: PRODUCT.md section 4, "Shown half up".
    """
    if value is None:
        return None
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    scale: int = 10**places
    units = (abs(exact) * scale * 2 + 1) // 2
    return (units if exact >= 0 else -units) / scale
