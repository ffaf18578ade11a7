"""The tables, as SQLAlchemy knows them. `alembic check` holds them to the migrations."""

from service.db.tables.access import ApiKeyRow, IdempotentAnswerRow
from service.db.tables.alerts import AlertRow, NotificationRow, PaceToldRow
from service.db.tables.audit import AuditEntryRow, ChangeRow, StandingRow
from service.db.tables.base import Base
from service.db.tables.events import EventClockRow, EventRow
from service.db.tables.organizations import ContactRow, OrganizationRow
from service.db.tables.pace_days import PaceDayRow
from service.db.tables.records import FactoryRow, FoundationModelRow
from service.db.tables.regions import RegionRow
from service.db.tables.targets import TargetRevisionRow, TargetRow
from service.db.tables.webhooks import (
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WebhookSecretRow,
    WebhookTallyRow,
    WorkerRow,
)

__all__ = [
    "AlertRow",
    "ApiKeyRow",
    "AuditEntryRow",
    "Base",
    "ChangeRow",
    "ContactRow",
    "EventClockRow",
    "EventRow",
    "FactoryRow",
    "FoundationModelRow",
    "IdempotentAnswerRow",
    "NotificationRow",
    "OrganizationRow",
    "PaceDayRow",
    "PaceToldRow",
    "RegionRow",
    "StandingRow",
    "TargetRevisionRow",
    "TargetRow",
    "WebhookAttemptRow",
    "WebhookDeliveryRow",
    "WebhookEndpointRow",
    "WebhookSecretRow",
    "WebhookTallyRow",
    "WorkerRow",
]
