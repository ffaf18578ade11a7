"""The demo register: loaded with a history that looks lived, and removed without a trace but the audit's word."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import randbits
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core import organizations
from service.core.access import Act
from service.core.demo_register import DemoRegister, Step, Story, demo_id, demo_register, numbered
from service.core.factories import Factory
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.regions import RegionBook
from service.db.repositories import audit, demo, organization_names, regions
from service.db.repositories.demo import DemoRows
from service.usecases.rendering import all_fields, opening, private_part

LABEL: Final = "demo register (synthetic)"
"""Who did everything in the demo, as history and audit show it."""
RECORD_TYPE: Final = "register"
RECORD_ID: Final = "demo"
_NOT_COMPARED: Final = frozenset({"updated_at", "version"})
_COUNTED_BY: Final = ("status", "counts_on")
"""Of what a standing holds, what steps of the demo change."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the demo register now has, and whether this call loaded it."""

    is_new: bool
    organizations: int = 0
    factories: int = 0
    foundation_models: int = 0


async def load_demo(tx: AsyncSession, *, act: Act) -> Loaded:
    """Load the demo register, unless there are synthetic records already: then nothing changes."""
    await organization_names.wait_for_turn(tx)
    if await demo.has_synthetic(tx):
        return Loaded(is_new=False)
    made = demo_register(act.now)
    rows = await _rows(tx, made)
    await demo.add_all(tx, made.organizations, rows)
    loaded = Loaded(
        is_new=True,
        organizations=len(made.organizations),
        factories=len(rows.factories),
        foundation_models=len(rows.foundation_models),
    )
    counts = {
        "organization": loaded.organizations,
        "factory": loaded.factories,
        "foundation_model": loaded.foundation_models,
    }
    await _note(tx, "demo_loaded", counts, act=act)
    return loaded


async def load_demo_at_first(tx: AsyncSession, *, act: Act) -> bool:
    """Load the demo register into a register in which nothing has ever happened; tell whether it was done.

    So it comes back on no later start: neither after it was removed, nor beside anything real.
    """
    await organization_names.wait_for_turn(tx)
    return await demo.nothing_ever_happened(tx) and (await load_demo(tx, act=act)).is_new


async def clear_demo(tx: AsyncSession, *, act: Act) -> Mapping[str, int]:
    """Remove every synthetic organization and record with its history, as the owner; return how many by type."""
    await organization_names.wait_for_turn(tx)
    counts = await demo.remove_synthetic(tx)
    if counts:
        await _note(tx, "demo_cleared", counts, act=act)
    return counts


async def _rows(tx: AsyncSession, made: DemoRegister) -> DemoRows:
    book = await regions.read_book_in(tx)
    rows = DemoRows()
    for organization in made.organizations:
        rows.audit_entries.append(
            demo.audit_row(
                entry_id=demo_id(organization.created_at, f"entry {organization.id}"),
                at=organization.created_at,
                label=LABEL,
                action="created",
                record=("organization", organization.id),
                before=None,
                after=organizations.public_fields(organization),
                changed=(),
            )
        )
    for record_type in ("foundation_model", "factory"):
        stories = [story for story in made.stories if story.kind.record_type == record_type]
        numbers = await demo.next_numbers(tx, record_type, len(stories))
        for story, number in zip(stories, numbers, strict=True):
            _add_story(rows, numbered(story, number), book)
    return rows


def _add_story(rows: DemoRows, story: Story, book: RegionBook) -> None:
    record = story.record
    row = demo.record_row(
        record, opening=opening(story.kind, record, book.by_code), private=private_part(story.kind, record)
    )
    (rows.factories if isinstance(record, Factory) else rows.foundation_models).append(row)
    before: Step | None = None
    for step in story.steps:
        change_id = demo_id(step.at, f"change {record.id} {step.record.version}")
        if before is None or any(getattr(before.record, one) != getattr(step.record, one) for one in _COUNTED_BY):
            rows.changes.append({"id": change_id, "at": step.at})
            rows.standings.append(demo.standing_row(step.record, change_id))
        rows.audit_entries.append(_entry(story, before, step, change_id, book))
        before = step


def _entry(story: Story, before: Step | None, step: Step, entry_id: UUID, book: RegionBook) -> dict[str, Any]:
    after = all_fields(story.kind, step.record, book.by_code)
    was = {} if before is None else all_fields(story.kind, before.record, book.by_code)
    changed = (
        [] if before is None else [name for name in after if name not in _NOT_COMPARED and was[name] != after[name]]
    )
    return demo.audit_row(
        entry_id=entry_id,
        at=step.at,
        label=LABEL,
        action=step.action,
        record=(story.kind.record_type, step.record.id),
        before=None if before is None else {name: was[name] for name in changed},
        after=after if before is None else {**{name: after[name] for name in changed}, **dict(step.facts)},
        changed=changed,
    )


async def _note(tx: AsyncSession, action: str, counts: Mapping[str, int], *, act: Act) -> None:
    """Say in the audit what was done, and have every process count anew."""
    entry_id = uuid7(act.now, randbits(RANDOM_BITS))
    await audit.add_entry(
        tx, entry_id=entry_id, act=act, action=action, record_type=RECORD_TYPE, record_id=RECORD_ID, after=counts
    )
    await demo.stamp_now(tx, entry_id)
