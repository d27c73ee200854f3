"""One writer at a time, and errors in one line that leave everything as it was."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic import CAMERA, SCHEMA, collect, content, extend, images, values, write_draft

from warewheel.flywheel.dataset.check import check
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.files import disk
from warewheel.flywheel.dataset.merge import compact
from warewheel.flywheel.dataset.repair import repair
from warewheel.flywheel.dataset.store import Dataset

HOLD = """
import sys
from pathlib import Path
from warewheel.flywheel.dataset.store import Dataset
dataset = Dataset.open(Path(sys.argv[1]), append=True)
print("held", flush=True)
sys.stdin.read()
"""


def test_two_writers_are_one_too_many_and_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    for write in (lambda: Dataset.open(folder, append=True), lambda: repair(folder),
                  lambda: compact(folder)):  # fmt: skip
        with pytest.raises(ValueError, match="another process writes to it"):
            write()
    assert len(Dataset.open(folder)) == 1, "reading needs no lock"
    holder.kill()
    holder.wait()
    with Dataset.open(folder, append=True) as dataset:
        extend(dataset, [1])
    assert check(folder) == []


def test_a_second_writer_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with (
        Dataset.create(tmp_path / "set", SCHEMA) as dataset,
        pytest.raises(ValueError, match="another process"),
    ):
        Dataset.open(dataset.folder, append=True)


def test_only_who_opened_to_append_appends(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    draft = write_draft(folder, 1)
    with pytest.raises(ValueError, match=r"open\(append=True\)"):
        Dataset.open(folder).append(draft)


def test_a_read_only_folder_can_be_read_and_is_said_to_be_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = collect(tmp_path / "set", [0])

    def refuse(*_: Any, **__: Any) -> int:
        raise PermissionError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    for write in (lambda: Dataset.open(folder, append=True), lambda: repair(folder),
                  lambda: Dataset.create(tmp_path / "other", SCHEMA)):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            write()
    dataset = Dataset.open(folder)
    assert np.array_equal(dataset.frames(0, CAMERA), images(0))
    assert check(folder) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_permissions_of_a_folder_are_heeded(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    (folder / ".warewheel").chmod(0o555)
    (folder / ".warewheel/lock").chmod(0o444)
    with pytest.raises(ValueError, match="read-only"):
        Dataset.open(folder, append=True)
    (folder / ".warewheel").chmod(0o755)


@pytest.mark.parametrize("files", range(5))
def test_a_full_disk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    """Whichever file of an append is the one that does not fit."""
    folder = collect(tmp_path / "set", [0])
    real, calls = os.replace, 0

    def full(source: str, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls > files:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(source, target)

    with Dataset.open(folder, append=True) as dataset:
        draft = write_draft(folder, 1)
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", full)
            # First the frames, then the row, then what follows from all rows.
            if files < 2:
                with pytest.raises(ValueError, match="no space left"):
                    dataset.append(draft)
            else:
                assert dataset.append(draft) == 1
        assert len(dataset) == 1 + (files >= 2)
        assert draft.exists() == (files < 2)
        if files < 2:
            assert not (folder / "data/chunk-000/file-001.parquet").exists()
            assert dataset.append(draft) == 1
    assert check(folder) == []
    assert content(folder) == content(collect(tmp_path / "whole", [0, 1]))


def test_a_newer_or_older_dataset_is_named(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    path = folder / "meta/info.json"
    info = json.loads(path.read_text())
    for version, said in (("v3.1", "v3.1 is newer"), ("v2.1", "v2.1 is older"), ("x", "'x'")):
        path.write_text(json.dumps(info | {"codebase_version": version}))
        for act in (lambda: Dataset.open(folder), lambda: Dataset.open(folder, append=True),
                    lambda: repair(folder)):  # fmt: skip
            with pytest.raises(ValueError, match=said):
                act()
        (problem,) = check(folder)
        assert said in str(problem)


def test_another_schema_is_refused_with_the_difference(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    other = replace(SCHEMA, fps=30)
    with pytest.raises(ValueError, match="another schema: fps is 20, not 30"):
        Dataset.open(folder, schema=other)
    with (
        Dataset.open(folder, append=True) as dataset,
        pytest.raises(ValueError, match="another schema: fps is 30, not 20"),
    ):
        dataset.append(write_draft(folder, 1, other))


def test_a_dataset_is_made_in_an_empty_folder_alone(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    before = content(folder)
    with pytest.raises(ValueError, match="not empty"):
        Dataset.create(folder, SCHEMA)
    assert content(folder) == before
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="a file is in the way"):
        Dataset.create(tmp_path / "file", SCHEMA)
    with pytest.raises(ValueError, match="no such folder"):
        Dataset.open(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"info\.json is missing"):
        Dataset.open(tmp_path / "empty")


def test_an_episode_that_is_not_there_is_told_with_the_range(tmp_path: Path) -> None:
    dataset = Dataset.open(collect(tmp_path / "set", [0, 1]))
    for k in (2, -1, 10**9):
        with pytest.raises(IndexError, match=f"no episode {k}; allowed are 0 to 1"):
            dataset.columns(k)
        with pytest.raises(IndexError, match="allowed are 0 to 1"):
            dataset.frames(k, CAMERA)
    with pytest.raises(ValueError, match="did you mean"):
        dataset.frames(0, "observation.images.fromt")
    with pytest.raises(IndexError, match="there are none"):
        Dataset.open(collect(tmp_path / "none", [])).columns(0)


def frame(**changes: Any) -> dict[str, Any]:
    return {name: column[0] for name, column in values(0).items()} | changes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"action": np.zeros(3)}, r"action: float64 \(3,\); allowed: float32 \(2,\)"),
        ({"action": [np.nan, 0]}, "action: not finite in frame 1"),
        ({"stock": [0.5, 1]}, "stock: float64"),
        ({"next.done": 1}, "next.done: int64"),
        ({"next.reward": 1e400}, "not finite"),
        ({"more": 1}, "not in the schema more"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_and_the_draft_goes_on(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    image = {CAMERA: images(0)[0]}
    with Dataset.create(tmp_path / "set", SCHEMA) as dataset:
        draft = Draft(dataset.folder, SCHEMA)
        draft.frame(frame(), image)
        with pytest.raises(ValueError, match=said):
            draft.frame(frame(**changes), image)
        for wrong in (images(0)[0][:-1], images(0)[0].astype(np.float32)):
            with pytest.raises(ValueError, match=r"allowed: uint8 \(32, 48, 3\)"):
                draft.frame(frame(), {CAMERA: wrong})
        draft.frame(frame(), image)
        assert dataset.append(draft.close({}, ["go"])) == 0
        assert len(dataset.columns(0)["action"]) == 2
        assert len(dataset.frames(0, CAMERA)) == 2


def test_what_is_handed_in_may_change_afterwards(tmp_path: Path) -> None:
    with Dataset.create(tmp_path / "set", SCHEMA) as dataset:
        draft = Draft(dataset.folder, SCHEMA)
        row, image = frame(action=np.zeros(2, np.float32)), images(0)[0].copy()
        draft.frame(row, {CAMERA: image})
        row["action"][:] = 1
        image[:] = 0
        dataset.append(draft.close({}, ["go"]))
        assert (dataset.columns(0)["action"] == 0).all()
        assert np.array_equal(dataset.frames(0, CAMERA)[0], images(0)[0])


@pytest.mark.parametrize(
    ("facts", "tasks", "subtasks", "said"),
    [
        ({"sucess": True}, ["go"], [], "did you mean 'success'"),
        ({"success": 1}, ["go"], [], "fact 'success' is 1; allowed: bool"),
        ({"seed": True}, ["go"], [], "fact 'seed' is True; allowed: int"),
        ({"violations": "COLD"}, ["go"], [], "allowed: list"),
        ({}, [], [], "tasks are"),
        ({}, "go", [], "tasks are 'go'"),
        ({}, ["go"], [(1.0, "b"), (0.0, "a")], "in the order"),
        ({}, ["go"], [(0.0, "")], "needs a text"),
    ],
)
def test_an_end_that_does_not_fit_is_refused(
    tmp_path: Path, facts: Any, tasks: Any, subtasks: Any, said: str
) -> None:
    draft = Draft(tmp_path, SCHEMA)
    with pytest.raises(ValueError, match="needs a frame"):
        draft.close({}, ["go"])
    draft.frame(frame(), {CAMERA: images(0)[0]})
    with pytest.raises(ValueError, match=said):
        draft.close(facts, tasks, subtasks)
    draft.close({"success": np.bool_(True), "progress": 1}, ["go"])


def test_a_draft_given_up_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Draft(tmp_path, SCHEMA) as draft:
        draft.frame(frame(), {CAMERA: images(0)[0]})
        raise RuntimeError
    assert not draft.folder.exists()


def test_a_damaged_draft_is_refused(tmp_path: Path) -> None:
    with Dataset.create(tmp_path / "set", SCHEMA) as dataset:
        draft = write_draft(dataset.folder, 0)
        path = draft / "values.bin"
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(ValueError, match="values are damaged"):
            dataset.append(draft)
        with pytest.raises(ValueError, match="no draft that was closed"):
            dataset.append(tmp_path)


def test_temporary_names_do_not_end_like_files(tmp_path: Path) -> None:
    """A reader that globs in the middle of a write must not find half a file."""
    seen: list[str] = []

    def spy(source: str, target: Path) -> None:
        seen.append(Path(source).name)
        real(source, target)

    real = os.replace
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", spy)
        disk.write(tmp_path / "file-000.parquet", b"x")
    assert seen and not any(name.endswith((".parquet", ".mp4", ".json")) for name in seen)
