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
    """Print the OpenAPI document, or write it to its file, or check that file. Needs no database."""
    if write and check:
        raise CommandFailed("--write and --check exclude each other", status=WRONG_USE)
    made = document()
    if write:
        file.write_bytes(made)
        tell(f"Wrote {file}.", {"file": file, "bytes": len(made)}, as_json=as_json)
    elif check:
        if not file.exists() or file.read_bytes() != made:
            raise CommandFailed(f"{file} is not what this version serves: review `ax-registry openapi --write`")
        tell(f"{file} is what this version serves.", {"file": file, "current": True}, as_json=as_json)
    else:
        typer.echo(made.decode(), nl=False)


def document() -> bytes:
    """Return the document of the application, keys sorted, so that the same routes give the same bytes."""
    # Late, for it loads the web framework, which no other command but `serve` needs.
    from service.main import build_app  # noqa: PLC0415 - see above

    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(build_app(_never_opened).openapi(), option=options)


def _never_opened() -> AbstractAsyncContextManager[Resources]:
    raise NotImplementedError  # the application is described here, not run
