"""Laws of pools: how many processes share the work changes nothing but the time it takes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from warewheel.flywheel import pool
from warewheel.flywheel.episode import Episode
from warewheel.flywheel.pool import Glimpse, Inline, Job, Pool, Processes
from warewheel.scripts.main import main

SETTINGS = {
    "task": "store", "facility": "parcel_hub", "body": "panda", "observation": "instruction",
    "max_steps": 60,
}  # fmt: skip


def jobs(planner: str = "scripted", **changes: Any) -> list[Job]:
    return [Job(SETTINGS | changes, planner, seed) for seed in range(5)]


def play(of: Pool, work: list[Job]) -> list[dict[str, Any]]:
    rows = [episode.row() for episode in of.run(work, lambda _: None)]
    return [{key: value for key, value in row.items() if key != "wall_seconds"} for row in rows]


@pytest.mark.parametrize("workers", [1, 4])
def test_workers_do_not_change_results(workers: int) -> None:
    rows = play(Processes(workers), jobs())
    assert [row["seed"] for row in rows] == [0, 1, 2, 3, 4]
    assert rows == play(Inline(), jobs())


def test_episodes_at_work_are_told_of() -> None:
    told: list[Glimpse] = []
    list(Processes(2).run(jobs()[:2], told.append))
    assert {glimpse.seed for glimpse in told} == {0, 1}
    assert max(glimpse.seconds for glimpse in told) == pytest.approx(3.0)


@pytest.mark.parametrize("of", [Inline(), Processes(2)], ids=["inline", "processes"])
def test_a_job_that_raises_is_a_failure(of: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    work = jobs()
    work[1] = Job(SETTINGS, "nobody", 1)
    rows = play(of, work)
    assert [row["failures"] == ["CRASH"] for row in rows] == [False, True, False, False, False]
    assert not rows[1]["success"]
    assert "nobody" in capfd.readouterr().err


def test_a_worker_that_dies_costs_its_job_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    killed: list[int] = []
    start = pool._Worker.start

    def doomed(worker: pool._Worker, k: int, work: list[Job]) -> None:
        start(worker, k, work)
        if k == 0 and len(killed) < limit:
            assert worker.process.pid is not None
            os.kill(worker.process.pid, signal.SIGTERM)
            killed.append(k)

    monkeypatch.setattr(pool._Worker, "start", doomed)
    limit = 1
    assert play(Processes(2), jobs()) == play(Inline(), jobs())
    assert "1 of 2 times" in capfd.readouterr().err
    limit = 3
    rows = play(Processes(2), jobs())
    assert [row["failures"] == ["CRASH"] for row in rows] == [True, False, False, False, False]


def test_an_interruption_keeps_what_is_done() -> None:
    done: list[Episode] = []

    def tired(glimpse: Glimpse) -> None:
        if glimpse.seed == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        for episode in Processes(1).run(jobs(), tired):
            done.append(episode)
    assert [episode.seed for episode in done] == [0, 1, 2, 3]


def test_run_takes_workers(tmp_path: Path) -> None:
    words = ["run", "--task", "classify", "--episodes", "2", "--seed", "11", "--json"]
    alone = CliRunner().invoke(main, words)
    shared = CliRunner().invoke(main, [*words, "--workers", "2", "--out", str(tmp_path)])
    assert shared.exit_code == alone.exit_code == 0, shared.output
    hashes = [[json.loads(r)["hash"] for r in x.stdout.splitlines()] for x in (alone, shared)]
    assert hashes[0] == hashes[1]
    assert sorted(path.name for path in tmp_path.glob("*.json")) == [
        "episode-11.json", "episode-12.json",
    ]  # fmt: skip
    assert CliRunner().invoke(main, ["run", "--workers", "0"]).exit_code == 2
