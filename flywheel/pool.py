"""Pools: where episodes run, and in how many processes.

A job says all that its episode follows from, so it does not matter which process runs it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, Protocol

from warewheel.agents.agent import Agent
from warewheel.agents.hand import HEURISTIC
from warewheel.agents.perceive import TruePoses
from warewheel.envs.warehouse import WarehouseEnv

from . import runner
from .dataset.files.disk import Unwritable
from .episode import Episode
from .record.recorder import Record, Recorder

# Control steps between two glimpses.
_EVERY = 10
# How often a job is tried whose worker dies.
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One episode to run.

    Attributes:
        settings: Arguments of `WarehouseEnv`; ``task``, ``facility`` and ``body`` must be there.
        planner: Name of who chooses the subgoals.
        seed: What the episode is sampled from.
        perceiver: Name of what the agent sees through.
        hand: Who judges its grips.
        video: Where to write a film, or None.
        sheet: Where to write a contact sheet, or None.
        out: Folder for the log, or None.
        record: Where it is recorded, or None.
    """

    settings: Mapping[str, Any]
    planner: str
    seed: int
    perceiver: str = TruePoses.name
    hand: str = HEURISTIC
    video: Path | None = None
    sheet: Path | None = None
    out: Path | None = None
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """How an episode stands: its seed, stages (0 to 1), subgoal and simulated time [s]."""

    seed: int
    stages: Mapping[str, float]
    subgoal: str
    seconds: float


Tell = Callable[[Glimpse], None]


class Pool(Protocol):
    """Runs jobs."""

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[Episode]:
        """Yield the episodes in the order of their jobs, each as soon as it can be.

        ``tell`` hears how the episodes at work stand. An episode that crashes is a failure with
        the cause CRASH. On KeyboardInterrupt whatever is done is yielded before it is raised.

        Raises:
            Unwritable: An episode's files cannot be written, and the others' could not either.
        """
        ...


class Inline:
    """Runs jobs one after another in this process."""

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[Episode]:
        """See `Pool`; crashes are told of on stderr."""
        bench = _Bench()
        try:
            for job in jobs:
                yield bench.perform(job, tell)
        finally:
            bench.clear()


