"""What a target's forecast begins with is found by an index, however large the register is."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The last day from which a standing may concern a target: one registered ahead of its date teaches how such promises
# are kept, whenever it was for; of the others only the date counts.
INDEX = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS standing_concerns_idx
ON standing (record_type, (CASE WHEN counts_on > registered_on THEN DATE 'infinity' ELSE counts_on END))
"""


def upgrade() -> None:
    """Build the index beside writers; one that was broken off is begun again."""
    op.execute("SET lock_timeout = '60s'")
    op.execute("SET statement_timeout = '60min'")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS standing_concerns_idx")
        op.execute(INDEX)
        op.execute("ANALYZE standing")  # what an expression amounts to is not known before
    op.execute("RESET lock_timeout")
    op.execute("RESET statement_timeout")


def downgrade() -> None:
    """Drop the index: it is faster with it, never different."""
    op.execute("SET lock_timeout = '60s'")
    op.execute("SET statement_timeout = '60min'")
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS standing_concerns_idx")
    op.execute("RESET lock_timeout")
    op.execute("RESET statement_timeout")
