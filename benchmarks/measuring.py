"""Measures operations against the yardstick: run by run in turn, so that a slow minute slows both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load import CONNECTIONS, BadAnswerError, Load, send_load
from benchmarks.operations import HELLO, Operation
from benchmarks.processes import DatabaseServer, Served

WARM_UP_SECONDS = 0.3
HELLO_SHARE = 0.5
"""How long the yardstick's run is, of an operation's."""
ALONE_SHARE = 0.25
"""How long the run is in which requests come one after the other, of the run under full load."""
_FORGIVEN = 0.005
"""The share of answers that may have another status than the one meant (a name invented twice)."""


@dataclass(slots=True)
class Measured:
    """The runs of one operation. CPU times of the app process and of PostgreSQL, in seconds per request."""

    operation: Operation
    cpu: list[float] = field(default_factory=list)
    database_cpu: list[float] = field(default_factory=list)
    hello_cpu: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    latencies_alone: list[float] = field(default_factory=list)

    @property
    def times_hello(self) -> list[float]:
        """Return each run's cost as a multiple of the yardstick's just before it."""
        return [cost / hello for cost, hello in zip(self.cpu, self.hello_cpu, strict=True)]

    @property
    def cost(self) -> float:
        """Return the median multiple."""
        return median(self.times_hello)

    def percentile(self, share: float) -> float:
        """Return the latency under full load, in seconds, that this share of all requests did not exceed."""
        return _percentile(self.latencies, share)

    def percentile_alone(self, share: float) -> float:
        """Return the same of requests that came one after the other."""
        return _percentile(self.latencies_alone, share)


def _percentile(latencies: Sequence[float], share: float) -> float:
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(
    app: Served,
    hello: Served,
    database: DatabaseServer,
    operations: Sequence[Operation],
    *,
    rounds: int,
    seconds: float,
    tell: Callable[[str], None],
) -> list[Measured]:
    """Measure operations, `rounds` times each for so many seconds, each run after one of the yardstick."""
    measured = [Measured(operation) for operation in operations]
    sent = dict.fromkeys((operation.name for operation in operations), 0)
    for number in range(rounds + 1):
        for each in measured:
            operation = each.operation
            is_warm_up = number == 0
            length = min(seconds, WARM_UP_SECONDS) if is_warm_up else seconds
            hello_cpu, _ = await _run(hello, HELLO, seconds=length * HELLO_SHARE, first=0)
            database_before = database.cpu_seconds()
            cpu, load = await _run(app, operation, seconds=length, first=sent[operation.name])
            database_cpu = (database.cpu_seconds() - database_before) / load.requests
            sent[operation.name] += load.requests
            _, alone = await _run(
                app, operation, seconds=length * ALONE_SHARE, first=sent[operation.name], connections=1
            )
            sent[operation.name] += alone.requests
            if is_warm_up:
                continue
            each.hello_cpu.append(hello_cpu)
            each.cpu.append(cpu)
            each.database_cpu.append(database_cpu)
            each.rates.append(load.requests / load.seconds)
            each.latencies += load.latencies
            each.latencies_alone += alone.latencies
        tell(f"  round {number} of {rounds}" if number else "  warmed up")
    return measured


async def _run(
    process: Served, operation: Operation, *, seconds: float, first: int, connections: int = CONNECTIONS
) -> tuple[float, Load]:
    before = process.cpu_seconds()
    load = await send_load(
        process.port,
        operation.make,
        between=operation.between,
        first=first,
        seconds=seconds,
        connections=connections,
    )
    used = process.cpu_seconds() - before
    others = load.requests - load.statuses[operation.status]
    if others > load.requests * _FORGIVEN:
        raise BadAnswerError(f"{operation.name}: {dict(load.statuses)}, the last one {load.last_answer[-600:]!r}")
    return used / load.requests, load
