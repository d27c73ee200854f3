"""Summaries of episodes: how often they succeeded, with intervals, and why they did not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with Wilson's 95 % interval (Wilson, JASA 1927)."""

    count: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end, 0 to 1."""
        if not self.n:
            return 0.0, 1.0
        found = binomtest(self.count, self.n).proportion_ci(method="wilson")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.count} of {self.n} ({100 * low:.1f} to {100 * high:.1f} %)"


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a group of episodes.

    Attributes:
        group: Task, facility and body, each in its words, or ``all``.
        good: Episodes whose goal held at the end with no rule broken on the way.
        recovered: Of the recoverable faults that happened, those in episodes that were good.
        named: Of all faults that happened, those whose cause the monitor named.
        alarms: Causes named in episodes without a fault of that kind, or without one at all.
        causes: Causes of failures in episodes that were not good.
    """

    group: tuple[str, str, str]
    good: Share
    recovered: Share
    named: Share
    alarms: Counter[str]
    causes: Counter[str]


# What a manifest, not a fault, may be to blame for.
_NATURAL = ("item_missing", "item_extra")


def load(paths: Iterable[Path]) -> list[Row]:
    """Return the rows of files that ``warewheel run --json`` wrote.

    Raises:
        ValueError: A line is not an episode; it names file and line.
    """
    rows = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}:{number}: not JSON: {error.msg}") from None
            if not isinstance(row, dict) or not {"task", "success", "faults"} <= row.keys():
                raise ValueError(f"{path}:{number}: not an episode of `run --json`")
            rows.append(row)
    return rows


def is_good(row: Row) -> bool:
    """Tell whether an episode reached its goal and broke no rule."""
    return bool(row["success"] and not row["violations"])


def summarise(rows: Sequence[Row], by_facility: bool = False) -> list[Summary]:
    """Return a summary for each task and body, and each facility if asked for."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        place = row["facility"] if by_facility else "all"
        groups.setdefault((row["task"], place, row["body"]), []).append(row)
    return [_sum(group, mine) for group, mine in groups.items()]


def _sum(group: tuple[str, str, str], rows: Sequence[Row]) -> Summary:
    fired = [(row, fault) for row in rows for fault in row["faults"]]
    mendable = [row for row, fault in fired if fault["recoverable"]]
    alarms: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    for row in rows:
        real = {fault["kind"] for fault in row["faults"]} | set(_NATURAL)
        alarms.update(d["kind"] for d in row["diagnoses"] if d["kind"] not in real)
        if not is_good(row):
            broken = [violation.split(":")[0] for violation in row["violations"]]
            causes.update({*row["failures"], *broken})
    return Summary(
        group=group,
        good=Share(sum(map(is_good, rows)), len(rows)),
        recovered=Share(sum(map(is_good, mendable)), len(mendable)),
        named=Share(sum(fault["named"] for _, fault in fired), len(fired)),
        alarms=alarms,
        causes=causes,
    )
