"""The faults in short: workers killed, the database restarted, a receiver down, and no promise broken."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(150)
def test_deliveries_endure_everything_that_may_happen() -> None:
    options = ["--events", "300", "--kills", "3", "--restarts", "1", "--patience", "60", "--short"]

    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", *options],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=140,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "| lost, of 1,500 deliveries " in run.stdout
