"""What is recorded of each control step, and what is known of an episode as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warewheel.configs.schema import Body
from warewheel.envs import spaces
from warewheel.envs.views import VIEWS
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel.dataset.schema import Fact, Feature, Schema
from warewheel.sim.camera import take
from warewheel.sim.world import CONTROL_HZ

# Stages of tasks, in the order of the column.
STAGES = ("unpack", "classify", "store")
# Rows for items, whatever the facility: three cartons of six, and what comes too many.
MOST_ITEMS = 24
_ITEM = ("x", "y", "z", "qx", "qy", "qz", "qw", "width", "depth", "height", "speed", "present",
         "known")  # fmt: skip
_CARTON = ("x", "y", "z", "qx", "qy", "qz", "qw", "flap_0", "flap_1", "present")
_POSE = ("x", "y", "z", "qx", "qy", "qz", "qw")
_WRENCH = ("fx", "fy", "fz", "tx", "ty", "tz")

FACTS = (
    Fact("number", "int", "which episode of the collection it is"),
    Fact("task", "str", "unpack, classify, store or chain"),
    Fact("facility", "str", "site"),
    Fact("body", "str", "robot"),
    Fact("planner", "str", "who chose the subgoals"),
    Fact("perceiver", "str", "through whose eyes"),
    Fact("hand", "str", "who judged its grips: heuristic, or a model and a hash of it"),
    Fact("instruction", "str", "what the robot was told"),
    Fact("seed", "int", "what the episode was sampled from"),
    Fact("success", "bool", "the goal held at the end"),
    Fact("progress", "float", "share of the goal's conditions that held at the end"),
    Fact("stages", "str", "JSON: the same for each stage"),
    Fact("violations", "list[str]", "rules broken at any time"),
    Fact("failure", "str", "cause of the failure; empty after a success"),
    Fact("failures", "list[str]", "causes of subgoals that failed, recovered or not, in order"),
    Fact("error", "str", "class and message of what the episode crashed with; or empty"),
    Fact("faults", "str", "JSON: what was made to go wrong, and whether the monitor named it"),
    Fact("diagnoses", "str", "JSON: what the monitor named"),
    Fact("plan", "str", "JSON: subgoals with outcomes, and what a language model wrote"),
    Fact("chat", "str", "JSON: what the planner was told and said, as messages"),
    Fact("reports", "list[str]", "findings that were told, as JSON; frames go by their numbers"),
    Fact("refused", "str", "why the instruction was refused; empty if it was not"),
    Fact("items", "int", "items in the scene at the end"),
    Fact("cargo", "str", "JSON: what each item is"),
    Fact("hash", "str", "SHA-256 of the trajectory"),
    Fact("config", "str", "JSON: arguments of WarehouseEnv"),
    Fact("config_hash", "str", "SHA-256 of config"),
    Fact("model_hash", "str", "SHA-256 of the planner's files, if it has any"),
    Fact("versions", "str", "JSON: of software, and a hash of the code of warewheel"),
)


def schema(body: Body, cameras: Sequence[str] = (), size: int = 128, codec: str = "lossless",
           language: bool = False) -> Schema:  # fmt: skip
    """Return what a dataset of a body's episodes holds.

    Args:
        body: The robot.
        cameras: Names of views.
        size: Width and height of their pictures [px].
        codec: See `Schema`.
        language: See `Schema`.
    """
    return Schema(
        tuple(_features(body)), views(cameras, size), CONTROL_HZ, body.name, FACTS, codec,
        subtasks=True, language=language,
    )  # fmt: skip


def image(camera: str) -> str:
    """Return the name of a camera's column."""
    return f"observation.images.{camera}"


def views(cameras: Sequence[str], size: int) -> dict[str, tuple[int, int]]:
    """Return the columns of cameras, in one order whatever theirs, with height and width [px]."""
    return {image(name): (size, size) for name in VIEWS if name in cameras}


def pictures(env: WarehouseEnv, schema: Schema) -> dict[str, NDArray[np.uint8]]:
    """Return what the cameras of a schema see now, by column."""
    assert env.world is not None
    sizes = {name: schema.cameras[image(name)] for name in VIEWS if image(name) in schema.cameras}
    return {
        image(name): take(env.world, VIEWS[name](env.facility, size)).rgb
        for name, (size, _) in sizes.items()
    }


