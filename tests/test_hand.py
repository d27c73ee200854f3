"""Hands that learn: what they see, how they choose, and what they learn from."""

from __future__ import annotations

import base64
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from warewheel.agents.hand import CARD, HEURISTIC, hand_id, scorer_of
from warewheel.agents.perceive import TruePoses
from warewheel.agents.plan import Outcome
from warewheel.agents.skills.crops import (
    CROP,
    FACTS,
    WIDTH,
    Features,
    Portrait,
    features,
    mirrored,
    portrait,
    unpacked,
)
from warewheel.agents.skills.grasp import Grasp, pinches
from warewheel.agents.skills.hands import JawHand
from warewheel.agents.skills.picking import pick
from warewheel.agents.skills.placing import place
from warewheel.agents.skills.proposals import proposals
from warewheel.agents.skills.scorer import WEIGHTS, Scorer
from warewheel.agents.skills.spots import spots
from warewheel.configs import load_body, load_catalogue, load_facility, prism
from warewheel.configs.capability import flat_top
from warewheel.configs.schema import Jaws, PrismShape, Sku, Unit
from warewheel.flywheel.turns import drills, hands
from warewheel.flywheel.turns.drills import Choice, Drill, drill
from warewheel.flywheel.turns.hands import PLAIN, TRIALS, UNSEEN, HandLearner
from warewheel.flywheel.turns.learner import Lost
from warewheel.flywheel.turns.stream import AWKWARD
from warewheel.scripts.main import main
from warewheel.sim.facts import Places, inside
from warewheel.sim.spec import Placement, WorldSpec
from warewheel.sim.values import Action, ItemState, Observation, Pose, Vec3
from warewheel.sim.world import World

_EFFECTOR = load_body("panda").effector
assert isinstance(_EFFECTOR, Jaws)
JAWS = _EFFECTOR
BUDGET = hands.Budget(drills=4, more=4, steps=30, judged=2, examined=2)


