"""The classical planner: it solves what the suites ask, whatever the scripted planner thinks."""

from __future__ import annotations

import pytest

from warewheel.agents.planners.registry import make_planner
from warewheel.configs import load_suite, names
from warewheel.flywheel.bench.play import Stage, play

pytest.importorskip("unified_planning")
pytest.importorskip("up_fast_downward")


def solved(suite: str, number: int) -> bool:
    stage = Stage(load_suite(suite).cases[number])
    return play(stage, make_planner("classical", stage.briefing)).success


@pytest.mark.parametrize("suite", names("suite"))
def test_the_first_case_of_each_suite_is_solved(suite: str) -> None:
    assert solved(suite, 0)


@pytest.mark.slow
@pytest.mark.parametrize("suite", names("suite"))
def test_every_case_is_solved(suite: str) -> None:
    count = len(load_suite(suite).cases)
    assert [k for k in range(count) if not solved(suite, k)] == []


def test_it_is_for_cases_alone() -> None:
    from dataclasses import replace

    stage = Stage(load_suite("base").cases[0])
    with pytest.raises(ValueError, match="for cases of suites"):
        make_planner("classical", replace(stage.briefing, case=None))
