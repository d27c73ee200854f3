"""Laws of the Gymnasium environments."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pybullet as p
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env

import warewheel.envs  # noqa: F401  registers the ids
from warewheel.configs import zone_of
from warewheel.configs.choice import unknown
from warewheel.envs.options import SKILLS
from warewheel.envs.spaces import ACTION_MODES, DELTA_SHIFT, DELTA_TURN, PARTS
from warewheel.envs.task import INSTRUCTIONS, TASKS
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.facts import Places
from warewheel.sim.values import Action

IDS = tuple(f"Warewheel/{task.capitalize()}-v0" for task in TASKS)
INFO = {
    "success", "progress", "stages", "violations", "events", "cause", "instruction", "hash",
}  # fmt: skip
Make = Callable[..., WarehouseEnv]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[WarehouseEnv] = []

    def one(**options: Any) -> WarehouseEnv:
        made.append(WarehouseEnv(**options))
        return made[-1]

    yield one
    for env in made:
        env.close()


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [value]


def dtypes(value: Any, space: spaces.Space[Any]) -> None:
    """Assert that each array has just its space's type and shape."""
    if isinstance(space, spaces.Dict):
        assert set(value) == set(space.spaces)
        for name, part in space.spaces.items():
            dtypes(value[name], part)
    elif isinstance(space, spaces.Box):
        assert (value.dtype, value.shape) == (space.dtype, space.shape)


def seed_with(task: str, items: int) -> int:
    """Return the first seed whose delivery has so many items."""
    env = WarehouseEnv(task)
    for seed in range(100):
        env.reset(seed=seed)
        if len(env.observed.scene.items) == items:
            env.close()
            return seed
    raise AssertionError(f"no seed gives {items} items")


def lift(env: WarehouseEnv, item: str, spot: tuple[float, float], floor: float) -> None:
    """Put an item upright on a floor, as no robot may."""
    assert env.world is not None
    height = env.observed.scene.item(item).size[2]
    body, c = env.world.items[item], env.world.client
    at = (*spot, floor + height / 2 + 0.001)
    p.resetBasePositionAndOrientation(body, at, [0, 0, 0, 1], physicsClientId=c)
    p.resetBaseVelocity(body, [0, 0, 0], [0, 0, 0], physicsClientId=c)


def zones(env: WarehouseEnv) -> dict[str, str]:
    storage = env.facility.storage
    return {place.name: zone_of(place.unit.sku, storage) for place in env.spec_of_world.placements}


def zone_seed(env: WarehouseEnv, zone: str) -> int:
    """Return the first seed whose delivery holds something for ``zone``."""
    for seed in range(100):
        env.reset(seed=seed)
        if zone in zones(env).values():
            return seed
    raise AssertionError(f"no seed has an item for {zone}")


def rest(env: WarehouseEnv) -> np.ndarray:
    """Return the ``joint`` action that stays at home with open jaws."""
    return env.encode(Action(np.array(env.body.home), (0.0,)))


def still(env: WarehouseEnv) -> np.ndarray:
    return np.zeros(env.action_space.shape or (), np.float32)


def tool(env: WarehouseEnv) -> np.ndarray:
    return np.array(env.observed.body.tool.position)