class Told(JawHand):
    """Grips as it is told, for an item and the number of the attempt."""

    def __init__(self, tell: Callable[[ItemState, int], list[Grasp]]) -> None:
        super().__init__(JAWS)
        self._tell = tell

    def grasps(
        self, item: ItemState, attempt: int, picture: Portrait | None,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        return self._tell(item, attempt)


def item(
    yaw: float = 0.0, size: Vec3 = (0.04, 0.06, 0.08), at: Vec3 = (0.5, 0.1, 0.7)
) -> ItemState:
    turn = tuple(Rotation.from_euler("z", yaw).as_quat().tolist())
    return ItemState("item-0", Pose((0.5, 0.1, 0.7), turn), size, 0.0)


def weights(seed: int, *hidden: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}
    for k, (m, n) in enumerate(itertools.pairwise((WIDTH, *hidden, 1))):
        found[f"{k}.weight"] = rng.normal(0, m**-0.5, (2, n, m)).astype(np.float32)
        found[f"{k}.bias"] = np.zeros((2, n), np.float32)
    return found


def ramp(top: Vec3, side: float, pixels: int) -> np.ndarray:
    """A look at a plane that rises along x by as much as it goes on."""
    x = top[0] + (np.arange(pixels) - (pixels - 1) / 2) * side / pixels
    return np.repeat((top[2] + x - top[0])[:, None], pixels, axis=1).astype(np.float32)


# Shapes


SHAPES = st.builds(
    PrismShape,
    sides=st.integers(3, 12),
    turn=st.floats(0, 6),
    top=st.tuples(st.floats(0.1, 1.5), st.floats(0.1, 1.5)),
    shift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
)


def sku(shape: PrismShape, size: Vec3) -> Sku:
    return Sku(
        sku="odd", name="Odd", gtin="09520000004002", category="home", shape="prism", prism=shape,
        size=size, mass=0.2,
    )  # fmt: skip


@given(SHAPES, st.tuples(*[st.floats(0.02, 0.1)] * 3))
def test_a_prism_fills_its_size_and_its_faces_look_outwards(shape: PrismShape, size: Vec3) -> None:
    one = sku(shape, size)
    points = prism.corners(one)
    assert np.allclose(np.ptp(points, axis=0), size)
    assert np.allclose(points.min(axis=0), -points.max(axis=0))
    a, b, c = (points[list(k)] for k in zip(*prism.faces(shape.sides), strict=True))
    assert (np.cross(a, b) * c).sum() / 6 > 0  # the volume, by its faces
    assert 0 <= flat_top(one) <= min(size[:2]) + 1e-9


def test_a_square_prism_has_all_of_its_top_for_a_cup() -> None:
    square = PrismShape(sides=4, turn=math.pi / 4)
    assert flat_top(sku(square, (0.04, 0.06, 0.1))) == pytest.approx(0.04)
    narrow = square.model_copy(update={"top": (0.5, 0.5)})
    assert flat_top(sku(narrow, (0.04, 0.06, 0.1))) == pytest.approx(0.02)


def test_awkward_goods_that_hands_learn_on_are_others_than_those_that_they_are_examined_on() -> (
    None
):
    def shapes(name: str) -> set[tuple[object, ...]]:
        return {
            (one.mesh and one.mesh.file, str(one.prism), one.prism and one.size)
            for one in load_catalogue(name).items
        }

    assert len(shapes(AWKWARD)) >= 60 and len(shapes(UNSEEN)) >= 30
    assert not shapes(AWKWARD) & shapes(UNSEEN)
    codes = [{one.gtin for one in load_catalogue(n).items} for n in (AWKWARD, UNSEEN, PLAIN)]
    assert not codes[0] & codes[1] and not codes[0] & codes[2] and not codes[1] & codes[2]


# Seeing


def test_an_eye_sees_how_high_things_are_and_where() -> None:
    site, goods = load_facility("parcel_hub"), load_catalogue(PLAIN).items
    box = Unit(sku=next(one for one in goods if one.shape == "box"))
    x, y, table = *site.table.centre[:2], site.table.centre[2]
    width, depth, height = box.sku.size
    pose = Pose((x + 0.03, y - 0.02, table + height / 2))
    world = World()
    try:
        seen = world.build(
            WorldSpec(site, load_body("panda"), (Placement("item-0", box, pose, box),))
        )
        assert seen.look is not None
        before = world.hash
        found = seen.look((x, y, table + height), 0.2, 50)
        assert world.hash == before and found.shape == (50, 50)
    finally:
        world.close()
    at = (np.arange(50) + 0.5) * 0.2 / 50 - 0.1
    inside = (np.abs(at - 0.03) < width / 2)[:, None] & (np.abs(at + 0.02) < depth / 2)[None]
    assert np.allclose(found[inside], table + height, atol=0.004)
    wrong = np.abs(found - np.where(inside, table + height, table)) > 0.004
    assert wrong.mean() < 0.04  # along the edges, a pixel is of both


@given(st.floats(-3, 3), st.integers(0, 200))
def test_what_turns_with_the_jaws_looks_the_same_to_them(yaw: float, which: int) -> None:
    def flat(top: Vec3, side: float, pixels: int) -> np.ndarray:
        return np.full((pixels, pixels), top[2], np.float32)

    def row(turn: float) -> Features:
        lying = item(turn)
        some = proposals(lying, JAWS)
        found: Features = features(lying, [some[which % len(some)]], portrait(lying, flat))[0]
        return found

    # Along the edges of its box, a point may fall to either side.
    assert (np.abs(row(yaw) - row(0.0)) > 1e-3).mean() < 0.05


def test_a_crop_tells_heights_from_the_grip_on_along_the_jaws() -> None:
    lying = item(size=(0.09, 0.09, 0.08))
    # The highest grip at the middle.
    *_, grasp = (
        g for g in proposals(lying, JAWS)
        if g.yaw == 0.0 and math.dist(g.position[:2], lying.pose.position[:2]) < 1e-9
    )  # fmt: skip
    crop = features(lying, [grasp], portrait(lying, ramp))[0][:-FACTS].reshape(CROP)
    middle = crop[5:15, 6]
    assert (np.diff(middle) > 0).all() and np.allclose(crop[10, 3:9], crop[10, 6], atol=1e-3)
    views = mirrored(features(lying, [grasp], portrait(lying, ramp)))
    assert len(views) == 4 and np.array_equal(views[0][0][:-FACTS].reshape(CROP), crop)
    assert (np.diff(views[2][0][:-FACTS].reshape(CROP)[5:15, 6]) < 0).all()


# Choosing


@given(st.floats(-3, 3), st.tuples(*[st.floats(0.03, 0.1)] * 3))
def test_grips_that_are_proposed_lie_on_the_item_and_over_its_foot(yaw: float, size: Vec3) -> None:
    lying = item(yaw, size)
    foot = lying.pose.position[2] - size[2] / 2
    for grasp in proposals(lying, JAWS):
        assert math.dist(grasp.position[:2], lying.pose.position[:2]) <= 0.3 * sum(size[:2])
        assert foot < grasp.position[2] < foot + size[2]
        assert 0.0 <= grasp.grip <= 1.0


def test_grips_are_ranked_by_their_chance_a_few_of_each_side() -> None:
    scorer, lying = Scorer(weights(0, 8)), item()
    some = proposals(lying, JAWS)
    picture = portrait(lying, ramp)
    scores = scorer.scores(features(lying, some, picture))
    ranked = scorer.ranked(lying, some, picture)
    chances = [grasp.chance for grasp in ranked]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(1 / (1 + math.exp(-scores.max())))
    assert replace(ranked[0], chance=1.0) == some[int(np.argmax(scores))]
    sides = Counter(grasp.yaw for grasp in ranked)
    assert set(sides) == {grasp.yaw for grasp in some} and set(sides.values()) == {5}
    assert scorer.ranked(lying, [], picture) == []


def test_what_looks_like_a_grip_that_failed_comes_late() -> None:
    scorer, lying = Scorer(weights(0, 8)), item()
    some = proposals(lying, JAWS)
    picture = portrait(lying, ramp)
    rows = features(lying, some, picture)
    scorer._layers[-1][0][:] = 0.0
    failed = [rows[7], rows[100]]
    before, after = (
        {replace(grasp, chance=1.0): grasp.chance for grasp in scorer.ranked(lying, some, *rest)}
        for rest in ((picture,), (picture, failed))
    )
    apart = [np.sqrt(np.square(rows - row).mean(axis=1)) for row in failed]
    assert np.minimum(*apart).max() > 0.3
    assert len(set(before.values())) == 1
    assert after.get(some[7], 0.0) < 0.1 < 0.4 < max(after.values())
    # Turned about, the jaws would touch it where they did.
    (view, *_) = (one[7] for one in mirrored(rows)[1:])
    again = scorer.ranked(lying, [some[7]], picture, [view])
    assert again[0].chance < 0.1


def test_the_usual_grip_stays_unless_another_is_far_better() -> None:
    lying = item()
    usual, picture = pinches(lying, JAWS)[0], portrait(lying, ramp)
    some = proposals(lying, JAWS)
    # All grips are alike to the first scorer; the second expects the usual one to slip.
    flat, steep = Scorer(weights(0, 8)), Scorer(weights(0, 8))
    flat._layers[-1][0][:] = 0.0
    weight, bias = steep._layers[-1]
    weight *= 100.0
    rows = features(lying, [usual, *some], picture)
    scores = steep.scores(rows)
    bias -= (scores[0] + scores.max()) / 2

    def first(scorer: Scorer, *failed: Features) -> Grasp:
        return replace(scorer.best(lying, some, usual, picture, failed)[0], chance=1.0)

    assert first(flat) == usual
    assert first(flat, rows[0]) != usual
    assert first(steep) == some[int(np.argmax(scores[1:]))]


def test_a_scorer_does_not_mind_which_way_round_the_jaws_are() -> None:
    rows = np.random.default_rng(0).normal(size=(5, WIDTH)).astype(np.float32)
    scorer = Scorer(weights(1, 16, 8))
    for view in mirrored(rows):
        assert np.allclose(scorer.scores(view), scorer.scores(rows), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("0.bias"), "weights are"),
        (lambda w: w.update({"0.weight": w["0.weight"][..., :-1]}), "a layer of"),
        (lambda w: w.update({"0.bias": w["0.bias"] * np.nan}), "not a number"),
        (lambda w: w.update({"0.weight": w["0.weight"][0], "0.bias": w["0.bias"][0]}),
         "a layer of"),
        (lambda w: w.update({"1.weight": w["1.weight"][:1], "1.bias": w["1.bias"][:1]}),
         "a layer of"),
        (lambda w: w.update({"1.weight": np.ones((2, 2, 8), np.float32),
                             "1.bias": np.ones((2, 2), np.float32)}), "2 outputs"),
    ],
)  # fmt: skip
def test_weights_that_make_no_scorer_are_refused(change: object, message: str) -> None:
    some = weights(0, 8)
    change(some)  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        Scorer(some)


