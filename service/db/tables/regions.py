"""The regions, current and retired."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class RegionRow(Base):
    """A first-level region; changed only by `ax-registry regions apply`."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(primary_key=True)
    iso: Mapped[str | None]
    name_ko: Mapped[str]
    name_en: Mapped[str]
    short_ko: Mapped[str]
    short_en: Mapped[str]
    type: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    successor: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
