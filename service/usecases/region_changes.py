"""Applying the next merger: the table of regions, and every factory and endpoint that names one which is no more."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from secrets import randbits
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act
from service.core.factories import KIND, Factory
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.records import day_in_seoul
from service.core.region_changes import RegionChanges, read_changes
from service.core.regions import Region
from service.db.repositories import audit, records, regions
from service.usecases.publishing import publish_record
from service.usecases.rendering import all_fields, opening, private_part
from service.usecases.webhook_endpoints import follow_regions

_NO_FIELD_OF_THEIRS = frozenset({"updated_at", "version"})


async def apply_regions(tx: AsyncSession, rows: Iterable[Mapping[str, Any]], *, act: Act) -> RegionChanges:
    """Write the regions of a file, as the tables' owner: the service itself may not. Factories are moved one by one.

    Raises:
        BadRegions: rows are wrong; all reasons at once.
    """
    book = await regions.lock_book(tx)
    changes = read_changes(rows, book, today=day_in_seoul(act.now))
    for region in changes.written:
        await regions.save_region(tx, region)
        await _note_region(tx, book.by_code.get(region.code), region, act=act)
    return changes


async def factories_to_move(tx: AsyncSession, changes: RegionChanges) -> list[UUID]:
    """Return the factories that show a region which is retired or renamed, locked, in the order of their ids."""
    return await regions.lock_factories_in(tx, changes.codes_to_rewrite)


async def follow_in_filters(tx: AsyncSession, changes: RegionChanges, *, act: Act) -> int:
    """Let every webhook endpoint whose filter names a retired region go on with its successor; return how many did.

    Before factories are moved: what is told of that must reach those who asked for the region it was.
    """
    return await follow_regions(tx, changes.codes_to_rewrite, changes.after, act=act)


async def move_factory(tx: AsyncSession, factory_id: UUID, changes: RegionChanges, *, act: Act) -> None:
    """Write a locked factory anew: its region in force, its rendered text, its history, and what it counts for.

    It gets a new version, for everyone who has read it has a text that is no longer true. A reviewed record stays
    reviewed: nobody has edited it.
    """
    factory = await records.lock_record(tx, KIND, factory_id)
    assert isinstance(factory, Factory)  # noqa: S101 - its row is locked
    before, after = changes.before, changes.after
    moved = replace(
        factory,
        region=after.current(factory.region).code,
        version=factory.version + 1,
        updated_at=max(act.now, factory.updated_at),
    )
    text = opening(KIND, moved, after.by_code)
    sequence = await records.save_record(tx, moved, opening=text, private=private_part(KIND, moved))
    entry_id = _new_id(act)
    if moved.region != factory.region:
        await records.add_standing(tx, moved, entry_id)
    shown_before = all_fields(KIND, factory, before.by_code)
    shown_after = all_fields(KIND, moved, after.by_code)
    changed = [
        name for name in shown_after if name not in _NO_FIELD_OF_THEIRS and shown_before[name] != shown_after[name]
    ]
    await audit.add_entry(
        tx,
        entry_id=entry_id,
        act=act,
        action="region_changed",
        record_type=KIND.record_type,
        record_id=factory_id,
        before={name: shown_before[name] for name in changed},
        after={name: shown_after[name] for name in changed},
        changed=changed,
    )
    await publish_record(
        tx,
        KIND,
        moved,
        action="region_changed",
        document=text,
        before=factory,
        sequence=sequence,
        changed=changed,
        now=act.now,
    )


async def _note_region(tx: AsyncSession, before: Region | None, after: Region, *, act: Act) -> None:
    was, now = {} if before is None else _facts(before), _facts(after)
    changed = [] if before is None else [name for name in now if was[name] != now[name]]
    await audit.add_entry(
        tx,
        entry_id=_new_id(act),
        act=act,
        action="created" if before is None else "updated",
        record_type="region",
        record_id=after.code,
        before=None if before is None else {name: was[name] for name in changed},
        after=now if before is None else {name: now[name] for name in changed},
        changed=changed,
    )


def _facts(region: Region) -> dict[str, Any]:
    days = {
        name: day and day.isoformat()
        for name, day in (("valid_from", region.valid_from), ("valid_to", region.valid_to))
    }
    return {**asdict(region), **days}


def _new_id(act: Act) -> UUID:
    return uuid7(act.now, randbits(RANDOM_BITS))
