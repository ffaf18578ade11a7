"""Tests that need Node.js and the packages in this folder (`npm ci`): they run when they are asked for, `-m node`."""

from pathlib import Path

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", "node: needs Node.js, and `npm ci` in tests/node")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave this folder alone unless the run speaks of it."""
    return None if "node" in config.option.markexpr or collection_path.name == "node_modules" else True
