"""Schemas and samples of events: as files beside the API's document, and as its section `webhooks`.

All are made from the models that describe what routes answer, so that an event's data can't differ from a record's.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal

import orjson
from pydantic import BaseModel, Field, create_model

from service.api.event_samples import SAMPLE_AT, SAMPLES
from service.api.schemas.events import (
    ChangedFactoryData,
    ChangedFoundationModelData,
    DecidedTargetData,
    EventOut,
    FactoryData,
    FoundationModelData,
    ImportData,
    PaceData,
    TargetData,
)
from service.api.schemas.webhook_endpoints import WebhookEndpointOut
from service.core.events import WITH_CHANGED, EventType, schema_uri
from service.core.signing import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
JSON: Final = "application/json"
SCHEMA_TYPE: Final = "application/schema+json"
_SCHEMA: Final = ".schema.json"
_SAMPLE: Final = ".sample.json"

_OF_RECORD: Final = {
    "registered": "was registered",
    "updated": "was changed",
    "verified": "was verified by the ministry: it counts",
    "rejected": "was turned down; told to its organization and the ministry alone",
    "resubmitted": "was handed in again after it was turned down",
    "reopened": "is submitted again, because a decision on it was a mistake or what it counts for has changed",
    "withdrawn": "should never have been there",
    "retired": "has ended; it still counts as built",
}
_MEANINGS: Final = {
    EventType.TARGET_CREATED: "A target was set.",
    EventType.TARGET_REVISED: "A target was revised: all its days are judged anew.",
    EventType.TARGET_CLOSED: "A target is not watched any more.",
    EventType.TARGET_MET: "A target was met.",
    EventType.TARGET_MISSED: "A target was missed.",
    EventType.PACE_AT_RISK: "A target may not be met in time.",
    EventType.PACE_BEHIND: "A target will probably not be met in time; an alert is open.",
    EventType.PACE_STILL_BEHIND: "A target is still behind; told every 30 days.",
    EventType.PACE_RECOVERED: "A target is on track again, or ahead.",
    EventType.IMPORT_COMPLETED: "An import has come to its end. It stands for the events of all it has registered.",
    EventType.WEBHOOK_ENDPOINT_DISABLED: "An endpoint was disabled: it answered 410, or has failed for five days.",
    EventType.WEBHOOK_PING: "Somebody tries an endpoint out; sent to this endpoint alone, in every state.",
}


def meaning_of(type_: EventType) -> str:
    """Return what an event of this type tells, in one sentence."""
    if type_ in _MEANINGS:
        return _MEANINGS[type_]
    record, _, action = type_.partition(".")
    return f"A {record.replace('_', ' ')} {_OF_RECORD[action]}."


def data_model_of(type_: EventType) -> type[BaseModel]:
    """Return what the data of an event of this type is."""
    family, _, action = type_.partition(".")
    is_changed = action in WITH_CHANGED
    match family:
        case "factory":
            return ChangedFactoryData if is_changed else FactoryData
        case "foundation_model":
            return ChangedFoundationModelData if is_changed else FoundationModelData
        case "target":
            return DecidedTargetData if type_ in (EventType.TARGET_MET, EventType.TARGET_MISSED) else TargetData
        case "pace":
            return PaceData
        case "import":
            return ImportData
    return WebhookEndpointOut


@cache
def event_model(type_: EventType) -> type[BaseModel]:
    """Return the model of the whole document of a type."""
    uri = schema_uri(type_)
    of_envelope = EventOut.model_fields
    fields: dict[str, Any] = {
        "type": (Literal[type_], Field(description=of_envelope["type"].description, examples=[type_])),
        "dataschema": (Literal[uri], Field(description=of_envelope["dataschema"].description, examples=[uri])),
        "data": (data_model_of(type_), Field(description="What it happened to, as it is afterwards.")),
    }
    name = "".join(part.capitalize() for part in type_.replace("_", ".").split("."))
    return create_model(f"{name}Event", __doc__=meaning_of(type_), __base__=EventOut, **fields)


def schema_of(type_: EventType) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a type's document, complete in itself."""
    schema = event_model(type_).model_json_schema()
    return {"$schema": DIALECT, "$id": schema_uri(type_), **schema}


def sample_of(type_: EventType) -> dict[str, Any]:
    """Return a document of a type as a receiver may get it; what it tells is invented."""
    return dict(orjson.loads(SAMPLES[type_].body))


@cache
def event_files() -> Mapping[str, bytes]:
    """Return every schema and sample by the name of its file."""
    files = {}
    for type_ in EventType:
        files[f"{type_}{_SCHEMA}"] = _text(schema_of(type_), orjson.OPT_SORT_KEYS)
        files[f"{type_}{_SAMPLE}"] = _text(sample_of(type_))
    return files


def media_type_of(name: str) -> str:
    """Return what a file of `event_files` is."""
    return SCHEMA_TYPE if name.endswith(_SCHEMA) else JSON


def _text(document: Mapping[str, Any], option: int = 0) -> bytes:
    return orjson.dumps(document, option=option | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def webhooks_section(schemas: dict[str, Any], reference: str) -> dict[str, Any]:
    """Return the section `webhooks` of the API's document; the schemas it needs are added to `schemas`."""
    section = {}
    for type_ in EventType:
        model = event_model(type_)
        schema = model.model_json_schema(ref_template=reference)
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
        section[type_.value] = {"post": _request(type_, reference.format(model=model.__name__))}
    return section


def _request(type_: EventType, schema: str) -> dict[str, Any]:
    return {
        "operationId": f"webhook_{type_.replace('.', '_')}",
        "summary": meaning_of(type_),
        "tags": ["webhooks"],
        "security": [],
        "parameters": _PARAMETERS,
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": schema}, "example": sample_of(type_)}},
        },
        "responses": {
            "2XX": {"description": "Taken. Whatever else is answered, 410 excepted, is tried again."},
            "410": {"description": "The endpoint is gone for good: it is disabled, and its deliveries are held."},
        },
    }


_SIGNATURE_WORDS: Final = (
    "Standard Webhooks: `v1,` and the HMAC-SHA256 of id, timestamp and body in base64; several with a space between "
    "them while a secret is being changed."
)
_SIGNATURES: Final = "v1,mDTmWTOPD3YHzxIkEzZhjZxJDOr2J8Yy1uoRzeF0mF0="
_PARAMETERS: Final = [
    {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }
    for name, description, example in (
        (ID_HEADER, "The event's id: the same in every repeat.", SAMPLES[EventType.FACTORY_VERIFIED].id_text),
        (TIMESTAMP_HEADER, "When this attempt was made, in Unix seconds.", str(int(SAMPLE_AT.timestamp()))),
        (
            SIGNATURE_HEADER,
            _SIGNATURE_WORDS,
            _SIGNATURES,
        ),
    )
]
