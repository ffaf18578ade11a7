"""What an operator wants to know of a database before trusting it: plain facts, for `ax-registry doctor` to judge."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from service.db.engine import Database
from service.db.migrating import APP, OWNER, Schema

# What the service must not be able to do, whatever is wrong with its code: history is only added to.
_FORBIDDEN = """
SELECT privilege || ' on ' || name
FROM unnest($2::text[]) AS name, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
WHERE has_table_privilege($1, name, privilege)
UNION ALL SELECT 'CREATE in schema public' WHERE has_schema_privilege($1, 'public', 'CREATE')
UNION ALL SELECT 'being a member of ' || rolname FROM pg_roles WHERE rolname = $3 AND pg_has_role($1, $3, 'MEMBER')
UNION ALL SELECT 'being a superuser' FROM pg_roles WHERE rolname = $1 AND rolsuper
"""
_NEEDED = """
SELECT privilege || ' on ' || name FROM unnest($2::text[]) AS name, unnest(ARRAY['SELECT', 'INSERT']) AS privilege
WHERE NOT has_table_privilege($1, name, privilege)
"""
_MISPLACED = """
SELECT count(*) FROM factory JOIN region ON region.code = factory.region WHERE region.successor IS NOT NULL
"""
_APPEND_ONLY = ["audit_entry", "standing", "change", "target_revision", "pace_day"]
_WRITTEN = ["organization", "factory", "foundation_model", "api_key", "target", "contact", "idempotent_answer"]
_SERVER = """
SELECT clock_timestamp() AS clock, current_setting('server_version') AS version,
  current_setting('server_version_num')::integer / 10000 AS major,
  pg_encoding_to_char(encoding) AS encoding, datcollate AS collation,
  EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') AS has_trigrams
FROM pg_database WHERE datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What can be asked of any database: its server's version, its clock, its text."""

    version: str
    major: int
    clock: datetime
    encoding: str
    collation: str
    has_trigrams: bool
    korean_similarity: float | None
    """Of two names that share most syllables; 0 where the locale hides Hangul from pg_trgm, None without pg_trgm."""
    schema: Schema


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What can be asked once the tables are there."""

    forbidden: list[str]
    """What the service's role can do and must not."""
    missing: list[str]
    """What it must be able to do and can't."""
    misplaced_factories: int
    """Factories in regions that are retired."""


async def ask_server(database: Database) -> ServerFacts:
    """Ask what needs no tables of ours.

    Raises:
        OSError, asyncpg.PostgresError: it can't be reached, or refuses the login.
    """
    row = await database.pool.fetchrow(_SERVER)
    facts: dict[str, Any] = dict(row or {})
    similarity = None
    if facts["has_trigrams"]:
        similarity = await database.pool.fetchval("SELECT similarity('가온정밀공업', '가온정밀산업')")
    return ServerFacts(**facts, korean_similarity=similarity, schema=await database.schema_state())


async def ask_register(database: Database) -> RegisterFacts:
    """Ask what the tables, their privileges and their rows say.

    Raises:
        asyncpg.PostgresError: tables are missing.
    """
    pool = database.pool
    return RegisterFacts(
        forbidden=_texts(await pool.fetch(_FORBIDDEN, APP, _APPEND_ONLY, OWNER)),
        missing=_texts(await pool.fetch(_NEEDED, APP, _APPEND_ONLY + _WRITTEN)),
        misplaced_factories=await pool.fetchval(_MISPLACED),
    )


def _texts(rows: list[asyncpg.Record]) -> list[str]:
    return [row[0] for row in rows]