@pytest.mark.parametrize("mode", ACTION_MODES)
@pytest.mark.parametrize("name", IDS)
def test_gymnasiums_own_checker_has_nothing_to_say(name: str, mode: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make(name, action_mode=mode, render_mode="rgb_array")
        bare = env.unwrapped
        assert isinstance(bare, WarehouseEnv)
        assert name == f"Warewheel/{bare.task.capitalize()}-v0"
        check_env(bare)
        env.close()


@pytest.mark.parametrize(
    "parts", [c for n in range(1, len(PARTS) + 1) for c in itertools.combinations(PARTS, n)]
)
def test_every_choice_of_parts_is_in_its_space(make: Make, parts: tuple[str, ...]) -> None:
    env = make(task="chain", observation=parts, camera_size=32, cameras=("overview", "dock"))
    rng = np.random.default_rng(0)
    seen = [env.reset(seed=1)[0]]
    for _ in range(3):
        seen.append(env.step(rng.uniform(-1, 1, 8).astype(np.float32))[0])
    # Another build of the world too: body ids start anew.
    seen.append(env.reset(seed=2)[0])
    for one in seen:
        assert set(one) == set(parts)
        assert one in env.observation_space
        dtypes(one, env.observation_space)
    for one, other in itertools.combinations(seen, 2):
        for a, b in itertools.product(leaves(one), leaves(other)):
            assert not (isinstance(a, np.ndarray) and np.shares_memory(a, b))
    if "instruction" in parts:
        assert seen[0]["instruction"] == INSTRUCTIONS["chain"]


@pytest.mark.parametrize("task", TASKS)
def test_every_task_and_camera_is_in_its_space(make: Make, task: str) -> None:
    cameras = ("overview", "dock", "table", "rack")
    env = make(task=task, observation=PARTS, camera_size=48, cameras=cameras)
    for one in (env.reset(seed=3)[0], env.step(still(env))[0]):
        assert one in env.observation_space
        dtypes(one, env.observation_space)
        for picture in one["cameras"].values():
            assert np.ptp(picture["rgb"]) > 50, "the picture is plain"


def test_flat_is_the_two_parts_in_gymnasiums_order(make: Make) -> None:
    flat, parts = make(observation="flat"), make()
    one, other = flat.reset(seed=4)[0], parts.reset(seed=4)[0]
    for _ in range(3):
        assert one in flat.observation_space
        assert one.dtype == np.float32
        assert (one == spaces.flatten(parts.observation_space, other)).all()
        before = one
        one, other = flat.step(still(flat))[0], parts.step(still(parts))[0]
        assert not np.shares_memory(before, one)


def test_nothing_that_the_body_feels_is_cut_off(make: Make) -> None:
    env = make()
    env.reset(seed=0)
    room = env.observation_space["proprioception"]["joints"]  # type: ignore[index]
    lower, upper = env.limits
    assert (room.low < lower).all()
    assert (room.high > upper).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "unpck"}, unknown("task", "unpck", TASKS)),
        ({"action_mode": "joints"}, unknown("action mode", "joints", ACTION_MODES)),
        ({"reward": "dence"}, unknown("reward", "dence", ("dense", "sparse"))),
        ({"observation": "camera"}, unknown("observation", "camera", (*PARTS, "flat"))),
        (
            {"observation": ("privileged", "flt")},
            unknown("observation", "flt", (*PARTS, "flat")),
        ),
        (
            {"cameras": ("overvew",)},
            unknown("camera", "overvew", ("overview", "dock", "table", "rack")),
        ),
        (
            {"cameras": "racks"},
            unknown("camera", "racks", ("overview", "dock", "table", "rack")),
        ),
        ({"render_mode": "rgb"}, unknown("render mode", "rgb", ("rgb_array", "human"))),
        (
            {"action_mode": "skill", "skills": "skripted"},
            "executor 'skripted' is unknown; allowed: scripted; did you mean 'scripted'?",
        ),
        ({"facility": "parcel_hob"}, "did you mean 'parcel_hub'?"),
        ({"body": "pand"}, "did you mean 'panda'?"),
        ({"observation": ()}, "neither 'flat' alone nor one or more parts"),
        ({"observation": ("flat", "cameras")}, "neither 'flat' alone nor one or more parts"),
        ({"observation": "cameras", "cameras": ()}, "no camera is named; allowed: overview"),
        ({"max_steps": 0}, "max_steps 0"),
        ({"camera_size": 0}, "camera_size 0"),
        ({"instruction": "x" * 401}, "over 400 characters"),
        ({"instruction": "r\xe4ume auf"}, "beyond ASCII"),
    ],
)
def test_bad_arguments_are_told_with_the_closest(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        WarehouseEnv(**options)
    assert message in str(caught.value)


def test_one_camera_may_be_named_by_a_word(make: Make) -> None:
    env = make(observation="cameras", cameras="rack", camera_size=16)
    assert set(env.reset(seed=0)[0]["cameras"]) == {"rack"}


@pytest.mark.parametrize(
    ("mode", "action", "message"),
    [
        ("joint", np.zeros(7), r"shape \(7,\); expected \(8,\)"),
        ("ee_delta", np.zeros((1, 7)), r"shape \(1, 7\); expected \(7,\)"),
        ("skill", np.zeros(2, int), r"shape \(2,\); expected \(3,\)"),
        ("joint", np.full(8, np.nan), "not finite"),
        ("ee_delta", np.array([np.inf, 0, 0, 0, 0, 0, 0]), "not finite"),
        ("joint", np.full(8, 1.01), "out of range"),
        ("ee_delta", np.full(7, -1.5), "out of range"),
        ("skill", np.array([len(SKILLS), 0, 0]), "out of range"),
        ("skill", np.array([0, -1, 0]), "out of range"),
        ("skill", np.array([1.5, 0.0, 0.0]), "holds float64; expected int64"),
        ("joint", np.array(["a"] * 8), "holds <U1; expected float32"),
        ("joint", [None] * 8, "holds object; expected float32"),
        ("joint", None, "holds object; expected float32"),
    ],
)
def test_bad_actions_are_refused_and_change_nothing(
    make: Make, mode: str, action: Any, message: str
) -> None:
    env = make(task="unpack", action_mode=mode)
    env.reset(seed=0)
    if mode != "skill":
        env.step(still(env))
    assert env.world is not None
    before = env.world.hash, env.world.time
    with pytest.raises(ValueError, match=message):
        env.step(action)
    assert (env.world.hash, env.world.time) == before


def test_step_before_reset(make: Make) -> None:
    env = gym.make(IDS[0])
    with pytest.raises(gym.error.ResetNeeded):
        env.step(env.action_space.sample())
    env.close()
    bare = make()
    for call in (lambda: bare.step(still(bare)), bare.render, bare.snapshot):
        with pytest.raises(gym.error.ResetNeeded):
            call()
    bare.reset(seed=0)
    bare.close()
    bare.close()
    with pytest.raises(gym.error.ResetNeeded):
        bare.step(still(bare))
    bare.reset(seed=0)


def potential(env: WarehouseEnv) -> float:
    """Return what the dense reward of ``unpack`` is the change of, worked out anew."""
    away = [
        math.dist(env.observed.body.tool.position, item.pose.position)
        for item in env.observed.scene.items
        if ("at", item.name, "table") not in env.verdict.facts
    ]
    return env.verdict.progress - 0.05 * min([1.0, *away]) * bool(away)


def test_dense_rewards_sum_to_the_change_of_the_potential(make: Make) -> None:
    env = make(task="unpack", action_mode="ee_delta")
    env.reset(seed=seed_with("unpack", 2))
    first, total, progress = potential(env), 0.0, []
    rng = np.random.default_rng(0)
    table = env.facility.table
    for step in range(50):
        if step in (15, 35):
            lift(env, "item-0", table.spots[2 if step == 15 else 0], table.centre[2])
        if step == 25:
            lift(env, "item-0", (0.2, 0.35), 0.9)
        _, reward, ended, cut, info = env.step(rng.uniform(-1, 1, 7).astype(np.float32))
        assert not (ended or cut)
        total += reward
        progress.append(info["progress"])
    broken = len(info["violations"])
    assert total == pytest.approx(potential(env) - first - 0.1 * broken, abs=1e-9)
    # Partial credit comes, goes and comes again.
    assert (progress[0], progress[24], progress[28], progress[-1]) == (0.0, 0.5, 0.0, 0.5)


def test_each_violation_costs_once(make: Make) -> None:
    env, free = make(task="store"), make(task="store")
    env.reset(seed=zone_seed(env, "hazmat"))
    free.reset(seed=env.seed)
    home = rest(env)
    name = next(n for n, zone in zones(env).items() if zone == "hazmat")
    for one, slot in ((env, "ambient-0"), (free, "quarantine-0")):
        x, y, z = Places(env.facility).floors[slot]
        lift(one, name, (x, y), z)
    totals = []
    for one in (env, free):
        rewards = [one.step(home)[1] for _ in range(12)]
        assert sum(reward < -0.05 for reward in rewards) == len(one.verdict.violations)
        totals.append(sum(rewards))
    assert env.verdict.violations == (f"HAZMAT:{name}:ambient-0",)
    assert free.verdict.violations == ()
    assert totals[1] - totals[0] == pytest.approx(0.1, abs=0.03)


def test_sparse_reward_is_one_only_on_success(make: Make) -> None:
    env = make(task="unpack", reward="sparse")
    env.reset(seed=seed_with("unpack", 2))
    table = env.facility.table
    home = rest(env)
    rewards = []
    ended = False
    for step in range(30):
        if step in (5, 15):
            k = step // 10
            lift(env, f"item-{k}", table.spots[k], table.centre[2])
        _, reward, ended, cut, info = env.step(home)
        rewards.append(reward)
        assert reward == float(ended) == float(info["success"])
        assert not cut
        if ended:
            break
    assert ended
    assert sum(rewards) == 1.0
    assert info["progress"] == 1.0
    assert info["stages"] == {"unpack": 1.0}


def test_the_time_limit_truncates(make: Make) -> None:
    env = make(max_steps=4)
    for _ in range(2):
        env.reset(seed=0)
        cuts = [env.step(still(env))[2:4] for _ in range(4)]
        assert cuts == [(False, False)] * 3 + [(False, True)]
    short = make(action_mode="skill", max_steps=4)
    short.reset(seed=0)
    *_, cut, info = short.step(np.array([0, 0, 0]))
    assert cut
    assert info["steps"] == 4
    assert info["outcome"] == "SKILL_TIMEOUT"


@pytest.mark.parametrize("task", TASKS)
def test_info_and_render(make: Make, task: str) -> None:
    env = make(task=task, render_mode="rgb_array", instruction="Tidy up.")
    _, info = env.reset(seed=5)
    _, reward, ended, cut, after = env.step(still(env))
    assert (type(reward), type(ended), type(cut)) == (float, bool, bool)
    for one in (info, after):
        assert set(one) == INFO
        assert one["instruction"] == "Tidy up."
        assert set(one["stages"]) == (
            {"unpack", "classify", "store"} if task == "chain" else {task}
        )
    assert env.world is not None
    assert after["hash"] == env.world.hash != info["hash"]
    picture = env.render()
    assert picture is not None
    assert picture.shape == (720, 960, 3)
    assert picture.dtype == np.uint8
    assert np.ptp(picture) > 100
    assert make().render_mode is None


def test_an_illegal_option_costs_one_step_and_says_why(make: Make) -> None:
    env = make(task="unpack", action_mode="skill")
    env.reset(seed=seed_with("unpack", 2))
    for taken, (action, outcome) in enumerate(
        [
            ((SKILLS.index("open"), 0, 0), "MISSING_STEP"),
            ((SKILLS.index("pick"), 7, 0), "HALLUC_ITEM"),
            ((SKILLS.index("scan"), 0, 0), "MISSING_STEP"),
            ((SKILLS.index("place"), 0, 0), "MISSING_STEP"),
        ]
    ):
        _, _, ended, cut, info = env.step(np.array(action))
        assert set(info) == INFO | {"option", "outcome", "steps"}
        assert (info["outcome"], info["steps"], ended, cut) == (outcome, 0, False, False)
        assert env.observed.step == taken + 1


def test_a_legal_option_succeeds(make: Make) -> None:
    env = make(task="unpack", action_mode="skill")
    env.reset(seed=seed_with("unpack", 2))
    wait, opening = np.array([0, 0, 0]), np.array([SKILLS.index("open"), 0, 0])
    # A wait lasts until the carton has come.
    *_, info = env.step(wait)
    assert (info["option"], info["outcome"]) == ("wait()", "SUCCESS")
    carton = env.observed.scene.carton
    assert carton is not None
    assert carton.docked
    *_, info = env.step(wait)
    assert (info["outcome"], info["steps"]) == ("SUCCESS", 10)
    *_, info = env.step(opening)
    assert (info["option"], info["outcome"]) == ("open()", "SUCCESS")
    carton = env.observed.scene.carton
    assert carton is not None
    assert min(carton.flaps) > 1.5
    # What is done already ends at once, and well.
    *_, info = env.step(opening)
    assert (info["outcome"], info["steps"]) == ("SUCCESS", 0)


def test_refused_options_do_not_loosen_the_grip(make: Make) -> None:
    env = make(task="store", action_mode="skill")
    env.reset(seed=seed_with("store", 2))
    pick = np.array([SKILLS.index("pick"), 0, 0])
    *_, info = env.step(pick)
    assert (info["option"], info["outcome"]) == ("pick(item-0)", "SUCCESS")
    before = env.observed.scene.item("item-0").pose.position
    for _ in range(20):
        *_, info = env.step(pick)
        assert (info["outcome"], info["steps"]) == ("WRONG_ORDER", 0)
    assert math.dist(before, env.observed.scene.item("item-0").pose.position) < 0.003
    with pytest.raises(RuntimeError, match="before the first option"):
        env.snapshot()


def test_events_of_a_refused_option_are_told(make: Make) -> None:
    env = make(task="unpack", action_mode="skill")
    env.reset(seed=0)
    lift(env, "item-0", (2.0, 2.0), 0.0)
    *_, info = env.step(np.array([SKILLS.index("scan"), 0, 0]))
    assert info["events"] == ["FALLEN item-0"]
    assert info["cause"] == "DROP"


@pytest.mark.parametrize("task", ["unpack", "store"])
def test_a_zero_action_holds_the_pose(make: Make, task: str) -> None:
    env = make(task=task, action_mode="ee_delta")
    env.reset(seed=0)
    before = tool(env)
    action = still(env)
    for _ in range(200):
        env.step(action)
    assert np.abs(tool(env) - before).max() < 0.0005


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_push_moves_the_tool_straight(make: Make, axis: int, sign: float) -> None:
    env = make(task="store", action_mode="ee_delta")
    env.reset(seed=0)
    before, facing = tool(env), np.array(env.observed.body.tool.orientation)
    push = still(env)
    push[axis] = 0.5 * sign
    for _ in range(8):
        env.step(push)
    for _ in range(4):
        env.step(still(env))
    moved = tool(env) - before
    wanted = np.zeros(3)
    wanted[axis] = sign * 8 * 0.5 * DELTA_SHIFT
    assert np.abs(moved - wanted).max() < 0.002
    assert abs(facing @ env.observed.body.tool.orientation) > 1 - 1e-4


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_turn_turns_about_the_tool(make: Make, axis: int) -> None:
    env = make(task="store", action_mode="ee_delta")
    env.reset(seed=0)
    before, facing = tool(env), env.observed.body.tool.orientation
    turn = still(env)
    turn[3 + axis] = 0.5
    for _ in range(6):
        env.step(turn)
    for _ in range(4):
        env.step(still(env))
    assert np.abs(tool(env) - before).max() < 0.002
    back = p.getDifferenceQuaternion(facing, env.observed.body.tool.orientation)
    axis_turned, angle = p.getAxisAngleFromQuaternion(back)
    assert angle == pytest.approx(6 * 0.5 * DELTA_TURN, abs=0.01)
    assert axis_turned[axis] > 0.99


def test_a_blocked_push_can_be_taken_back_at_once(make: Make) -> None:
    env = make(task="store", action_mode="ee_delta")
    env.reset(seed=0)
    push = still(env)
    push[2] = -1.0
    for _ in range(100):
        env.step(push)
    low = tool(env)[2]
    for _ in range(10):
        env.step(-push)
    assert tool(env)[2] > low + 0.1


def test_a_joint_action_reaches_its_target(make: Make) -> None:
    env = make(task="store")
    env.reset(seed=0)
    target = Action(np.array(env.body.home) + 0.1, (0.625,))
    for _ in range(40):
        env.step(env.encode(target))
    assert np.abs(env.observed.body.joints - target.joints).max() < 0.005
    assert env.observed.body.closure == pytest.approx((0.625,), abs=0.03)
