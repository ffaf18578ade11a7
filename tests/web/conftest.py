"""The layer is tried inside the whole application."""

from tests.api.conftest import api, clock

__all__ = ["api", "clock"]
