"""Looking how far the register is known, once for all who ask at about the same time."""

import asyncio

from service.db.engine import HotPool
from service.db.read_models.progress import Horizon, read_horizon


class HorizonLooks:
    """Looks how far the register is known, one look for all who ask at about the same time.

    Nobody is given a look that began before they asked, so that each sees what was committed before. Many readers cost
    the database, and this process, little more than one.
    """

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._waiting: list[asyncio.Future[Horizon]] = []
        self._looking: asyncio.Task[None] | None = None

    async def look(self) -> Horizon:
        """Return the horizon of a look that begins after this call."""
        answer: asyncio.Future[Horizon] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await answer

    async def _look(self) -> None:
        try:
            while self._waiting:
                served, self._waiting = self._waiting, []
                try:
                    _tell(served, await read_horizon(self._pool))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is told to those who wait for it
                    _tell(served, error)
        finally:
            self._looking = None


def _tell(waiting: list[asyncio.Future[Horizon]], outcome: Horizon | Exception) -> None:
    for one in waiting:
        if one.done():  # its caller has gone
            continue
        if isinstance(outcome, Exception):
            one.set_exception(outcome)
        else:
            one.set_result(outcome)
