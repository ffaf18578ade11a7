"""The SQL of the hot paths: one record, lists, creation, progress. Each is one round trip on a bare asyncpg connection.

Everything else goes through the session. docs/adr/0003-hot-paths.md has the measurements behind this.
"""

# Whether anything has changed, before an answer about progress is given again.
HORIZON = "SELECT known_at, last_change FROM register_horizon()"

GET_FACTORY = """
SELECT organization_id, status, version, document, private_part, c.name AS contact_name, c.email AS contact_email
FROM factory LEFT JOIN contact c ON c.record_id = factory.id WHERE factory.id = $1
"""

GET_FOUNDATION_MODEL = """
SELECT organization_id, status, version, document, private_part
FROM foundation_model WHERE id = $1
"""

# What must be known before a factory is inserted. Two external_refs tell two factories apart, and where they are equal
# the constraint refuses: no advice about a likely duplicate is needed then.
# $1 organization, $2 foundation models, $3 region, $4 name key, $5 digits,
# $6 external_ref, $7 whether likeness matters, $8 idempotency scope (or null), $9 oldest answer still kept.
CHECK_NEW_FACTORY = """
SELECT nextval('factory_number') AS number,
  (SELECT synthetic FROM organization WHERE id = $1) AS organization_is_synthetic,
  ARRAY(SELECT id FROM foundation_model m
        WHERE m.id = ANY ($2::uuid[])
          AND (m.status IN ('verified', 'retired') OR m.organization_id = $1)) AS known_models,
  (SELECT json_agg(alike)::text FROM (
     SELECT id, registry_number, name FROM factory
     WHERE $7 AND organization_id = $1 AND region = $3 AND name_digits = $5 AND status NOT IN ('rejected', 'withdrawn')
       AND (name_key = $4 OR similarity(name_key, $4) >= 0.85)
       AND ($6::text IS NULL OR external_ref IS NULL)
     ORDER BY id LIMIT 5) AS alike) AS alike,
  (SELECT row_to_json(kept)::text FROM (
     SELECT encode(body_digest, 'hex') AS body_digest, status, location, etag, body, contact_of
     FROM idempotent_answer WHERE scope = $8 AND created_at > $9) AS kept) AS kept
"""

CHECK_NEW_FOUNDATION_MODEL = """
SELECT nextval('foundation_model_number') AS number,
  (SELECT synthetic FROM organization WHERE id = $1) AS organization_is_synthetic,
  (SELECT row_to_json(kept)::text FROM (
     SELECT encode(body_digest, 'hex') AS body_digest, status, location, etag, body, contact_of
     FROM idempotent_answer WHERE scope = $2 AND created_at > $3) AS kept) AS kept
"""

# $1 idempotency scope, $2 oldest answer still kept.
KEPT_ANSWER = """
SELECT row_to_json(kept)::text FROM (
  SELECT encode(body_digest, 'hex') AS body_digest, status, location, etag, body, contact_of
  FROM idempotent_answer WHERE scope = $1 AND created_at > $2) AS kept
"""

CONTACT = "SELECT name, email FROM contact WHERE record_id = $1"

# One delivery of `told` for each endpoint that subscribes to it and whose organization may see it. An endpoint's filter
# binds only events that have the side it asks for. A paused or disabled endpoint's deliveries wait for it.
MATCH_ENDPOINTS = """
INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, subject, sequence)
SELECT e.id, told.id, told.type, told.subject, told.sequence
FROM told CROSS JOIN webhook_endpoint e JOIN organization o ON o.id = e.organization_id
WHERE (told.audience = 'everyone'
    OR told.audience = 'organization' AND (o.kind = 'ministry' OR e.organization_id = told.organization_id))
  AND (e.event_types = '{}' OR told.type = ANY (e.event_types))
  AND (told.regions IS NULL OR e.regions = '{}' OR told.regions && e.regions)
  AND (told.divisions IS NULL OR e.divisions = '{}' OR told.divisions && e.divisions)
  AND (told.target IS NULL OR e.targets = '{}' OR told.target = ANY (e.targets))
"""
# The foreign key takes this lock anyway, but later: an endpoint deleted in between would fail the change.
DELIVER = MATCH_ENDPOINTS + "FOR KEY SHARE OF e"

