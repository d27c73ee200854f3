"""The benchmark: every planner on every case, kept as it goes and taken up where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, replace
from pathlib import Path

from warewheel.configs.schema import Case, Suite
from warewheel.flywheel.lines import whole_lines
from warewheel.flywheel.spread import spread

from .physics import perform
from .trial import Result, Settings, Trial, attempt, crashed

EPISODES, RESULTS, TABLE, REPORT = "episodes.jsonl", "results.json", "results.csv", "report.html"
# Trials that a worker takes at a time.
_CHUNK = 8


def trials(
    planners: Sequence[str], suites: Sequence[Suite], settings: Settings, episodes: int | None
) -> list[Trial]:
    """Return every trial, suite by suite and case by case.

    Raises:
        ValueError: Two suites have the same name.
    """
    found = []
    known = [suite.name for suite in suites]
    if twins := {name for name in known if known.count(name) > 1}:
        raise ValueError(f"two suites are called '{twins.pop()}'; results go by the name")
    for suite in suites:
        cases = suite.cases[:episodes]
        told = _shuffled(cases) if settings.shuffled else cases
        found += [
            Trial(suite.name, case, p, settings) for p in dict.fromkeys(planners) for case in told
        ]
    return found


def run(
    wanted: Sequence[Trial], out: Path, workers: int, resume: bool,
    tell: Callable[[Result], None] = lambda _: None,
) -> list[Result]:  # fmt: skip
    """Carry out trials; keep each as soon as it is done.

    Args:
        wanted: The trials.
        out: Folder for ``episodes.jsonl``.
        workers: Processes.
        resume: Take what is there already.
        tell: Hears of each result, kept ones too.

    Raises:
        ValueError: The folder holds trials and ``resume`` was not asked for, or it is of no use.
    """
    path = out / EPISODES
    if path.exists() and not resume:
        raise ValueError(f"'{path}' exists; --resume goes on with it")
    out.mkdir(parents=True, exist_ok=True)
    keys = {trial.key for trial in wanted}
    done = {result.key: result for result in kept(path) if result.key in keys}
    for result in done.values():
        tell(result)
    left = [trial for trial in wanted if trial.key not in done]
    with path.open("a", encoding="utf-8") as file:
        for result in _carry_out(left, workers):
            file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
            file.flush()
            done[result.key] = result
            tell(result)
    # Models that are alike may go by many names.
    return [replace(done[trial.key], planner=trial.planner) for trial in wanted]


def kept(path: Path) -> Iterator[Result]:
    """Yield the results of a file; a last line that was cut off is left out, and cut off."""
    for line in whole_lines(path):
        try:
            yield Result(**json.loads(line))
        except (TypeError, ValueError) as error:
            raise ValueError(f"'{path}' holds what is no result: {error}") from error


def latest(path: Path) -> list[Result]:
    """Return the last result of each case in a file, if there is one."""
    return list({(one.suite, one.case): one for one in kept(path)}.values())


def _carry_out(wanted: Sequence[Trial], workers: int) -> Iterator[Result]:
    if not wanted:
        return
    work = perform if wanted[0].settings.backend == "physics" else attempt
    if workers == 1:
        yield from map(work, wanted)
        return
    done = 0
    while done < len(wanted):
        try:
            for result in spread(work, wanted[done:], workers, _CHUNK):
                yield result
                done += 1
        except BrokenProcessPool:
            # Some trial took its process along. Each of the next has one of its own to lose.
            for trial in wanted[done : done + workers * _CHUNK]:
                try:
                    (result,) = spread(work, [trial], 1)
                except BrokenProcessPool:
                    result = crashed(trial, 0, "its process died")
                yield result
                done += 1


def _shuffled(cases: Sequence[Case]) -> list[Case]:
    """Return the cases, each told what the next one of the same site is told.

    One that means something else is taken, if there is one.
    """
    found = []
    for k, case in enumerate(cases):
        others = [
            other
            for other in (*cases[k + 1 :], *cases[:k])
            if other.facility == case.facility
            and len(other.instructions) == len(case.instructions)
            and other.instructions != case.instructions
        ]
        others.sort(key=lambda other: _meaning(other) == _meaning(case))
        told = others[0].instruction if others else case.instruction
        found.append(case.model_copy(update={"instruction": told, "orders": case.meanings}))
    return found


def _meaning(case: Case) -> tuple[object, ...]:
    return case.meanings, case.rules, case.refuse
