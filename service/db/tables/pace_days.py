"""How each day of a target ended. Append-only."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class PaceDayRow(Base):
    """A day of a target's pace, by a revision and a reading of the register; see `service.core.pace_reading`.

    What stands here follows from the key and the standings, so any process may add it, and none may alter it.
    """

    __tablename__ = "pace_day"
    __table_args__ = (
        CheckConstraint(
            "pace IN ('not_started', 'ahead', 'on_track', 'at_risk', 'behind', 'met', 'missed')", name="pace"
        ),
    )

    code: Mapped[str] = mapped_column(ForeignKey("target.code"), primary_key=True)
    target_version: Mapped[int] = mapped_column(primary_key=True)
    reading: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[int]
    probability: Mapped[float | None]
    pace: Mapped[str]
    since: Mapped[date]
    low_days: Mapped[int]
    lagging_days: Mapped[int]
