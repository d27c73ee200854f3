"""The warehouse cell as a Gymnasium environment."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from warewheel.configs import cell_of, load_cell, load_faults, vary
from warewheel.configs.choice import unknown
from warewheel.configs.schema import Case
from warewheel.sim.camera import overview, take
from warewheel.sim.facts import Places
from warewheel.sim.values import Action, Observation, Report
from warewheel.sim.world import CONTROL_HZ, Snapshot, World, has_display

from . import spaces as shapes
from .options import Executor, executor, executors, is_action
from .scenario import scenario
from .task import TASKS, Judge, Verdict, instruction_for
from .views import VIEWS

# Control steps in all and for each item, where no limit is given: an expert needs half of them.
_STEPS, _ITEM_STEPS = 60 * CONTROL_HZ, 40 * CONTROL_HZ
# Longest run of one option in ``skill`` mode.
_OPTION_STEPS = 60 * CONTROL_HZ
# Weight of the shaping term: the distance from the tool to the nearest unfinished item [1/m].
_SHAPING = 0.05


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of an episode to come back to."""

    state: Snapshot
    judge: Judge
    verdict: Verdict
    observed: Observation
    potential: float
    last: Action


class WarehouseEnv(gym.Env[Any, Any]):
    """One delivery in one cell.

    Args:
        task: ``unpack``, ``classify``, ``store`` or ``chain``.
        facility: Name of a facility, or the path of a YAML file.
        body: Name of a body, or the path of a YAML file.
        action_mode: ``ee_delta``, ``joint`` or ``skill``; see `spaces.action_space`.
        observation: Parts to observe, of ``proprioception``, ``privileged``, ``cameras``,
            ``instruction``; or ``flat``: the first two as one vector.
        reward: ``dense``: change of progress and of the distance to the nearest unfinished item,
            minus 0.1 for each new violation. ``sparse``: 1 on success, otherwise 0.
        instruction: Sentence that the agent is told; by default the facility's for the task.
        max_steps: Control steps after which the episode is truncated; by default a minute and 40 s
            for each item.
        cameras: Names of the views to take, of `views.VIEWS`.
        camera_size: Width and height of their pictures [px].
        skills: Name of the executor that carries out options in ``skill`` mode.
        faults: Name of a fault profile, or the path of a YAML file; None for a world without.
        level: How strongly layouts and surroundings vary from episode to episode: ``none``,
            ``mild``, ``strong``, or the path of a YAML file.
        catalogue: Name of the goods that take the place of the facility's own.
        cartons: Least and most cartons of a delivery, in place of the facility's.
        items: Least and most items of a carton, in place of the facility's.
        short: Chance that a carton is short of an item, in place of the facility's.
        case: A benchmark's case; it says facility, task, instruction and delivery.
        render_mode: ``rgb_array``, ``human`` (a window; needs a display) or None.

    Raises:
        ValueError: An argument is not one of those allowed.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  Gymnasium declares it so
        # A window needs a display; without one the mode is not offered.
        "render_modes": ["rgb_array", "human"] if has_display() else ["rgb_array"],
        "render_fps": CONTROL_HZ,
    }

    def __init__(
        self,
        task: str = "chain",
        facility: str = "parcel_hub",
        body: str = "panda",
        action_mode: str = "joint",
        observation: str | tuple[str, ...] = ("proprioception", "privileged"),
        reward: str = "dense",
        instruction: str | None = None,
        max_steps: int | None = None,
        cameras: str | tuple[str, ...] = ("overview",),
        camera_size: int = 128,
        skills: str = "scripted",
        faults: str | None = None,
        level: str = "none",
        catalogue: str | None = None,
        cartons: tuple[int, int] | None = None,
        items: tuple[int, int] | None = None,
        short: float | None = None,
        case: Case | None = None,
        render_mode: str | None = None,
    ) -> None:
        parts = (observation,) if isinstance(observation, str) else tuple(observation)
        cameras = (cameras,) if isinstance(cameras, str) else tuple(cameras)
        _require("task", (task,), TASKS)
        _require("action mode", (action_mode,), shapes.ACTION_MODES)
        _require("reward", (reward,), ("dense", "sparse"))
        _require("observation", parts, (*shapes.PARTS, "flat"))
        if not parts or ("flat" in parts and len(parts) > 1):
            raise ValueError(f"observation {parts} is neither 'flat' alone nor one or more parts")
        _require("camera", cameras, tuple(VIEWS))
        if not cameras and "cameras" in parts:
            raise ValueError(f"no camera is named; allowed: {', '.join(VIEWS)}")
        if min(max_steps or 1, camera_size) < 1 or max_steps == 0:
            raise ValueError(
                f"max_steps {max_steps} and camera_size {camera_size} must be 1 or more"
            )
        if action_mode == "skill":
            _require("executor", (skills,), tuple(executors()))
        _require("render mode", (render_mode or "rgb_array",), ("rgb_array", "human"))
        self.case = case
        if case is None:
            cell = load_cell(facility, body, catalogue, cartons, items, short)
        else:
            task, instruction = case.task, instruction or case.instructions[0]
            cell = cell_of(case, body)
        self.facility, self.body, self.catalogue = cell
        self.faults = None if faults is None else load_faults(faults)
        self.level = level
        # Each episode's cell is a variation of this one.
        self._site = self.facility
        self._vary(0)
        self.task, self.render_mode = task, render_mode
        self.instruction = (
            instruction_for(task, self.facility) if instruction is None else instruction
        )
        if case is None and self.instruction not in shapes.text_space():
            raise ValueError("the instruction is over 400 characters or has some beyond ASCII")
        self._mode, self._reward, self._parts = action_mode, reward, parts
        self._max_steps, self._skills = max_steps, skills
        self._cameras, self._camera_size = cameras, camera_size
        self._items = self.facility.delivery.most
        self.action_space = shapes.action_space(action_mode, self.body, self.facility)
        self.observation_space = self._space()
        self._executor: Executor | None = None
        self._report: Report | None = None
        self.world: World | None = None

    def _space(self) -> spaces.Space[Any]:
        made = {
            "proprioception": lambda: shapes.proprioception_space(self.body),
            "privileged": lambda: shapes.privileged_space(self._items),
            "cameras": lambda: shapes.camera_space(self._cameras, self._camera_size),
            "instruction": shapes.text_space,
        }
        if "flat" in self._parts:
            both = {part: made[part]() for part in ("proprioception", "privileged")}
            return spaces.flatten_space(spaces.Dict(both))
        return spaces.Dict({part: made[part]() for part in self._parts})

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode; without ``seed`` the next one is drawn from the last."""
        super().reset(seed=seed)
        if seed is None:
            seed = int(self.np_random.integers(2**31))
        if self.world is None:
            self.world = World(gui=self.render_mode == "human")
        self.seed = seed
        self._vary(seed)
        self.spec_of_world = scenario(
            self.task, self.facility, self.body, self.catalogue, seed, self.faults, self.case
        )
        self.observed = self.world.build(self.spec_of_world)
        items = len(self.spec_of_world.placements)
        self._limit = self._max_steps or _STEPS + _ITEM_STEPS * items
        meant = () if self.case is None else (self.case.meanings, self.case.refuse or "")
        self.judge = Judge(self.task, self.spec_of_world, *meant)
        self.verdict = self.judge.look(self.observed)
        self._potential = self._shape(self.verdict)
        self._last = Action(np.array(self.body.home), (0.0,) * self.body.effectors)
        self._drop_executor()
        return self._observe(), self._info(self.verdict.events)

    def _vary(self, seed: int) -> None:
        """Draw an episode's cell."""
        rng = np.random.default_rng([seed, 3])
        self.facility = vary(self._site, self.level, rng, self.body, self.catalogue)
        self._places = Places(self.facility)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move one control step, or in ``skill`` mode one option.

        Raises:
            ValueError: The action has the wrong shape, is not finite or is out of range; the
                world is untouched.
        """
        if self.world is None:
            raise gym.error.ResetNeeded("call reset before step")
        shapes.check(action, self.action_space)
        if self._mode == "skill":
            return self._step_option(np.asarray(action))
        told = self._decode(np.asarray(action, dtype=float))
        if self._report is not None:
            told = replace(told, report=self._report)
        reward, ended, cut = self._advance(told)
        return self._observe(), reward, ended, cut, self._info(self.verdict.events)

    def perform(self, action: Action) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do an agent's action in ``joint`` mode, as `encode` makes it, with what it reports."""
        return self.repeat(self.encode(action), action.report)

    def repeat(
        self, action: NDArray[Any], report: Report | None
    ) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do an array of ``joint`` mode, such as one that was recorded, with a report."""
        self._report = report
        try:
            return self.step(action)
        finally:
            self._report = None

    def _advance(self, action: Action) -> tuple[float, bool, bool]:
        assert self.world is not None
        broken = len(self.verdict.violations)
        if action.report is not None:
            self.judge.hear(action.report)
        self.observed = self.world.step(action)
        # What holds still does not tell the same thing again.
        self._last = action if action.report is None else replace(action, report=None)
        self.verdict = self.judge.look(self.observed)
        if self._reward == "sparse":
            reward = float(self.verdict.success)
        else:
            potential = self._shape(self.verdict)
            reward = potential - self._potential
            reward -= 0.1 * (len(self.verdict.violations) - broken)
            self._potential = potential
        return reward, self.verdict.success, self.observed.step >= self._limit

    def _step_option(self, action: NDArray[Any]) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if self._executor is None:
            self._executor = executor(self._skills, self.facility, self.body, self.seed)
        chosen = shapes.option(action, self._places)
        self._executor.start(chosen)
        total, ended, cut, taken, cause = 0.0, False, False, 0, "SKILL_TIMEOUT"
        events: list[str] = []
        while not (ended or cut) and taken < _OPTION_STEPS:
            step = self._executor.act(self.observed)
            if not is_action(step):
                cause = step.cause
                if taken:
                    break
                # Even a refused option takes time; what was commanded last holds still.
                total, ended, cut = self._advance(self._last)
                events += self.verdict.events
                break
            reward, ended, cut = self._advance(step)
            events += self.verdict.events
            total += reward
            taken += 1
        else:
            cause = "" if ended else cause
        info = self._info(tuple(events)) | {
            "option": str(chosen), "outcome": cause or "SUCCESS", "steps": taken,
        }  # fmt: skip
        return self._observe(), total, ended, cut, info

    def refuse(self, reason: str) -> Verdict:
        """Take in that the robot refuses what it was told; return how the episode stands."""
        self.judge.refuse(reason)
        self.verdict = self.judge.look(self.observed)
        return self.verdict

    @property
    def limits(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper joint limits, each of shape (dof,) [rad]."""
        assert self.world is not None
        return self.world.body.lower, self.world.body.upper

    def encode(self, action: Action) -> NDArray[np.float32]:
        """Return the ``joint`` mode's array for an action."""
        lower, upper = self.limits
        joints = 2.0 * (action.joints - lower) / (upper - lower) - 1.0
        grips = [1.0 - 2.0 * grip for grip in action.grips]
        values = np.array([*joints.tolist(), *grips])
        np.minimum(np.maximum(values, -1.0, out=values), 1.0, out=values)
        return values.astype(np.float32)

    def _decode(self, action: NDArray[np.float64]) -> Action:
        assert self.world is not None
        split = len(action) - self.body.effectors
        grips = tuple((1.0 - grip) / 2.0 for grip in action[split:].tolist())
        if self._mode == "ee_delta":
            shift, turn = action[:3] * shapes.DELTA_SHIFT, action[3:6] * shapes.DELTA_TURN
            return Action(self.world.body.nudge(shift, turn), grips)
        lower, upper = self.limits
        return Action(lower + (action[:split] + 1.0) / 2.0 * (upper - lower), grips)

    def _shape(self, verdict: Verdict) -> float:
        """Return the potential whose change is the dense reward."""
        tool = self.observed.body.tool.position
        away = [
            math.dist(tool, item.pose.position)
            for item in self.observed.scene.items
            if not self.judge.settled(item.name, verdict.facts)
        ]
        return verdict.progress - _SHAPING * min(1.0, *away) if away else verdict.progress

    def _observe(self) -> Any:
        made: dict[str, Any] = {}
        for part in ("proprioception", "privileged") if "flat" in self._parts else self._parts:
            match part:
                case "proprioception":
                    made[part] = shapes.feel(self.observed)
                case "privileged":
                    made[part] = shapes.truth(self.observed, self._items)
                case "cameras":
                    made[part] = {name: self._picture(name) for name in self._cameras}
                case _:
                    made[part] = self.instruction
        if "flat" not in self._parts:
            return made
        rows = [made[part][key].ravel() for part in sorted(made) for key in sorted(made[part])]
        return np.concatenate(rows)

    def _picture(self, name: str) -> dict[str, NDArray[Any]]:
        assert self.world is not None
        shot = take(self.world, VIEWS[name](self.facility, self._camera_size))
        return {"rgb": shot.rgb, "depth": shot.depth, "segmentation": shot.segmentation}

    def _info(self, events: tuple[str, ...]) -> dict[str, Any]:
        assert self.world is not None
        fallen = self.judge.fallen
        return {
            "success": self.verdict.success,
            "progress": self.verdict.progress,
            "stages": dict(self.verdict.stages),
            "violations": list(self.verdict.violations),
            "events": list(events),
            "cause": "DROP" if fallen else "",
            "instruction": self.instruction,
            "hash": self.world.hash,
        }

    def snapshot(self) -> Moment:
        """Keep this moment: the world's state and the task's.

        Raises:
            RuntimeError: An option has run; executors keep a state of their own.
        """
        if self.world is None:
            raise gym.error.ResetNeeded("call reset before snapshot")
        if self._executor is not None:
            raise RuntimeError("in skill mode a snapshot can only be taken before the first option")
        state = self.world.snapshot()
        judge = self.judge.copy()
        return Moment(state, judge, self.verdict, self.observed, self._potential, self._last)

    def restore(self, moment: Moment, exact: bool = True) -> None:
        """Go back to a moment of this episode; see `World.restore` for ``exact``."""
        if self.world is None:
            raise gym.error.ResetNeeded("call reset before restore")
        self.world.restore(moment.state, exact)
        self.judge = moment.judge.copy()
        self.verdict, self.observed = moment.verdict, moment.observed
        self._potential, self._last = moment.potential, moment.last
        self._drop_executor()

    def render(self) -> NDArray[np.uint8] | None:
        """Return an RGB picture of the cell, shape (720, 960, 3), in ``rgb_array`` mode."""
        if self.world is None:
            raise gym.error.ResetNeeded("call reset before render")
        if self.render_mode != "rgb_array":
            return None
        return take(self.world, overview(self.facility)).rgb

    def _drop_executor(self) -> None:
        if self._executor is not None:
            self._executor.close()
            self._executor = None

    def close(self) -> None:
        """Let go of the physics; closing twice is harmless."""
        self._drop_executor()
        if self.world is not None:
            self.world.close()
            self.world = None


def _require(kind: str, got: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    for word in got:
        if word not in allowed:
            raise ValueError(unknown(kind, str(word), allowed))
