"""How each day of a target ended: kept once, never altered."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE pace_day (
  code text CONSTRAINT pace_day_code_fkey REFERENCES target (code),
  target_version integer,
  reading text,
  day date,
  value integer NOT NULL,
  probability double precision,
  pace text NOT NULL CONSTRAINT pace_day_pace_check
    CHECK (pace IN ('not_started', 'ahead', 'on_track', 'at_risk', 'behind', 'met', 'missed')),
  since date NOT NULL,
  low_days integer NOT NULL,
  lagging_days integer NOT NULL,
  CONSTRAINT pace_day_pkey PRIMARY KEY (code, target_version, reading, day)
)
"""


def upgrade() -> None:
    """Make the table; the service may add to it, never alter it."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '10min'")
    op.execute(TABLE)
    op.execute("GRANT SELECT, INSERT ON pace_day TO axreg_app")


def downgrade() -> None:
    """Drop what can be worked out again at any time."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("SET LOCAL statement_timeout = '10min'")
    op.execute("DROP TABLE pace_day")
