"""The table of regions. The service only reads it; changing it is the owner's, by `ax-registry regions apply`."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.regions import Region, RegionBook
from service.db.engine import HotPool
from service.db.tables import FactoryRow, RegionRow

_ALL = """
SELECT code, iso, name_ko, name_en, short_ko, short_en, type, valid_from, valid_to, successor FROM region ORDER BY code
"""


async def read_book(pool: HotPool) -> RegionBook:
    """Return all regions, retired ones too."""
    return RegionBook(Region(**row) for row in await pool.fetch(_ALL))


async def read_book_in(tx: AsyncSession) -> RegionBook:
    """Return all regions, as a transaction sees them."""
    return RegionBook(Region(**row) for row in (await tx.execute(text(_ALL))).mappings())


async def lock_book(tx: AsyncSession) -> RegionBook:
    """Return all regions, and keep other commands from changing them until the transaction ends; as the owner."""
    await tx.execute(text("LOCK TABLE region IN SHARE ROW EXCLUSIVE MODE"))
    return RegionBook(Region(**row) for row in (await tx.execute(text(_ALL))).mappings())


async def save_region(tx: AsyncSession, region: Region) -> None:
    """Write a region, new or not; as the owner."""
    values = asdict(region)
    statement = insert(RegionRow).values(**values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["code"], set_=values))


async def lock_factories_in(tx: AsyncSession, codes: Sequence[str]) -> list[UUID]:
    """Return the factories of these regions, and keep others from changing them until the transaction ends."""
    query = select(FactoryRow.id).where(FactoryRow.region.in_(codes)).order_by(FactoryRow.id).with_for_update()
    return list(await tx.scalars(query))
