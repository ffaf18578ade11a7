"""Foundation models: their fields, and how they are shown. Source: PRODUCT.md section 3."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from service.core import industries
from service.core.fields import FREE_TEXT, LINE, NAME, Field, day, https_link, identifier, list_of, one_of
from service.core.records import Record, RecordKind, head_of, rejection_of, tail_of
from service.core.regions import Region

KINDS = ("foundation", "industry", "process", "cooperation_leading")
MODALITIES = ("vision", "time_series", "language", "tabular", "audio", "action", "multimodal")
ACCESS = ("open", "alliance", "commercial")
INDUSTRIES_LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundationModel(Record):
    """An AI model that companies can use. A `released_on` ahead of today is a plan."""

    record_type: ClassVar[str] = "foundation_model"

    kind: str
    access: str
    model_version: str
    released_on: date
    industries: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    url: str | None = None
    description: str | None = None

    @property
    def counts_on(self) -> date:
        """Return the day of release."""
        return self.released_on


FIELDS = {
    "name": Field(NAME, required=True),
    "name_en": Field(NAME),
    "organization_id": Field(identifier, required=True),
    "kind": Field(one_of(KINDS), required=True),
    "industries": Field(list_of(industries.resolve, limit=INDUSTRIES_LIMIT), default=()),
    "modalities": Field(list_of(one_of(MODALITIES), limit=len(MODALITIES)), default=()),
    "access": Field(one_of(ACCESS), required=True),
    "model_version": Field(LINE, required=True),
    "released_on": Field(day, required=True),
    "url": Field(https_link),
    "description": Field(FREE_TEXT),
    "external_ref": Field(LINE),
    "registered_on": Field(day),
}


def public_fields(model: FoundationModel, _regions: Mapping[str, Region]) -> dict[str, Any]:
    """Return what everyone who sees the model sees, ready for JSON."""
    divisions = [(code, industries.division_of(code)) for code in model.industries]
    return {
        **head_of(model),
        "kind": model.kind,
        "industries": [
            {"code": code, "division": division.code, "name_ko": division.name_ko, "name_en": division.name_en}
            for code, division in divisions
        ],
        "modalities": model.modalities,
        "access": model.access,
        "model_version": model.model_version,
        "released_on": model.released_on.isoformat(),
        "url": model.url,
        "description": model.description,
        **tail_of(model),
    }


def private_fields(model: FoundationModel) -> dict[str, Any]:
    """Return what only the developer and the ministry see."""
    return {"external_ref": model.external_ref, "rejection": rejection_of(model)}


KIND = RecordKind(
    record_type="foundation_model",
    path="foundation-models",
    number_format="AXM-{year}-{number:04d}",
    date_field="released_on",
    fields=FIELDS,
    counting_fields=frozenset({"kind", "released_on"}),
    public_fields=public_fields,
    private_fields=private_fields,
)
