"""Looking at alerts, saying that one has looked, and putting reminders off. All of it is audited."""

from collections.abc import Mapping
from secrets import randbits
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Permission, require, require_open_organization
from service.core.alerts import Alert, acknowledge, alert_fields, snooze, snooze_problems
from service.core.errors import Invalid, NotFound
from service.core.identifiers import RANDOM_BITS, uuid7
from service.core.pages import Page
from service.db.repositories import alerts, audit
from service.usecases.alerting import ALERT

_NO_FIELD_OF_THEIRS = frozenset({"summary", "snapshot", "updated_at", "version"})


async def show_alert(tx: AsyncSession, alert_id: UUID) -> Alert:
    """Return an alert.

    Raises:
        NotFound: there is none of this id.
    """
    alert = await alerts.find(tx, alert_id)
    if alert is None:
        raise NotFound
    return alert


async def show_alerts(tx: AsyncSession, asked: Mapping[str, Any], *, position: tuple[str, ...] | None) -> Page[Alert]:
    """Return a page of alerts, the newest first; `asked` has `limit`, and `state`, `level`, `target`, or None for each.

    A `state` of null asks for all, resolved ones too.
    """
    return await alerts.page(tx, asked, position=position)


async def lock_for_action(tx: AsyncSession, alert_id: UUID, *, act: Act) -> Alert:
    """Return an alert, locked, if the caller may act on alerts.

    Raises:
        NotFound: there is none of this id.
        Forbidden: acting on alerts is for the ministry.
        OrganizationClosed: the caller's organization is closed.
    """
    if act.caller.is_staff and act.caller.organization_open:
        alert = await alerts.lock(tx, alert_id)
        if alert is None:
            raise NotFound
        return alert
    alert = await show_alert(tx, alert_id)  # nobody waits for a lock only to be refused, nor holds one
    require(act.caller, Permission.ACT_ON_ALERTS)
    require_open_organization(act.caller)
    return alert


async def acknowledge_alert(tx: AsyncSession, alert: Alert, note: str, *, act: Act) -> Alert:
    """Note that the caller has looked at a locked alert; a `missed` one is resolved by it.

    Raises:
        TransitionNotAllowed: it is not open.
    """
    looked = acknowledge(alert, by=act.caller.label, note=note, now=act.now)
    await _save(tx, alert, looked, action="acknowledged", facts={}, act=act)
    return looked


async def snooze_alert(tx: AsyncSession, alert: Alert, given: Mapping[str, Any], *, act: Act) -> Alert:
    """Put reminders of a locked alert off; `given` has `until` and `reason`.

    Raises:
        Invalid: `until` is not ahead, or too far.
        TransitionNotAllowed: it is resolved.
    """
    problems = snooze_problems(given["until"], now=act.now)
    if problems:
        raise Invalid(problems)
    snoozed = snooze(alert, until=given["until"], reason=given["reason"], now=act.now)
    await _save(tx, alert, snoozed, action="snoozed", facts={"reason": given["reason"]}, act=act)
    return snoozed


async def _save(
    tx: AsyncSession, before: Alert, after: Alert, *, action: str, facts: Mapping[str, Any], act: Act
) -> None:
    await alerts.save(tx, after)
    was, now = alert_fields(before, "ko"), alert_fields(after, "ko")
    changed = [name for name in now if name not in _NO_FIELD_OF_THEIRS and was[name] != now[name]]
    await audit.add_entry(
        tx,
        entry_id=uuid7(act.now, randbits(RANDOM_BITS)),
        act=act,
        action=action,
        record_type=ALERT,
        record_id=after.id,
        before={name: was[name] for name in changed},
        after={name: now[name] for name in changed} | dict(facts),
        changed=changed,
    )
