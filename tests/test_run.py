"""`warewheel run`: what it prints, what it refuses, and who gets to know what."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from warewheel.agents.plan import Subgoal
from warewheel.agents.planners import registry
from warewheel.agents.request import Request
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.flywheel.log import EpisodeLog
from warewheel.scripts.main import main

KEYS = {
    "task", "seed", "facility", "body", "planner", "success", "progress", "stages", "violations",
    "failures", "steps", "sim_seconds", "wall_seconds", "hash",
}  # fmt: skip


def invoke(*words: str) -> Any:
    return CliRunner().invoke(main, ["run", *words])


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_is_one_object_per_episode_and_nothing_else() -> None:
    result = invoke("--task", "store", "--episodes", "2", "--seed", "34", "--json")
    assert result.exit_code == 0
    made = rows(result.stdout)
    assert [row["seed"] for row in made] == [34, 35]
    for row in made:
        assert set(row) >= KEYS
        assert row["success"] is True
        assert row["progress"] == 1.0
        assert row["stages"] == {"store": 1.0}
        assert row["violations"] == []
        # The goal holds as soon as the last item stands, before the hand has drawn back.
        assert row["plan"][-1]["outcome"] == "PREEMPTED"
        assert row["plan"][-1]["subgoal"].startswith("place(")


def test_the_same_seed_gives_the_same_hash_in_another_process() -> None:
    words = ["run", "--task", "classify", "--seed", "11", "--json"]
    code = "from warewheel.scripts.main import main; main()"
    command = [sys.executable, "-c", code, *words]
    there = rows(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    here = rows(CliRunner().invoke(main, words).stdout)
    assert there[0]["hash"] == here[0]["hash"]


@pytest.mark.parametrize(
    ("words", "got", "closest"),
    [
        (("--task", "chian"), "chian", "chain"),
        (("--facility", "parcel_hup"), "parcel_hup", "parcel_hub"),
        (("--body", "pandas"), "pandas", "panda"),
        (("--planner", "scriptd"), "scriptd", "scripted"),
    ],
)
def test_an_unknown_name_ends_with_the_closest_match(
    words: tuple[str, ...], got: str, closest: str
) -> None:
    result = invoke(*words)
    assert result.exit_code == 2
    assert got in result.stderr
    assert closest in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_command_ends_with_the_closest_match() -> None:
    result = CliRunner().invoke(main, ["rnu"])
    assert result.exit_code == 2
    assert "did you mean 'run'?" in result.stderr


def test_a_mistyped_key_of_a_facility_is_named(tmp_path: Path) -> None:
    text = Path("configs/facilities/parcel_hub.yaml").read_text()
    changed = tmp_path / "hub.yaml"
    changed.write_text(text.replace("tape_torque", "tape_torqe"))
    result = invoke("--facility", str(changed))
    assert result.exit_code == 2
    assert "tape_torqe" in result.stderr
    assert "tape_torque" in result.stderr


def test_the_log_holds_every_step(tmp_path: Path) -> None:
    result = invoke("--task", "store", "--seed", "11", "--out", str(tmp_path), "--json")
    row = rows(result.stdout)[0]
    kept = json.loads((tmp_path / "episode-11.json").read_text())
    assert kept["hash"] == row["hash"]
    with np.load(tmp_path / "episode-11.npz") as arrays:
        assert all(len(arrays[name]) == row["steps"] for name in arrays.files)


def test_the_log_spans_every_carton(tmp_path: Path) -> None:
    env = WarehouseEnv("chain", "parcel_hub", cartons=(2, 2), items=(1, 1))
    try:
        episode = runner.run(env, "scripted", 1, [EpisodeLog(tmp_path)])
    finally:
        env.close()
    with np.load(tmp_path / "episode-1.npz") as arrays:
        late = np.isnan(arrays["items"]).any(axis=(0, 2))
        assert arrays["items"].shape == (episode.steps, episode.items, 7)
    assert late.tolist() == [False, *[True] * (episode.items - 1)]


class Curious:
    """Asks for one impossible thing, and stops."""

    name = "curious"

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def next(self, request: Request) -> Subgoal | None:
        self.asked.append(request)
        return Subgoal("scan", "item-0") if len(self.asked) == 1 else None


def test_a_planner_reads_the_instruction_the_facts_and_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planner = Curious()
    monkeypatch.setitem(registry._OWN, "curious", lambda *_: planner)
    env = WarehouseEnv("store", instruction="Cold things first, please.")
    try:
        episode = runner.run(env, "curious", 11)
    finally:
        env.close()
    first, second = planner.asked
    assert first.instruction == "Cold things first, please."
    assert ("hand", "empty") in first.facts
    assert not any(hasattr(first.inventory, name) for name in ("sku", "catalogue"))
    assert second.history[0].outcome.cause == "MISSING_STEP"
    assert episode.failures == ["MISSING_STEP", "GOAL_MISSED"]


def test_help_is_quick() -> None:
    command = [sys.executable, "-c", "from warewheel.scripts.main import main; main()", "--help"]
    times = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        times.append(time.perf_counter() - began)
    assert "run" in done.stdout
    # 0.2 s alone; a busy machine gets some grace.
    assert min(times) < 0.6
