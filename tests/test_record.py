"""Recording: what is in a dataset, that it repeats, and that workers and crashes leave no trace."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from warewheel.agents.plan import Subgoal
from warewheel.agents.planners import registry
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Request
from warewheel.configs import load_body, names
from warewheel.flywheel.dataset.check import check
from warewheel.flywheel.dataset.store import Dataset
from warewheel.flywheel.record.columns import STAGES, image, schema
from warewheel.flywheel.record.repeat import check_hashes, render
from warewheel.scripts.main import main

# Short episodes: a time limit would end them in other ways, so they are of the shortest task.
TASK = ("--task", "store", "--episodes")


def test_the_page_of_the_schema_is_what_the_code_says() -> None:
    result = CliRunner().invoke(main, ["schema", "--cameras", "overview"])
    assert result.exit_code == 0
    page = Path(__file__).parents[1] / "docs" / "schema.md"
    assert page.read_text().endswith(result.stdout)
    assert "item_0 .. item_23 (x y z qx qy qz qw width" in result.stdout
    assert "| rad/s |" in result.stdout and "0 .. 255" in result.stdout
    result = CliRunner().invoke(main, ["schema", "--cameras", "overvieww"])
    assert result.exit_code == 2 and "did you mean 'overview'" in result.output


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def files(folder: Path) -> dict[str, bytes]:
    """Return all that readers of a dataset see."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("record") / "blind"
    done = run("collect", *TASK, "2", "--workers", "1", "--out", out)
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.parametrize("body", names("body"))
def test_every_column_says_what_it_is(body: str) -> None:
    made = schema(load_body(body), ("overview",), 64)
    assert made.robot_type == body and set(made.cameras) == {image("overview")}
    for feature in made.features:
        assert feature.about and len(feature.names) in (0, feature.shape[0])
    assert all(fact.about for fact in made.facts)


def test_what_is_recorded_is_whole(blind: Path) -> None:
    assert check(blind) == []
    dataset = Dataset.open(blind)
    for k, row in enumerate(dataset.episodes()):
        columns = dataset.columns(k)
        assert row["number"] == k and row["success"] and row["failure"] == ""
        assert row["length"] == len(columns["action"]) > 100
        done = columns["next.done"].ravel()
        assert done[-1] and not done[:-1].any()
        assert columns["next.progress"].ravel()[-1] == pytest.approx(row["progress"])
        shares = dict(zip(STAGES, columns["next.stages"][-1].tolist(), strict=True))
        assert {name: shares[name] for name in json.loads(row["stages"])} == pytest.approx(
            json.loads(row["stages"])
        )
        plan = json.loads(row["plan"])
        assert len(plan) == len(row["subtasks"]) and plan[-1]["outcome"] in ("SUCCESS", "PREEMPTED")


def test_recorded_actions_do_the_same_again(blind: Path) -> None:
    assert list(check_hashes(Dataset.open(blind), [1, 0])) == [(1, True), (0, True)]


def test_another_action_does_something_else(blind: Path) -> None:
    from warewheel.flywheel.record.repeat import repeat

    dataset = Dataset.open(blind)
    row, columns = dataset.episodes()[0], dataset.columns(0)
    action = columns["action"].copy()
    action[50, 0] += np.float32(1e-3)
    assert repeat(row, {**columns, "action": action}) != row["hash"]


def test_who_does_nothing_is_recorded_too(tmp_path: Path) -> None:
    asked = (*TASK, "2", "--planner", "null", "--workers", "1", "--out", tmp_path / "null")
    done = run("collect", *asked)
    assert done.exit_code == 0, done.output
    assert check(tmp_path / "null") == []
    dataset = Dataset.open(tmp_path / "null")
    rows = dataset.episodes()
    assert [(row["length"], row["success"], row["failure"]) for row in rows] == [
        (1, False, "GOAL_MISSED")
    ] * 2
    assert list(check_hashes(dataset, [0, 1])) == [(0, True), (1, True)]


def test_the_command_tells_which_episodes_repeat(blind: Path, tmp_path: Path) -> None:
    done = run("replay", blind, "1", "--video", tmp_path / "film.mp4")
    assert done.exit_code == 0 and "episode 1: the same" in done.output
    assert (tmp_path / "film.mp4").stat().st_size > 10_000
    done = run("replay", blind, "7")
    assert done.exit_code == 2 and "allowed are 0 to 1" in done.output


class Unwell(Scripted):
    """Does as it should, and then raises an error."""

    asked = 0

    def next(self, request: Request) -> Subgoal | None:
        self.asked += 1
        if self.asked > self.good:
            raise KeyError("where was I?")
        return super().next(request)

    good = 2


class Stillborn(Unwell):
    good = 0


def test_what_crashes_is_recorded_up_to_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._OWN, "unwell", Unwell)
    done = run("collect", *TASK, "2", "--planner", "unwell", "--workers", "1", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert check(tmp_path) == []
    dataset = Dataset.open(tmp_path)
    for row in dataset.episodes():
        assert row["length"] > 50 and not row["success"]
        assert row["failure"] == "CRASH" and row["error"] == "KeyError: 'where was I?'"
        assert [step["outcome"] for step in json.loads(row["plan"])] == ["SUCCESS"] * 2
    assert list(check_hashes(dataset, [0, 1])) == [(0, True), (1, True)]


def test_what_crashes_at_once_leaves_no_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(registry._OWN, "stillborn", Stillborn)
    done = run("collect", *TASK, "1", "--planner", "stillborn", "--workers", "1", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert len(Dataset.open(tmp_path)) == 0 and check(tmp_path) == []


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("cameras", ["", "overview"])
def test_a_full_disk_ends_the_run_and_leaves_no_gap(
    workers: str, cameras: str, tmp_path: Path
) -> None:
    """Whether it is a worker or the collector who finds that there is no room."""
    asked = [
        *TASK,
        "3",
        "--cameras",
        cameras,
        "--camera-size",
        "64",
        "--out",
        str(tmp_path / "out"),
    ]
    command = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000));"
        "from warewheel.scripts.main import main; main()"
    )
    words = [sys.executable, "-c", command, "collect", *asked, "--workers", workers]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 2 and "no space left" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert check(tmp_path / "out") == []
    kept = [row["number"] for row in Dataset.open(tmp_path / "out").episodes()]
    assert kept == list(range(len(kept))) and len(kept) < 3


