"""The table of metrics in the documents is that of the code."""

import re
from pathlib import Path

from service.api.metrics import families
from service.core.attempt_tally import AttemptTally
from service.db.read_models.figures import Figures, Queue, Workers
from service.telemetry import Metrics

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"
ROW = re.compile(r"^\| `(ax_\w+)` \| (\w+) \| (.*?) ?\|", re.MULTILINE)
TYPE = re.compile(r"^# TYPE (ax_\w+) (\w+)$", re.MULTILINE)
LABELS = re.compile(r"^(ax_\w+?)(?:_bucket)?\{(.*)\} ", re.MULTILINE)
FIGURES = Figures(
    queue=Queue({}, {}, 0, 0.0, 0.0),
    attempts=AttemptTally(),
    workers=Workers(1, 1.0),
    alerts={},
    pace={"factories-2026": "behind"},
    messages_pending=0,
)


def test_table_of_metrics_is_that_of_the_code() -> None:
    metrics = Metrics()
    metrics.count_answer("GET", 200, 0.01)
    text = metrics.text(families(FIGURES)).decode()
    kinds = {name: kind for name, kind in TYPE.findall(text) if not name.endswith("_created")}
    labels = {name: set(re.findall(r"(\w+)=", found)) - {"le"} for name, found in LABELS.findall(text)}
    told = [(name, kind, labels.get(name, set())) for name, kind in kinds.items()]
    rows = ROW.findall(OPERATING.read_text(encoding="utf-8"))
    assert [(name, kind, set(re.findall(r"\w+", found))) for name, kind, found in rows] == told
