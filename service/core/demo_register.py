"""The demo register: invented organizations, models and factories whose story fits the day on which it is told.

Nothing here is drawn at random: the same day gives the same register to the last letter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from service.core import factories, foundation_models
from service.core.demo_names import COMPANIES, MODELS, PARTNERS, DemoCompany, DemoModel
from service.core.factories import USE_CASES, Factory
from service.core.foundation_models import FoundationModel
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.lifecycle import Status
from service.core.organizations import Organization
from service.core.records import SEOUL, Record, RecordKind, Rejection

BEGINS_ON = date(2025, 9, 10)
"""The day on which the alliance was founded: nothing in the demo is older."""
IN_2025 = 11
IN_2026 = 100
_LATE = 0.98
"""Below 1: the year begins slowly, so that 2026 is always a little behind its straight plan."""
_WALK_IN_SHARE = 38
_SLIP_SHARE = 34
_NOTE = "가상 자료입니다. 실제 기업이나 공장이 아닙니다. / Synthetic demo data, no real company or plant."


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a record's story, as the record was left by it."""

    action: str
    record: Record
    at: datetime
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A record and all that happened to it, its registration first."""

    kind: RecordKind
    steps: tuple[Step, ...]

    @property
    def record(self) -> Record:
        """Return the record as it stands now."""
        return self.steps[-1].record


@dataclass(frozen=True, slots=True)
class DemoRegister:
    """Everything the demo shows, in the order of registration."""

    organizations: tuple[Organization, ...]
    stories: tuple[Story, ...]


_RETIRED, _WITHDRAWN, _REJECTED, _RESUBMITTED = 4, 37, 71, 52
"""Factories to whom something rarer happened, counted from the first."""


def demo_register(now: datetime) -> DemoRegister:
    """Return the register as it would stand at `now` (aware): about 110 factories, 9 models, 25 organizations.

    Dates up to yesterday have happened. What lies ahead is planned; what the ministry had no time to look at waits.
    """
    today = now.astimezone(SEOUL).date()
    organizations = tuple(_organizations())
    partners = organizations[len(COMPANIES) :]
    models = [_model_story(place, row, partners[row.partner], today) for place, row in enumerate(MODELS)]
    built = list(_factory_stories(organizations, models, today))
    return DemoRegister(organizations, tuple(sorted([*models, *built], key=lambda story: story.steps[0].at)))


def _organizations() -> Iterator[Organization]:
    named = [
        *((company.name, company.name_en, "company") for company in COMPANIES),
        *((*names, "partner") for names in PARTNERS),
    ]
    for place, (name, name_en, kind) in enumerate(named):
        at = _instant(BEGINS_ON - timedelta(days=9), f"organization {place}")
        yield Organization(
            id=demo_id(at, f"organization {place}"),
            name=name,
            name_en=name_en,
            kind=kind,
            contact_email=f"demo-{place + 1:02}@example.com",
            created_at=at,
            updated_at=at,
            synthetic=True,
        )


def _model_story(place: int, row: DemoModel, developer: Organization, today: date) -> Story:
    registered_on = min(row.registered_on, today - timedelta(days=1 + place))
    at = _instant(registered_on, f"model {place}")
    model = FoundationModel(
        id=demo_id(at, f"model {place}"),
        registry_number="",
        organization_id=developer.id,
        name=row.name,
        name_en=row.name_en,
        external_ref=f"DEMO-M{place + 1:02}",
        kind=row.kind,
        industries=row.industries,
        modalities=row.modalities,
        access=row.access,
        model_version="1.0",
        released_on=row.released_on,
        description=_NOTE,
        registered_on=registered_on,
        created_at=at,
        updated_at=at,
        synthetic=True,
    )
    story = [Step("created", model, at)]
    looked_on = max(row.released_on, registered_on) + timedelta(days=6 + 4 * place)
    return Story(foundation_models.KIND, tuple(_verified(story, looked_on, today)))


def _factory_stories(organizations: Sequence[Organization], models: Sequence[Story], today: date) -> Iterator[Story]:
    slots = [place for place, company in enumerate(COMPANIES) for _ in range(company.factories)]
    mixed = sorted(range(len(slots)), key=lambda number: _draw(f"order {number}", 1 << 30))
    seen: dict[tuple[int, int], int] = {}
    visits: dict[int, int] = {}
    for number, landing in enumerate(_landings()):
        company_place = slots[mixed[number]]
        company = COMPANIES[company_place]
        visit = visits[company_place] = visits.get(company_place, -1) + 1
        site = visit % len(company.sites)
        plant = seen[company_place, site] = seen.get((company_place, site), 0) + 1
        known = [story.record.id for story in models if _is_out(story.record, landing)]
        draft = _factory_fields(number, company, company.sites[site], plant) | {
            "organization_id": organizations[company_place].id,
            "foundation_model_ids": _some(known, number),
        }
        yield _factory_story(number, draft, landing, today)


def _landings() -> Iterator[date]:
    """Yield the days on which the factories go into operation if nothing more happens, the earliest first."""
    for place in range(IN_2025):
        yield _working_day(date(2025, 9, 15) + timedelta(days=8 * place + _draw(f"2025 {place}", 6)))
    for place in range(IN_2026):
        share = ((place + 0.5) / IN_2026) ** _LATE
        day = date(2026, 1, 1) + timedelta(days=min(max(int(365 * share) + _draw(f"2026 {place}", 9) - 4, 4), 363))
        yield _working_day(day)


def _factory_fields(number: int, company: DemoCompany, site: tuple[str, str, str], plant: int) -> dict[str, Any]:
    region, city, city_en = site
    industry = company.industries[_draw(f"industry {number}", len(company.industries))]
    types = ("mini", "mini", "mini", "large_scale", "cooperation", "cooperation", "humanoid", "full_stack", None, None)
    first = _draw(f"use {number}", len(USE_CASES) - 1)
    second = _draw(f"use too {number}", len(USE_CASES) - 1)
    uses = {USE_CASES[first], USE_CASES[second]}
    return {
        "name": f"{company.name} {city} {plant}공장",
        "name_en": f"{company.name_en} {city_en} Plant {plant}",
        "external_ref": f"DEMO-{number + 1:03}",
        "region": region,
        "industry": industry,
        "project_type": types[_draw(f"type {number}", len(types))],
        "use_cases": tuple(use for use in USE_CASES if use in uses),
        "notes": _NOTE,
    }


def _factory_story(number: int, draft: dict[str, Any], landing: date, today: date) -> Story:
    yesterday = today - timedelta(days=1)
    is_walk_in = _draw(f"walk-in {number}", 100) < _WALK_IN_SHARE and landing < yesterday
    slip = 0
    if is_walk_in:
        registered_on = min(landing + timedelta(days=2 + _draw(f"late {number}", 21)), yesterday)
    else:
        slip = 14 + _draw(f"slip {number}", 40) if _draw(f"slips {number}", 100) < _SLIP_SHARE else 0
        lead = timedelta(days=20 + slip + _draw(f"lead {number}", 110))
        registered_on = min(max(landing - lead, BEGINS_ON), yesterday - timedelta(days=number % 20))
    promised = max(landing - timedelta(days=slip), registered_on) if slip else landing
    told_on = max(promised - timedelta(days=3 + _draw(f"told {number}", 8)), registered_on + timedelta(days=1))
    at = _instant(registered_on, f"factory {number}")
    factory = Factory(
        id=demo_id(at, f"factory {number}"),
        registry_number="",
        adoption_date=promised,
        registered_on=registered_on,
        created_at=at,
        updated_at=at,
        synthetic=True,
        **draft,
    )
    story = [Step("created", factory, at)]
    if slip and told_on < today:
        story.append(_changed(story, "updated", told_on, adoption_date=landing))
    return Story(factories.KIND, tuple(_reviewed(number, story, today)))


def _reviewed(number: int, story: list[Step], today: date) -> list[Step]:
    """Go on with what the ministry did: look, and for a few something rarer."""
    factory = story[-1].record
    looked_on = max(factory.counts_on, story[-1].at.astimezone(SEOUL).date()) + timedelta(
        days=2 + _draw(f"look {number}", 14)
    )
    if number in (_REJECTED, _RESUBMITTED) and looked_on < today:
        rejection = Rejection("no_evidence", "가상 사례: 증빙 자료를 보완해 주십시오.")
        facts = (("reason_code", rejection.reason_code), ("reason", rejection.reason))
        story.append(_changed(story, "rejected", looked_on, facts, status=Status.REJECTED, rejection=rejection))
        if number == _REJECTED:
            return story
        again_on = looked_on + timedelta(days=9)
        if again_on >= today:
            return story
        story.append(_changed(story, "resubmitted", again_on, status=Status.SUBMITTED, rejection=None))
        looked_on = again_on + timedelta(days=7)
    story = _verified(story, looked_on, today)
    later_on = looked_on + timedelta(days=60)
    if story[-1].action == "verified" and later_on < today:
        if number == _RETIRED:
            story.append(_changed(story, "retired", later_on, status=Status.RETIRED, retired_on=later_on))
        if number == _WITHDRAWN:
            twice = (("reason", "가상 사례: 같은 공장을 두 번 등록함"),)
            story.append(_changed(story, "withdrawn", later_on, twice, status=Status.WITHDRAWN))
    return story


def _verified(story: list[Step], looked_on: date, today: date) -> list[Step]:
    """Go on with the verification, if its day has come and the record's own."""
    if story[-1].record.counts_on <= looked_on < today:
        story.append(_changed(story, "verified", looked_on, status=Status.VERIFIED))
    return story


