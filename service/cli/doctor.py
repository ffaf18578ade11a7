"""`ax-registry doctor`: is everything in order, one line each."""

import asyncio
import shutil
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import typer

from service.bootstrap import SECRET_FILE, RunningDatabase, start_database
from service.cli.failures import FAILED, explain
from service.cli.output import AsJson, tell_json
from service.clock import utc_now
from service.core.regions import RegionBook
from service.db.diagnosis import RegisterFacts, ServerFacts, ask_register, ask_server
from service.db.engine import open_database
from service.db.migrating import LOWEST_VERSION, Schema
from service.db.read_models.figures import Queue, Workers, read_queue, read_workers
from service.db.repositories.regions import read_book
from service.settings import Settings, read_settings, unknown_names

_MEBIBYTE: Final = 1 << 20
_DISK_LEAST: Final = 200 * _MEBIBYTE
_DISK_LITTLE: Final = 2048 * _MEBIBYTE
_CLOCK_OFF: Final = timedelta(seconds=2)
_CLOCK_WRONG: Final = timedelta(seconds=30)
_STUCK_SECONDS: Final = 120.0
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    verdict: Verdict
    detail: str


def doctor(*, as_json: AsJson = False) -> None:
    """Look at settings, disk, database, roles, clock, regions, worker, deliveries; exit status 1 if anything fails."""
    findings = []
    for finding in _examine():
        findings.append(finding)
        if not as_json:
            typer.echo(f"{finding.verdict:<5} {finding.check}: {finding.detail}")
    failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    if as_json:
        tell_json({"ok": not failed, "checks": [asdict(finding) for finding in findings]})
    if failed:
        raise typer.Exit(FAILED)


def _examine() -> Iterator[Finding]:
    try:
        settings = read_settings()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield _failure("settings", error)
        return
    yield judge_names(unknown_names())
    yield judge_secret(settings)
    if settings.is_embedded:
        yield from _examine_folder(settings.data_dir)
        if not (settings.data_dir / "postgres").exists():
            yield Finding("database", Verdict.WARN, "none yet: the first `ax-registry serve` makes it")
            return
    try:
        with start_database(settings) as database:
            yield from asyncio.run(_examine_database(database))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        yield _failure("database", error)


def _examine_folder(folder: Path) -> Iterator[Finding]:
    while not folder.exists():
        folder = folder.absolute().parent
    yield judge_disk(shutil.disk_usage(folder).free)


async def _examine_database(database: RunningDatabase) -> list[Finding]:
    opened = await open_database(database.url, hot_size=1, session_size=1)
    try:
        before = utc_now()
        server = await ask_server(opened)
        after = utc_now()
        findings = [*judge_server(server), judge_clock(server.clock, between=(before, after))]
        if server.schema is not Schema.BEHIND:
            findings += judge_register(await ask_register(opened))
            findings.append(judge_regions(await read_book(opened.pool)))
            workers = await read_workers(opened.pool)
            findings += [judge_workers(workers), judge_queue(await read_queue(opened.pool), workers)]
        return findings
    finally:
        await opened.close()


def judge_names(unknown: list[str]) -> Finding:
    """Judge names in the environment that look like settings and are none."""
    if unknown:
        return Finding("settings", Verdict.WARN, f"no such settings, they do nothing: {', '.join(unknown)}")
    return Finding("settings", Verdict.OK, "all are understood")


def judge_secret(settings: Settings) -> Finding:
    """Judge where the secret key comes from, and who may read it."""
    file = settings.data_dir / SECRET_FILE
    if settings.secret_key:
        return Finding("secret key", Verdict.OK, "set")
    if not settings.is_embedded:
        return Finding(
            "secret key", Verdict.FAIL, "set AX_SECRET_KEY: 32 characters or more, the same on every replica"
        )
    if not file.exists():
        return Finding("secret key", Verdict.OK, "made at the first start")
    if file.stat().st_mode & _OTHERS:
        return Finding("secret key", Verdict.FAIL, f"others may read it: chmod 600 {file}")
    return Finding("secret key", Verdict.OK, f"kept in {file}")


def judge_disk(free_bytes: int) -> Finding:
    """Judge the room for the data."""
    verdict = Verdict.FAIL if free_bytes < _DISK_LEAST else Verdict.WARN if free_bytes < _DISK_LITTLE else Verdict.OK
    return Finding("disk", verdict, f"{free_bytes // _MEBIBYTE:,} MiB free where the data lies")


