"""What happened, in the bytes that partners get."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from service.db.tables.base import Base


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's `xid8`: transactions in the order of their beginning, without ever coming round."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the name of the type."""
        return "xid8"


ischema_names["xid8"] = TransactionId  # so that `alembic check` knows it when it reads the database


class EventClockRow(Base):
    """The era of the events; see `event_era()` in migration 0003. One row."""

    __tablename__ = "event_clock"

    era: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class EventRow(Base):
    """An event. Written with the change that it tells of, and never altered; removed when its time of keeping is over.

    `era`, `xid` and `id` are its place in the feed. `audience` says who may see it, `regions`, `divisions` and `target`
    what an endpoint's filter is held against.
    """

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("audience IN ('everyone', 'organization', 'endpoint')", name="audience"),
        Index(None, "subject", "sequence", unique=True),
        Index(None, "era", "xid", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    era: Mapped[int] = mapped_column(server_default=FetchedValue())
    xid: Mapped[int] = mapped_column(TransactionId, server_default=FetchedValue())
    type: Mapped[str]
    subject: Mapped[str]
    sequence: Mapped[int]
    at: Mapped[datetime]
    audience: Mapped[str]
    organization_id: Mapped[UUID | None]
    regions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    divisions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    target: Mapped[str | None]
    body: Mapped[str]