def _changed(
    story: Sequence[Step], action: str, on: date, facts: tuple[tuple[str, str], ...] = (), **changes: Any
) -> Step:
    before = story[-1]
    at = max(_instant(on, f"{before.record.id} {action}"), before.at + timedelta(minutes=20))
    record = replace(before.record, version=before.record.version + 1, updated_at=at, **changes)
    return Step(action, record, at, facts)


def numbered(story: Story, number: int) -> Story:
    """Return a story whose record has the registry number with this rising number."""
    registry_number = story.kind.registry_number(number, story.steps[0].at)
    steps = (replace(step, record=replace(step.record, registry_number=registry_number)) for step in story.steps)
    return Story(story.kind, tuple(steps))


def _is_out(model: Record, day: date) -> bool:
    return model.status is Status.VERIFIED and model.counts_on <= day


def _some(known: Sequence[UUID], number: int) -> tuple[UUID, ...]:
    """Return none, one or two of the models that there were."""
    wanted = min(_draw(f"models {number}", 4), 2)
    ranked = sorted(known, key=lambda model_id: _draw(f"model of {number} {model_id}", 1 << 30))
    return tuple(ranked[:wanted])


def _working_day(day: date) -> date:
    """Return the day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(day.weekday() - 4, 0))


def _instant(day: date, seed: str) -> datetime:
    """Return a moment of the day's office hours in Seoul."""
    minutes = 9 * 60 + _draw(f"minute {seed}", 9 * 60)
    return (datetime.combine(day, time(), SEOUL) + timedelta(minutes=minutes)).astimezone(UTC)


def demo_id(at: datetime, seed: str) -> UUID:
    """Return the identifier that `seed` has in the demo, of an instant."""
    return uuid7(at, _draw(f"id {seed}", 1 << RANDOM_BITS))


def _draw(seed: str, below: int) -> int:
    """Return a number from 0 up to `below`, always the same for a seed."""
    digest = sha256(f"ax-registry demo: {seed}".encode()).digest()
    return int.from_bytes(digest[:16], "big") % below
