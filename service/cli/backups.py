"""`ax-registry backup` and `restore`: the whole register in one file."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from service.bootstrap import RunningDatabase, start_database
from service.cli.failures import CommandFailed
from service.cli.output import AsJson, progress, tell
from service.db import backups, migrating
from service.db.backups import State
from service.db.programs import ProgramFailed, Programs, find_programs
from service.embedded import EmbeddedError
from service.settings import Settings, read_settings

_PRIVATE: Final = 0o600


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; pg_dump's custom format.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the whole register into a file, while it is in use; the file holds personal data and is made 0600."""
    _refuse_existing(file, force=force)
    settings = read_settings()
    with start_database(settings) as database, _told():
        state = asyncio.run(backups.look_at(database.migration_url))
        [programs, *_] = find_programs(_folders(settings, database), at_least=state.major)
        with _finished_whole(file, force=force) as draft, progress("Backup", steps=len(state.rows)) as advance:
            backups.dump(database.migration_url, programs, draft, on_table=advance)
    size = file.stat().st_size
    tell(f"Wrote {file} ({size:,} bytes).", {"file": file, "bytes": size}, as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="The file that `backup` wrote.", exists=True, dir_okay=False)],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away what the database holds now, and put the backup there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a backup into an empty database, then migrate it; either all of it lands or nothing changes."""
    settings = read_settings()
    with start_database(settings) as database, _told():
        url = database.migration_url
        asyncio.run(migrating.prepare(url))
        state = asyncio.run(backups.look_at(url))
        _require_room(state, replace=replace)
        choice = find_programs(_folders(settings, database), at_least=state.major)
        programs, tables = _reader_of(file, choice)
        with progress("Restore", steps=len(tables)) as advance:
            backups.restore(url, programs, file, on_table=advance)
        revision = asyncio.run(migrating.migrate(url))
        rows = asyncio.run(backups.look_at(url)).rows
    sentence = f"Restored {sum(rows.values()):,} rows of {len(rows)} tables; the database is at revision {revision}."
    tell(sentence, {"file": file, "revision": revision, "rows": rows}, as_json=as_json)


def _require_room(state: State, *, replace: bool) -> None:
    if state.rows and not replace:
        held = ", ".join(f"{state.rows.get(name, 0):,} {name}" for name in ("organization", "factory", "audit_entry"))
        raise CommandFailed(f"the database is not empty ({held}): restore into another, or say --replace")
    if state.connections:
        raise CommandFailed(f"a running registry has {state.connections} connections to the database: stop it first")


def _reader_of(file: Path, choice: list[Programs]) -> tuple[Programs, list[str]]:
    """Return the programs that can read the file, which those older than its writer can't, and the tables in it."""
    refusals = []
    for programs in choice:
        try:
            return programs, backups.tables_in(file, programs)
        except ProgramFailed as error:
            refusals.append(error)
    raise refusals[-1]


def _folders(settings: Settings, database: RunningDatabase) -> list[Path]:
    """Return where PostgreSQL's programs may lie, the likeliest first; the embedded ones also serve another server."""
    if database.embedded:
        return [database.embedded.bin_dir]
    on_path = shutil.which("pg_dump")
    found = [settings.postgres_bin, on_path and Path(on_path).parent]
    # Late, for it needs a system with accounts, which a server of one's own does not.
    with suppress(EmbeddedError, ImportError):
        from service.embedded.binaries import find_programs as find_server  # noqa: PLC0415 - see above

        found.append(find_server(None).bin_dir)
    return [folder for folder in found if folder]


@contextmanager
def _finished_whole(file: Path, *, force: bool) -> Iterator[Path]:
    """Give a private file to write, which takes its name only once it is complete and on the disk."""
    draft = file.with_name(f".{file.name}-{secrets.token_hex(4)}.part")
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE))
    try:
        yield draft
        _refuse_existing(file, force=force)
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _refuse_existing(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        raise CommandFailed(f"{file} exists: name another file, or say --force")


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except ProgramFailed as error:
        raise CommandFailed(str(error)) from None
