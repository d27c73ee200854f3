"""Goals and rules, judged on hand-made scenes."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warewheel.configs import load_cell, zone_of
from warewheel.configs.schema import Facility, Unit
from warewheel.envs.facts import Truths, facts
from warewheel.envs.goal import Fact, Stock, goal
from warewheel.envs.rules import Rules
from warewheel.envs.task import TASKS, Judge
from warewheel.envs.violations import Breach, Violation
from warewheel.sim.facts import Places, under
from warewheel.sim.spec import Placement, WorldSpec
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
    View,
)
from warewheel.sim.world import PERIOD

HUB, BODY, CATALOGUE = load_cell("parcel_hub", "panda")
# What an item must be to belong in a zone of the same name.
KINDS: dict[str, dict[str, Any]] = {
    "cold": {"temperature": "chilled"},
    "hazmat": {"hazard": "toxic"},
    "secure": {"high_value": True},
    "ambient": {},
}


def every_zone() -> Facility:
    """Return the hub with a zone of every condition, called by its condition."""
    data = HUB.model_dump()
    names = ["cold", "ambient", "secure", "hazmat", "quarantine"]
    data["zones"] = {name: {"condition": name} for name in names}
    data["rack"]["columns"] = [
        {"zone": name, "x": column.x} for name, column in zip(names, HUB.rack.columns, strict=False)
    ]
    data["totes"] = [
        {**tote, "name": f"tote-{name}", "zone": name}
        for name, tote in zip(names, data["totes"], strict=False)
    ]
    data["storage"]["slotting"] = [
        {"zone": "hazmat", "hazard": ["toxic"]},
        {"zone": "cold", "temperature": ["chilled"]},
        {"zone": "secure", "high_value": True},
        {"zone": "ambient"},
    ]
    return Facility.model_validate(data)


FACILITY = every_zone()
STORAGE = FACILITY.storage
PLACES = Places(FACILITY)
BODY_FELT = Proprioception(
    joints=np.zeros(7), velocities=np.zeros(7), torques=np.zeros(7), outside=lambda: np.zeros(7),
    tracking=np.zeros(7), closure=(0.0,), grip_force=(0.0,), tool=Pose((0.4, 0.0, 1.0)),
    wrench=np.zeros(6),
)  # fmt: skip
CARTON = CartonState(
    "carton-0", FACILITY.carton, Pose(FACILITY.conveyor.dock), (0.0, 0.0), (True, True), True,
)  # fmt: skip
# Lies on its side, about x.
ON_ITS_SIDE: Quat = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))


def unit(zone: str, heavy: bool = False, **fields: Any) -> Unit:
    """Return a unit that belongs in ``zone``; ``fields`` are of its SKU."""
    base = {"temperature": "ambient", "hazard": "none", "high_value": False, "fragile": False}
    mass = STORAGE.heavy_above + (0.1 if heavy else -0.1)
    update = {**base, **KINDS[zone], "mass": mass, "size": (0.06, 0.06, 0.1), **fields}
    made = Unit(sku=CATALOGUE.items[0].model_copy(update=update))
    assert zone_of(made, STORAGE) == zone
    return made


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
    scene = Scene(carton, items)
    return Observation(0, BODY_FELT, known, scene, View(scene, 0))


class Trace:
    """Rules that are told one scene after another."""

    def __init__(self, **units: Unit) -> None:
        self.rules = Rules(FACILITY, PLACES, units)

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


def test_facts_are_followed_step_by_step() -> None:
    truths = Truths(PLACES)
    a, b = packed("a"), at("b", "table")
    shifted = replace(CARTON, pose=Pose((9.0, 9.0, 0.5)))
    trace = [
        seen(a, b), seen(a, b), seen(a, b, reads=("a",)), seen(at("a", "cold-0"), b, reads=("a",)),
        seen(a, b, reads=("a",)), seen(a, b, carton=shifted, reads=("a",)),
        seen(a, b, carton=None, reads=("a",)), seen(b, reads=("a",)), seen(a, b, reads=("a", "b")),
    ]  # fmt: skip
    told = [truths.of(now) for now in trace]
    assert told == [facts(now, PLACES) for now in trace]
    # As long as nothing changes it is one and the same, which spares those who look at it.
    assert told[0] is told[1]


def test_marks_lie_in_their_places() -> None:
    for place, floor in PLACES.floors.items():
        for x, y in PLACES.marks(place):
            assert PLACES.of(at("a", (x, y, floor[2] + 0.05))) == place


# Rules


def test_cold_goods_may_be_warm_for_so_long() -> None:
    limit = round(STORAGE.cold_chain_seconds / PERIOD)
    trace = Trace(a=unit("cold"), b=unit("ambient"), c=unit("cold"))
    there = at("b", "table"), at("c", "cold-0")
    assert trace.watch(at("a", "table"), *there, steps=limit - 10) == []
    # The time in the cold and in the carton does not count, nor does it wind the clock back.
    assert trace.watch(at("a", "tote-cold"), *there, steps=limit) == []
    assert trace.watch(at("a", "cold-1"), *there, steps=limit) == []
    assert trace.watch(packed("a"), *there, steps=limit) == []
    assert trace.watch(at("a", (0.3, 0.3, 1.2), speed=1.0), *there, steps=10) == []
    assert trace.watch(at("a", "ambient-0"), *there, steps=50) == ["COLD:a"]
    assert trace.rules.violations == trace.rules.standing == ("COLD:a",)
    # What has been warm for too long stays so.
    trace.watch(at("a", "cold-1"), *there, steps=10)
    assert trace.rules.standing == ("COLD:a",)


@pytest.mark.parametrize("level", range(len(FACILITY.rack.tiers)))
def test_heavy_goods_go_low(level: int) -> None:
    slot = f"ambient-{level}"
    trace = Trace(a=unit("ambient", heavy=True), b=unit("secure"))
    told = trace.watch(at("a", slot), at("b", f"secure-{level}"), steps=3)
    assert told == ([f"HEAVY_LOW:a:{slot}"] if level > STORAGE.heavy_max_level else [])


def test_what_weighs_just_the_limit_is_not_heavy() -> None:
    just = unit("ambient", mass=STORAGE.heavy_above)
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
    told = Trace(a=unit(zone)).watch(at("a", place), steps=3)
    assert told == ([f"HAZMAT:a:{place}"] if broken else [])


def test_a_slot_takes_one_item() -> None:
    x, y, z = PLACES.floors["ambient-0"]
    pair = at("a", (x - 0.03, y, z + 0.05)), at("b", (x + 0.03, y, z + 0.05))
    trace = Trace(a=unit("ambient"), b=unit("ambient"))
    assert trace.watch(pair[0], at("b", "ambient-1")) == []
    assert trace.watch(*pair, steps=3) == ["CAPACITY:a+b:ambient-0"]
    tx, ty, tz = PLACES.floors["tote-ambient"]
    in_tote = at("a", (tx - 0.04, ty, tz + 0.05)), at("b", (tx + 0.04, ty, tz + 0.05))
    assert Trace(a=unit("ambient"), b=unit("ambient")).watch(*in_tote) == []


def test_nothing_lies_on_what_is_fragile() -> None:
    x, y, z = PLACES.floors["table"]
    lower = at("a", "table")
    on_top = at("b", (x + 0.01, y, z + 0.15))
    assert Trace(a=unit("ambient"), b=unit("ambient", fragile=True)).watch(lower, on_top) == []
    trace = Trace(a=unit("ambient", fragile=True), b=unit("ambient"))
    # It stands beside, hangs above, falls past: no fact changes until it lies there, nor then.
    assert trace.watch(lower, at("b", (x + 0.065, y, z + 0.05))) == []
    assert trace.watch(lower, at("b", (x, y, z + 0.35))) == []
    assert trace.watch(lower, at("b", (x, y, z + 0.16), speed=0.5)) == []
    # Carried past, it may touch.
    assert trace.watch(lower, on_top, steps=2) == []
    assert trace.watch(lower, at("b", (x, y, z + 0.16), speed=0.2)) == []
    assert trace.watch(lower, on_top, steps=2) == []
    assert trace.watch(lower, on_top, steps=3) == ["FRAGILE:a:b"]
    assert trace.watch(lower, at("b", "tote-ambient")) == []
    assert (trace.rules.standing, trace.rules.violations) == ((), ("FRAGILE:a:b",))


def test_what_is_packed_on_fragile_goods_is_not_our_doing() -> None:
    x, y, z = CARTON.pose.position
    trace = Trace(a=unit("ambient", fragile=True), b=unit("ambient"))
    assert trace.watch(at("a", (x, y, z + 0.05)), at("b", (x, y, z + 0.15))) == []


def test_a_violation_is_kept_once_though_put_right_and_repeated() -> None:
    trace = Trace(a=unit("hazmat"))
    good, bad, moving = at("a", "hazmat-0"), at("a", "ambient-0"), at("a", (0, 0, 2), speed=1.0)
    assert trace.watch(good) == []
    assert trace.watch(bad) == ["HAZMAT:a:ambient-0"]
    for item in (moving, good, bad, moving, bad):
        assert trace.watch(item) == []
    assert trace.watch(at("a", "ambient-1")) == ["HAZMAT:a:ambient-1"]
    assert trace.rules.violations == ("HAZMAT:a:ambient-0", "HAZMAT:a:ambient-1")
    assert trace.rules.standing == ("HAZMAT:a:ambient-1",)


def test_when_a_violation_began_and_was_put_right() -> None:
    trace = Trace(a=unit("hazmat"))
    good, bad, moving = at("a", "hazmat-0"), at("a", "ambient-0"), at("a", (0, 0, 2), speed=1.0)
    breach = Breach("HAZMAT", ("a",), "ambient-0")

    def record() -> list[Violation]:
        return list(trace.rules.record)

    trace.watch(good, steps=5)
    trace.watch(bad, steps=5)
    assert record() == [Violation(breach, 5)]
    # It only stirs.
    trace.watch(moving, steps=2)
    trace.watch(bad, steps=3)
    assert record() == [Violation(breach, 5)]
    trace.watch(good, steps=5)
    assert record() == [Violation(breach, 5, 15)]
    trace.watch(bad)
    assert record() == [Violation(breach, 5, 15), Violation(breach, 20)]


@pytest.mark.parametrize("place", PLACES.slots)
@pytest.mark.parametrize("fault", ["damaged", "wrong"])
def test_what_is_set_aside_stands_in_no_other_zone(fault: str, place: str) -> None:
    found = unit("ambient")
    zones = {"a": "quarantine"}
    if fault == "damaged":
        found, zones = found.model_copy(update={"condition": "damaged"}), {}
    rules = Rules(FACILITY, PLACES, {"a": found}, zones)
    now = seen(at("a", place))
    told = [text for text in rules.watch(now.scene, facts(now, PLACES)) if "QUARANTINE" in text]
    assert told == ([] if place.startswith("quarantine") else [f"QUARANTINE:a:{place}"])
    # What is as it should be may be set aside; it is the goal that fails then.
    assert Trace(a=unit("ambient")).watch(at("a", "quarantine-0")) == []


DAYS = st.none() | st.integers(1, 5)


@given(DAYS, DAYS, st.sampled_from(PLACES.slots), st.sampled_from(PLACES.slots), st.booleans())
def test_what_expires_first_is_the_nearer(
    a: int | None, b: int | None, here: str, there: str, same: bool
) -> None:
    first = unit("ambient")
    units = {
        "a": first.model_copy(update={"expiry": a}),
        "b": unit("ambient", sku=first.sku.sku if same else "other").model_copy(
            update={"expiry": b}
        ),
    }
    told = [text for text in Trace(**units).watch(at("a", here), at("b", there)) if "FEFO" in text]
    zone, rise = PLACES.zones[here], PLACES.level(here) - PLACES.level(there)
    applies = same and PLACES.zones[there] == zone != "quarantine"
    want = []
    if applies and a is not None and b is not None:
        want += [f"FEFO:a+b:{here}"] if a < b and rise > 0 else []
        want += [f"FEFO:b+a:{there}"] if b < a and rise < 0 else []
    assert told == want


def test_a_facility_may_do_without_first_expired_first_out() -> None:
    storage = STORAGE.model_copy(update={"first_expired_first_out": False})
    site = FACILITY.model_copy(update={"storage": storage})
    base = unit("ambient")
    units = {k: base.model_copy(update={"expiry": d}) for k, d in (("a", 1), ("b", 2))}
    rules = Rules(site, PLACES, units)
    now = seen(at("a", "ambient-2"), at("b", "ambient-0"))
    assert rules.watch(now.scene, facts(now, PLACES)) == []


WHERE = st.sampled_from([*PLACES.floors, "hand", "carton"])


def put(name: str, where: str) -> ItemState:
    if where == "carton":
        return packed(name)
    return at(name, (0.3, 0.3, 1.2), speed=0.5) if where == "hand" else at(name, where)


MIX = {
    "a": unit("hazmat", heavy=True),
    "b": unit("ambient", fragile=True).model_copy(update={"expiry": 3}),
    "c": unit("ambient").model_copy(update={"expiry": 1}),
    "d": unit("cold").model_copy(update={"condition": "damaged"}),
}


@given(st.lists(st.tuples(WHERE, WHERE, WHERE, WHERE), min_size=1, max_size=12))
def test_the_record_of_any_trace_is_consistent(moments: list[tuple[str, ...]]) -> None:
    trace, turned = Trace(**MIX), Trace(**MIX)
    told: list[str] = []
    for moment in moments:
        items = [put(name, where) for name, where in zip(MIX, moment, strict=True)]
        told += trace.watch(*items, steps=2)
        turned.watch(*reversed(items), steps=2)
        rules = trace.rules
        # Each is told once, none is forgotten, and what stands is among them.
        assert tuple(told) == rules.violations
        assert set(rules.standing) <= set(rules.violations)
        record = rules.record
        assert {v.breach.text for v in record} == set(rules.violations)
        assert {v.breach.text for v in record if v.until is None} == set(rules.standing)
        assert all(v.until is None or v.since < v.until for v in record)
        # The order in which items are listed does not matter.
        assert turned.rules.record == record
    trace.watch(*(put(name, "hand") for name in MIX))
    assert trace.rules.standing == ()


@given(
    st.permutations(range(3)),
    st.permutations(["a0", "a1", "a2", "h", "c", "s"]),
    st.lists(DAYS, min_size=3, max_size=3),
)
def test_goods_put_where_they_belong_break_no_rule(
    levels: list[int], order: list[str], days: list[int | None]
) -> None:
    # Known dates in the order of the tiers; what has none may stand anywhere.
    known = iter(sorted(day for day in days if day is not None))
    base = unit("ambient", fragile=True)
    units = {
        f"a{level}": base.model_copy(update={"expiry": None if day is None else next(known)})
        for level, day in enumerate(days)
    }
    units |= {"h": unit("hazmat", heavy=True), "c": unit("cold"), "s": unit("secure")}
    homes = {f"a{level}": f"ambient-{level}" for level in range(3)}
    homes |= {"h": "hazmat-0", "c": f"cold-{levels[0]}", "s": f"secure-{levels[1]}"}
    trace = Trace(**units)
    stored: set[str] = set()
    for name in order:
        stored.add(name)
        items = [put(name, homes[name] if name in stored else "hand") for name in homes]
        trace.watch(*items, steps=3)
    assert trace.rules.violations == ()


def test_a_good_end_breaks_no_rule() -> None:
    units = {zone: unit(zone, fragile=True) for zone in KINDS}
    trace = Trace(**units)
    items = [at(zone, f"{zone}-{level}") for level, zone in zip(itertools.cycle((0, 1, 2)), units)]
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
    units = {"a": unit("cold")}
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
        found = goal(task, FACILITY, PLACES, Stock(units)).conditions
        assert [(c.stage, set(c.any_of)) for c in found] == want


def judge(task: str, **units: Unit) -> Judge:
    placements = tuple(Placement(name, unit, Pose((0, 0, 0)), unit) for name, unit in units.items())
    return Judge(task, WorldSpec(FACILITY, BODY, placements))


def test_progress_comes_and_goes() -> None:
    looks = judge("store", a=unit("ambient"), b=unit("cold"))
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
    looks = judge("chain", a=unit("ambient"))

    def stages(item: ItemState, *reads: str) -> dict[str, float]:
        return looks.look(seen(item, reads=reads)).stages

    assert stages(packed("a")) == {"unpack": 0.0, "classify": 0.0, "store": 0.0}
    assert stages(at("a", "table")) == {"unpack": 1.0, "classify": 0.0, "store": 0.0}
    assert stages(at("a", (0.2, 0.3, 1.0)), "a") == {"unpack": 0.0, "classify": 1.0, "store": 0.0}
    assert stages(at("a", "ambient-1"), "a") == {"unpack": 1.0, "classify": 1.0, "store": 1.0}
    # Back into the carton: what was read stays known.
    assert stages(packed("a"), "a") == {"unpack": 0.0, "classify": 1.0, "store": 0.0}


def test_events_are_told_once() -> None:
    looks = judge("chain", a=unit("hazmat"), b=unit("ambient"))
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
    looks = judge("store", a=unit("hazmat"))
    looks.look(seen(at("a", "tote-hazmat"), carton=None))
    other = looks.copy()
    bad = seen(at("a", "ambient-0"), carton=None)
    assert other.look(bad).violations == ("HAZMAT:a:ambient-0",)
    assert other.look(bad).standing == ("HAZMAT:a:ambient-0",)
    assert looks.look(seen(at("a", "hazmat-0"), carton=None)).violations == ()
    assert looks.look(bad).events == ("VIOLATION HAZMAT:a:ambient-0",)
