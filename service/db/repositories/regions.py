"""The table of regions."""

from service.core.regions import Region, RegionBook
from service.db.engine import HotPool

_ALL = """
SELECT code, iso, name_ko, name_en, short_ko, short_en, type, valid_from, valid_to, successor FROM region ORDER BY code
"""


async def read_book(pool: HotPool) -> RegionBook:
    """Return all regions, retired ones too."""
    return RegionBook(Region(**row) for row in await pool.fetch(_ALL))