class Processes:
    """Runs jobs in worker processes on this machine.

    Args:
        workers: How many.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise ValueError(f"workers is {workers}; allowed are 1 or more")
        self._workers = workers

    def run(self, jobs: Sequence[Job], tell: Tell) -> Iterator[Episode]:
        """See `Pool`; crashes are told of on stderr, and a job whose worker dies is tried again."""
        left = deque(range(len(jobs)))
        done: dict[int, Episode] = {}
        tries = [0] * len(jobs)
        at = 0

        def lost(k: int, code: int | None) -> None:
            tries[k] += 1
            what = f"its process ended with {code}"
            _report(jobs[k], f"{what}, {tries[k]} of {_TRIES} times")
            if tries[k] < _TRIES:
                left.appendleft(k)
            else:
                done[k] = crash(jobs[k], what)

        def ready() -> Iterator[Episode]:
            nonlocal at
            while at in done:
                at += 1
                yield done[at - 1]

        crew: list[_Worker] = []
        try:
            while at < len(jobs):
                while left and len(crew) < min(self._workers, len(jobs)):
                    crew.append(_Worker())
                for worker in crew:
                    if worker.job is None and left:
                        worker.start(left.popleft(), jobs)
                gone = []
                for pipe in wait([worker.pipe for worker in crew if worker.job is not None]):
                    worker = next(w for w in crew if w.pipe is pipe)
                    assert worker.job is not None
                    try:
                        word = worker.pipe.recv()
                    except (EOFError, OSError):
                        worker.process.join()
                        gone.append(worker)
                        lost(worker.job, worker.process.exitcode)
                        continue
                    if isinstance(word, Glimpse):
                        tell(word)
                        continue
                    if isinstance(word, Unwritable):
                        raise word
                    done[worker.job] = word
                    worker.job = None
                crew = [worker for worker in crew if worker not in gone]
                yield from ready()
        except KeyboardInterrupt:
            for k in sorted(done):
                if k >= at:
                    yield done[k]
            raise
        finally:
            for worker in crew:
                worker.stop()


@dataclass(eq=False)
class _Worker:
    """A worker process, seen from the parent: the job it is at (an index), and its pipe."""

    job: int | None = None
    pipe: Connection = field(init=False)
    process: SpawnProcess = field(init=False)

    def __post_init__(self) -> None:
        # One thread each: the libraries' own threads would get in one another's way.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        # Held here as well, the other end would never tell that the worker is gone.
        theirs.close()

    def start(self, job: int, jobs: Sequence[Job]) -> None:
        self.job = job
        # If it is gone, reading will tell.
        with contextlib.suppress(OSError):
            self.pipe.send(jobs[job])

    def stop(self) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _work(pipe: Connection) -> None:
    """Take jobs from the pipe and answer with glimpses and an episode each, or with Unwritable."""
    # Ctrl-C reaches every process of the terminal; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bench = _Bench()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(bench.perform(job, pipe.send))
        except BrokenPipeError:
            return
        except Unwritable as error:
            pipe.send(error)


class _Bench:
    """Performs jobs, with one environment for as long as their settings stay the same."""

    def __init__(self) -> None:
        self._env: WarehouseEnv | None = None
        self._settings: Mapping[str, Any] = {}

    def perform(self, job: Job, tell: Tell) -> Episode:
        """Run a job's episode; whatever goes wrong in it is its end, not the pool's.

        Raises:
            Unwritable: Its files cannot be written.
            BrokenPipeError: Nobody listens any more.
        """
        recorder = None if job.record is None else Recorder(job.record, job.settings)
        try:
            episode = self._run(job, tell, recorder)
        except (Unwritable, BrokenPipeError):
            raise
        except Exception as error:
            self.clear()
            _report(job, traceback.format_exc())
            if isinstance(error, runner.Crash):
                episode = error.episode
            else:
                episode = crash(job, f"{type(error).__name__}: {error}")
        finally:
            if recorder is not None:
                recorder.give_up()
        return replace(episode, draft=str(recorder.made or "") if recorder else "")

    def _run(self, job: Job, tell: Tell, recorder: Recorder | None) -> Episode:
        if self._env is None or self._settings != job.settings:
            self.clear()
            self._env, self._settings = WarehouseEnv(**job.settings), job.settings
        listeners: list[runner.Listener] = [_Teller(tell)]
        if job.video is not None or job.sheet is not None:
            from .film import Film

            listeners.append(Film(job.video, job.sheet))
        if job.out is not None:
            from .log import EpisodeLog

            listeners.append(EpisodeLog(job.out))
        if recorder is not None:
            listeners.append(recorder)
        return runner.run(
            self._env, job.planner, job.seed, listeners, perceiver=job.perceiver, hand=job.hand
        )

    def clear(self) -> None:
        if self._env is not None:
            self._env.close()
            self._env = None


class _Teller:
    """A listener that gives a glimpse now and then."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        self._look(env, agent)

    def on_step(self, env: WarehouseEnv, agent: Agent, step: runner.Step) -> None:
        if env.observed.step % _EVERY == 0:
            self._look(env, agent)

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        pass

    def _look(self, env: WarehouseEnv, agent: Agent) -> None:
        assert env.world is not None
        subgoal = str(agent.subgoal or "")
        self._tell(Glimpse(env.seed, env.verdict.stages, subgoal, env.world.time))


def _report(job: Job, what: str) -> None:
    print(f"seed {job.seed}: {what.strip()}", file=sys.stderr)


def crash(job: Job, error: str) -> Episode:
    """Return what is known of an episode that crashed before it began, or without a word."""
    settings = job.settings
    return Episode(
        task=settings["task"], seed=job.seed, facility=Path(settings["facility"]).stem,
        body=Path(settings["body"]).stem, planner=job.planner, perceiver=job.perceiver,
        hand=job.hand, instruction=settings.get("instruction") or "", success=False,
        progress=0.0, stages={}, violations=[], failures=["CRASH"], plan=[], error=error,
        faults=[], diagnoses=[], items=0, steps=0, sim_seconds=0.0, wall_seconds=0.0, hash="",
    )  # fmt: skip
