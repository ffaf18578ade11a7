"""How alembic reaches the database: `ax-registry migrate` and the tests hand it a connection."""

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from service.db.tables import Base


def run(connection: Connection) -> None:
    """Run the migrations on a connection, one transaction each."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    raise CommandError("alembic is given its connection: use `ax-registry migrate`, or --sql to see the statements")
