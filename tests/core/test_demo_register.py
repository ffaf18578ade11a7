"""The demo register: invented, the same every time, and believably a little behind on whatever day it is shown."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from service.core import industries
from service.core.demo_register import DemoRegister, Story, demo_register, numbered
from service.core.factories import Factory
from service.core.foundation_models import FoundationModel
from service.core.lifecycle import COUNTING, Status
from service.core.records import day_in_seoul

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DAYS = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=days) for days in range(0, 360, 24)]
INVENTED = re.compile("가상|예시|시연|견본|모의")


def factories_of(made: DemoRegister) -> list[Factory]:
    return [story.record for story in made.stories if isinstance(story.record, Factory)]


def value_in_2026(made: DemoRegister, today: date) -> int:
    begin = date(2026, 1, 1)
    return sum(one.status in COUNTING and begin <= one.counts_on <= today for one in factories_of(made))


def test_it_has_as_much_as_promised() -> None:
    made = demo_register(NOW)
    models = [story for story in made.stories if isinstance(story.record, FoundationModel)]
    assert (len(made.organizations), len(models)) == (25, 9)
    assert 105 <= len(factories_of(made)) <= 115


def test_same_day_gives_the_same_register() -> None:
    assert demo_register(NOW) == demo_register(NOW + timedelta(hours=2))


def test_everything_is_synthetic_and_bears_an_invented_name() -> None:
    made = demo_register(NOW)
    for one in (*made.organizations, *(step.record for story in made.stories for step in story.steps)):
        assert one.synthetic
        assert INVENTED.match(one.name)
        assert one.name_en
    assert all((one.contact_email or "").endswith("@example.com") for one in made.organizations)


def test_names_and_identifiers_are_each_given_once() -> None:
    made = demo_register(NOW)
    for values in (
        [one.name for one in made.organizations],
        [story.record.name for story in made.stories],
        [story.record.id for story in made.stories],
        [story.record.external_ref for story in made.stories],
    ):
        assert len(values) == len(set(values))


@pytest.mark.parametrize("now", DAYS, ids=lambda now: now.date().isoformat())
def test_2026_is_a_little_behind_on_any_of_its_days(now: datetime) -> None:
    today = day_in_seoul(now)
    asked = 100 * (today - date(2025, 12, 31)).days / 365
    assert asked - 11 <= value_in_2026(demo_register(now), today) < asked


def test_some_wait_for_review_and_some_lie_ahead() -> None:
    today = day_in_seoul(NOW)
    open_ones = [one for one in factories_of(demo_register(NOW)) if one.status is Status.SUBMITTED]
    assert 3 <= sum(one.counts_on <= today for one in open_ones) <= 9
    assert 6 <= sum(one.counts_on > today for one in open_ones) <= 16


def test_the_rarer_ends_are_there_too() -> None:
    statuses = {one.status for one in factories_of(demo_register(NOW))}
    actions = {step.action for story in demo_register(NOW).stories for step in story.steps}
    assert statuses == set(Status)
    assert {"created", "updated", "verified", "rejected", "resubmitted", "withdrawn", "retired"} == actions


def test_year_after_has_nothing_left_to_do() -> None:
    made = demo_register(datetime(2027, 8, 1, tzinfo=UTC))
    assert {one.status for one in factories_of(made)} <= {*COUNTING, Status.REJECTED, Status.WITHDRAWN}
    assert 90 <= value_in_2026(made, date(2026, 12, 31)) < 100


# Also before there was a register, and while a rejected factory has not come back.
RARE_DAYS = [datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)]


@pytest.mark.parametrize("now", [*DAYS, NOW, *RARE_DAYS], ids=lambda now: now.date().isoformat())
def test_every_story_could_have_happened(now: datetime) -> None:
    for story in demo_register(now).stories:
        _check_story(story, now)


def _check_story(story: Story, now: datetime) -> None:
    first = story.steps[0]
    assert first.action == "created"
    assert day_in_seoul(first.record.created_at) == first.record.registered_on
    assert story.steps[-1].at < now
    for before, after in pairwise(story.steps):
        assert before.at < after.at == after.record.updated_at
        assert after.record.version == before.record.version + 1
        if after.action == "verified":
            assert after.record.counts_on <= day_in_seoul(after.at)
        if after.action == "updated":
            assert before.record.counts_on < after.record.counts_on


def test_regions_are_weighted_like_industry() -> None:
    made = factories_of(demo_register(NOW))
    counts = {region: sum(one.region == region for one in made) for region in {one.region for one in made}}
    assert max(counts, key=lambda region: counts[region]) == "41"
    assert len(counts) >= 14
    assert all(industries.resolve(one.industry) for one in made)


def test_factory_names_only_models_that_were_out() -> None:
    made = demo_register(NOW)
    released = {story.record.id: story.record.counts_on for story in made.stories}
    named = [(one, model) for one in factories_of(made) for model in one.foundation_model_ids]
    assert named
    assert all(released[model] <= one.adoption_date for one, model in named)


def test_registry_number_is_that_of_the_year_of_registration() -> None:
    story = next(story for story in demo_register(NOW).stories if isinstance(story.record, Factory))
    assert [step.record.registry_number for step in numbered(story, 7).steps] == ["AXF-2025-00007"] * len(story.steps)
