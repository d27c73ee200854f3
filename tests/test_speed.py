"""The shape of the speed report; figures themselves depend on the machine."""

from __future__ import annotations

import json
import math

import pytest
from click.testing import CliRunner

from warewheel.flywheel.speed import Figure, machine
from warewheel.scripts.speed import speed

QUICK = ["--episodes", "0", "--rounds", "2"]


@pytest.mark.parametrize(
    ("target", "most", "met"), [(None, False, None), (2.0, True, False), (2.0, False, True)]
)
def test_target_is_an_upper_or_a_lower_limit(
    target: float | None, most: bool, met: bool | None
) -> None:
    figure = Figure("x", "text", 3.0, 1, "s", target, most)
    assert figure.met is met
    assert figure.row()["met"] is met


def test_json_holds_the_machine_and_every_figure() -> None:
    result = CliRunner().invoke(speed, [*QUICK, "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["machine"] == machine()
    figures = {figure["name"]: figure for figure in report["figures"]}
    assert {"reset", "physics_steps", "env_steps", "overhead", "frame"} <= set(figures)
    assert "episode_rate" not in figures
    for figure in figures.values():
        assert math.isfinite(figure["value"]) and figure["value"] > 0
        assert (figure["met"] is None) == (figure["target"] is None)


def test_what_recording_costs_is_told_by_figure() -> None:
    result = CliRunner().invoke(speed, ["--recorder", "--saves", "3", "--episodes", "0", "--json"])
    assert result.exit_code == 0, result.output
    figures = {figure["name"]: figure for figure in json.loads(result.stdout)["figures"]}
    names = {"record_frame", "record_size", "save_first", "save_last", "save_encoding", "save_rest"}
    assert names <= set(figures)
    assert all(figures[name]["value"] > 0 for name in names)
    assert all(figures[name]["target"] for name in ("record_frame", "record_size", "save_rest"))


def test_table_says_whether_targets_are_met() -> None:
    result = CliRunner().invoke(speed, QUICK)
    assert result.exit_code == 0, result.output
    assert "<= 8" in result.stdout


def test_unknown_facility_is_a_usage_error() -> None:
    result = CliRunner().invoke(speed, [*QUICK, "--facility", "nowhere"])
    assert result.exit_code == 2
    assert "nowhere" in result.output
