"""The README's tour, run as it is written against a registry that starts for the first time."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import serving

README = Path(__file__).resolve().parents[2] / "README.md"


def tour() -> str:
    """Return the tour's commands: every sh block after the mark."""
    after = README.read_text(encoding="utf-8").split("<!-- tour:", 1)[1]
    return "\n".join(re.findall(r"```sh\n(.*?)```", after, flags=re.DOTALL))


def told(name: str, said: str) -> list[int]:
    """Return the figures that the tour showed under a name, in order."""
    return [int(figure) for figure in re.findall(rf"^{name}: (\d+)$", said, flags=re.MULTILINE)]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short folder that the database's account can enter; pytest's own are closed to it under root."""
    folder = Path(tempfile.mkdtemp(prefix="axt-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


async def test_tour_works_as_it_is_written(data_dir: Path) -> None:
    async with serving(AX_DATA_DIR=str(data_dir)) as served:
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            tour(),
            env={"AX": served.url, "KEY": served.operator_key, "PATH": "/usr/local/bin:/usr/bin:/bin"},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    said = output.decode()
    assert process.returncode == 0
    assert '"goal":100' in said.replace(" ", "")
    assert all(pointer in said for pointer in ("#/name", "#/region", "#/industry", "#/adoption_date"))
    (value, value_after), (waiting, waiting_after) = (told(name, said) for name in ("value", "waiting"))
    assert value > 1  # the demo register is there
    assert (value_after, waiting_after) == (value + 1, waiting - 1)
    assert '"key":"2026-03"' in said.replace(" ", "")
    assert '"action":"verified"' in said.replace(" ", "")
