"""One table of every figure at the end of `make bench`: what was measured, what is promised, the ratio.

A benchmark says its figures through the fixture `figure`; those outside of this folder put the same words
into `record_property("figure", ...)`. The table is written even where a benchmark failed, and names the
benchmarks that could not run. Writes nothing but the terminal's lines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parent))  # the helpers beside this file

PROPERTY = "figure"
SKIP_PARTS = 3  # what pytest keeps of a skip: file, line, reason


@dataclass(frozen=True)
class Figure:
    """One measured number, None where it could not be; `note` says why, or how.

    Promised is at most one of `at_most` and `at_least`.
    """

    name: str
    value: float | None
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def promise(self) -> float | None:
        """The number that was promised."""
        return self.at_least if self.at_most is None else self.at_most

    @property
    def verdict(self) -> str:
        """Whether the promise holds; nothing where nothing was promised."""
        if self.promise is None or self.value is None:
            return ""
        held = self.value <= self.promise if self.at_most is not None else self.value >= self.promise
        return "held" if held else "MISSED"

    @property
    def ratio(self) -> str:
        """The figure over the promise; a figure in `x` is a ratio already, of what its name says."""
        return f"{self.value / self.promise:.2f}" if self.promise and self.value is not None else ""

    def columns(self) -> tuple[str, ...]:
        """The row of the table."""
        sign = "<=" if self.at_most is not None else ">="
        asked = "" if self.promise is None else f"{sign} {number(self.promise)}"
        return self.name, number(self.value), self.unit, asked, self.ratio, self.verdict, self.note


Say = Callable[..., None]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Say:
    """`figure(name, value, unit, at_most=..., at_least=..., note=...)`: one row of the table at the end."""
    return lambda *words, **more: record_property(PROPERTY, asdict(Figure(*words, **more)))


def number(value: float | None) -> str:
    """Three digits that count, without an exponent."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table, if anything was measured."""
    rows = [("figure", "measured", "", "promise", "of it", "", "")]
    rows += [one.columns() for one in _figures(terminalreporter)]
    if len(rows) == 1:
        return
    terminalreporter.section("figures", sep="=")
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        terminalreporter.write_line(_line(row, widths))
    for name, reason in _missing(terminalreporter):
        terminalreporter.write_line(f"not measured: {name}: {reason}")


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    right = {1, 3, 4}  # numbers stand under each other
    cells = [f"{text:>{width}}" if at in right else f"{text:<{width}}"
             for at, (text, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
    return "  ".join(cells).rstrip()


def _figures(reporter: pytest.TerminalReporter) -> Iterator[Figure]:
    """What the benchmarks said, in the order they ran."""
    for outcome in ("passed", "failed"):
        for report in reporter.stats.get(outcome, []):
            if getattr(report, "when", "") != "call":
                continue
            for name, told in report.user_properties:
                if name == PROPERTY:
                    yield Figure(**told)


def _missing(reporter: pytest.TerminalReporter) -> Iterator[tuple[str, Any]]:
    """Benchmarks that could not run, with the reason."""
    for report in reporter.stats.get("skipped", []):
        told = report.longrepr
        skipped = isinstance(told, tuple) and len(told) == SKIP_PARTS
        yield report.nodeid, told[2] if skipped else told
    for outcome in ("failed", "error"):
        for report in reporter.stats.get(outcome, []):
            if not any(name == PROPERTY for name, _ in report.user_properties):
                crash = getattr(report.longrepr, "reprcrash", None)
                yield report.nodeid, (crash.message if crash else str(report.longrepr)).splitlines()[0]
