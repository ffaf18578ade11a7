"""AI factories: their fields, and how they are shown. Source: PRODUCT.md section 3."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from service.core import industries
from service.core.fields import FREE_TEXT, LINE, NAME, Field, day, email, https_link, identifier, list_of, one_of
from service.core.records import Record, RecordKind, head_of, rejection_of, tail_of
from service.core.regions import Region

PROJECT_TYPES = ("large_scale", "mini", "cooperation", "humanoid", "full_stack")
USE_CASES = (
    "quality_inspection",
    "predictive_maintenance",
    "process_optimization",
    "process_control",
    "energy_management",
    "logistics",
    "safety",
    "design",
    "other",
)
MODELS_LIMIT = 50
EVIDENCE_LIMIT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Factory(Record):
    """An AI factory. An `adoption_date` ahead of today is a plan."""

    record_type: ClassVar[str] = "factory"

    region: str
    industry: str
    adoption_date: date
    foundation_model_ids: tuple[UUID, ...] = ()
    project_type: str | None = None
    use_cases: tuple[str, ...] = ()
    address: str | None = None
    notes: str | None = None
    evidence: tuple[str, ...] = ()

    @property
    def counts_on(self) -> date:
        """Return the adoption date."""
        return self.adoption_date


# `region` is resolved by the caller of these rules, who has the table of regions.
FIELDS = {
    "name": Field(NAME, required=True),
    "name_en": Field(NAME),
    "organization_id": Field(identifier, required=True),
    "region": Field(LINE, required=True),
    "industry": Field(industries.resolve, required=True),
    "adoption_date": Field(day, required=True),
    "foundation_model_ids": Field(list_of(identifier, limit=MODELS_LIMIT), default=()),
    "project_type": Field(one_of(PROJECT_TYPES)),
    "use_cases": Field(list_of(one_of(USE_CASES), limit=len(USE_CASES)), default=()),
    "external_ref": Field(LINE),
    "address": Field(FREE_TEXT),
    "contact_name": Field(NAME),
    "contact_email": Field(email),
    "notes": Field(FREE_TEXT),
    "evidence": Field(list_of(https_link, limit=EVIDENCE_LIMIT), default=()),
    "registered_on": Field(day),
}


def public_fields(factory: Factory, regions: Mapping[str, Region]) -> dict[str, Any]:
    """Return what everyone who sees the factory sees, ready for JSON."""
    region = regions[factory.region]
    division = industries.division_of(factory.industry)
    return {
        **head_of(factory),
        "region": {"code": region.code, "iso": region.iso, "name_ko": region.name_ko, "name_en": region.name_en},
        "industry": {
            "code": factory.industry,
            "division": division.code,
            "name_ko": division.name_ko,
            "name_en": division.name_en,
        },
        "adoption_date": factory.adoption_date.isoformat(),
        "foundation_model_ids": [str(model_id) for model_id in factory.foundation_model_ids],
        "project_type": factory.project_type,
        "use_cases": factory.use_cases,
        **tail_of(factory),
    }


def private_fields(factory: Factory) -> dict[str, Any]:
    """Return what only the organization and the ministry see, without the contact."""
    return {
        "external_ref": factory.external_ref,
        "address": factory.address,
        "notes": factory.notes,
        "evidence": factory.evidence,
        "rejection": rejection_of(factory),
    }


KIND = RecordKind(
    record_type="factory",
    path="factories",
    number_format="AXF-{year}-{number:05d}",
    date_field="adoption_date",
    fields=FIELDS,
    counting_fields=frozenset({"organization_id", "region", "industry", "project_type", "adoption_date"}),
    public_fields=public_fields,
    private_fields=private_fields,
)
