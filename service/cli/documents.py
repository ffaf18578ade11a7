"""`ax-registry openapi`: the description of the API as a file that is reviewed like code."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from service.cli.failures import WRONG_USE, CommandFailed
from service.cli.output import AsJson, tell
from service.web.resources import Resources

FILE: Final = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"


def openapi(
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the document to the file.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail if the file is not what this version serves.")] = False,
    file: Annotated[Path, typer.Option("--file", help="The file.", show_default="openapi/openapi.json")] = FILE,
    as_json: AsJson = False,
) -> None:
    """Print the OpenAPI document; or write it, or check it, with the schemas and samples of events beside it.

    Needs no database.
    """
    if write and check:
        raise CommandFailed("--write and --check exclude each other", status=WRONG_USE)
    if write:
        made = _write(file)
        tell(f"Wrote {file}, and {len(made) - 1} files of events.", {"file": file, "files": made}, as_json=as_json)
    elif check:
        stale = _stale(file)
        if stale:
            raise CommandFailed(f"{stale[0]} is not what this version serves: review `ax-registry openapi --write`")
        tell(f"{file} is what this version serves.", {"file": file, "current": True}, as_json=as_json)
    else:
        typer.echo(document().decode(), nl=False)


def _write(file: Path) -> list[str]:
    made = _files(file)
    _folder(file).mkdir(exist_ok=True)
    for left_over in set(_folder(file).glob("*.json")) - made.keys():
        left_over.unlink()
    for place, content in made.items():
        place.write_bytes(content)
    return [str(place) for place in made]


def _stale(file: Path) -> list[Path]:
    """Return the files that are not what this version serves, that lack, or that nobody serves."""
    made = _files(file)
    changed = [place for place, content in made.items() if not place.exists() or place.read_bytes() != content]
    return [*changed, *sorted(set(_folder(file).glob("*.json")) - made.keys())]


def _files(file: Path) -> dict[Path, bytes]:
    # Late, as below.
    from service.api.event_documents import event_files  # noqa: PLC0415 - see above

    return {file: document(), **{_folder(file) / name: content for name, content in event_files().items()}}


def _folder(file: Path) -> Path:
    return file.parent / "events"


def document() -> bytes:
    """Return the document of the application, keys sorted, so that the same routes give the same bytes."""
    # Late, for it loads the web framework, which no other command but `serve` needs.
    from service.main import build_app  # noqa: PLC0415 - see above

    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(build_app(_never_opened).openapi(), option=options)


def _never_opened() -> AbstractAsyncContextManager[Resources]:
    raise NotImplementedError  # the application is described here, not run