def test_a_damaged_hand_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match=WEIGHTS):
        scorer_of(str(tmp_path))
    for words in (["run"], ["collect", "--out", str(tmp_path / "data")]):
        done = CliRunner().invoke(main, [*words, "--hand", str(tmp_path / "nowhere")])
        assert done.exit_code == 2 and "is unknown; allowed: heuristic" in done.output


# Drills


@pytest.fixture
def heuristic(tmp_path: Path) -> Path:
    folder = tmp_path / "hand-0/model"
    HandLearner(BUDGET).begin(folder, lambda _: None)
    return folder


def test_the_first_hand_is_the_heuristic(heuristic: Path) -> None:
    assert scorer_of(str(heuristic)) is None
    assert hand_id(str(heuristic)) == hand_id(HEURISTIC) == HEURISTIC


def test_a_drill_comes_out_the_same_again_whoever_chooses(heuristic: Path) -> None:
    goods = load_catalogue(PLAIN).items
    for choice, beside in itertools.product(get_args(Choice), (None, (goods[1].sku,))):
        job = Drill(PLAIN, goods[0].sku, 7, str(heuristic), choice, beside)
        one, two = drill(job), drill(job)
        assert one == two and one.row is not None and two.row is not None
        assert np.array_equal(one.row, two.row)
        back = unpacked(str(one.json()["row"]))
        assert np.allclose(back, one.row, atol=2e-3)
    best, same = (drill(replace(job, choice=c)) for c in ("best", "heuristic"))
    assert best.success and np.array_equal(best.row, same.row)  # type: ignore[arg-type]