def test_subgoals_go_into_the_language_column_if_wished(tmp_path: Path) -> None:
    done = run("collect", *TASK, "1", "--language", "--workers", "1", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    assert check(tmp_path) == []
    (path,) = (tmp_path / "data").rglob("*.parquet")
    said = parquet.read_table(path).column("language_persistent").to_pylist()
    (row,) = Dataset.open(tmp_path).episodes()
    assert {one["content"] for one in said[0]} == set(row["subtasks"])


def test_rendering_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    idle = (*TASK, "3", "--planner", "null", "--workers", "1")
    assert run("collect", *idle, "--out", tmp_path / "blind").exit_code == 0
    cameras = ("--cameras", "dock", "--camera-size", "32", "--workers", "1")
    made = (tmp_path / "blind", *cameras)
    assert run("render", *made, "--out", tmp_path / "whole").exit_code == 0
    out = tmp_path / "stopped"
    with contextlib.closing(
        render(Dataset.open(tmp_path / "blind"), out, ["dock"], 32, "lossless")
    ) as making:
        assert next(making) == 0
    assert len(Dataset.open(out)) == 1
    done = run("render", *made, "--out", out)
    assert done.exit_code == 2 and "not empty" in done.output
    assert run("render", *made, "--resume", "--out", out).exit_code == 0
    assert files(out) == files(tmp_path / "whole")
    assert run("collect", *idle, "--seed", "5", "--out", tmp_path / "other").exit_code == 0
    done = run("render", tmp_path / "other", *cameras, "--resume", "--out", out)
    assert done.exit_code == 2 and "is not that of" in done.output


@pytest.mark.slow
def test_cameras_that_come_later_make_the_same_bytes(blind: Path, tmp_path: Path) -> None:
    cameras = ("--cameras", "dock,overview", "--camera-size", "64")
    later = ("--workers", "2", "--out", tmp_path / "later")
    assert run("render", blind, *cameras, *later).exit_code == 0
    asked = ("--workers", "1", "--out", tmp_path / "once")
    assert run("collect", *TASK, "2", *cameras, *asked).exit_code == 0
    assert files(tmp_path / "later") == files(tmp_path / "once")
    assert check(tmp_path / "later") == []


@pytest.mark.slow
def test_so_many_workers_make_the_same_bytes(blind: Path, tmp_path: Path) -> None:
    done = run("collect", *TASK, "2", "--workers", "2", "--out", tmp_path / "two")
    assert done.exit_code == 0, done.output
    assert files(tmp_path / "two") == files(blind)


def test_resuming_makes_the_same_bytes(blind: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("collect", *TASK, "1", "--workers", "1", "--out", out).exit_code == 0
    done = run("collect", *TASK, "2", "--workers", "1", "--out", out)
    assert done.exit_code == 2 and "not empty" in done.output
    done = run("collect", *TASK, "2", "--seed", "9", "--resume", "--workers", "1", "--out", out)
    assert done.exit_code == 2 and "other settings" in done.output
    done = run("collect", *TASK, "2", "--resume", "--workers", "1", "--out", out)
    assert done.exit_code == 0, done.output
    assert files(out) == files(blind)


def killed(out: Path, rng: random.Random) -> Iterator[int]:
    """Collect again and again, killed at some time, until it ends by itself."""
    command = "from warewheel.scripts.main import main; main()"
    while True:
        words = [*TASK, "3", "--workers", "2", "--resume", "--out", str(out)]
        process = subprocess.Popen(
            [sys.executable, "-c", command, "collect", *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        until = time.monotonic() + rng.uniform(1.0, 12.0)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        if process.poll() is not None:
            assert process.returncode == 0
            return
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        yield 1


@pytest.mark.slow
def test_kills_leave_no_trace(tmp_path: Path) -> None:
    done = run("collect", *TASK, "3", "--workers", "2", "--out", tmp_path / "quiet")
    assert done.exit_code == 0, done.output
    rng, kills = random.Random(0), 0
    for number in range(20):
        kills += sum(killed(tmp_path / f"killed-{number}", rng))
        assert files(tmp_path / f"killed-{number}") == files(tmp_path / "quiet")
        if kills >= 20:
            break
    assert kills >= 20


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--cameras", "dok"), "did you mean 'dock'"),
        (("--planner", "scriptd"), "did you mean 'scripted'"),
        (("--perceiver", "true-pose"), "did you mean 'true-poses'"),
        (("--split", "trai"), "train"),
        (("--split", "train", "--level", "mild"), "a level of its own"),
    ],
)
def test_mistakes_end_with_a_reason(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = run("collect", *words, "--workers", "1", "--out", tmp_path / "out")
    assert done.exit_code == 2 and says in done.output
    assert not (tmp_path / "out").exists()
