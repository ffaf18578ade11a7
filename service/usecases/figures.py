"""The figures of /metrics that are read from the database: once for all who ask within a moment."""

import asyncio
from typing import Final

from service.db.engine import HotPool
from service.db.read_models.figures import Figures, read_figures

KEPT_SECONDS: Final = 2.0


class FiguresAnswers:
    """Reads the figures at most once in two seconds, however many ask."""

    def __init__(self, pool: HotPool, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._pool = pool
        self._kept_seconds = kept_seconds
        self._figures: Figures | None = None
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def figures(self) -> Figures:
        """Return the figures, at most two seconds old.

        Raises:
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
        """
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if self._figures is None or now >= self._until:
                self._figures = await read_figures(self._pool)
                self._until = now + self._kept_seconds
            return self._figures
