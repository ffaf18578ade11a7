"""What a running process holds: the database, the clock, and what it remembers between requests."""

from dataclasses import dataclass

from service.clients.secret_box import SecretBox
from service.clock import Clock
from service.core.cursors import CursorSigner
from service.db.engine import Database
from service.settings import Settings
from service.usecases.breakdown import BreakdownAnswers
from service.usecases.figures import FiguresAnswers
from service.usecases.progress import ProgressAnswers
from service.web.announcer import Announcer
from service.web.code_lists import CodeLists
from service.web.event_streams import EventStreams
from service.web.known_callers import KnownCallers
from service.web.rate_limits import RateLimits


@dataclass(frozen=True, slots=True)
class Resources:
    """Made at start by `service.bootstrap`, closed at the end; passed to every request as its app's state."""

    settings: Settings
    clock: Clock
    database: Database
    callers: KnownCallers
    code_lists: CodeLists
    cursors: CursorSigner
    limits: RateLimits
    progress: ProgressAnswers
    breakdown: BreakdownAnswers
    figures: FiguresAnswers
    announcer: Announcer
    streams: EventStreams
    secret_box: SecretBox
