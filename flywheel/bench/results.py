"""Results: what came of many trials, a row for each planner and suite."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from . import figures
from .labels import EAI, EMBODIED_BENCH
from .trial import Result, Settings

# Metrics that a clock gives; all else is the same in every run.
TIMES = ("seconds_per_step",)


def gather(results: Sequence[Result], settings: Settings) -> dict[str, Any]:
    """Return all figures as plain data: ``rows``, ``pairs`` and what they were made of."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.planner, result.suite), []).append(result)
    rows = [row(planner, suite, mine, settings) for (planner, suite), mine in groups.items()]
    pairs = []
    for suite in dict.fromkeys(result.suite for result in results):
        names = [planner for planner, name in groups if name == suite]
        for one, other in itertools.combinations(names, 2):
            first, second = (
                {r.case: r.success for r in groups[name, suite]} for name in (one, other)
            )
            both = sorted(first.keys() & second.keys())
            test = figures.paired([first[c] for c in both], [second[c] for c in both])
            pairs.append({"suite": suite, "first": one, "second": other, **test})
    keys = json.dumps(sorted(result.key for result in results))
    return {
        "settings": asdict(settings),
        "hash": hashlib.sha256(keys.encode()).hexdigest(),
        "rows": rows,
        "pairs": pairs,
    }


def row(planner: str, suite: str, mine: Sequence[Result], settings: Settings) -> dict[str, Any]:
    """Return the figures of one planner on one suite."""
    n = len(mine)
    good = [r for r in mine if r.success and r.expert]
    failed = Counter(r.primary for r in mine if not r.success)
    every = Counter[str]()
    for result in mine:
        every.update(result.labels)
    found: dict[str, Any] = {
        "planner": planner, "suite": suite, **asdict(settings),
        "perceiver": mine[0].perceiver,
        "success": figures.share(sum(r.success for r in mine), n),
        "progress": figures.mean([r.progress for r in mine]),
        "violations": figures.mean([len(r.violations) for r in mine]),
        "valid": figures.share(sum(r.invalid == 0 for r in mine), n),
        "invalid_steps": figures.mean([r.invalid for r in mine]),
        "replans": figures.mean([r.replans for r in mine]),
        "steps_over_expert": figures.mean([r.steps / r.expert for r in good]),
        "tokens_read": figures.mean([r.read for r in mine]),
        "tokens_written": figures.mean([r.written for r in mine]),
        "cost": figures.mean([r.cost for r in mine]),
        "seconds_per_step": figures.mean([r.seconds / max(1, r.steps) for r in mine]),
        "failures": dict(failed.most_common()),
        "labels": dict(every.most_common()),
        "eai": _in_words_of(EAI, every),
        "embodied_bench": _in_words_of(EMBODIED_BENCH, every),
    }  # fmt: skip
    if settings.backend == "physics":
        found["blame"] = dict(Counter(r.blame for r in mine if not r.success))
    return found


def _in_words_of(others: Mapping[str, str], every: Mapping[str, int]) -> dict[str, int]:
    """Return labels as another benchmark calls them; those that it has no word for are left out."""
    found = Counter[str]()
    for label, count in every.items():
        if label in others:
            found[others[label]] += count
    return dict(found.most_common())


def table(data: dict[str, Any]) -> str:
    """Return the figures as CSV: a column for each metric's mean, low, high and n."""
    out = io.StringIO()
    flat = [_flat(row) for row in data["rows"]]
    writer = csv.DictWriter(out, fieldnames=list(dict.fromkeys(k for r in flat for k in r)))
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= {f"{name}.{part}": number for part, number in value.items()}
        else:
            found[name] = value
    return found
