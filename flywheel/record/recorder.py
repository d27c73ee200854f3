"""The recorder: a listener that writes an episode into a draft of a dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from warewheel.agents.agent import Agent
from warewheel.agents.planners.registry import fingerprint
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.speaking import Speaking, write_beside
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.schema import Schema
from warewheel.flywheel.episode import Episode
from warewheel.flywheel.provenance import versions
from warewheel.flywheel.runner import Step

from .columns import came_of, observed, pictures


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
        """Seal the draft, unless the episode crashed before its first step."""
        assert self._draft is not None
        if self._frame is None:
            return
        self._write(last=True)
        tasks = (env.instruction,) if env.case is None else env.case.instructions
        self.made = self._draft.close(self._facts(env, agent, episode), tasks, self._subtasks)

    def give_up(self) -> None:
        """Drop the draft of an episode that did not end."""
        if self._draft is not None and self.made is None:
            self._draft.discard()

    def _look(self, env: WarehouseEnv) -> None:
        self._seen = observed(env)
        self._images = pictures(env, self._record.schema)

    def _write(self, last: bool) -> None:
        if self._frame is not None:
            assert self._draft is not None
            self._draft.frame({**self._frame, "next.done": last}, self._shot)

    def _facts(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> dict[str, Any]:
        row = episode.row()
        config = as_json(self._settings)
        plan = [dict(step) for step in row["plan"]]
        scribe = agent.planner
        assert isinstance(scribe, Scribe)
        if isinstance(scribe.inner, Speaking):
            write_beside(scribe.inner.utterances, plan)
        cargo = {
            place.name: place.unit.model_dump(mode="json")
            for place in env.spec_of_world.placements
        }  # fmt: skip
        same = ("task", "facility", "body", "planner", "perceiver", "hand", "instruction", "seed",
                "success", "progress", "violations", "failures", "error", "items",
                "hash")  # fmt: skip
        return {
            **{name: row[name] for name in same},
            "number": self._record.number,
            "failure": "" if episode.success else episode.failures[-1],
            "stages": as_json(row["stages"]), "faults": as_json(row["faults"]),
            "diagnoses": as_json(row["diagnoses"]), "plan": as_json(plan), "cargo": as_json(cargo),
            "chat": as_json(list(scribe.messages)),
            "reports": self._reports, "refused": agent.refused,
            "config": config, "config_hash": hashlib.sha256(config.encode()).hexdigest(),
            "model_hash": fingerprint(episode.planner), "versions": as_json(versions()),
        }  # fmt: skip


def as_json(value: Any) -> str:
    """Return plain data as a fact: the same text for the same data."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
