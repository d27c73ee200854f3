"""Killed at any moment, a dataset loses at most the draft under way."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import synthetic

from warewheel.flywheel.dataset.check import check
from warewheel.flywheel.dataset.repair import repair
from warewheel.flywheel.dataset.store import Dataset

EPISODES = 12
KILLS = 20


def work(folder: Path, events: int = 0) -> None:
    """Append what is missing, and say so after each; killed once it has touched so many files."""
    if events:
        die_after(events, folder)
    with Dataset.resume(folder, synthetic.SCHEMA, synthetic.ABOUT) as dataset:
        for draft in dataset.drafts():
            # Closed, but not appended: there can be but one, and it is the next.
            dataset.append(draft)
        for seed in range(len(dataset), EPISODES):
            synthetic.extend(dataset, [seed])
            with (folder.parent / "appended").open("a") as file:
                file.write(f"{seed}\n")


def die_after(events: int, folder: Path) -> None:
    """Have this process killed when it has touched so many files."""
    left = events

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in ("open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir") and str(
            folder
        ) in str(args):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def child(task: Callable[[], object]) -> int:
    """Run a function in a child process; return its exit code, or minus the signal."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        task()
        code = 0
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def mend(folder: Path) -> None:
    """Repair, and see that nothing that was appended is gone."""
    repair(folder)
    assert check(folder) == []
    said = (folder.parent / "appended").read_text().split()
    assert len(Dataset.open(folder)) >= len(said)


def kill_again_and_again(folder: Path, seed: int) -> None:
    """The whole trial, in a process of its own that has used no threads yet."""
    rng = random.Random(seed)
    (folder.parent / "appended").touch()
    killed = 0
    for trial in range(KILLS):
        if trial % 4:
            # Just before some file is touched.
            events = rng.randint(1, 45)
            code = child(partial(work, folder, events))
        else:
            # At a moment that nobody chose.
            code = kill_later(folder, rng.uniform(0.0, 0.1))
        killed += code == -signal.SIGKILL
        assert code in (0, -signal.SIGKILL), code
        if (folder / "meta/info.json").exists() and rng.random() < 0.25:
            assert child(partial(mend, folder)) == 0
    assert killed >= KILLS - 3
    assert child(partial(work, folder)) == 0
    assert child(partial(mend, folder)) == 0


def kill_later(folder: Path, seconds: float) -> int:
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            work(folder)
        os._exit(0)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_killed_twenty_times_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "trial" / "set"
    folder.parent.mkdir()
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, __file__, str(folder), "7"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    whole = synthetic.collect(tmp_path / "whole", range(EPISODES))
    assert synthetic.content(folder) == synthetic.content(whole)


def test_a_draft_that_was_closed_outlives_its_process(tmp_path: Path) -> None:
    folder = synthetic.collect(tmp_path / "set", [0])
    draft = synthetic.write_draft(folder, 1)
    assert repair(folder) == []
    with Dataset.open(folder, append=True) as dataset:
        assert dataset.drafts() == [draft]
        assert dataset.append(draft) == 1
        assert dataset.drafts() == []
    whole = synthetic.collect(tmp_path / "whole", [0, 1])
    assert synthetic.content(folder) == synthetic.content(whole)


def test_a_draft_is_not_appended_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    folder = synthetic.collect(tmp_path / "set", [0])
    dataset = Dataset.open(folder, append=True)
    draft, other = synthetic.write_draft(folder, 1), synthetic.write_draft(folder, 2)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", die)
        with pytest.raises(KeyboardInterrupt):
            dataset.append(draft)
    dataset._release()  # as when its process dies
    assert draft.exists()
    with Dataset.open(folder, append=True) as dataset:
        assert len(dataset) == 2
        assert dataset.drafts() == [other]
        dataset.append(other)
    whole = synthetic.collect(tmp_path / "whole", [0, 1, 2])
    assert synthetic.content(folder) == synthetic.content(whole)


def test_a_draft_that_somebody_is_at_is_left_alone(tmp_path: Path) -> None:
    from warewheel.flywheel.dataset.draft import Draft

    folder = synthetic.collect(tmp_path / "set", [0])
    draft = Draft(folder, synthetic.SCHEMA)
    assert repair(folder) == []
    assert draft.folder.exists()
    draft._lock.release()  # as when its process dies
    assert repair(folder) == [f"removed the unfinished draft {draft.folder.name}"]
    assert not draft.folder.exists()


def test_half_an_append_is_moved_aside(tmp_path: Path) -> None:
    folder = synthetic.collect(tmp_path / "set", [0, 1])
    # As if the process had died before it wrote the row.
    (folder / "meta/episodes/chunk-000/file-001.parquet").unlink()
    with Dataset.open(folder, append=True) as dataset:
        assert len(dataset) == 1
        assert len(dataset.recovered) == 2
        synthetic.extend(dataset, [1])
    assert check(folder) == []
    aside = [path.name for path in (folder / ".warewheel/aside").rglob("*") if path.is_file()]
    assert sorted(aside) == ["file-001.mp4", "file-001.parquet"]


if __name__ == "__main__":
    # Once, and not in every child.
    import av
    import pyarrow.parquet

    assert av and pyarrow.parquet
    kill_again_and_again(Path(sys.argv[1]), int(sys.argv[2]))