def test_in_a_drill_a_carton_is_open_and_nothing_falls_out_of_it() -> None:
    some = load_catalogue(AWKWARD).items[:3]
    for seed in range(3):
        seen = drills._bench().in_carton(some, np.random.default_rng(seed))
        carton = seen.scene.carton
        assert carton is not None and carton.docked and not any(carton.sealed)
        assert min(carton.flaps) > math.pi / 2
        assert [unit.name for unit in seen.scene.items] == ["item-0", "item-1", "item-2"]
        assert all(inside(carton, unit) for unit in seen.scene.items)


def test_a_hand_grips_what_its_scorer_likes_best(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    decided = weights(3, 8)
    decided["1.weight"] *= 5.0
    save_file(decided, tmp_path / WEIGHTS)
    job = Drill(AWKWARD, load_catalogue(AWKWARD).items[0].sku, 5, str(tmp_path))
    found, plain = drill(job), drill(replace(job, choice="heuristic"))
    assert found.row is not None and plain.row is not None
    assert not np.array_equal(found.row, plain.row)
    assert hand_id(str(tmp_path)).startswith(f"{tmp_path}@")


@pytest.fixture
def bench() -> drills._Bench:
    return drills._bench()


def test_what_takes_another_grip_is_carried_slowly(
    bench: drills._Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Counter[bool]()
    for sure in (True, False):
        seen = bench.on_table(load_catalogue(PLAIN).items[0], np.random.default_rng(0))
        (usual, *_) = pinches(seen.view.scene.item("item-0"), bench.jaws)
        hand = drills._Given(bench.jaws, [replace(usual, sure=sure)])
        step = World.step

        def counted(
            world: World, action: Action, step: Any = step, sure: bool = sure
        ) -> Observation:
            steps[sure] += 1
            seen: Observation = step(world, action)
            return seen

        monkeypatch.setattr(World, "step", counted)
        assert bench.attempt(hand, seen, 0).success
        monkeypatch.setattr(World, "step", step)
    assert steps[False] > 1.3 * steps[True], steps


def test_a_rough_drill_goes_on_to_the_rack_at_full_speed(
    bench: drills._Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Observation] = []
    step = World.step

    def watched(world: World, action: Action) -> Observation:
        seen.append(step(world, action))
        return seen[-1]

    monkeypatch.setattr(World, "step", watched)
    places, steps, stored = Places(bench.facility), list[int](), list[bool]()
    for sure, rough in itertools.product((True, False), repeat=2):
        start = bench.on_table(load_catalogue(PLAIN).items[0], np.random.default_rng(0))
        (usual, *_) = pinches(start.view.scene.item("item-0"), bench.jaws)
        hand = drills._Given(bench.jaws, [replace(usual, sure=sure)])
        seen.clear()
        assert bench.attempt(hand, start, 0, rough).success
        steps.append(len(seen))
        (item,) = seen[-1].view.scene.items
        stored.append(places.of(item) in places.slots)
    assert stored == [True, False, True, False]
    # What is not held that firmly is lifted as slowly, but is carried no slower.
    firm, short, loose, slow = steps
    assert short < firm and loose - firm < slow - short, steps


def test_jaws_that_rise_slowly_notice_what_they_leave_behind(bench: drills._Bench) -> None:
    def over(item: ItemState, attempt: int) -> list[Grasp]:
        x, y, z = item.pose.position
        return [Grasp((x, y, z + 0.1), 0.0, 0.0, sure=False)]

    mover, eye = bench.mover(Told(over), 0), TruePoses()
    belief = eye.perceive(bench.on_table(load_catalogue(PLAIN).items[0], np.random.default_rng(0)))
    outcome, belief = bench._run(pick(mover, belief, "item-0", attempts=1), eye, belief)
    assert outcome == Outcome(False, "GRASP_SLIP")
    risen = belief.tool.position[2] - belief.item("item-0").pose.position[2] - 0.1
    assert 0.02 < risen < 0.05
    mover.motion.twin.close()


@pytest.mark.parametrize("name", ["wool-socks", "rubber-duck", "clementines"])
def test_what_is_held_beside_its_middle_is_put_where_it_has_room(
    bench: drills._Bench, name: str
) -> None:
    def aside(item: ItemState, attempt: int) -> list[Grasp]:
        usual, *_ = pinches(item, JAWS)
        x, y, z = usual.position
        away = 0.02 * math.sin(usual.yaw), -0.02 * math.cos(usual.yaw)
        return [replace(usual, position=(x + away[0], y + away[1], z))]

    (sku,) = (sku for sku in load_catalogue(PLAIN).items if sku.sku == name)
    places, mover, eye = Places(bench.facility), bench.mover(Told(aside), 0), TruePoses()
    belief = eye.perceive(bench.on_table(sku, np.random.default_rng(0)))
    outcome, belief = bench._run(pick(mover, belief, "item-0", attempts=1), eye, belief)
    assert outcome.success and mover.held is not None
    assert math.hypot(*mover.held.pose.position[:2]) > 0.015
    goal = spots(places, belief, "item-0", "east-0")
    outcome, belief = bench._run(place(mover, belief, goal), eye, belief)
    assert outcome.success and places.of(belief.item("item-0")) == "east-0"
    mover.motion.twin.close()


def test_what_a_grip_will_hardly_hold_is_dragged_to_the_middle(bench: drills._Bench) -> None:
    where: list[float] = []

    def doubtful(item: ItemState, attempt: int) -> list[Grasp]:
        # Little is expected of any grip as long as the item is near a wall.
        where.append(math.dist(item.pose.position[:2], bench.facility.conveyor.dock[:2]))
        chance = 0.1 if where[-1] > 0.06 else 0.9
        return [replace(one, chance=chance) for one in pinches(item, JAWS)]

    (sku, *_) = load_catalogue(PLAIN).items
    seen = bench.in_carton([sku], np.random.default_rng(0))
    mover, eye = bench.mover(Told(doubtful), 0), TruePoses()
    outcome, belief = bench._run(pick(mover, eye.perceive(seen), "item-0"), eye, eye.perceive(seen))
    assert outcome.success and mover.held is not None
    assert len(where) > 1 and where[0] > 0.06 > where[-1], where
    # What was only dragged says nothing of how well a grip holds.
    assert [one.held for one in mover.tried] == [True]
    mover.motion.twin.close()
    # At the last attempt nothing is left but to lift it.
    where.clear()
    seen = bench.in_carton([sku], np.random.default_rng(0))
    mover, belief = bench.mover(Told(doubtful), 0), eye.perceive(seen)
    outcome, belief = bench._run(pick(mover, belief, "item-0", attempts=1), eye, belief)
    assert outcome.success and len(where) == 1
    mover.motion.twin.close()


def test_what_does_not_come_along_is_dragged_once(bench: drills._Bench) -> None:
    def over(item: ItemState, attempt: int) -> list[Grasp]:
        (usual, *_) = pinches(item, JAWS)
        x, y, z = usual.position
        return [replace(usual, position=(x, y, z + 0.1), chance=0.1)]

    (sku, *_) = load_catalogue(PLAIN).items
    mover, eye = bench.mover(Told(over), 0), TruePoses()
    belief = eye.perceive(bench.in_carton([sku], np.random.default_rng(0)))
    outcome, belief = bench._run(pick(mover, belief, "item-0", attempts=4), eye, belief)
    assert outcome == Outcome(False, "GRASP_SLIP")
    assert [one.held for one in mover.tried] == [False] * 3
    mover.motion.twin.close()


def test_grips_that_failed_are_not_the_first_to_be_tried_again(bench: drills._Bench) -> None:
    asked: list[int] = []

    def clumsy(item: ItemState, attempt: int) -> list[Grasp]:
        asked.append(attempt)
        x, y, z = item.pose.position
        return [Grasp((x, y, z + 0.2), 0.0, 0.0)]

    mover, eye = bench.mover(Told(clumsy), 0), TruePoses()
    belief = eye.perceive(bench.on_table(load_catalogue(PLAIN).items[0], np.random.default_rng(0)))
    for _ in range(2):
        outcome, belief = bench._run(pick(mover, belief, "item-0", attempts=2), eye, belief)
        assert not outcome.success
    assert asked == [0, 1, 2, 3]
    mover.hand = JawHand(bench.jaws)
    outcome, belief = bench._run(pick(mover, belief, "item-0"), eye, belief)
    assert outcome.success and mover.tries["item-0"] == 5 and not mover.gently
    x, y, z = bench.facility.table.centre
    outcome, belief = bench._run(place(mover, belief, [((x, y, z), 0.0)]), eye, belief)
    assert outcome.success and not mover.tries["item-0"]
    mover.motion.twin.close()


# The learner


def rows(count: int, rng: np.random.Generator) -> Iterator[dict[str, object]]:
    """Grips of which those hold whose first height is above zero."""
    for k in range(count):
        row = rng.normal(size=WIDTH).astype("<f2")
        yield {"sku": "x", "seed": k, "success": bool(row[:20].sum() > 0), "cause": "",
               "row": base64.b64encode(row.tobytes()).decode()}  # fmt: skip


def logged(folder: Path, some: list[dict[str, object]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRIALS).write_text("".join(json.dumps(one) + "\n" for one in some))
    return folder


def test_a_scorer_learns_which_grips_hold(heuristic: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    some = list(rows(400, np.random.default_rng(0)))
    log = logged(tmp_path / "log", [*some, {**some[0], "row": "", "cause": "IK"}])
    learner = HandLearner(replace(BUDGET, steps=200))
    cards = [learner.train(heuristic, [log], 1, tmp_path / name, lambda _: None) for name in "ab"]
    assert cards[0] == cards[1] and cards[0]["kept"] == 400 and cards[0]["parent"] == "hand-0"
    assert cards[0]["left_out"] == {"no grip could be reached": 1}
    both = [(tmp_path / name / "model" / WEIGHTS).read_bytes() for name in "ab"]
    assert both[0] == both[1]
    scorer = scorer_of(str(tmp_path / "a/model"))
    assert scorer is not None
    X = np.stack([unpacked(str(one["row"])) for one in some])
    held = np.array([one["success"] for one in some])
    assert ((scorer.scores(X) > 0) == held).mean() > 0.7
    shuffled = HandLearner(replace(BUDGET, steps=200), control="shuffled")
    shuffled.train(heuristic, [log], 1, tmp_path / "s", lambda _: None)
    assert (tmp_path / "s/model" / WEIGHTS).read_bytes() != both[0]


def test_with_training_off_the_hand_stays_what_it_was(heuristic: Path, tmp_path: Path) -> None:
    log = logged(tmp_path / "log", list(rows(9, np.random.default_rng(0))))
    HandLearner(BUDGET, control="idle").train(heuristic, [log], 1, tmp_path / "i", lambda _: None)
    assert scorer_of(str(tmp_path / "i/model")) is None
    assert (tmp_path / "i/model" / CARD).read_bytes() == (heuristic / CARD).read_bytes()


def test_where_there_is_nothing_to_tell_apart_the_turn_is_lost(
    heuristic: Path, tmp_path: Path
) -> None:
    some = [{**one, "success": True} for one in rows(9, np.random.default_rng(0))]
    log = logged(tmp_path / "log", some)
    with pytest.raises(Lost, match="nothing to tell apart"):
        HandLearner(BUDGET).train(heuristic, [log], 1, tmp_path / "t", lambda _: None)


def test_a_hand_that_diverges_loses_its_turn(heuristic: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    wild = base64.b64encode(np.full(WIDTH, np.inf, "<f2").tobytes()).decode()
    some = [{**one, "row": wild} for one in rows(9, np.random.default_rng(0))]
    log = logged(tmp_path / "log", some)
    with pytest.raises(Lost, match="the loss is nan"):
        HandLearner(BUDGET).train(heuristic, [log], 1, tmp_path / "t", lambda _: None)
    assert not (tmp_path / "t/model" / WEIGHTS).exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{broken\n", "is no row"),
        ('{"success": true, "row": "AAAAAA=="}\n', "2 features"),
        ('{"success": true}\n', "is no trial"),
    ],
)
def test_a_damaged_log_is_refused_by_name(
    heuristic: Path, tmp_path: Path, line: str, message: str
) -> None:
    log = logged(tmp_path / "log", list(rows(9, np.random.default_rng(0))))
    with (log / TRIALS).open("a") as file:
        file.write(line)
    with pytest.raises(ValueError, match=rf"{TRIALS}.*{message}"):
        HandLearner(BUDGET).train(heuristic, [log], 1, tmp_path / "t", lambda _: None)


def test_drills_are_taken_up_where_they_stopped(heuristic: Path, tmp_path: Path) -> None:
    learner = HandLearner(BUDGET)
    champions = {"hand": heuristic}
    whole = learner.log(champions, 1, {}, tmp_path / "whole", lambda _: None)
    lines = (tmp_path / "whole" / TRIALS).read_bytes().splitlines(keepends=True)
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / TRIALS).write_bytes(b"".join(lines[:2]) + lines[2][:9])
    assert learner.log(champions, 1, {}, tmp_path / "part", lambda _: None) == whole
    assert (tmp_path / "part" / TRIALS).read_bytes() == b"".join(lines)
    assert whole.counts["drills"] == BUDGET.drills
    (tmp_path / "part" / TRIALS).write_bytes(b"".join(reversed(lines)))
    with pytest.raises(ValueError, match="holds other drills"):
        learner.log(champions, 1, {}, tmp_path / "part", lambda _: None)


def test_drills_of_turns_and_runs_and_judges_are_all_different(heuristic: Path) -> None:
    def seeds(seed: int, turn: int) -> set[int]:
        learner = HandLearner(hands.Budget(500, 500, 1, 1, 1), seed=seed)
        return {job.seed for job in learner._jobs(str(heuristic), turn, {})}

    some = [seeds(seed, turn) for seed in (0, 1, 49) for turn in (1, 2, 9)]
    assert all(not a & b for a, b in itertools.combinations(some, 2))
    assert max(map(max, some)) < hands._HELD_OUT < hands._EXAMINED
    where = [job.beside for job in HandLearner(hands.Budget(500, 500, 1, 1, 1))._jobs("", 1, {})]
    assert 0.25 < where.count(None) / len(where) < 0.4
    assert {len(beside) for beside in where if beside is not None} == {1, 2, 3}
    goods = [
        {job.sku for job in HandLearner(hands.Budget(500, 500, 1, 1, 1))._jobs("", turn, {})
         if job.catalogue == AWKWARD}
        for turn in (1, 2, 3)
    ]  # fmt: skip
    assert goods[0] < goods[1] == goods[2]
    assert len(goods[2]) == len(load_catalogue(AWKWARD).items)


def test_pinches_stay_the_way_of_a_hand_without_a_scorer() -> None:
    picture = JawHand(JAWS).look(item(), ramp)
    assert JawHand(JAWS).grasps(item(), 0, picture) == pinches(item(), JAWS, 0)
    assert picture is not None
    some = JawHand(JAWS, Scorer(weights(0, 8))).grasps(item(), 0, picture)
    usual, *others = pinches(item(), JAWS, 0)
    assert replace(usual, chance=0.0) in [replace(grasp, chance=0.0) for grasp in some]
    lean = [any(grasp.lean) for grasp in some]
    assert lean == sorted(lean) and any(lean)
    assert {grasp.lean for grasp in some if any(grasp.lean)} <= {g.lean for g in others}
