"""How well rules did in simulated programmes, and the tables that say so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from benchmarks.pace_worlds import WORLDS
from benchmarks.report import table

STRAIGHT, RATIO, COUNTS, OURS = "straight line", "ratio < 0.8", "counts alone", "with the pipeline"
RULES = (STRAIGHT, RATIO, COUNTS, OURS)
UNFORESEEN = ("T", "T+")
"""Worlds in which the register holds nothing of what comes: before the call a chance isn't worth its name."""
NEAR = 0.05
Alarms = dict[str, int | None]
"""The number of the day on which each rule first says that the target will be missed; null if it never does."""

SOURCE = {
    "A": (0.97, 0.97, 0.03, 0.71),
    "B": (0.97, 0.92, 0.02, 0.54),
    "C": (0.86, 0.98, 0.14, 0.60),
    "D": (0.98, 0.99, 0.03, 0.93),
    "E": (0.97, 0.98, 0.04, 0.92),
    "F": (0.96, 0.99, 0.03, 0.53),
    "G": (0.95, 0.98, 0.04, 0.48),
    "H": (0.99, 0.97, 0.01, 0.70),
    "I": (0.97, 1.00, 0.05, 0.91),
    "J": (0.92, 0.96, 0.08, 0.82),
    "K": (0.96, 0.96, 0.04, 0.75),
    "L": (0.99, 0.97, 0.01, 0.92),
    "M": (0.99, 0.97, 0.02, 0.32),
    "N": (1.00, 0.94, 0.00, 0.20),
    "P": (0.98, 0.97, 0.02, 0.59),
    "Q": (1.00, 0.97, 0.00, 0.44),
    "R": (0.93, 0.98, 0.07, 0.92),
}
"""Precision, recall, false alarm and lead of our rule in the study it was chosen by (research/forecast.md, section 4),
made with other simulators of the same descriptions; without T, of which it gives less."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a programme ended, when each rule raised its alarm, and which chances were given on the way."""

    world: str
    is_met: bool
    alarms: Alarms
    chances: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule did in a world; null where there was nothing to divide by."""

    precision: float | None
    recall: float | None
    false_alarm: float | None
    lead: float | None


def score(outcomes: Sequence[Outcome], rule: str) -> Score:
    """Return how `rule` did in these programmes of one world."""
    missed = [outcome for outcome in outcomes if not outcome.is_met]
    rightly = [day for outcome in missed if (day := outcome.alarms[rule]) is not None]
    wrongly = sum(outcome.is_met and outcome.alarms[rule] is not None for outcome in outcomes)
    window = WORLDS[outcomes[0].world].target.window_days
    return Score(
        precision=_share(len(rightly), len(rightly) + wrongly),
        recall=_share(len(rightly), len(missed)),
        false_alarm=_share(wrongly, len(outcomes) - len(missed)),
        lead=1 - median(rightly) / window if rightly else None,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True, slots=True)
class Tenth:
    """The chances given between two tenths: how many, what they were on average, and the share of goals then met."""

    number: int
    count: int
    said: float
    met: float


def calibration(outcomes: Iterable[Outcome]) -> list[Tenth]:
    """Return how often what was said came true, for each tenth in which anything was said."""
    tenths: list[list[tuple[float, bool]]] = [[] for _ in range(10)]
    for outcome in outcomes:
        for chance in outcome.chances:
            tenths[min(int(chance * 10), 9)].append((chance, outcome.is_met))
    return [
        Tenth(number, len(given), mean(chance for chance, _ in given), mean(is_met for _, is_met in given))
        for number, given in enumerate(tenths)
        if given
    ]


def calibration_error(outcomes: Iterable[Outcome]) -> float | None:
    """Return by how much what was said and what came true differ, on average over all that was said."""
    tenths = calibration(outcomes)
    said = sum(tenth.count for tenth in tenths)
    return sum(abs(tenth.said - tenth.met) * tenth.count for tenth in tenths) / said if said else None


# --- tables ---


def tables(by_world: dict[str, list[Outcome]]) -> str:
    """Return all tables of the study as Markdown."""
    foreseen = [outcome for letter, group in by_world.items() if letter not in UNFORESEEN for outcome in group]
    return "\n\n".join(
        [
            "### False alarms: how many of the programmes that met their goal were called behind",
            false_alarm_table(by_world),
            "### Precision / recall / lead",
            quality_table(by_world),
            "### Beside the study that the rule was chosen by (our rule)",
            source_table(by_world),
            f"### Calibration, over all worlds but {' and '.join(UNFORESEEN)}",
            calibration_table(foreseen),
        ]
    )


def false_alarm_table(by_world: dict[str, list[Outcome]]) -> str:
    """Return the share of false alarms, world by world and rule by rule."""
    rows = [
        (
            _name(letter),
            *(_two_places(score(group, rule).false_alarm) for rule in RULES),
            f"{sum(outcome.is_met for outcome in group)} of {len(group)}",
        )
        for letter, group in by_world.items()
    ]
    return table(("world", *RULES, "goals met"), rows)


def quality_table(by_world: dict[str, list[Outcome]]) -> str:
    """Return precision, recall and lead, world by world and rule by rule, and how far our chances were off."""
    rows = [
        (
            _name(letter),
            *(_slashed(found.precision, found.recall, found.lead) for found in (score(group, rule) for rule in RULES)),
            _two_places(calibration_error(group)),
        )
        for letter, group in by_world.items()
    ]
    return table(("world", *RULES, "calibration error"), rows)


def source_table(by_world: dict[str, list[Outcome]]) -> str:
    """Return our rule's figures here and in its source, and which of them are further apart than ±.05."""
    rows = []
    for letter, group in by_world.items():
        if letter in SOURCE:
            found = score(group, OURS)
            here = (found.precision, found.recall, found.false_alarm, found.lead)
            rows.append((_name(letter), _slashed(*here), _slashed(*SOURCE[letter]), _apart(here, SOURCE[letter])))
    return table(("world", "precision / recall / false alarm / lead here", "there", "apart by more than .05"), rows)


def _apart(here: Sequence[float | None], there: Sequence[float]) -> str:
    names = ("precision", "recall", "false alarm", "lead")
    far = [
        f"{name} {ours - theirs:+.2f}"
        for name, ours, theirs in zip(names, here, there, strict=True)
        if ours is not None and abs(ours - theirs) >= NEAR + 0.005  # both are compared as they are shown
    ]
    return ", ".join(far) or "–"


def calibration_table(outcomes: Iterable[Outcome]) -> str:
    """Return what was said, tenth by tenth, and what came true."""
    rows = [
        (
            f"{10 * tenth.number} to {10 * tenth.number + 10} %",
            f"{tenth.said:.0%}",
            f"{tenth.met:.0%}",
            f"{tenth.count:,}",
        )
        for tenth in calibration(outcomes)
    ]
    return table(("chance given", "on average", "goals then met", "forecasts"), rows)


def _name(letter: str) -> str:
    return f"{letter} {WORLDS[letter].name}"


def _slashed(*figures: float | None) -> str:
    return " / ".join(_two_places(figure) for figure in figures)


def _two_places(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.2f}"
