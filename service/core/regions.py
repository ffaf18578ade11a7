"""Korea's first-level regions, keyed by the ministry of the interior's two-digit code, with validity and successor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from service.core.fields import Bad
from service.core.text import fold


@dataclass(frozen=True, slots=True)
class Region:
    """A region, in force or retired. `valid_to` is its last day; None: still in force."""

    code: str
    iso: str | None
    name_ko: str
    name_en: str
    short_ko: str
    short_en: str
    type: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None


class RegionBook:
    """All regions, and every way to name one."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self.regions = sorted(regions, key=lambda region: region.code)
        self.by_code = {region.code: region for region in self.regions}
        # A retired and a current region can share a name or an ISO code (KR-42): then the current one has it.
        ordered = sorted(self.regions, key=lambda region: region.successor is None)
        self._by_name = {name: region.code for region in ordered for name in _names_of(region)}

    def current(self, code: str) -> Region:
        """Return the region in force that `code` stands for, through as many mergers as there were."""
        return self.by_code[(self._successors(code) or [code])[-1]]

    def resolve(self, raw: object) -> str:
        """Take a code, ISO code, or short or full name in either language; return the current region's code.

        Raises:
            Bad: not text, or no region is called so.
        """
        if not isinstance(raw, str):
            raise Bad("not_text")
        code = self._by_name.get(raw) or self._by_name.get(fold(raw))
        if code is None:
            raise Bad("unknown_region")
        return self.current(code).code

    def codes_meant_by(self, code: str) -> list[str]:
        """Return `code`, all that became it, and what it became: where records of that region may stand.

        Not what merged with it: before the merger those were other regions, and a figure of that time stays as it was.
        """
        became_it = {code}
        while more := {region.code for region in self.regions if region.successor in became_it} - became_it:
            became_it |= more
        return sorted(became_it | set(self._successors(code)))

    def codes_meant_by_all(self, codes: Iterable[str]) -> list[str]:
        """Return every code that any of `codes` means, sorted; nothing for nothing."""
        return sorted({meant for code in codes for meant in self.codes_meant_by(code)})

    def _successors(self, code: str) -> list[str]:
        """Return what `code` became, merger by merger."""
        way = [code]
        while (successor := self.by_code[way[-1]].successor) and successor not in way:
            way.append(successor)
        return way[1:]


_TWO_NAMES = re.compile(r"(.+?) \((.+)\)")


def _names_of(region: Region) -> list[str]:
    """Return every way to call a region; of a full name with another in brackets also each alone."""
    named = [region.code, region.iso, region.name_ko, region.name_en, region.short_ko, region.short_en]
    if both := _TWO_NAMES.fullmatch(region.name_en):
        named += both.groups()
    return [fold(name) for name in named if name]
