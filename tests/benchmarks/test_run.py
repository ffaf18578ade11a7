"""The benchmarks run, on a tiny register: what they measure is no test's business."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_benchmarks_run_and_say_which_promises_are_kept() -> None:
    options = ["--size", "200", "--rounds", "1", "--seconds", "0.05", "--only", "factory"]

    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", *options],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert run.returncode == 0, run.stderr
    assert "| GET one factory, 304 " in run.stdout
    assert "| POST factory " in run.stdout
    assert "`serve` to ready" in run.stdout
