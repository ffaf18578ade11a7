"""Which column holds which field of a record, for the session and for the hot statements alike."""

from typing import Any

from service.core import industries
from service.core.factories import Factory
from service.core.foundation_models import FoundationModel
from service.core.records import Record
from service.core.text import digits_of, fold, likeness_key


def search_text(name: str, name_en: str | None) -> str:
    """Return what a search looks through: the folded names, a line each."""
    return fold(name) if name_en is None else f"{fold(name)}\n{fold(name_en)}"


def factory_columns(factory: Factory) -> dict[str, Any]:
    """Return every column of a factory but the rendered text."""
    return _record_columns(factory) | {
        "region": factory.region,
        "industry": factory.industry,
        "division": industries.division_of(factory.industry).code,
        "adoption_date": factory.adoption_date,
        "foundation_model_ids": list(factory.foundation_model_ids),
        "project_type": factory.project_type,
        "use_cases": list(factory.use_cases),
        "address": factory.address,
        "notes": factory.notes,
        "evidence": list(factory.evidence),
        "name_key": likeness_key(factory.name),
        "name_digits": digits_of(factory.name),
    }


def foundation_model_columns(model: FoundationModel) -> dict[str, Any]:
    """Return every column of a foundation model but the rendered text."""
    return _record_columns(model) | {
        "kind": model.kind,
        "industries": list(model.industries),
        "modalities": list(model.modalities),
        "access": model.access,
        "model_version": model.model_version,
        "released_on": model.released_on,
        "url": model.url,
        "description": model.description,
    }


def columns_of(record: Record) -> dict[str, Any]:
    """Return every column of a record of either kind but the rendered text."""
    match record:
        case Factory():
            return factory_columns(record)
        case FoundationModel():
            return foundation_model_columns(record)
        case _:
            raise TypeError(type(record).__name__)


def _record_columns(record: Record) -> dict[str, Any]:
    rejection = record.rejection
    return {
        "id": record.id,
        "registry_number": record.registry_number,
        "organization_id": record.organization_id,
        "name": record.name,
        "name_en": record.name_en,
        "external_ref": record.external_ref,
        "status": record.status.value,
        "registered_on": record.registered_on,
        "retired_on": record.retired_on,
        "rejection": rejection and {"reason_code": rejection.reason_code, "reason": rejection.reason},
        "synthetic": record.synthetic,
        "version": record.version,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "search_text": search_text(record.name, record.name_en),
    }