def judge_server(server: ServerFacts) -> list[Finding]:
    """Judge the server, its text, and whether this release was applied to it."""
    is_new_enough = server.major >= LOWEST_VERSION
    version = (
        f"PostgreSQL {server.version}" if is_new_enough else f"{server.version}: {LOWEST_VERSION} or newer is needed"
    )
    sees_korean = server.encoding == "UTF8" and bool(server.korean_similarity)
    return [
        Finding("database", Verdict.OK if is_new_enough else Verdict.FAIL, version),
        Finding(
            "extension",
            Verdict.OK if server.has_trigrams else Verdict.FAIL,
            "pg_trgm" if server.has_trigrams else "pg_trgm is missing: run `ax-registry migrate`",
        ),
        Finding(
            "Korean text",
            Verdict.OK if sees_korean else Verdict.FAIL,
            f"{server.encoding}, {server.collation}"
            + (
                "" if sees_korean else ": likeness is blind to Hangul; make the database with UTF8 and LOCALE 'C.UTF-8'"
            ),
        ),
        _SCHEMAS[server.schema],
    ]


_SCHEMAS: Final = {
    Schema.CURRENT: Finding("migrations", Verdict.OK, "current"),
    Schema.BEHIND: Finding("migrations", Verdict.FAIL, "behind this version: run `ax-registry migrate`"),
    Schema.AHEAD: Finding(
        "migrations", Verdict.WARN, "a newer version has migrated the database; it suits this one too"
    ),
}


def judge_clock(database_clock: datetime, *, between: tuple[datetime, datetime]) -> Finding:
    """Judge the database's clock, which was read between two readings of our own."""
    before, after = between
    off = max(before - database_clock, database_clock - after, timedelta(0))
    verdict = Verdict.FAIL if off > _CLOCK_WRONG else Verdict.WARN if off > _CLOCK_OFF else Verdict.OK
    return Finding("clock", verdict, f"{off.total_seconds():.1f} s from the database's")


def judge_register(register: RegisterFacts) -> list[Finding]:
    """Judge what the service's role can do, and whether factories lie where they should."""
    wrong = [f"can, and must not: {what}" for what in register.forbidden]
    wrong += [f"can't: {what}" for what in register.missing]
    if wrong:
        privileges = Finding("privileges", Verdict.FAIL, "; ".join(wrong))
    else:
        privileges = Finding("privileges", Verdict.OK, "the service can add to history, and not alter it")
    count = register.misplaced_factories
    if not count:
        return [privileges, Finding("factories", Verdict.OK, "all lie in regions that are in force")]
    detail = f"{count} lie in retired regions: run `ax-registry regions apply` with the last file again"
    return [privileges, Finding("factories", Verdict.WARN, detail)]


def judge_regions(book: RegionBook) -> Finding:
    """Judge the table of regions."""
    endless = [region.code for region in book.regions if book.current(region.code).successor is not None]
    in_force = [region for region in book.regions if region.successor is None]
    if endless or not in_force:
        return Finding(
            "regions", Verdict.FAIL, f"successors go round in a circle: {', '.join(endless)}" if endless else "none"
        )
    return Finding("regions", Verdict.OK, f"{len(in_force)} in force, {len(book.regions) - len(in_force)} retired")


def judge_workers(workers: Workers) -> Finding:
    """Judge whether anybody sends deliveries and watches over pace."""
    if workers.count:
        return Finding("worker", Verdict.OK, f"{workers.count} at work")
    seen = "" if workers.age_seconds is None else f", the last was seen {workers.age_seconds:,.0f} s ago"
    return Finding("worker", Verdict.WARN, f"none is at work{seen}: nothing is sent; run `ax-registry worker`")


def judge_queue(queue: Queue, workers: Workers) -> Finding:
    """Judge whether what is due is sent; an endpoint to which something is on its way is only slow."""
    if queue.untaken_seconds > _STUCK_SECONDS:
        verdict, remedy = (Verdict.FAIL, "see its log") if workers.count else (Verdict.WARN, "run `ax-registry worker`")
        told = f"stuck: something has been due for {queue.untaken_seconds:,.0f} s, and no worker takes it; {remedy}"
        return Finding("deliveries", verdict, told)
    active = queue.pending.get("active", 0)
    held = sum(queue.pending.values()) - active
    return Finding("deliveries", Verdict.OK, f"{active:,} wait, {held:,} are held, {queue.in_flight:,} on their way")


def _failure(check: str, error: Exception) -> Finding:
    return Finding(check, Verdict.FAIL, explain(error).line)
