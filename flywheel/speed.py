"""Speed of this machine: each figure against its target."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from warewheel.envs.views import VIEWS
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim import probe
from warewheel.sim.camera import take
from warewheel.sim.motion import Motion
from warewheel.sim.twin import Twin
from warewheel.sim.values import Action, Array
from warewheel.sim.world import SUBSTEPS

from .pool import Job, Processes
from .runner import run
from .shares import shares

# Control steps per block; blocks of raw physics and of environment steps alternate, so that a
# machine that is busy for a while slows both.
_BLOCK = 10
# Waits for the carton to dock and for the arm to get there, and length of the peer's run
# [control steps].
_RIDE, _REACH = 100, 60
_PEER_STEPS = 1000
# Height of the tool over the carton's rim, where its tip touches nothing [m].
_GAP = 0.02
_CAMERA = "overview"
_PIXELS = 128


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: Key of the figure.
        text: What was measured.
        value: The figure, in ``unit``.
        n: Number of measurements behind it.
        unit: Its unit.
        target: What to reach, or None if there is no target.
        most: Whether the target is an upper limit; otherwise it is a lower one.
    """

    name: str
    text: str
    value: float
    n: int
    unit: str
    target: float | None = None
    most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.most else self.value >= self.target

    def row(self) -> dict[str, Any]:
        """Return the figure as plain data."""
        return asdict(self) | {"value": float(f"{self.value:.6g}"), "met": self.met}