_CREATE = """
WITH claimed AS (
  INSERT INTO idempotent_answer (scope, body_digest, status, location, etag, body, contact_of, created_at)
  SELECT $1::bytea, $2::bytea, 201, $3::text, $4::text, $5::text, $6::uuid, $7::timestamptz
  WHERE $1 IS NOT NULL AND pg_try_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))
  ON CONFLICT (scope) DO UPDATE SET body_digest = excluded.body_digest, location = excluded.location,
    etag = excluded.etag, body = excluded.body, contact_of = excluded.contact_of, created_at = excluded.created_at
    WHERE idempotent_answer.created_at <= $8::timestamptz
  RETURNING 1
), made AS (
  INSERT INTO {table} ({columns}) SELECT {values} WHERE $1 IS NULL OR EXISTS (SELECT FROM claimed)
  RETURNING id
), contacted AS (
  INSERT INTO contact (record_id, name, email) SELECT id, $9::text, $10::text FROM made
  WHERE $9 IS NOT NULL OR $10 IS NOT NULL
), audited AS (
  INSERT INTO audit_entry (id, at, actor_kind, actor_id, actor_label, action, record_type, record_id, request_id,
    after, changed)
  SELECT $11::uuid, $7, $12::text, $13::text, $14::text, 'registered', '{table}', id::text, $15::text,
    ({document} || {private_part} || '}}')::jsonb, '{{}}' FROM made
), stood AS (
  INSERT INTO standing (change_id, record_type, record_id, version, {standing})
  SELECT $11, '{table}', id, 1, {standing_values} FROM made
), told AS (
  INSERT INTO event (id, type, subject, sequence, at, audience, organization_id, regions, divisions, body)
  SELECT $11, '{table}.registered', '{path}/' || id, 1, $7, 'organization', {organization_id}, {regions},
    $17::text[], $16::text || {document} || '}}}}' FROM made
  RETURNING id, type, subject, sequence, audience, organization_id, regions, divisions, target
), delivered AS ({deliver})
SELECT id FROM made
"""
_SHARED_PARAMETERS = 17

_RECORD_COLUMNS = {
    "id": "uuid",
    "registry_number": "text",
    "organization_id": "uuid",
    "name": "text",
    "name_en": "text",
    "external_ref": "text",
    "status": "text",
    "registered_on": "date",
    "synthetic": "boolean",
    "version": "integer",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "document": "text",
    "private_part": "text",
    "search_text": "text",
    "event_sequence": "integer",
}
FACTORY_COLUMNS = _RECORD_COLUMNS | {
    "region": "text",
    "industry": "text",
    "division": "text",
    "adoption_date": "date",
    "foundation_model_ids": "uuid[]",
    "project_type": "text",
    "use_cases": "text[]",
    "address": "text",
    "notes": "text",
    "evidence": "text[]",
    "name_key": "text",
    "name_digits": "text",
}
FOUNDATION_MODEL_COLUMNS = _RECORD_COLUMNS | {
    "kind": "text",
    "industries": "text[]",
    "modalities": "text[]",
    "access": "text",
    "model_version": "text",
    "released_on": "date",
    "url": "text",
    "description": "text",
}
_STANDING = {"status": "status", "registered_on": "registered_on", "synthetic": "synthetic"}
_FACTORY_STANDING = _STANDING | {
    "counts_on": "adoption_date",
    "region": "region",
    "industry": "industry",
    "project_type": "project_type",
    "foundation_model_ids": "foundation_model_ids",
}
_FOUNDATION_MODEL_STANDING = _STANDING | {"counts_on": "released_on", "model_kind": "kind"}


def _creation(table: str, path: str, columns: dict[str, str], standing: dict[str, str]) -> str:
    """Return the statement that makes a record with its idempotent answer, contact, audit entry, standing and event.

    Parameters: 1 to 8 the idempotent answer (scope, body's digest, location, etag, body, whose contact to add, now,
    oldest answer still kept), 9 and 10 the contact, 11 the id of the change, of its audit entry and of its event,
    12 to 15 the actor's kind, id, label and the request's id, 16 and 17 the opening of the event's body and its
    divisions, then the columns. One row: made; none: an answer is kept under the
    same Idempotency-Key, or another request is about to write one.
    """
    numbered = {
        column: f"${_SHARED_PARAMETERS + place}::{kind}"
        for place, (column, kind) in enumerate(columns.items(), start=1)
    }
    return _CREATE.format(
        table=table,
        path=path,
        deliver=DELIVER,
        organization_id=numbered["organization_id"],
        regions=f"ARRAY[{numbered['region']}]" if "region" in numbered else "NULL::text[]",
        columns=", ".join(columns),
        values=", ".join(numbered.values()),
        document=numbered["document"],
        private_part=numbered["private_part"],
        standing=", ".join(standing),
        standing_values=", ".join(numbered[column] for column in standing.values()),
    )


CREATE_FACTORY = _creation("factory", "factories", FACTORY_COLUMNS, _FACTORY_STANDING)
CREATE_FOUNDATION_MODEL = _creation(
    "foundation_model", "foundation-models", FOUNDATION_MODEL_COLUMNS, _FOUNDATION_MODEL_STANDING
)
