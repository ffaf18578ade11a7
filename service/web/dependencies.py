"""What a route asks for: the call (who, when, in which language), guarded by a permission, and a transaction."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import ANONYMOUS, Act, Caller, Permission, Role, require, require_identity
from service.core.errors import NotAuthenticated
from service.core.records import day_in_seoul
from service.web.languages import preferred_language
from service.web.resources import Resources


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the use cases need it. `now` was read once."""

    request: Request
    resources: Resources
    caller: Caller
    now: datetime
    request_id: str

    @property
    def act(self) -> Act:
        """Return who acts, when and in which request."""
        return Act(self.caller, self.now, self.request_id)

    @property
    def today(self) -> date:
        """Return the programme's day."""
        return day_in_seoul(self.now)

    @property
    def language(self) -> str:
        """Return `ko`, or `en` if the caller prefers it."""
        return preferred_language(self.request.headers.get("accept-language"))


class Guard:
    """The rule of a route: who may call it. Anonymous callers get 401 here.

    With `record_first` the wrong role is let in, for the record's visibility (404) is told before the right to act on
    it (403); the use case then calls `core.access.require`.
    """

    def __init__(self, permission: Permission, *, record_first: bool = False) -> None:
        self.permission = permission
        self.record_first = record_first

    async def __call__(self, request: Request) -> Call:
        """Open the call, or refuse it."""
        state = request.scope["state"]
        resources: Resources = request.app.state.resources
        if state["key_refused"]:
            raise NotAuthenticated
        caller: Caller = state["caller"] or ANONYMOUS
        if self.record_first:
            require_identity(caller, self.permission)
        else:
            require(caller, self.permission)
        if caller.role is Role.ANONYMOUS and not resources.settings.public_progress:
            raise NotAuthenticated
        return Call(request, resources, caller, resources.clock(), state["request_id"])


_READING = frozenset({"GET", "HEAD"})


async def begin(request: Request) -> AsyncIterator[AsyncSession]:
    """Open one transaction for the request; it is committed before the answer is sent."""
    resources: Resources = request.app.state.resources
    async with resources.database.session() as session:
        yield session
    if request.method not in _READING:
        resources.announcer.announce()


# By default FastAPI would leave the transaction after the answer has gone out: a failing commit would still say 200.
Tx = Annotated[AsyncSession, Depends(begin, scope="function")]


def guarded(permission: Permission, *, record_first: bool = False) -> Any:
    """Return the dependency that guards a route and opens its call."""
    return Depends(Guard(permission, record_first=record_first))
