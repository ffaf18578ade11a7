"""A chart of one programme day by day, as an SVG: value, plan and chance, and when each rule raised its alarm."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from service.core.pace import DayPace
from service.core.targets import Target

WIDTH, LEFT, RIGHT = 960, 200, 930
COUNTS_TOP, COUNTS_BOTTOM = 96, 336
CHANCE_TOP, CHANCE_BOTTOM = 380, 520
ROWS_TOP, ROW = 566, 34
INK, QUIET, GRID = "#1f2937", "#4b5563", "#d1d5db"
BLUE, ORANGE, RED, GREEN = "#1d4ed8", "#b45309", "#b91c1c", "#15803d"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""English whatever the locale of the process is."""
STYLE = (
    "text { font: 14px 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', 'Apple SD Gothic Neo', sans-serif; }"
    " .title { font-size: 19px; font-weight: 700; } .part { font-weight: 700; } .small { font-size: 12px; }"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What is drawn: `alarms` maps (Korean, English) names of rules to the number of a day, or null.

    `registered`: how many are there by the end of each day that have landed or are still promised.
    """

    target: Target
    days: Sequence[DayPace]
    registered: Sequence[int]
    alarms: dict[tuple[str, str], int | None]
    title: tuple[str, str]


def chart(programme: Programme) -> str:
    """Return the chart as an SVG document that needs nothing else."""
    height = ROWS_TOP + ROW * len(programme.alarms) + 46
    korean, english = (escape(text) for text in programme.title)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" lang="ko">',
            f"<title>{korean}</title><desc>{english}</desc>",
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            _text(20, 34, korean, css="title"),
            _text(20, 58, english, fill=QUIET),
            *_months(programme, bottom=height - 40),
            *_counts(programme),
            *_chances(programme),
            *_alarm_rows(programme),
            "</svg>",
            "",
        ]
    )


# --- the three parts ---


def _months(programme: Programme, bottom: int) -> Iterator[str]:
    for number, day in enumerate(programme.days, 1):
        if day.day.day == 1:
            x = _x(programme, number - 1)
            yield _line(x, COUNTS_TOP, x, bottom, GRID)
            yield _text(x + 4, bottom + 18, f"{day.day.month}월", css="small", fill=QUIET)
            yield _text(x + 4, bottom + 33, MONTHS[day.day.month - 1], css="small", fill=QUIET)


def _counts(programme: Programme) -> Iterator[str]:
    target, days = programme.target, programme.days
    top = max(*programme.registered, target.goal) * 1.05

    def y(count: float) -> float:
        return COUNTS_BOTTOM - (COUNTS_BOTTOM - COUNTS_TOP) * count / top

    yield _text(20, COUNTS_TOP + 12, "건수", css="part")
    yield _text(56, COUNTS_TOP + 12, "Count", fill=QUIET)
    yield _legend(COUNTS_TOP + 48, BLUE, "실적", "value", width=3.5)
    yield _legend(COUNTS_TOP + 84, QUIET, "직선 계획", "straight plan", dash="6 4")
    yield _legend(COUNTS_TOP + 120, GREEN, "사전 등록 포함", "with those ahead", width=1.5)
    yield _line(LEFT, COUNTS_BOTTOM, RIGHT, COUNTS_BOTTOM, INK)
    yield _line(LEFT, y(target.goal), RIGHT, y(target.goal), GRID)
    yield _text(LEFT + 6, y(target.goal) - 6, f"목표치 goal {target.goal}", css="small", fill=QUIET)
    yield _line(LEFT, y(0), RIGHT, y(target.goal), QUIET, width=2, dash="6 4")
    yield _steps(programme, [y(count) for count in programme.registered], GREEN, width=1.5)
    yield _steps(programme, [y(day.value) for day in days], BLUE, width=3.5)


def _chances(programme: Programme) -> Iterator[str]:
    policy = programme.target.alert_policy

    def y(chance: float) -> float:
        return CHANCE_BOTTOM - (CHANCE_BOTTOM - CHANCE_TOP) * chance

    yield _text(20, CHANCE_TOP + 12, "달성 확률", css="part")
    yield _text(20, CHANCE_TOP + 30, "Chance of the goal", fill=QUIET)
    for chance, colour in ((0, INK), (policy.raise_below, RED), (0.5, GRID), (1, GRID)):
        yield _line(LEFT, y(chance), RIGHT, y(chance), colour)
        yield _text(LEFT - 8, y(chance) + 4, f"{chance:.0%}", css="small", fill=QUIET, anchor="end")
    known = [number for number, day in enumerate(programme.days, 1) if day.probability is not None]
    if known and known[0] > 1:
        yield _text(LEFT + 6, y(0.75), "아직 등록 없음", css="small", fill=QUIET)
        yield _text(LEFT + 6, y(0.75) + 16, "nothing known yet", css="small", fill=QUIET)
    heights = [y(day.probability) for day in programme.days if day.probability is not None]
    yield _steps(programme, heights, ORANGE, width=2.5, first=known[0] if known else 1)


def _alarm_rows(programme: Programme) -> Iterator[str]:
    yield _text(20, ROWS_TOP - 18, "규칙별 경보", css="part")
    yield _text(112, ROWS_TOP - 18, "When each rule says “behind”", fill=QUIET)
    for place, ((korean, english), number) in enumerate(programme.alarms.items()):
        top = ROWS_TOP + place * ROW
        yield _text(20, top + 13, korean)
        yield _text(20, top + 27, english, css="small", fill=QUIET)
        yield _line(LEFT, top + 14, RIGHT, top + 14, GRID)
        if number is None:
            yield _text(LEFT + 6, top + 9, "경보 없음 · no alarm", css="small", fill=GREEN)
            continue
        x, day = _x(programme, number - 1), programme.days[number - 1].day
        yield f'<path d="M{x:.1f} {top + 4} l11 10 l-11 10 z" fill="{RED}"/>'
        yield _text(x + 16, top + 10, f"{day.month}월 {day.day}일 · {day.day} {MONTHS[day.month - 1]}", fill=RED)


# --- shapes ---


def _x(programme: Programme, number: int) -> float:
    """Return where the end of a day stands; 0 is the eve of the window."""
    return LEFT + (RIGHT - LEFT) * number / len(programme.days)


def _steps(programme: Programme, heights: Sequence[float], colour: str, *, width: float, first: int = 1) -> str:
    """Return a line that stays level through each day; the first height is that of the day `first`."""
    path = f"M{_x(programme, first - 1):.1f} {heights[0]:.1f}"
    for number, (before, height) in enumerate(zip([heights[0], *heights], heights, strict=False), first):
        if height != before:
            path += f"H{_x(programme, number - 1):.1f}V{height:.1f}"
    path += f"H{_x(programme, first - 1 + len(heights)):.1f}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def _legend(y: float, colour: str, korean: str, english: str, *, width: float = 2, dash: str = "") -> str:
    return (
        _line(20, y - 5, 44, y - 5, colour, width=width, dash=dash)
        + _text(52, y, korean)
        + _text(52, y + 15, english, css="small", fill=QUIET)
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = "") -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"{dashes}/>'


def _text(x: float, y: float, text: str, *, css: str = "", fill: str = INK, anchor: str = "start") -> str:
    style = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{style} fill="{fill}" text-anchor="{anchor}">{text}</text>'
