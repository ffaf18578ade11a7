"""A target's progress in one or two plain sentences, Korean and English.

The first says where it stands: how many, how far from the plan, how likely the goal is to be met in time. The second
says what is needed against what was had, and what the records waiting for review would change. In Korean a number
always carries its unit (개, 일) and sits before it, so that a particle is the same whatever the number ends in.

Source: PRODUCT.md section 4, `summary`.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from service.core.pace import Pace, Progress
from service.core.rounding import RATE_PLACES, half_up
from service.core.standing import Standing
from service.core.targets import Metric, PlanBasis, Target
from service.core.text import MONTHS, Text

PACE_WORDS: Mapping[Pace, Text] = {
    Pace.NOT_STARTED: Text("시작 전", "not started"),
    Pace.AHEAD: Text("앞섬", "ahead"),
    Pace.ON_TRACK: Text("순조", "on track"),
    Pace.AT_RISK: Text("주의", "at risk"),
    Pace.BEHIND: Text("지연", "behind"),
    Pace.MET: Text("달성", "met"),
    Pace.MISSED: Text("미달", "missed"),
}

LEAST_SHOWN = 0.01
"""A chance nearer to 0 or 1 is not told apart: the forecast is not that exact."""

# --- parts ---

_NOTHING = Text("", "")
_COUNTED = {  # with the particle of a topic, which is 는 or 은
    Metric.FACTORIES: Text("AI 팩토리는", "AI factories"),
    Metric.FOUNDATION_MODELS: Text("AI 파운데이션 모델은", "AI foundation models"),
}
_PLAN = {
    PlanBasis.ASSUMED: Text("계획(시기별 배분은 가정)", "the plan (its shape is an assumption)"),
    PlanBasis.CONFIRMED: Text("계획", "the plan"),
}
_NOTE = {  # for a sentence that does not speak of the plan
    PlanBasis.ASSUMED: Text("(계획의 시기별 배분은 가정)", " (the plan's shape is an assumption)"),
    PlanBasis.CONFIRMED: _NOTHING,
}
_BEHIND = Text("{plan}보다 {days} 늦으며, ", ", {days} behind {plan}")
_LEVEL = Text("{plan}대로이며, ", ", level with {plan}")
_AHEAD = Text("{plan}보다 {days} 빠르며, ", ", {days} ahead of {plan}")
_LESS_THAN_A_DAY = Text("하루 미만", "less than a day")
_RECKONED = Text("(확률에 이미 반영)", " (already part of that chance)")

# --- where it stands ---

_RUNNING = Text(
    "{as_of} 기준 {counted} {due}까지의 목표 {goal}개 중 {value}개로, {place}추진 상황은 ‘{pace}’"
    "(기한 내 달성 확률 {chance})입니다.",
    "On {as_of}, {counted} stand at {value} of the {goal} due by {due}{place}; the chance of reaching the goal in time "
    "is {chance} ({pace}).",
)
_SILENT = Text(  # true of a past day too, whatever was brought in since
    "{as_of} 기준 {counted} {due}까지의 목표 {goal}개 중 {value}개로, {place}그날까지 등록된 {starts} 이후의 실적과 "
    "예정이 없어 달성 확률은 산출하지 않습니다.",
    "On {as_of}, {counted} stand at {value} of the {goal} due by {due}{place}; no chance is worked out, for nothing "
    "from {starts} on was registered by that day.",
)
_BEFORE = Text(
    "{as_of} 기준 {counted} {due}까지의 목표 {goal}개 중 {value}개로, {starts}에 시작하는 목표이므로 달성 확률은 아직 "
    "산출하지 않습니다{note}.",
    "On {as_of}, {counted} stand at {value} of the {goal} due by {due}; the period starts on {starts}, and no chance "
    "is worked out before{note}.",
)
_TO_COME = Text(
    "현재 등록된 대로라면 {as_of}에 {counted} {due}까지의 목표 {goal}개 중 {value}개로, {place}장래 시점이므로 달성 "
    "확률은 산출하지 않습니다",
    "As registered so far, {counted} on {as_of} stand at {value} of the {goal} due by {due}{place}; no chance is "
    "worked out for a day to come",
)
_REACHED = Text(
    "{as_of} 기준 {counted} {value}개로 {due}까지의 목표 {goal}개를 달성했습니다{note}.",
    "On {as_of}, {counted} stand at {value} and have reached the goal of {goal} by {due}{note}.",
)
_REACHED_EARLY = Text(
    "{as_of} 기준 {counted} {value}개로 {due}까지의 목표 {goal}개를 달성했으며, {plan}보다 {days} 빠릅니다.",
    "On {as_of}, {counted} stand at {value} and have reached the goal of {goal} by {due}, {days} ahead of {plan}.",
)
_MISSED = Text(
    "{counted} 기한인 {due}까지 목표 {goal}개 중 {value}개에 그쳐 {short}개 차이로 미달했으며, {plan}보다 {days} "
    "늦었습니다.",
    "{counted} came to {value} of the {goal} due by {due}, {days} behind {plan}: the goal is missed by {short}.",
)
_UNDECIDED = Text(
    "{counted} 기한인 {due}까지 목표 {goal}개 중 {value}개로 {short}개가 모자라며, {plan}보다 {days} 늦었습니다.",
    "{counted} came to {value} of the {goal} due by {due}, {days} behind {plan} and {short} short of the goal.",
)

# --- what is needed, and what the waiting would change ---

_NEEDED = Text(
    "기한까지 남은 {left} 동안 필요한 실적은 {short}개(월 {required}개)",
    "The goal takes {short} more in the {left} left ({required} a month)",
)
_TOO_SLOW = Text(
    "기한까지 남은 {left} 동안 {short}개(월 {required}개)가 필요한데 최근 실적은 월 {recent}개",
    "The goal takes {short} more in the {left} left ({required} a month), against {recent} a month lately",
)
_FAST_ENOUGH = Text(
    "기한까지 남은 {left} 동안 {short}개(월 {required}개)가 필요하고 최근 실적은 월 {recent}개",
    "The goal takes {short} more in the {left} left ({required} a month), with {recent} a month lately",
)
_NO_DAY_LEFT = Text("기한까지 남은 날은 없고 부족분은 {short}개", "With no day left, {short} more would be needed")
_END = Text("입니다.", ".")
_WAITING_ADDS = Text(
    "이며, {waiting}{reckoned}가 확인되면 실적은 {total}개가 됩니다.",
    ", and the {waiting}{reckoned} would make it {total} once verified.",
)
_WAITING_REACHES = Text(
    "이며, {waiting}{reckoned}가 확인되면 실적은 {total}개로 목표를 달성합니다.",
    ", and the {waiting}{reckoned} would make it {total} once verified and meet the goal.",
)
_ADDS_TO_REACHED = Text(
    "{waiting}가 확인되면 실적은 {total}개가 됩니다.", "Once verified, the {waiting} would make it {total}."
)
_DECIDES = Text(
    "{waiting}가 확인되면 실적은 {total}개로 목표를 달성하므로, 달성 여부는 확인 결과에 달려 있습니다.",
    "Once verified, the {waiting} would make it {total} and meet the goal, so the review decides.",
)
_FALLS_SHORT = Text(
    "{waiting}가 확인되어도 실적은 {total}개로 목표에 미치지 못합니다.",
    "Even once verified, the {waiting} would only make it {total}.",
)


def summary(progress: Standing, target: Target, as_of: date) -> Text:
    """Return where `target` stands at the end of `as_of`, in one or two sentences.

    `progress`: for a day to come a `Standing` that is no `Progress`, for that has no forecast. What the counts say goes
    before what the pace says: for a past day they may be known later than the pace, which was stored.
    """
    words = list(_sentences(progress, target, as_of))
    said = Text(" ".join(one.ko for one in words), " ".join(one.en for one in words))
    return _filled(said, _parts(progress, target, as_of))


def _filled(words: Text, parts: Mapping[str, Text]) -> Text:
    return Text(
        words.ko.format(**{name: part.ko for name, part in parts.items()}),
        words.en.format(**{name: part.en for name, part in parts.items()}),
    )


def _sentences(progress: Standing, target: Target, as_of: date) -> Iterator[Text]:
    if not progress.remaining:
        yield _REACHED_EARLY if (progress.days_ahead or 0) > 0 else _REACHED
        if progress.waiting:
            yield _ADDS_TO_REACHED
    elif not isinstance(progress, Progress):
        yield _to_come(progress)
        yield _outlook(progress)
    elif as_of > target.due_on:
        is_open = _waiting_reaches(progress)
        yield _UNDECIDED if is_open else _MISSED
        if progress.waiting:
            yield _DECIDES if is_open else _FALLS_SHORT
    else:
        yield _running(progress)
        yield _outlook(progress)


def _to_come(progress: Standing) -> Text:
    end = Text(".", ".") if progress.days_ahead is not None else Text("{note}.", "{note}.")
    return Text(_TO_COME.ko + end.ko, _TO_COME.en + end.en)


def _running(progress: Progress) -> Text:
    if progress.days_ahead is None:
        return _BEFORE
    return _SILENT if progress.forecast.probability is None else _RUNNING


def _outlook(progress: Standing) -> Text:
    """Return the sentence on what is needed against what was had, and what the waiting would change."""
    need, end = _need(progress), _END
    if progress.waiting:
        end = _WAITING_REACHES if _waiting_reaches(progress) else _WAITING_ADDS
    return Text(need.ko + end.ko, need.en + end.en)


def _waiting_reaches(progress: Standing) -> bool:
    return progress.waiting >= progress.remaining


def _need(progress: Standing) -> Text:
    required, recent = _rates(progress)
    if required is None:
        return _NO_DAY_LEFT
    if recent is None:
        return _NEEDED
    return _TOO_SLOW if recent < required else _FAST_ENOUGH


def _rates(progress: Standing) -> tuple[float | None, float | None]:
    """Return the rates required and had, as they are shown; of a day to come nothing was had."""
    recent = progress.rate_recent if isinstance(progress, Progress) else None
    return half_up(progress.rate_required, RATE_PLACES), half_up(recent, RATE_PLACES)


# --- figures in words ---


def _parts(progress: Standing, target: Target, as_of: date) -> dict[str, Text]:
    """Return all that a sentence may name."""
    required, recent = _rates(progress)
    parts = {
        "as_of": _day(as_of),
        "starts": _day(target.starts_on),
        "due": _day(target.due_on),
        "counted": _COUNTED[target.metric],
        "plan": _PLAN[target.plan_basis],
        "note": _NOTE[target.plan_basis],
        "goal": _number(progress.goal),
        "value": _number(progress.value),
        "short": _number(progress.remaining),
        "total": _number(progress.value + progress.waiting),
        "waiting": _waiting(progress),
        "days": _days(abs(progress.days_ahead)) if progress.days_ahead else _LESS_THAN_A_DAY,
        "left": _days((target.due_on - as_of).days),
        "required": _rate(required),
        "recent": _rate(recent),
        **_judgement(progress),
    }
    return parts | {"place": _filled(_place(progress.days_ahead), parts)}


def _place(days_ahead: int | None) -> Text:
    """Return how far from the plan it is, where the plan has begun."""
    if days_ahead is None:
        return _NOTHING
    if days_ahead == 0:
        return _LEVEL
    return _AHEAD if days_ahead > 0 else _BEHIND


def _judgement(progress: Standing) -> dict[str, Text]:
    if not isinstance(progress, Progress) or progress.forecast.probability is None:
        return {"reckoned": _NOTHING}
    return {
        "pace": PACE_WORDS[progress.pace],
        "chance": _chance(progress.forecast.probability),
        "reckoned": _RECKONED,
    }


def _chance(probability: float) -> Text:
    """Return a chance in whole per cent, never as a certainty in either direction."""
    if probability < LEAST_SHOWN:
        return Text("1% 미만", "less than 1%")
    if probability > 1 - LEAST_SHOWN:
        return Text("99% 초과", "more than 99%")
    return _same(f"{half_up(probability, 2):.0%}")


def _waiting(progress: Standing) -> Text:
    count = progress.waiting
    ko, en = f"확인 대기 {count:,}개", f"{_counted(count, 'record')} waiting for review"
    return Text(ko, en) if isinstance(progress, Progress) else Text(f"그날까지의 {ko}", f"{en} by then")


def _day(day: date) -> Text:
    return Text(f"{day.year}년 {day.month}월 {day.day}일", f"{day.day} {MONTHS[day.month - 1]} {day.year}")


def _days(count: int) -> Text:
    return Text(f"{count:,}일", _counted(count, "day"))


def _number(count: int) -> Text:
    return _same(f"{count:,}")


def _rate(rate: float | None) -> Text:
    return _NOTHING if rate is None else _same(f"{rate:,.{RATE_PLACES}f}".removesuffix(".0"))


def _same(shown: str) -> Text:
    return Text(shown, shown)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
