"""Logs (one JSON object a line, nothing private in them) and the figures of /metrics."""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from structlog.typing import Processor

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECRETS = re.compile(r"(axr_|whsec_)[A-Za-z0-9_+/=-]{6,}")
_EMAILS = re.compile(r"[^\s@\"'<>()]{1,64}@[^\s@\"'<>()]+\.[A-Za-z가-힣]{2,}")
# What may hold personal data or a secret is never logged by name either; the id of the record says where to look.
_PRIVATE_FIELDS = frozenset(
    {"authorization", "key", "secret", "secret_key", "contact_name", "contact_email", "address", "notes", "email"}
)


def set_up_logging(log_format: str) -> None:
    """Send every log line, also those of libraries, to standard error in one shape (`json` or `text`)."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    final: Any = structlog.dev.ConsoleRenderer(colors=False)
    if log_format == "json":
        final = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, final],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at the moment, so that a redirection counts."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # the base has an attribute that never changes
        return sys.stderr


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take keys, secrets, e-mail addresses and private fields out of a log line."""
    for name, value in event.items():
        if name in _PRIVATE_FIELDS:
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = without_secrets(value)
    return event


def without_secrets(text: str) -> str:
    """Return `text` with keys, webhook secrets and e-mail addresses masked."""
    return _EMAILS.sub("[e-mail]", _SECRETS.sub(r"\1[redacted]", text))


def where_it_failed(error: BaseException) -> list[str]:
    """Return the places an error passed, innermost last, without its message: that may quote a record's fields."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


class Metrics:
    """The figures of one process, in Prometheus' own form."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "ax_http_requests", "Answers by method and status.", ["method", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "ax_http_request_seconds",
            "Wall-clock time from the request's head to the end of its answer.",
            registry=self._registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
        )
        self._counters: dict[tuple[str, int], Any] = {}

    def count_answer(self, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        counter = self._counters.get((method, status))
        if counter is None:
            # A method is whatever a client sends: only the known ones become a label of their own.
            label = method if method in ("GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS") else "other"
            counter = self._requests.labels(label, str(status))
            if label == method:
                self._counters[method, status] = counter
        counter.inc()
        self._seconds.observe(seconds)

    def text(self, others: Iterable[Metric] = ()) -> bytes:
        """Return all figures in the text format, and after them others: those that every process would tell alike."""
        together = CollectorRegistry()
        together.register(_Given(others))
        return generate_latest(self._registry) + generate_latest(together)


class _Given(Collector):
    """Figures that were worked out before."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families
