"""Goals and rules, judged on hand-made scenes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from warewheel.configs import load_cell, zone_of
from warewheel.configs.schema import Sku, Unit
from warewheel.envs.goal import Fact, facts, goal
from warewheel.envs.rules import Rules
from warewheel.envs.task import TASKS, Judge
from warewheel.sim.facts import Places, under
from warewheel.sim.values import (
    IDENTITY,
    CartonState,
    ItemState,
    Observation,
    Pose,
    Proprioception,
    Quat,
    Read,
    Scene,
    Vec3,
)
from warewheel.sim.world import PERIOD, Placement, WorldSpec

FACILITY, BODY, CATALOGUE = load_cell("parcel_hub", "panda")
STORAGE = FACILITY.storage
PLACES = Places(FACILITY)
BODY_FELT = Proprioception(
    np.zeros(7),
    np.zeros(7),
    np.zeros(7),
    np.zeros(7),
    (0.0,),
    (0.0,),
    Pose((0.4, 0.0, 1.0)),
    np.zeros(6),
)
CARTON = CartonState(
    "carton-0", FACILITY.carton, Pose(FACILITY.conveyor.dock), (0.0, 0.0), (True, True), True,
)  # fmt: skip
# Lies on its side, about x.
ON_ITS_SIDE: Quat = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))


def sku(zone: str, heavy: bool = False, fragile: bool = False) -> Sku:
    """Return a catalogue entry of a zone, made heavy or fragile."""
    found = next(s for s in CATALOGUE.items if zone_of(s, STORAGE) == zone)
    mass = STORAGE.heavy_above + (0.1 if heavy else -0.1)
    return found.model_copy(update={"mass": mass, "fragile": fragile, "size": (0.06, 0.06, 0.1)})


def at(
    name: str, place: str | Vec3, speed: float = 0.0, turn: Quat = IDENTITY,
    size: Vec3 = (0.06, 0.06, 0.1),
) -> ItemState:  # fmt: skip
    """Return an item that stands in a place, or whose centre is at a point."""
    if isinstance(place, str):
        x, y, z = PLACES.floors[place]
        place = (x, y, z + size[2] / 2)
    return ItemState(name, Pose(place, turn), size, speed)


def packed(name: str) -> ItemState:
    x, y, z = CARTON.pose.position
    return at(name, (x, y, z + 0.06))


def seen(
    *items: ItemState, carton: CartonState | None = CARTON, reads: tuple[str, ...] = ()
) -> Observation:
    known = tuple(Read(name, "09520000000011") for name in reads)
    return Observation(0, BODY_FELT, known, Scene(carton, items))


class Trace:
    """Rules that are told one scene after another."""

    def __init__(self, **skus: Sku) -> None:
        self.rules = Rules(FACILITY, PLACES, skus)

    def watch(self, *items: ItemState, steps: int = 1) -> list[str]:
        told = []
        now = seen(*items)
        for _ in range(steps):
            told += self.rules.watch(now.scene, facts(now, PLACES))
        return told


# Facts


@pytest.mark.parametrize("place", list(PLACES.floors))
def test_an_item_in_a_place_is_there(place: str) -> None:
    assert facts(seen(at("a", place)), PLACES) == {("at", "a", place), ("out", "a")}


def test_other_facts() -> None:
    assert facts(seen(packed("a")), PLACES) == {("in", "a", "carton")}
    assert facts(seen(packed("a"), carton=None), PLACES) == frozenset()
    assert facts(seen(at("a", "table", speed=0.1)), PLACES) == frozenset()
    assert facts(seen(at("a", (0.3, 0.3, 1.2))), PLACES) == frozenset()
    assert ("known", "a") in facts(seen(packed("a"), reads=("a",)), PLACES)


def test_marks_lie_in_their_places() -> None:
    for place, floor in PLACES.floors.items():
        for x, y in PLACES.marks(place):
            assert PLACES.of(at("a", (x, y, floor[2] + 0.05))) == place


# Rules


def test_cold_goods_may_be_warm_for_so_long() -> None:
    limit = round(STORAGE.cold_chain_seconds / PERIOD)
    trace = Trace(a=sku("cold"), b=sku("ambient"), c=sku("cold"))
    there = at("b", "table"), at("c", "cold-0")
    assert trace.watch(at("a", "table"), *there, steps=limit - 10) == []
    # The time in the cold and in the carton does not count, nor does it wind the clock back.
    assert trace.watch(at("a", "tote-cold"), *there, steps=limit) == []
    assert trace.watch(at("a", "cold-1"), *there, steps=limit) == []
    assert trace.watch(packed("a"), *there, steps=limit) == []
    assert trace.watch(at("a", (0.3, 0.3, 1.2), speed=1.0), *there, steps=10) == []
    assert trace.watch(at("a", "ambient-0"), *there, steps=50) == ["COLD:a"]
    assert trace.rules.violations == ["COLD:a"]


@pytest.mark.parametrize("level", range(len(FACILITY.rack.tiers)))
def test_heavy_goods_go_low(level: int) -> None:
    slot = f"ambient-{level}"
    trace = Trace(a=sku("ambient", heavy=True), b=sku("secure"))
    told = trace.watch(at("a", slot), at("b", f"secure-{level}"), steps=3)
    assert told == ([f"HEAVY_LOW:a:{slot}"] if level > STORAGE.heavy_max_level else [])


def test_what_weighs_just_the_limit_is_not_heavy() -> None:
    just = sku("ambient").model_copy(update={"mass": STORAGE.heavy_above})
    assert Trace(a=just).watch(at("a", "ambient-2")) == []


@pytest.mark.parametrize(
    ("zone", "place", "broken"),
    [
        ("hazmat", "hazmat-0", False),
        ("hazmat", "ambient-0", True),
        ("ambient", "hazmat-0", True),
        ("hazmat", "quarantine-0", False),
        ("ambient", "secure-0", False),
        ("hazmat", "tote-ambient", False),
        ("hazmat", "table", False),
    ],
)
def test_hazmat_stays_apart(zone: str, place: str, broken: bool) -> None:
    told = Trace(a=sku(zone)).watch(at("a", place), steps=3)
    assert told == ([f"HAZMAT:a:{place}"] if broken else [])


def test_a_slot_takes_one_item() -> None:
    x, y, z = PLACES.floors["ambient-0"]
    pair = at("a", (x - 0.03, y, z + 0.05)), at("b", (x + 0.03, y, z + 0.05))
    trace = Trace(a=sku("ambient"), b=sku("ambient"))
    assert trace.watch(pair[0], at("b", "ambient-1")) == []
    assert trace.watch(*pair, steps=3) == ["CAPACITY:a+b:ambient-0"]
    tx, ty, tz = PLACES.floors["tote-ambient"]
    in_tote = at("a", (tx - 0.04, ty, tz + 0.05)), at("b", (tx + 0.04, ty, tz + 0.05))
    assert Trace(a=sku("ambient"), b=sku("ambient")).watch(*in_tote) == []


def test_nothing_lies_on_what_is_fragile() -> None:
    x, y, z = PLACES.floors["table"]
    lower = at("a", "table")
    on_top = at("b", (x + 0.01, y, z + 0.15))
    assert Trace(a=sku("ambient"), b=sku("ambient", fragile=True)).watch(lower, on_top) == []
    trace = Trace(a=sku("ambient", fragile=True), b=sku("ambient"))
    # It stands beside, hangs above, falls past: no fact changes until it lies there, nor then.
    assert trace.watch(lower, at("b", (x + 0.065, y, z + 0.05))) == []
    assert trace.watch(lower, at("b", (x, y, z + 0.35))) == []
    assert trace.watch(lower, at("b", (x, y, z + 0.16), speed=0.5)) == []
    assert trace.watch(lower, on_top, steps=3) == ["FRAGILE:a:b"]


def test_what_is_packed_on_fragile_goods_is_not_our_doing() -> None:
    x, y, z = CARTON.pose.position
    trace = Trace(a=sku("ambient", fragile=True), b=sku("ambient"))
    assert trace.watch(at("a", (x, y, z + 0.05)), at("b", (x, y, z + 0.15))) == []


def test_a_violation_is_kept_once_though_put_right_and_repeated() -> None:
    trace = Trace(a=sku("hazmat"))
    good, bad, moving = at("a", "hazmat-0"), at("a", "ambient-0"), at("a", (0, 0, 2), speed=1.0)
    assert trace.watch(good) == []
    assert trace.watch(bad) == ["HAZMAT:a:ambient-0"]
    for item in (moving, good, bad, moving, bad):
        assert trace.watch(item) == []
    assert trace.watch(at("a", "ambient-1")) == ["HAZMAT:a:ambient-1"]
    assert trace.rules.violations == ["HAZMAT:a:ambient-0", "HAZMAT:a:ambient-1"]


def test_a_good_end_breaks_no_rule() -> None:
    zones = list(FACILITY.rack.columns)
    skus = {zone: sku(zone, fragile=True) for zone in zones if zone != "quarantine"}
    trace = Trace(**skus)
    items = [at(zone, f"{zone}-{level}") for level, zone in zip(itertools.cycle((0, 1, 2)), skus)]
    assert trace.watch(*items, steps=10) == []


# One above another


@pytest.mark.parametrize(
    ("upper", "rests"),
    [
        (at("u", (0.0, 0.0, 0.1)), True),
        (at("u", (0.029, 0.0, 0.1)), True),
        (at("u", (0.0, 0.0, 0.104)), True),
        (at("u", (0.031, 0.0, 0.1)), False),
        (at("u", (0.0, 0.0, 0.12)), False),
        (at("u", (0.0, 0.0, -0.1)), False),
        (at("u", (0.0, 0.0, 0.1), speed=0.1), False),
        (at("u", (0.0, 0.0, 0.08), turn=ON_ITS_SIDE), True),
        (at("u", (0.0, 0.0, 0.1), turn=ON_ITS_SIDE), False),
        # A tall neighbour.
        (at("u", (0.06, 0.0, 0.03), size=(0.06, 0.06, 0.16)), False),
    ],
)
def test_under(upper: ItemState, rests: bool) -> None:
    assert under(at("l", (0.0, 0.0, 0.0)), upper) is rests


def test_under_follows_how_the_lower_one_lies() -> None:
    lower = at("l", (0.0, 0.0, 0.0), turn=ON_ITS_SIDE)
    assert under(lower, at("u", (0.0, 0.045, 0.08)))
    assert not under(lower, at("u", (0.045, 0.0, 0.08)))
    half = math.radians(45) / 2
    turned = at("l", (0, 0, 0), turn=(0, 0, math.sin(half), math.cos(half)), size=(0.14, 0.03, 0.1))
    assert under(turned, at("u", (0.04, 0.04, 0.1)))
    assert not under(turned, at("u", (0.04, -0.04, 0.1)))


# Goals


def test_goals_name_the_right_places() -> None:
    skus = {"a": sku("cold")}
    slots = {("at", "a", f"cold-{level}") for level in range(3)}
    wants: dict[str, list[tuple[str, set[Fact]]]] = {
        "unpack": [("unpack", {("at", "a", "table")})],
        "classify": [("classify", {("at", "a", "tote-cold")})],
        "store": [("store", set(slots))],
        "chain": [
            ("unpack", {("out", "a")}), ("classify", {("known", "a")}), ("store", set(slots)),
        ],
    }  # fmt: skip
    assert set(wants) == set(TASKS)
    for task, want in wants.items():
        found = goal(task, FACILITY, PLACES, skus)
        assert [(c.stage, set(c.any_of)) for c in found] == want


def judge(task: str, **skus: Sku) -> Judge:
    placements = tuple(Placement(name, Unit(sku=s), Pose((0, 0, 0))) for name, s in skus.items())
    return Judge(task, WorldSpec(FACILITY, BODY, placements, CARTON.pose))


def test_progress_comes_and_goes() -> None:
    looks = judge("store", a=sku("ambient"), b=sku("cold"))
    away, b = at("a", (0.3, 0.3, 1.2), speed=0.5), at("b", "cold-0")
    steps = [
        (at("a", "tote-ambient"), at("b", "tote-cold"), 0.0),
        (at("a", "ambient-0"), at("b", "tote-cold"), 0.5),
        (away, at("b", "tote-cold"), 0.0),
        (at("a", "ambient-2"), b, 1.0),
        (at("a", "secure-0"), b, 0.5),
        (at("a", "ambient-0", speed=0.2), b, 0.5),
        (at("a", "ambient-0"), b, 1.0),
    ]
    for one, other, progress in steps:
        verdict = looks.look(seen(one, other, carton=None))
        assert verdict.progress == verdict.stages["store"] == progress
        assert verdict.success is (progress == 1.0)
        assert looks.settled("a", verdict.facts) is (("at", "a", "ambient") in {
            (f[0], f[1], f[2].split("-")[0]) for f in verdict.facts if f[0] == "at"
        })  # fmt: skip
    assert verdict.violations == ()


def test_the_chain_has_three_stages() -> None:
    looks = judge("chain", a=sku("ambient"))

    def stages(item: ItemState, *reads: str) -> dict[str, float]:
        return looks.look(seen(item, reads=reads)).stages

    assert stages(packed("a")) == {"unpack": 0.0, "classify": 0.0, "store": 0.0}
    assert stages(at("a", "table")) == {"unpack": 1.0, "classify": 0.0, "store": 0.0}
    assert stages(at("a", (0.2, 0.3, 1.0)), "a") == {"unpack": 0.0, "classify": 1.0, "store": 0.0}
    assert stages(at("a", "ambient-1"), "a") == {"unpack": 1.0, "classify": 1.0, "store": 1.0}
    # Back into the carton: what was read stays known.
    assert stages(packed("a"), "a") == {"unpack": 0.0, "classify": 1.0, "store": 0.0}


def test_events_are_told_once() -> None:
    looks = judge("chain", a=sku("hazmat"), b=sku("ambient"))
    b = at("b", "table")
    told = [
        looks.look(seen(at("a", "table"), b, reads=("a",))).events,
        looks.look(seen(at("a", "ambient-0"), b, reads=("a",))).events,
        looks.look(seen(at("a", "ambient-0"), b, reads=("a", "b"))).events,
        looks.look(seen(at("a", (1.0, 1.0, 0.05)), b, reads=("a", "b"))).events,
        looks.look(seen(at("a", (1.0, 1.0, 0.05)), b, reads=("a", "b"))).events,
    ]
    gtin = "09520000000011"
    assert told == [
        (f"READ a {gtin}",), ("VIOLATION HAZMAT:a:ambient-0",), (f"READ b {gtin}",),
        ("FALLEN a",), (),
    ]  # fmt: skip
    assert looks.fallen == ("a",)


def test_a_copied_judge_goes_on_alone() -> None:
    looks = judge("store", a=sku("hazmat"))
    looks.look(seen(at("a", "tote-hazmat"), carton=None))
    other = looks.copy()
    bad = seen(at("a", "ambient-0"), carton=None)
    assert other.look(bad).violations == ("HAZMAT:a:ambient-0",)
    assert looks.look(seen(at("a", "hazmat-0"), carton=None)).violations == ()
    assert looks.look(bad).events == ("VIOLATION HAZMAT:a:ambient-0",)
