"""Exams: trials of the benchmark, as the outcomes that the gate and the report know."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from warewheel.flywheel.bench import bench
from warewheel.flywheel.bench.trial import Result, Trial

from .gate import Outcome
from .learner import Tell


def results(trials: Sequence[Trial], out: Path, workers: int, tell: Tell) -> list[Result]:
    """Carry out trials, but for those that are done already; tell the share that is done."""
    done = 0

    def count(_: object) -> None:
        nonlocal done
        done += 1
        tell(done / len(trials))

    return bench.run(trials, out, workers, resume=True, tell=count)


def outcome(result: Result, key: str, old: bool = False) -> Outcome:
    """Return what the gate knows of a result; see `Outcome`."""
    return Outcome(
        key=key, success=result.success, stages=result.stages, old=old, kind=result.suite,
        label=result.primary, violations=len(result.violations), retries=result.replans,
        stored=result.items * result.stages.get("store", 0.0), seconds=result.sim_seconds,
    )  # fmt: skip