def measure(
    facility: str = "parcel_hub", body: str = "panda", seeds: Sequence[int] = (0, 1, 2),
    rounds: int = 40, workers: int = 1, tell: Callable[[str], None] = lambda _: None,
) -> list[Figure]:  # fmt: skip
    """Measure this machine on the chain task.

    Args:
        facility: Name of a facility.
        body: Name of a body.
        seeds: Scripted episodes to run whole; none for a quick look.
        rounds: Repetitions of the short measurements.
        workers: Processes whose joint speed is compared to that of one; 1 for no comparison.
        tell: Is told what is being measured.
    """
    figures = []
    env = WarehouseEnv("chain", facility, body)
    try:
        tell("reset")
        figures.append(_resets(env, max(2, rounds // 4)))
        tell("physics and environment steps")
        figures += _steps(env, rounds)
        tell("camera")
        figures.append(_frames(env, rounds))
    finally:
        env.close()
    episodes = None
    if seeds:
        tell("scripted episodes")
        episodes = _episodes(facility, body, seeds)
        figures.append(episodes)
        tell("where their time goes")
        figures += _shares(facility, body, seeds)
    if seeds and workers > 1:
        tell(f"{workers} workers")
        figures.append(_scaling(facility, body, seeds, workers))
    memory = _memory()
    if memory is not None:
        figures.append(memory)
    if episodes is not None and importlib.util.find_spec("panda_gym") is not None:
        tell("panda-gym")
        figures += _peer(episodes)
    return figures


def machine() -> dict[str, str | int]:
    """Return what this machine is."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = (line.partition(":") for line in info.read_text().splitlines())
        model = next((v.strip() for k, _, v in lines if k.strip() == "model name"), model)
    return {
        "cpu": model, "cores": os.cpu_count() or 1, "system": platform.system(),
        "python": platform.python_version(), "pybullet": probe.version(),
        "numpy": np.__version__,
    }  # fmt: skip


def _resets(env: WarehouseEnv, n: int) -> Figure:
    env.reset(seed=0)
    times = []
    for seed in range(1, n + 1):
        began = time.perf_counter()
        env.reset(seed=seed)
        times.append(time.perf_counter() - began)
    text = "reset after the first, median"
    return Figure("reset", text, statistics.median(times), n, "s", 0.3, True)


def _steps(env: WarehouseEnv, rounds: int) -> list[Figure]:
    """Measure raw physics and environment steps in turn, with the hand at the docked carton.

    Near the hand nothing sleeps, so that physics has all of its work.
    """
    env.reset(seed=0)
    world = env.world
    assert world is not None
    for joints, patience in ((np.array(env.body.home), _RIDE), (_over_carton(env), _REACH)):
        action = env.encode(Action(joints, (0.0,) * env.body.effectors))
        for _ in range(patience):
            env.step(action)
    raw, whole = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        probe.raw(world, _BLOCK * SUBSTEPS)
        middle = time.perf_counter()
        for _ in range(_BLOCK):
            env.step(action)
        raw.append(middle - began)
        whole.append(time.perf_counter() - middle)
    ratio = statistics.median(w / r for w, r in zip(whole, raw, strict=True))
    physics = _BLOCK * SUBSTEPS / statistics.median(raw)
    steps = _BLOCK / statistics.median(whole)
    return [
        Figure("physics_steps", "raw physics steps of the chain scene", physics, rounds, "1/s"),
        Figure("env_steps", "environment steps, joint mode, state only", steps, rounds, "1/s"),
        Figure(
            "overhead", f"environment step over its {SUBSTEPS} physics steps, median",
            ratio, rounds, "x", 1.25, True,
        ),
    ]  # fmt: skip


def _over_carton(env: WarehouseEnv) -> Array:
    """Return joint angles with the tool just over the docked carton [rad]."""
    x, y, z = env.facility.conveyor.dock
    rim = z + env.facility.carton.size[2] + env.facility.carton.wall
    home = np.array(env.body.home)
    twin = Twin(env.facility, env.body)
    try:
        motion = Motion(twin, env.body.base, home, np.random.default_rng(0))
        return motion.postures((x, y, rim + _GAP), 0.0, home)[0]
    finally:
        twin.close()


def _frames(env: WarehouseEnv, n: int) -> Figure:
    assert env.world is not None
    camera = VIEWS[_CAMERA](env.facility, _PIXELS)
    take(env.world, camera)
    times = []
    for _ in range(n):
        began = time.perf_counter()
        take(env.world, camera)
        times.append(time.perf_counter() - began)
    text = f"{_PIXELS}x{_PIXELS} RGB-D-segmentation frame with the arm, median"
    return Figure("frame", text, statistics.median(times) * 1e3, n, "ms", 8.0, True)


def _episodes(facility: str, body: str, seeds: Sequence[int]) -> Figure:
    env = WarehouseEnv("chain", facility, body, observation=("instruction",))
    try:
        done = [run(env, "scripted", seed) for seed in seeds]
    finally:
        env.close()
    rate = sum(e.sim_seconds for e in done) / sum(e.wall_seconds for e in done)
    text = "scripted chain episodes, agent included, no cameras"
    return Figure("episode_rate", text, rate, len(done), "sim s/s", 20.0)


def _shares(facility: str, body: str, seeds: Sequence[int]) -> list[Figure]:
    env = WarehouseEnv("chain", facility, body, observation=("instruction",))
    try:
        found = shares(env, "scripted", seeds)
    finally:
        env.close()
    return [
        Figure(f"share_{kind}", f"share of {kind} in that", share, len(seeds), "")
        for kind, share in found.items()
    ]


def _scaling(facility: str, body: str, seeds: Sequence[int], workers: int) -> Figure:
    """Compare episodes side by side to the same ones alone; every worker runs each seed."""
    settings = {
        "task": "chain", "facility": facility, "body": body, "observation": "instruction",
    }  # fmt: skip

    def seconds(count: int) -> float:
        jobs = [Job(settings, "scripted", seed) for seed in seeds for _ in range(count)]
        done = Processes(count).run(jobs, lambda _: None)
        return sum(episode.wall_seconds for episode in done) / count

    text = f"rate of {workers} workers over {workers} times that of one"
    value = seconds(1) / seconds(workers)
    return Figure("scaling", text, value, workers * len(seeds), "x", 0.9)


def _memory() -> Figure | None:
    """Return the process's peak memory; None where the system does not tell or torch is loaded."""
    peak = peak_memory()
    if peak is None or "torch" in sys.modules:
        return None
    return Figure("memory", "peak memory, without torch", peak, 1, "MB", 600.0, True)


def peak_memory() -> float | None:
    """Return the most memory that this process ever had [MB]; None if the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in KiB, macOS in bytes.
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


@contextmanager
def _hushed() -> Iterator[None]:
    """Send what native code prints on stdout to stderr: stdout is for results."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _peer(ours: Figure) -> list[Figure]:
    """Run panda-gym's pick-and-place, state only, with random actions."""
    with _hushed():
        env: Any = importlib.import_module("panda_gym.envs").PandaPickAndPlaceEnv()
        env.reset(seed=0)
    rng = np.random.default_rng(0)
    period = float(env.sim.dt)
    began = time.perf_counter()
    for _ in range(_PEER_STEPS):
        if any(env.step(rng.uniform(-1.0, 1.0, env.action_space.shape))[2:4]):
            env.reset()
    rate = _PEER_STEPS * period / (time.perf_counter() - began)
    env.close()
    return [
        Figure("peer_rate", "panda-gym pick-and-place, state only", rate, _PEER_STEPS, "sim s/s"),
        Figure("peer_ratio", "our episodes over panda-gym's steps", ours.value / rate, 1, "x"),
    ]
