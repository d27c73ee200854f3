"""The recorder: a listener that writes an episode into a draft of a dataset."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warewheel.agents.agent import Agent
from warewheel.agents.planners.registry import fingerprint
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.speaking import Speaking
from warewheel.envs.views import VIEWS
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.schema import Schema
from warewheel.flywheel.episode import Episode
from warewheel.flywheel.runner import Step
from warewheel.sim.camera import take

from .columns import came_of, image, observed

_VERSIONS = ("warewheel", "numpy", "pybullet")


@dataclass(frozen=True, slots=True)
class Record:
    """Where and how an episode is recorded.

    Attributes:
        folder: The dataset's.
        schema: Of the dataset.
        number: Which episode of the collection it is.
    """

    folder: Path
    schema: Schema
    number: int


class Recorder:
    """Writes a frame for each control step: what was seen before it, what was done, what came.

    Args:
        record: Where to.
        settings: Arguments of the environment.

    Attributes:
        made: Folder of the draft, once it is sealed.
    """

    def __init__(self, record: Record, settings: Mapping[str, Any]) -> None:
        self._record, self._settings = record, settings
        self._draft: Draft | None = None
        self.made: Path | None = None

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        """Begin a draft."""
        self._cameras = [name for name in VIEWS if image(name) in self._record.schema.cameras]
        self._draft = Draft(self._record.folder, self._record.schema)
        self._subtasks: list[tuple[float, str]] = []
        self._reports: list[str] = []
        self._frame: dict[str, Any] | None = None
        self._look(env)

    def on_step(self, env: WarehouseEnv, agent: Agent, step: Step) -> None:
        """Add a frame."""
        self._write(last=False)
        report = 0
        if step.report is not None:
            told = [step.report.finding, step.report.subject]
            self._reports.append(json.dumps(told))
            report = len(self._reports)
        subgoal = str(agent.subgoal or "")
        if subgoal and (not self._subtasks or self._subtasks[-1][1] != subgoal):
            assert self._draft is not None
            now = (env.observed.step - 1) / self._record.schema.fps
            self._subtasks.append((now, subgoal))
        self._frame = {
            **self._seen, "action": step.action, "report": np.int64(report),
            **came_of(step.reward, step.info),
        }  # fmt: skip
        self._shot = self._images
        self._look(env)

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        """Seal the draft."""
        self._write(last=True)
        assert self._draft is not None
        if not self._draft.length:
            # It was refused before anything moved.
            self._draft.discard()
            return
        tasks = (env.instruction,) if env.case is None else env.case.instructions
        self.made = self._draft.close(self._facts(env, agent, episode), tasks, self._subtasks)

    def give_up(self) -> None:
        """Drop the draft of an episode that did not end."""
        if self._draft is not None and self.made is None:
            self._draft.discard()

    def _look(self, env: WarehouseEnv) -> None:
        assert env.world is not None
        self._seen = observed(env)
        size = next(iter(self._record.schema.cameras.values()), (0, 0))[0]
        self._images: dict[str, NDArray[np.uint8]] = {
            image(name): take(env.world, VIEWS[name](env.facility, size)).rgb
            for name in self._cameras
        }

    def _write(self, last: bool) -> None:
        if self._frame is not None:
            assert self._draft is not None
            self._draft.frame({**self._frame, "next.done": last}, self._shot)

    def _facts(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> dict[str, Any]:
        row = episode.row()
        config = _json(self._settings)
        plan = [dict(step) for step in row["plan"]]
        scribe = agent.planner
        assert isinstance(scribe, Scribe)
        said = scribe.inner.utterances if isinstance(scribe.inner, Speaking) else []
        for utterance in said:
            if utterance.turn < len(plan):
                plan[utterance.turn]["text"] = utterance.completion.text
        cargo = {
            place.name: place.unit.model_dump(mode="json")
            for place in env.spec_of_world.placements
        }  # fmt: skip
        same = ("task", "facility", "body", "planner", "perceiver", "instruction", "seed",
                "success", "progress", "violations", "failures", "items", "hash")  # fmt: skip
        return {
            **{name: row[name] for name in same},
            "number": self._record.number,
            "failure": "" if episode.success else episode.failures[-1],
            "stages": _json(row["stages"]), "faults": _json(row["faults"]),
            "diagnoses": _json(row["diagnoses"]), "plan": _json(plan), "cargo": _json(cargo),
            "chat": _json(list(scribe.messages)),
            "reports": self._reports, "refused": agent.refused,
            "config": config, "config_hash": hashlib.sha256(config.encode()).hexdigest(),
            "model_hash": fingerprint(episode.planner), "versions": _json(versions()),
        }  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of what an episode depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _VERSIONS}}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
