"""The tables, as SQLAlchemy knows them. `alembic check` holds them to the migrations."""

from service.db.tables.access import ApiKeyRow, IdempotentAnswerRow
from service.db.tables.audit import AuditEntryRow, ChangeRow, StandingRow
from service.db.tables.base import Base
from service.db.tables.organizations import ContactRow, OrganizationRow
from service.db.tables.pace_days import PaceDayRow
from service.db.tables.records import FactoryRow, FoundationModelRow
from service.db.tables.regions import RegionRow
from service.db.tables.targets import TargetRevisionRow, TargetRow

__all__ = [
    "ApiKeyRow",
    "AuditEntryRow",
    "Base",
    "ChangeRow",
    "ContactRow",
    "FactoryRow",
    "FoundationModelRow",
    "IdempotentAnswerRow",
    "OrganizationRow",
    "PaceDayRow",
    "RegionRow",
    "StandingRow",
    "TargetRevisionRow",
    "TargetRow",
]
