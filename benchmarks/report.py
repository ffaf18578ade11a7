"""The tables of a run, for people: printed as they come, and kept as Markdown."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measuring import Measured

RESULTS = Path(__file__).with_name("RESULTS.md")
_SECTION = "\n## {name}\n"
_MICRO = 1_000_000
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise and what was measured."""

    what: str
    measured: float
    most: float
    unit: str
    remark: str = ""

    @property
    def is_met(self) -> bool:
        """Tell whether the promise is kept."""
        return self.measured <= self.most

    @property
    def verdict(self) -> str:
        """Return whether it is met, or by how much not."""
        return "met" if self.is_met else f"**missed by {(self.measured / self.most - 1):.0%}**{self.remark}"


def bars_of(measured: Iterable[Measured]) -> list[Bar]:
    """Return what was promised of these operations."""
    bars = []
    for each in measured:
        operation = each.operation
        if operation.most_times_hello is not None:
            bars.append(Bar(operation.name, each.cost, operation.most_times_hello, "× hello"))
        if operation.most_p95_seconds is not None:
            most_ms, remark = (
                operation.most_p95_seconds * _MILLI,
                f"; alone {each.percentile_alone(0.95) * _MILLI:.0f} ms",
            )
            bars.append(Bar(f"{operation.name}, p95", each.percentile(0.95) * _MILLI, most_ms, "ms", remark))
        if operation.most_p50_alone_seconds is not None:
            most_ms = operation.most_p50_alone_seconds * _MILLI
            bars.append(Bar(f"{operation.name}, p50 alone", each.percentile_alone(0.5) * _MILLI, most_ms, "ms"))
    return bars


def operations_table(measured: Iterable[Measured]) -> str:
    """Return the operations with their costs, rates and latencies."""
    rows = [
        (
            each.operation.name,
            f"{each.cost:.2f}",
            f"{min(each.times_hello):.2f}–{max(each.times_hello):.2f}",
            f"{median(each.cpu) * _MICRO:.0f}",
            f"{median(each.hello_cpu) * _MICRO:.0f}",
            f"{median(each.database_cpu) * _MICRO:.0f}",
            f"{median(each.rates):,.0f}",
            f"{each.percentile(0.5) * _MILLI:.1f}",
            f"{each.percentile(0.95) * _MILLI:.1f}",
            f"{each.percentile_alone(0.5) * _MILLI:.1f}",
            f"{each.percentile_alone(0.95) * _MILLI:.1f}",
        )
        for each in measured
    ]
    return table(
        (
            "operation",
            "× hello",
            "spread",
            "app µs",
            "hello µs",
            "PostgreSQL µs",
            "req/s",
            "p50 ms",
            "p95 ms",
            "alone p50",
            "alone p95",
        ),
        rows,
    )


def bars_table(bars: Iterable[Bar]) -> str:
    """Return every promise beside what was measured."""
    rows = [(bar.what, f"{bar.measured:.2f} {bar.unit}", f"{bar.most:g} {bar.unit}", bar.verdict) for bar in bars]
    return table(("what", "measured", "at most", ""), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned for reading as text too."""
    every = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(row[place]) for row in every) for place in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in every
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def command_line() -> str:
    """Return the command that is running, as somebody would type it."""
    module = Path(sys.argv[0]).stem
    return shlex.join(["python", "-m", f"benchmarks.{module}", *sys.argv[1:]])


def write_section(file: Path, name: str, text: str) -> None:
    """Put a section at the end of the results, in place of what stood under its name."""
    kept, _, _ = file.read_text(encoding="utf-8").partition(_SECTION.format(name=name))
    file.write_text(f"{kept.rstrip()}\n{_SECTION.format(name=name)}{text}", encoding="utf-8")


def section_of(file: Path, name: str) -> str:
    """Return a section at the end of the results with its heading; nothing if there is none."""
    _, heading, text = file.read_text(encoding="utf-8").partition(_SECTION.format(name=name))
    return heading + text
