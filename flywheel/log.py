"""The log of an episode: its actions and states, and what was decided."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from warewheel.agents.agent import Agent
from warewheel.envs.warehouse import WarehouseEnv

from .episode import Episode
from .runner import Step

# The pose of an item that has not arrived yet.
_ABSENT = [float("nan")] * 7


class EpisodeLog:
    """Writes ``episode-SEED.npz`` and ``episode-SEED.json`` into a folder.

    The arrays have one row per control step: ``actions`` (as sent to the environment's
    ``joint`` mode), ``joints`` (dof) [rad], ``velocities`` (dof) [rad/s], ``closure`` (effectors),
    ``tool`` (position and quaternion in W), ``items`` (items x 7, poses in W, in the order
    of the JSON file's ``cargo``; NaN before their carton arrives), ``flaps`` (2) [rad],
    ``reward``, ``progress``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        """Begin a new log."""
        self._names = [placement.name for placement in env.spec_of_world.placements]
        self._rows: dict[str, list[object]] = {}
        self._events: list[dict[str, object]] = []
        self._subgoal = ""

    def on_step(self, env: WarehouseEnv, agent: Agent, step: Step) -> None:
        """Add a row."""
        seen = env.observed
        poses = {i.name: [*i.pose.position, *i.pose.orientation] for i in seen.scene.items}
        carton = seen.scene.carton
        row = {
            "actions": step.action,
            "joints": seen.body.joints,
            "velocities": seen.body.velocities,
            "closure": seen.body.closure,
            "tool": [*seen.body.tool.position, *seen.body.tool.orientation],
            "items": [poses.get(name, _ABSENT) for name in self._names],
            "flaps": (0.0, 0.0) if carton is None else carton.flaps,
            "reward": step.reward,
            "progress": step.info["progress"],
        }
        for name, value in row.items():
            self._rows.setdefault(name, []).append(value)
        events = list(step.info["events"])
        if str(agent.subgoal) != self._subgoal:
            self._subgoal = str(agent.subgoal)
            events.insert(0, f"SUBGOAL {self._subgoal}")
        self._events += [{"step": seen.step, "event": event} for event in events]

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        """Write the files."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = self._folder / f"episode-{episode.seed}"
        arrays = {name: np.array(rows) for name, rows in self._rows.items()}
        np.savez_compressed(stem.with_suffix(".npz"), allow_pickle=False, **arrays)
        cargo = {
            placement.name: placement.unit.model_dump()
            for placement in env.spec_of_world.placements
        }
        text = json.dumps(episode.row() | {"cargo": cargo, "events": self._events}, indent=1)
        stem.with_suffix(".json").write_text(text + "\n")