def _features(body: Body) -> Iterator[Feature]:
    joints = tuple(f"joint_{k}" for k in range(body.dof))
    grips = tuple(f"grip_{k}" for k in range(body.effectors))
    d, e = len(joints), len(grips)
    yield Feature(
        "action", "float32", (d + e,), joints + grips, "", "", -1.0, 1.0,
        "what the motors were told: joint targets from lower to upper limit, then each end "
        "effector from closed (suction on) to open",
    )  # fmt: skip
    yield Feature("report", "int64", low=0, about="number of the finding told now, from 1; or 0")
    yield Feature("observation.state", "float32", (d + e,), joints + grips, "rad; 0 to 1", "",
                  None, None, "joint angles, then how far each end effector is closed")  # fmt: skip
    yield Feature("observation.velocity", "float32", (d,), joints, "rad/s", about="of joints")
    yield Feature("observation.torque", "float32", (d,), joints, "N m", about="of motors")
    yield Feature("observation.tracking", "float32", (d,), joints, "rad",
                  about="set point minus angle")  # fmt: skip
    yield Feature("observation.grip_force", "float32", (e,), grips, "N",
                  about="of the jaws' motors, or the pull that a cup's seal can bear")  # fmt: skip
    yield Feature("observation.tool_pose", "float32", (7,), _POSE, "m", "world; quaternion xyzw",
                  about="pose of the tool centre point")  # fmt: skip
    yield Feature("observation.wrench", "float32", (6,), _WRENCH, "N; N m", "wrist",
                  about="reaction force and torque at the wrist")  # fmt: skip
    names = tuple(f"item_{k}.{part}" for k in range(MOST_ITEMS) for part in _ITEM)
    names += tuple(f"carton.{part}" for part in _CARTON)
    yield Feature(
        "observation.environment_state", "float32", (len(names),), names, "m; m/s; rad",
        "world; quaternion xyzw", about="the truth (privileged): items in their order in the "
        "scene, then the carton; what is not there is zero",
    )  # fmt: skip
    yield Feature("next.stages", "float32", (len(STAGES),), STAGES, "", "", 0.0, 1.0,
                  "share of each stage's conditions that hold; 0 if the task has no such "
                  "stage")  # fmt: skip
    yield Feature("next.progress", "float32", low=0.0, high=1.0,
                  about="share of the goal's conditions that hold")  # fmt: skip
    yield Feature("next.reward", "float32", about="dense reward of the step")
    yield Feature("next.done", "bool", about="the episode's last frame")
    yield Feature("next.success", "bool", about="the goal holds")


def observed(env: WarehouseEnv) -> dict[str, NDArray[Any]]:
    """Return the columns of what an environment shows now.

    Raises:
        ValueError: There are more items than the columns have room for.
    """
    seen = env.observed
    if len(seen.scene.items) > MOST_ITEMS:
        raise ValueError(f"{len(seen.scene.items)} items; a frame has room for {MOST_ITEMS}")
    felt, truth = spaces.feel(seen), spaces.truth(seen, MOST_ITEMS)
    return {
        "observation.state": np.concatenate([felt["joints"], felt["closure"]]),
        "observation.velocity": felt["velocities"],
        "observation.torque": felt["torques"],
        "observation.tracking": felt["tracking"],
        "observation.grip_force": felt["grip_force"],
        "observation.tool_pose": felt["tool"],
        "observation.wrench": felt["wrench"],
        "observation.environment_state": np.concatenate(
            [truth["items"].ravel(), truth["carton"]]
        ),
    }  # fmt: skip


def came_of(reward: float, info: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of what came of a step, but for whether it was the last."""
    stages = [info["stages"].get(stage, 0.0) for stage in STAGES]
    return {
        "next.stages": np.array(stages, np.float32),
        "next.progress": np.float32(info["progress"]),
        "next.reward": np.float32(reward),
        "next.success": bool(info["success"]),
    }
