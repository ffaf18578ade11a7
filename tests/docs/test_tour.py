"""The README's tour, run as it is written against a registry that starts for the first time."""

import asyncio
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"


def tour() -> str:
    """Return the tour's commands: every sh block after the mark."""
    after = README.read_text(encoding="utf-8").split("<!-- tour:", 1)[1]
    return "\n".join(re.findall(r"```sh\n(.*?)```", after, flags=re.DOTALL))


def told(name: str, said: str) -> list[int]:
    """Return the figures that the tour showed under a name, in order."""
    return [int(figure) for figure in re.findall(rf"^{name}: (\d+)$", said, flags=re.MULTILINE)]


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A short folder that the database's account can enter; pytest's own are closed to it under root."""
    folder = Path(tempfile.mkdtemp(prefix="axt-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


async def test_tour_works_as_it_is_written(data_dir: Path) -> None:
    allowed = {"AX_WEBHOOK_ALLOW_HTTP": "1", "AX_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"}
    async with serving(worker=True, AX_DATA_DIR=str(data_dir), **allowed) as served:
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-euo",
            "pipefail",
            "-c",
            tour(),
            cwd=ROOT,
            env={
                "AX": served.url,
                "KEY": served.operator_key,
                "PORT": str(free_port()),
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "TMPDIR": str(data_dir.parent),
            },
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await asyncio.wait_for(process.communicate(), timeout=90)
    said = output.decode()
    assert process.returncode == 0
    assert '"goal":100' in said.replace(" ", "")
    assert all(pointer in said for pointer in ("#/name", "#/region", "#/industry", "#/adoption_date"))
    (value, value_after), (waiting, waiting_after) = (told(name, said) for name in ("value", "waiting"))
    assert value > 1  # the demo register is there
    assert (value_after, waiting_after) == (value + 1, waiting - 1)
    assert '"key":"2026-03"' in said.replace(" ", "")
    assert '"action":"verified"' in said.replace(" ", "")
    told_in_order = re.findall(r"^new: factory\.(\w+) factories/\S+ (\d{10}) evt_", said, flags=re.MULTILINE)
    assert told_in_order == [("registered", "0000000001"), ("verified", "0000000002")]
    assert re.search(r"^new: pace\.behind targets/models-2030 ", said, flags=re.MULTILINE)
    assert re.findall(r"^alert: (\w+), (\w+)$", said, flags=re.MULTILINE) == [
        ("behind", "open"),
        ("behind", "acknowledged"),
    ]
