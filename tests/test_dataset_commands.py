"""The commands on datasets: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from synthetic import CAMERA, collect

from warewheel.flywheel.dataset.check import check
from warewheel.scripts.main import main


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_check_exits_1_and_names_the_episode(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0, 1])
    done = call("check", folder)
    assert (done.exit_code, done.output) == (0, f"{folder}: 2 episodes, all whole\n")
    (folder / f"videos/{CAMERA}/chunk-000/file-001.mp4").unlink()
    done = call("check", folder)
    assert done.exit_code == 1
    assert "episode 1" in done.output and "missing" in done.output
    lines = call("check", folder, "--json").output.splitlines()
    assert json.loads(lines[0])["episode"] == 1


def test_repair_says_what_it_did(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0, 1])
    assert "nothing to mend" in call("repair", folder).output
    (folder / f"videos/{CAMERA}/chunk-000/file-000.mp4").unlink()
    done = call("repair", folder)
    assert done.exit_code == 0
    assert "episode 0 is not whole: moved aside" in done.output
    assert check(folder) == []


def test_compact_merge_and_stats(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0, 1, 2])
    assert call("compact", folder, "--out", tmp_path / "packed").exit_code == 0
    assert call("compact", folder).exit_code == 0
    assert call("merge", folder, tmp_path / "packed", "--out", tmp_path / "all").exit_code == 0
    assert check(tmp_path / "all") == []
    found = json.loads(call("stats", tmp_path / "all", "--json").output)
    assert (found["episodes"], found["facts"]["success"]) == (6, {"known": 6, "true": 4})
    assert found["facts"]["failure"] == {"known": 0}
    assert found["facts"]["violations"]["most"] == {"COLD": 6}
    text = call("stats", tmp_path / "all").output
    assert "episodes: 6" in text and "success: known 6, true 4" in text


@pytest.mark.parametrize("command", ["check", "repair", "compact", "stats"])
def test_a_folder_that_is_not_there_is_a_mistake_of_the_user(
    command: str, tmp_path: Path
) -> None:  # fmt: skip
    done = call(command, tmp_path / "nothing")
    assert done.exit_code == 2
    assert "no such folder" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["check", "repair", "compact", "merge", "stats"])
def test_help_has_an_example(command: str) -> None:
    done = call(command, "--help")
    assert done.exit_code == 0
    assert f"warewheel {command} out/" in done.output
