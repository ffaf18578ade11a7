"""What people are told of a target's pace: a title and a body, Korean first, then English.

Source: PRODUCT.md section 5: while a target's `plan_basis` is assumed, the message says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service.core.pace import Pace
from service.core.summaries import PACE_WORDS
from service.core.targets import PlanBasis
from service.core.text import Text

_ASSUMED = Text(
    "계획의 시기별 배분은 아직 확정되지 않은 가정입니다.",
    "The plan's shape is an assumption that has not been confirmed.",
)
_SYNTHETIC = Text(
    "이 수치에는 시연용 가상 자료가 들어 있습니다.", "These figures include records made up for demonstration."
)
_CHANGED = Text("추진 상황: {before} → {after} ({since}부터)", "Pace: {before} → {after} (since {since})")
_BEGUN = Text("추진 상황: {after} ({since}부터)", "Pace: {after} (since {since})")
_CHANGED_BEFORE_THE_WINDOW = Text("추진 상황: {before} → {after}", "Pace: {before} → {after}")
_STILL = Text("추진 상황: 계속 {after} ({since}부터)", "Pace: still {after} (since {since})")
_TITLE = Text("{after}", "{after}")
_STILL_TITLE = Text("계속 {after}", "still {after}")
_SUMMARY = Text("{summary}", "{summary}")
_CORRECTED = Text(
    "앞서 알린 결과({before})를 바로잡습니다.", "This corrects the result that was told before ({before})."
)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out: `title` is one line."""

    title: str
    body: str


def message(progress: Mapping[str, Any], *, before: Pace, after: Pace) -> Message:
    """Return what to tell of a change of pace, or, if it is the same, of one that lasts.

    `progress` as JSON has it, with `summary` in Korean and `summary_en`.
    """
    said = [_filled(words, progress, before, after) for words in _words(progress, before, after)]
    ko = [progress["name_ko"], *(one.ko for one in said)]
    en = [progress["name_en"], *(one.en for one in said)]
    title = _filled(_STILL_TITLE if before is after else _TITLE, progress, before, after)
    return Message(f"[AX Registry] {progress['name_ko']}: {title.ko} · {title.en}", "\n".join([*ko, "", *en]))


def _words(progress: Mapping[str, Any], before: Pace, after: Pace) -> Iterator[Text]:
    if before in (Pace.MET, Pace.MISSED):
        yield _CORRECTED
    yield _headline(progress, before, after)
    yield _SUMMARY
    if progress["plan_basis"] == PlanBasis.ASSUMED.value:
        yield _ASSUMED
    if progress["synthetic"]:
        yield _SYNTHETIC


def _headline(progress: Mapping[str, Any], before: Pace, after: Pace) -> Text:
    """Return what has changed; of a target that had not started, or of which nothing was told yet, only what is so."""
    if before is after:
        return _STILL
    if not progress["since"]:
        return _CHANGED_BEFORE_THE_WINDOW
    return _BEGUN if before is Pace.NOT_STARTED else _CHANGED


def _filled(words: Text, progress: Mapping[str, Any], before: Pace, after: Pace) -> Text:
    old, new, since = PACE_WORDS[before], PACE_WORDS[after], progress["since"]
    return Text(
        words.ko.format(before=old.ko, after=new.ko, since=since, summary=progress["summary"]),
        words.en.format(before=old.en, after=new.en, since=since, summary=progress["summary_en"]),
    )


# --- when a message is sent again ---

GIVE_UP_AFTER = timedelta(days=1)
"""What nobody took for so long is news no more; the alert stands in the register all the same."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after this many attempts, 1 or more: twice as long each time, an hour at most."""
    doublings = min(attempts - 1, 10)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
