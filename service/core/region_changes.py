"""The next merger, as a file says it: what each row must be, and what the table of regions becomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from service.core.fields import LINE, NAME, Bad, Field, check_body, day
from service.core.regions import Region, RegionBook
from service.core.text import fold

COLUMNS = tuple(field.name for field in fields(Region))
_NAMES = ("code", "iso", "name_ko", "name_en", "short_ko", "short_en")


def _two_digits(value: Any) -> str:
    code = str(LINE(value))
    if not (len(code) == 2 and code.isascii() and code.isdigit()):  # noqa: PLR2004 - as the name says
        raise Bad("unknown_region")
    return code


FIELDS = {
    "code": Field(_two_digits, required=True),
    "iso": Field(LINE),
    "name_ko": Field(NAME, required=True),
    "name_en": Field(NAME, required=True),
    "short_ko": Field(NAME, required=True),
    "short_en": Field(NAME, required=True),
    "type": Field(LINE, required=True),
    "valid_from": Field(day),
    "valid_to": Field(day),
    "successor": Field(_two_digits),
}


class BadRegions(Exception):
    """The rows can't be applied; `reasons` are all of them, one sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True, slots=True)
class RegionChanges:
    """What a file changes: the table before and after, and the regions that are new or not what they were."""

    before: RegionBook
    after: RegionBook
    written: tuple[Region, ...]

    @property
    def added(self) -> list[Region]:
        """Return the regions that are new."""
        return [region for region in self.written if region.code not in self.before.by_code]

    @property
    def retired(self) -> list[Region]:
        """Return the regions that have got a successor."""
        return [region for region in self.written if region.successor and not self._had_successor(region)]

    @property
    def codes_to_rewrite(self) -> list[str]:
        """Return the codes whose factories show something else from now on: retired ones, and those renamed."""
        return [code for code, region in self.after.by_code.items() if region.successor or self._shows_anew(region)]

    def _had_successor(self, region: Region) -> bool:
        before = self.before.by_code.get(region.code)
        return before is not None and before.successor is not None

    def _shows_anew(self, region: Region) -> bool:
        before = self.before.by_code.get(region.code, region)
        return (before.iso, before.name_ko, before.name_en) != (region.iso, region.name_ko, region.name_en)


def read_changes(rows: Iterable[Mapping[str, Any]], book: RegionBook, *, today: date) -> RegionChanges:
    """Return what `rows` make of the regions; each is a whole region, and regions without a row stay as they are.

    Raises:
        BadRegions: a row is wrong, or the table they make would be; every reason is named at once.
    """
    given, reasons = _check_rows(rows)
    if not reasons:
        after = RegionBook({**book.by_code, **given}.values())
        reasons = [*_time_reasons(given, today), *_successor_reasons(after), *_name_reasons(after)]
    if reasons:
        raise BadRegions(reasons)
    written = tuple(region for code, region in given.items() if book.by_code.get(code) != region)
    # A successor must be there before the region that names it.
    ordered = sorted(written, key=lambda region: (region.successor is not None, region.code))
    return RegionChanges(book, after, tuple(ordered))


def _check_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Region], list[str]]:
    given: dict[str, Region] = {}
    reasons: list[str] = []
    for number, row in enumerate(rows, start=1):
        values, problems = check_body(row, FIELDS)
        reasons += [f"row {number}, {problem.where.removeprefix('#/')}: {problem.message.en}" for problem in problems]
        if problems:
            continue
        if values["code"] in given:
            reasons.append(f"row {number}: region {values['code']} stands here twice.")
        given[values["code"]] = Region(**values)
    return given, reasons or ([] if given else ["there is no row."])


def _time_reasons(given: Mapping[str, Region], today: date) -> list[str]:
    reasons = []
    for code, region in given.items():
        if (region.valid_to is None) != (region.successor is None):
            reasons.append(f"region {code}: valid_to and successor go together.")
        elif region.valid_to and region.valid_to >= today:
            reasons.append(f"region {code} is in force up to {region.valid_to}: apply the file after that day.")
        if region.valid_from and region.valid_from > today:
            reasons.append(f"region {code} is in force from {region.valid_from} on: apply the file on that day.")
        if region.valid_from and region.valid_to and region.valid_from > region.valid_to:
            reasons.append(f"region {code}: valid_from lies after valid_to.")
    return reasons


def _successor_reasons(after: RegionBook) -> list[str]:
    reasons = []
    for code, region in after.by_code.items():
        if region.successor is not None and region.successor not in after.by_code:
            reasons.append(f"region {code}: its successor {region.successor} is not a region.")
    if not reasons:
        endless = [code for code in after.by_code if after.current(code).successor is not None]
        reasons = [f"region {code}: its successors go round in a circle." for code in endless]
    return reasons


def _name_reasons(after: RegionBook) -> list[str]:
    """Two regions in force can't share a name: people name regions by any of theirs."""
    reasons = []
    owner: dict[str, str] = {}
    for region in after.regions:
        if region.successor is not None:
            continue
        for name in {fold(value) for field in _NAMES if (value := getattr(region, field))}:
            other = owner.setdefault(name, region.code)
            if other != region.code:
                reasons.append(f"regions {other} and {region.code} are both called '{name}'.")
    return reasons
