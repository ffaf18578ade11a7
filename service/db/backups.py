"""The whole database into one file of pg_dump's custom format, and back: all of it or nothing."""

import subprocess
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service.db.migrating import OWNER
from service.db.programs import ProgramFailed, Programs, connection_text, last_line

OnTable = Callable[[str], None]
"""Called with a table's name as its rows begin to be copied."""

_LOCK_WAIT: Final = "60s"
_BLOCK: Final = 1 << 16
_NEEDED: Final = frozenset({"alembic_version", "organization", "factory", "foundation_model", "audit_entry"})
_TABLES: Final = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1
"""
_IN_USE: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'ax-registry' AND pid <> pg_backend_pid()
"""
# What stands in the schema and belongs to no extension goes, in the transaction that brings the other in its place.
_BEGIN: Final = """
\\set ON_ERROR_STOP on
BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL ROLE axreg_owner;
DO $$
DECLARE
  statement text;
BEGIN
  FOR statement IN
    SELECT format('DROP TABLE IF EXISTS %s CASCADE', c.oid::regclass) FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT format('DROP SEQUENCE IF EXISTS %s CASCADE', c.oid::regclass) FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('e', 'i', 'a'))
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
      WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE statement;
  END LOOP;
END
$$;
"""
# What was written after the backup is no more, and its places in the feed were given out: another era begins, as
# `begin_event_era()` says. A backup from before there were events has no clock of them.
_COMMIT: Final = """
DO $$
BEGIN
  IF to_regclass('public.event_clock') IS NOT NULL THEN
    UPDATE public.event_clock SET era = greatest(era + 1, (extract(epoch FROM clock_timestamp()) / 60)::integer);
  END IF;
END
$$;
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class State:
    """What is in a database: its rows by table, a running registry's connections to it, its server's major version."""

    rows: dict[str, int]
    connections: int
    major: int


async def look_at(url: str) -> State:
    """Return the tables of a database, the rows of each, and how many connections a running registry has to it."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            major = int(await connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
            in_use = int(await connection.scalar(text(_IN_USE)) or 0)
            tables = [str(name) for name in await connection.scalars(text(_TABLES))]
            if tables:
                await connection.execute(text(f"SET LOCAL ROLE {OWNER}"))
            rows = {
                name: int(await connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0)  # noqa: S608 - a table's own name
                for name in tables
            }
            return State(rows, in_use, major)
    finally:
        await engine.dispose()


def dump(url: str, programs: Programs, file: Path, *, on_table: OnTable) -> None:
    """Write the whole database at `url` into `file`, as it is at one instant; others go on writing meanwhile.

    Raises:
        ProgramFailed: pg_dump's reason in one line.
    """
    with connection_text(url) as where:
        command: list[str | Path] = [
            programs.folder / "pg_dump",
            "--format=custom",
            "--no-password",
            "--verbose",
            f"--lock-wait-timeout={_LOCK_WAIT}",
            f"--role={OWNER}",
            f"--file={file}",
            f"--dbname={where}",
        ]
        said = []
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as process:  # noqa: S603 - found by us
            for line in process.stderr or ():
                if "dumping contents of table" in line:
                    on_table(_table_of(line))
                said.append(line)
    if process.returncode:
        raise ProgramFailed(last_line("".join(said), beginning="pg_dump: error: "))


def tables_in(file: Path, programs: Programs) -> list[str]:
    """Return the tables whose rows a backup holds.

    Raises:
        ProgramFailed: it is no backup of a registry, or can't be read.
    """
    tables = [entry.split()[-2] for entry in _contents(file, programs) if " TABLE DATA " in entry]
    if not set(tables) >= _NEEDED:
        raise ProgramFailed(
            f"{file} is not a backup of a registry: it lacks {', '.join(sorted(_NEEDED - set(tables)))}"
        )
    return tables


def restore(url: str, programs: Programs, file: Path, *, on_table: OnTable) -> None:
    """Put a backup in the place of whatever the database at `url` has; roles and extension must be there.

    One transaction does it, and it is only committed once the whole file was read: a file that is cut short, a lost
    connection or a kill at any moment leaves everything as it was.

    Raises:
        ProgramFailed: the reason of pg_restore or psql in one line.
    """
    with connection_text(url) as where, tempfile.TemporaryDirectory(prefix="axreg-") as folder:
        wanted = Path(folder) / "contents"
        wanted.write_text("\n".join(filter(_is_ours, _contents(file, programs))), encoding="utf-8")
        reader_command: list[str | Path] = [programs.folder / "pg_restore", "--file=-", f"--use-list={wanted}", file]
        writer_command: list[str | Path] = [
            programs.folder / "psql",
            "--no-psqlrc",
            "--quiet",
            "--no-password",
            "--file=-",
            where,
        ]
        with (
            (Path(folder) / "read").open("w+", encoding="utf-8") as reader_said,
            (Path(folder) / "written").open("w+", encoding="utf-8") as writer_said,
            subprocess.Popen(reader_command, stdout=subprocess.PIPE, stderr=reader_said) as reader,  # noqa: S603 - found by us
            subprocess.Popen(  # noqa: S603 - found by us
                writer_command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=writer_said
            ) as writer,
        ):
            _pass_on(reader, writer, on_table=on_table)
            writer.wait()
            reader_said.seek(0)
            writer_said.seek(0)
            if reader.returncode > 0:
                raise ProgramFailed(f"{file}: {last_line(reader_said.read(), beginning='pg_restore: error: ')}")
            if reader.returncode or writer.returncode:  # the reader ended by a signal: the writer had left it
                raise ProgramFailed(last_line(writer_said.read(), beginning="psql:"))


def _pass_on(reader: "subprocess.Popen[bytes]", writer: "subprocess.Popen[bytes]", *, on_table: OnTable) -> None:
    """Copy the script from one program to the other; commit if, and only if, the first came to its end in order."""
    script, sink = _stream(reader.stdout), _stream(writer.stdin)
    # The writer may have stopped at an error; it says so itself.
    with suppress(BrokenPipeError):
        sink.write(_BEGIN.encode())
        is_head = True
        while block := script.read(_BLOCK):
            for table in _tables_begun(block):
                on_table(table)
            # pg_dump 17 and newer set it, and servers before 17 don't know it.
            sink.write(block.replace(b"SET transaction_timeout = 0;\n", b"") if is_head else block)
            is_head = False
        if reader.wait() == 0:
            sink.write(_COMMIT.encode())
    with suppress(BrokenPipeError):
        sink.close()
    script.close()
    reader.wait()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101 - it was asked for as a pipe
    return stream


def _contents(file: Path, programs: Programs) -> list[str]:
    listed = subprocess.run(  # noqa: S603 - found by us
        [programs.folder / "pg_restore", "--list", file], capture_output=True, text=True, errors="replace", check=False
    )
    if listed.returncode:
        raise ProgramFailed(f"{file}: {last_line(listed.stderr, beginning='pg_restore: error: ')}")
    return listed.stdout.splitlines()


def _is_ours(entry: str) -> bool:
    """Leave out the schema and the extension: they are there already, and are not the owner's to make."""
    return not any(f" {kind} " in entry for kind in ("EXTENSION", "SCHEMA"))


def _tables_begun(block: bytes) -> Iterable[str]:
    for piece in block.split(b"\nCOPY public.")[1:]:
        yield piece.split(b" ", 1)[0].decode(errors="replace")


def _table_of(line: str) -> str:
    return line.rstrip().rpartition('"')[0].rpartition(".")[2]
