"""Events and their deliveries, endpoints, alerts, and the workers at work."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FUNCTIONS = (
    """
-- A UUIDv7 (RFC 9562): the milliseconds, then random bits, so that rows sort by their making.
CREATE FUNCTION uuid7() RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
      PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
""",
    """
-- Transaction ids begin anew in another cluster; the era goes before them in the order of events.
CREATE FUNCTION event_era() RETURNS integer
LANGUAGE sql STABLE
AS $$ SELECT era FROM event_clock $$;
""",
)

CLOCK = """
CREATE TABLE event_clock (
  era integer CONSTRAINT event_clock_pkey PRIMARY KEY
);
INSERT INTO event_clock (era) VALUES (1);
"""

TABLES = """
ALTER TABLE factory ADD COLUMN event_sequence integer NOT NULL DEFAULT 0;
ALTER TABLE foundation_model ADD COLUMN event_sequence integer NOT NULL DEFAULT 0;
ALTER TABLE target ADD COLUMN event_sequence integer NOT NULL DEFAULT 0;

CREATE TABLE event (
  id uuid CONSTRAINT event_pkey PRIMARY KEY,
  era integer NOT NULL DEFAULT event_era(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  type text NOT NULL,
  subject text NOT NULL,
  sequence integer NOT NULL,
  at timestamptz NOT NULL,
  audience text NOT NULL
    CONSTRAINT event_audience_check CHECK (audience IN ('everyone', 'organization', 'endpoint')),
  organization_id uuid,
  regions text[],
  divisions text[],
  target text,
  body text NOT NULL
);
CREATE UNIQUE INDEX event_subject_sequence_idx ON event (subject, sequence);
CREATE INDEX event_era_xid_id_idx ON event (era, xid, id);

CREATE TABLE webhook_endpoint (
  id uuid CONSTRAINT webhook_endpoint_pkey PRIMARY KEY,
  organization_id uuid NOT NULL CONSTRAINT webhook_endpoint_organization_id_fkey REFERENCES organization (id),
  url text NOT NULL,
  event_types text[] NOT NULL,
  regions text[] NOT NULL,
  divisions text[] NOT NULL,
  targets text[] NOT NULL,
  description text,
  max_in_flight integer NOT NULL,
  ordered boolean NOT NULL,
  state text NOT NULL CONSTRAINT webhook_endpoint_state_check CHECK (state IN ('active', 'paused', 'disabled')),
  last_success_at timestamptz,
  last_failure_at timestamptz,
  failing_since timestamptz,
  event_sequence integer NOT NULL DEFAULT 0,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX webhook_endpoint_organization_id_id_idx ON webhook_endpoint (organization_id, id);

CREATE TABLE webhook_secret (
  id uuid CONSTRAINT webhook_secret_pkey PRIMARY KEY,
  endpoint_id uuid NOT NULL
    CONSTRAINT webhook_secret_endpoint_id_fkey REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
  ciphertext bytea NOT NULL,
  created_at timestamptz NOT NULL,
  valid_until timestamptz
);
CREATE INDEX webhook_secret_endpoint_id_idx ON webhook_secret (endpoint_id);

CREATE TABLE webhook_delivery (
  id uuid CONSTRAINT webhook_delivery_pkey PRIMARY KEY DEFAULT uuid7(),
  endpoint_id uuid NOT NULL
    CONSTRAINT webhook_delivery_endpoint_id_fkey REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
  event_id uuid NOT NULL,
  event_type text NOT NULL,
  subject text NOT NULL,
  sequence integer NOT NULL,
  is_ping boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'pending'
    CONSTRAINT webhook_delivery_state_check CHECK (state IN ('pending', 'in_flight', 'succeeded', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz DEFAULT clock_timestamp(),
  claim uuid,
  lease_until timestamptz,
  last_status integer,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_delivery_endpoint_id_id_idx ON webhook_delivery (endpoint_id, id);
CREATE INDEX webhook_delivery_pending_idx ON webhook_delivery (endpoint_id, next_attempt_at, id)
  WHERE state = 'pending';
CREATE INDEX webhook_delivery_pinging_idx ON webhook_delivery (endpoint_id, next_attempt_at, id)
  WHERE state = 'pending' AND is_ping;
CREATE INDEX webhook_delivery_in_flight_idx ON webhook_delivery (endpoint_id, lease_until) WHERE state = 'in_flight';
CREATE INDEX webhook_delivery_unsettled_idx ON webhook_delivery (endpoint_id, subject, sequence)
  WHERE state IN ('pending', 'in_flight');

CREATE TABLE webhook_attempt (
  id uuid CONSTRAINT webhook_attempt_pkey PRIMARY KEY DEFAULT uuid7(),
  delivery_id uuid NOT NULL
    CONSTRAINT webhook_attempt_delivery_id_fkey REFERENCES webhook_delivery (id) ON DELETE CASCADE,
  number integer NOT NULL,
  at timestamptz NOT NULL,
  status integer,
  error text,
  milliseconds integer NOT NULL,
  request_headers jsonb NOT NULL,
  answer bytea NOT NULL
);
CREATE INDEX webhook_attempt_delivery_id_id_idx ON webhook_attempt (delivery_id, id);

CREATE TABLE alert (
  id uuid CONSTRAINT alert_pkey PRIMARY KEY,
  target text NOT NULL CONSTRAINT alert_target_fkey REFERENCES target (code),
  level text NOT NULL CONSTRAINT alert_level_check CHECK (level IN ('behind', 'missed')),
  state text NOT NULL CONSTRAINT alert_state_check CHECK (state IN ('open', 'acknowledged', 'resolved')),
  opened_at timestamptz NOT NULL,
  since date NOT NULL,
  resolved_at timestamptz,
  snapshot jsonb NOT NULL,
  acknowledgement jsonb,
  snoozed_until timestamptz,
  snooze_reason text,
  reminded_at timestamptz NOT NULL,
  synthetic boolean NOT NULL,
  version integer NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX alert_target_open_idx ON alert (target) WHERE state <> 'resolved';
CREATE INDEX alert_opened_at_id_idx ON alert (opened_at, id);

CREATE TABLE pace_told (
  target text CONSTRAINT pace_told_pkey PRIMARY KEY CONSTRAINT pace_told_target_fkey REFERENCES target (code),
  day date NOT NULL,
  pace text NOT NULL,
  known_at timestamptz NOT NULL
);

CREATE TABLE notification (
  id uuid CONSTRAINT notification_pkey PRIMARY KEY DEFAULT uuid7(),
  event_id uuid,
  target text NOT NULL,
  kind text NOT NULL CONSTRAINT notification_kind_check CHECK (kind IN ('behind', 'missed', 'recovered', 'met')),
  title text NOT NULL,
  body text NOT NULL,
  state text NOT NULL DEFAULT 'pending'
    CONSTRAINT notification_state_check CHECK (state IN ('pending', 'sent', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  told text[] NOT NULL DEFAULT '{}',
  last_error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX notification_due_idx ON notification (next_attempt_at) WHERE state = 'pending';

CREATE TABLE worker (
  id uuid CONSTRAINT worker_pkey PRIMARY KEY,
  started_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL
);

CREATE TABLE webhook_tally (
  upto uuid CONSTRAINT webhook_tally_pkey PRIMARY KEY,
  figures jsonb NOT NULL
);
INSERT INTO webhook_tally (upto, figures) VALUES ('00000000-0000-0000-0000-000000000000', '{}');
"""

BEGIN_ERA = """
-- Begin another era if this cluster has not come as far as the events it holds: they were restored into it.
-- The minute goes into its number, for a backup may be restored twice, and no two eras are the same.
CREATE FUNCTION begin_event_era() RETURNS integer
LANGUAGE sql VOLATILE
AS $$
  UPDATE event_clock SET era = greatest(era + 1, (extract(epoch FROM clock_timestamp()) / 60)::integer)
  WHERE EXISTS (SELECT FROM event e WHERE e.era = event_clock.era AND e.xid >= pg_snapshot_xmax(pg_current_snapshot()))
  RETURNING era
$$;
"""

PRIVILEGES = """
GRANT SELECT, UPDATE ON event_clock TO axreg_app;
GRANT SELECT, INSERT, DELETE ON event, webhook_attempt TO axreg_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoint, webhook_secret, webhook_delivery, notification, worker
  TO axreg_app;
GRANT SELECT, INSERT, UPDATE ON alert, pace_told TO axreg_app;
GRANT SELECT, UPDATE ON webhook_tally TO axreg_app;
"""


def upgrade() -> None:
    """Make the tables; what there was before them has no events."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '10min'")
    for statement in (*_statements(CLOCK), *FUNCTIONS, *_statements(TABLES), BEGIN_ERA, *_statements(PRIVILEGES)):
        op.execute(statement)


def _statements(script: str) -> list[str]:
    return [statement for statement in script.split(";\n") if statement.strip()]


def downgrade() -> None:
    """Refuse: what partners were promised, and have not been told yet, is not thrown away."""
    message = "0003 holds events that are still to be delivered; to go back beyond it, restore a backup"
    raise RuntimeError(message)
