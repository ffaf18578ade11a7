"""Korea's first-level regions, keyed by the ministry of the interior's two-digit code, with validity and successor."""

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
        region = self.by_code[code]
        seen = {code}
        while region.successor and region.successor not in seen:
            seen.add(region.successor)
            region = self.by_code[region.successor]
        return region

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

    def codes_that_mean(self, code: str) -> list[str]:
        """Return `code` and every retired code whose current region it is."""
        return [region.code for region in self.regions if self.current(region.code).code == code]


def _names_of(region: Region) -> list[str]:
    named = (region.code, region.iso, region.name_ko, region.name_en, region.short_ko, region.short_en)
    return [fold(name) for name in named if name]
