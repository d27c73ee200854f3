"""Rules of cleaning: each finds episodes that one may not want to learn from, and says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Points that a path is drawn through to compare it with others.
_POINTS = 32
# Frames that do not move: slower than this at every joint [rad/s].
_STILL = 0.01
# Scales a median absolute deviation to a standard deviation (Leys et al., J. Exp. Soc. Psychol.
# 2013).
_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Traits:
    """What rules go by of an episode.

    Attributes:
        row: Its facts.
        success: Whether the last frame says that the goal holds.
        idle: Share of frames in which nothing moves.
        jerk: Root mean square of the third derivative of the joint angles [rad/s^3].
        path: Tool positions at evenly spaced times, (points, 3) [m].
    """

    row: dict[str, Any]
    success: bool
    idle: float
    jerk: float
    path: NDArray[np.float64]


def traits(row: dict[str, Any], columns: dict[str, NDArray[Any]], fps: int) -> Traits:
    """Return what rules go by of an episode."""
    velocity = np.asarray(columns["observation.velocity"], float)
    still = np.abs(velocity).max(axis=1) < _STILL
    snap = np.diff(velocity, n=2, axis=0) * fps**2
    tool = np.asarray(columns["observation.tool_pose"], float)[:, :3]
    at = np.linspace(0, len(tool) - 1, _POINTS)
    path = np.stack([np.interp(at, np.arange(len(tool)), axis) for axis in tool.T], axis=1)
    return Traits(
        row, bool(np.asarray(columns["next.success"]).ravel()[-1]), float(still.mean()),
        float(np.sqrt(np.mean(snap**2))) if len(snap) else 0.0, path,
    )  # fmt: skip


# Takes all episodes and the rule's limit; returns reasons by number of the episode.
Rule = Callable[[Sequence[Traits], float], dict[int, str]]


def failed(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes whose goal did not hold at the end."""
    del limit
    return {
        k: f"failed: {one.row['failure']}"
        for k, one in enumerate(episodes)
        if not one.row["success"]
    }


def violations(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes that broke more than ``limit`` rules."""
    return {
        k: f"{len(one.row['violations'])} violations, {one.row['violations'][0]} first"
        for k, one in enumerate(episodes)
        if len(one.row["violations"]) > limit
    }


def length(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes that are much longer or shorter for each item than others of their task."""
    each = [one.row["length"] / max(1, one.row["items"]) for one in episodes]
    return {
        k: f"{each[k]:.0f} frames an item, {score:+.1f} deviations"
        for k, score in _scores(episodes, each).items()
        if abs(score) > limit
    }


def idle(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes in which more than a share of frames stand still."""
    return {
        k: f"{one.idle:.0%} of the frames stand still"
        for k, one in enumerate(episodes)
        if one.idle > limit
    }


def jerk(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes that move much less smoothly than others of their task."""
    each = [one.jerk for one in episodes]
    return {
        k: f"jerk {each[k]:.1f} rad/s^3, {score:+.1f} deviations"
        for k, score in _scores(episodes, each).items()
        if score > limit
    }


def duplicates(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes whose tool path is nearly that of one before them.

    The distance is the mean one between points at the same share of the time [m].
    """
    found: dict[int, str] = {}
    for members in _by(episodes, lambda one: (one.row["task"], one.row["facility"])).values():
        kept: list[int] = []
        for k in members:
            near = next((j for j in kept if _apart(episodes[j], episodes[k]) < limit), None)
            if near is None:
                kept.append(k)
            else:
                found[k] = f"nearly the path of episode {near}"
    return found


def labels(episodes: Sequence[Traits], limit: float) -> dict[int, str]:
    """Find episodes whose facts and frames contradict each other."""
    del limit
    found = {}
    for k, one in enumerate(episodes):
        if one.success != one.row["success"] and not one.row["refused"]:
            found[k] = "the facts and the last frame differ about success"
        elif one.row["success"] and one.row["progress"] < 1:
            found[k] = f"a success with a progress of {one.row['progress']:.2f}"
    return found


# Every rule, and its usual limit.
RULES: dict[str, tuple[Rule, float]] = {
    "failed": (failed, 0.0), "violations": (violations, 0.0), "length": (length, 5.0),
    "idle": (idle, 0.6), "jerk": (jerk, 5.0), "duplicates": (duplicates, 0.002),
    "labels": (labels, 0.0),
}  # fmt: skip


def _apart(one: Traits, other: Traits) -> float:
    return float(np.linalg.norm(one.path - other.path, axis=1).mean())


def _by(episodes: Sequence[Traits], key: Callable[[Traits], Hashable]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for k, one in enumerate(episodes):
        groups[key(one)].append(k)
    return groups


def _scores(episodes: Sequence[Traits], values: Sequence[float]) -> dict[int, float]:
    """Return how far each value is from the median of its task, in robust deviations."""
    found: dict[int, float] = {}
    for members in _by(episodes, lambda one: one.row["task"]).values():
        mine = np.array([values[k] for k in members])
        middle = float(np.median(mine))
        spread = _MAD * float(np.median(np.abs(mine - middle)))
        for k, value in zip(members, mine.tolist(), strict=True):
            found[k] = (value - middle) / spread if spread > 0 else 0.0
    return found
