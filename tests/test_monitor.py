"""The monitor holds skills to their signatures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from warewheel.agents.domain import SIGNATURES, believed
from warewheel.agents.inventory import Inventory, take_stock
from warewheel.agents.monitor import Monitor
from warewheel.agents.perceive import Belief, TruePoses
from warewheel.agents.plan import Outcome, Subgoal
from warewheel.configs import load_cell
from warewheel.envs.options import SKILLS
from warewheel.envs.scenario import scenario
from warewheel.sim.facts import Places
from warewheel.sim.values import ItemState, Pose
from warewheel.sim.world import World

FACILITY, BODY, CATALOGUE = load_cell("parcel_hub", "panda")
PLACES = Places(FACILITY)
OK = Outcome(True)
PICK, SCAN = Subgoal("pick", "item-0"), Subgoal("scan", "item-0")
STOW = Subgoal("place", "item-0", "north-1")


def first(task: str) -> Belief:
    world = World()
    belief = TruePoses().perceive(world.build(scenario(task, FACILITY, BODY, CATALOGUE, 0)))
    world.close()
    return belief


def moved(belief: Belief, place: str) -> Belief:
    """Return the belief with item-0 standing in ``place``."""
    item = belief.item("item-0")
    x, y, z = PLACES.floors[place]
    there = ItemState(item.name, Pose((x, y, z + item.size[2] / 2), (0, 0, 0, 1)), item.size, 0.0)
    rest = tuple(other for other in belief.items if other.name != item.name)
    return replace(belief, items=(there, *rest))


def stock(belief: Belief, held: str | None = None) -> Inventory:
    return take_stock(belief, held, PLACES)


def test_every_option_has_a_signature() -> None:
    assert tuple(name for name, signature in SIGNATURES.items() if not signature.ends) == SKILLS


@pytest.mark.parametrize(
    ("subgoal", "cause"),
    [
        (Subgoal("juggle"), "HALLUC_SKILL"),
        (Subgoal("pick", "item-99"), "HALLUC_ITEM"),
        (Subgoal("place", "item-0", "attic"), "HALLUC_PLACE"),
        (SCAN, "MISSING_STEP"),
        (Subgoal("open"), "MISSING_STEP"),
        (PICK, ""),
    ],
)
def test_a_refusal_names_the_reason(subgoal: Subgoal, cause: str) -> None:
    assert Monitor(PLACES).refusal(subgoal, stock(first("store"))) == cause


def test_what_lies_under_closed_flaps_cannot_be_picked() -> None:
    assert Monitor(PLACES).refusal(PICK, stock(first("chain"))) == "MISSING_STEP"


def test_a_need_that_held_before_is_out_of_order() -> None:
    monitor, belief = Monitor(PLACES), first("store")
    assert monitor.refusal(PICK, stock(belief)) == ""
    assert monitor.refusal(PICK, stock(belief, "item-1")) == "WRONG_ORDER"


@pytest.mark.parametrize(
    ("subgoal", "held", "cause"),
    [(PICK, None, "GRASP_SLIP"), (SCAN, "item-0", "UNREADABLE"), (STOW, None, "DROP")],
)
def test_a_success_without_its_effect_is_a_failure(
    subgoal: Subgoal, held: str | None, cause: str
) -> None:
    belief = first("classify")
    assert Monitor(PLACES).judge(subgoal, OK, stock(belief, held)) == Outcome(False, cause)


def test_a_success_with_its_effect_stands() -> None:
    belief = first("store")
    monitor = Monitor(PLACES)
    assert monitor.judge(PICK, OK, stock(belief, "item-0")) == OK
    assert monitor.judge(SCAN, OK, stock(belief, "item-0")) == OK
    assert monitor.judge(STOW, OK, stock(moved(belief, "north-1"))) == OK
    lost = Outcome(False, "IK")
    assert monitor.judge(STOW, lost, stock(moved(belief, "north-1"))) == lost


def test_believed_facts_follow_the_scene() -> None:
    facts = believed(stock(first("chain")), PLACES)
    assert ("hand", "empty") in facts
    assert ("in", "item-0", "carton") in facts
    assert not {("docked", "carton"), ("open", "carton"), ("clear", "item-0")} & facts
    stored = believed(stock(moved(first("store"), "north-1"), "item-1"), PLACES)
    assert {("at", "item-0", "north-1"), ("held", "item-1"), ("known", "item-0")} <= stored
