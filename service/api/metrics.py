"""The figures of the register in Prometheus' form."""

from collections.abc import Iterable, Iterator
from math import isinf

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from service.core.attempt_tally import AttemptEnd, AttemptTally
from service.core.pace_rules import Pace
from service.core.webhook_endpoints import EndpointState
from service.db.read_models.figures import Figures, Queue


def families(figures: Figures | None) -> Iterator[Metric]:
    """Yield every family; of a database that can't be asked only that it can't."""
    yield _gauge("ax_database_up", "Whether the database answers.", [((), float(figures is not None))])
    if figures is None:
        return
    yield from _queue(figures.queue)
    yield from _attempts(figures.attempts)
    yield _gauge("ax_workers", "Workers seen within fifteen seconds.", [((), figures.workers.count)])
    if figures.workers.age_seconds is not None:
        age = figures.workers.age_seconds
        yield _gauge("ax_worker_age_seconds", "Time since the last sign of any worker.", [((), age)])
    yield _gauge(
        "ax_pace",
        "1 for the pace that was last told of a target, 0 for every other.",
        [((target, pace.value), float(pace == told)) for target, told in figures.pace.items() for pace in Pace],
        labels=("target", "pace"),
    )
    yield _gauge(
        "ax_alerts_open",
        "Alerts that aren't resolved.",
        [
            ((level, state), figures.alerts.get((level, state), 0))
            for level in ("behind", "missed")
            for state in ("open", "acknowledged")
        ],
        labels=("level", "state"),
    )
    yield _gauge("ax_notifications_pending", "Messages to people that wait.", [((), figures.messages_pending)])


def _queue(queue: Queue) -> Iterator[Metric]:
    states = [state.value for state in EndpointState]
    yield _gauge(
        "ax_webhook_oldest_due_seconds",
        "How long the oldest delivery that could be sent now has been due.",
        [((), queue.oldest_due_seconds)],
    )
    yield _gauge(
        "ax_webhook_deliveries_pending",
        "Deliveries that wait, by the state of their endpoint; those of endpoints that aren't active are held.",
        [((state,), queue.pending.get(state, 0)) for state in states],
        labels=("endpoint_state",),
    )
    yield _gauge("ax_webhook_deliveries_in_flight", "Deliveries a worker has in hand.", [((), queue.in_flight)])
    yield _gauge(
        "ax_webhook_endpoints",
        "Endpoints by state.",
        [((state,), queue.endpoints.get(state, 0)) for state in states],
        labels=("state",),
    )


def _attempts(tally: AttemptTally) -> Iterator[Metric]:
    ends = CounterMetricFamily("ax_webhook_attempts", "Attempts to deliver, by how they ended.", labels=["outcome"])
    for end in AttemptEnd:
        ends.add_metric([end.value], tally.ends.get(end, 0))
    yield ends
    lost = tally.ends.get(AttemptEnd.LOST, 0)
    yield CounterMetricFamily(
        "ax_webhook_lease_expiries", "Attempts whose worker died or was too slow, to be made again.", value=lost
    )
    yield HistogramMetricFamily(
        "ax_webhook_first_attempt_seconds",
        "Time from the writing of an event to the first attempt to deliver it; for an endpoint at rest, its rest too.",
        buckets=[("+Inf" if isinf(bound) else str(bound), count) for bound, count in tally.up_to_bounds()],
        sum_value=tally.first_seconds,
    )


def _gauge(
    name: str, help_text: str, samples: Iterable[tuple[tuple[str, ...], float]], *, labels: tuple[str, ...] = ()
) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
