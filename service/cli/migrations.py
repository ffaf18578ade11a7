"""`ax-registry migrate`: bring the database's tables up to this version."""

import asyncio

from service.bootstrap import start_database
from service.cli.output import AsJson, tell
from service.db import migrating
from service.settings import read_settings


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database up to this version's tables; run it before `serve` when AX_DATABASE_URL is set."""
    with start_database(read_settings()) as database:
        revision = asyncio.run(migrating.migrate(database.migration_url))
    tell(f"The database is at revision {revision}.", {"revision": revision}, as_json=as_json)
