"""What the scripted planner chooses when plans go wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from warewheel.agents.perceive import Belief
from warewheel.agents.plan import Done, Outcome, Subgoal
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Request
from warewheel.configs import load_cell
from warewheel.sim.facts import TABLE, Places
from warewheel.sim.values import ItemState, Pose, Proprioception, Read

FACILITY, _, CATALOGUE = load_cell("parcel_hub", "panda")
PLACES = Places(FACILITY)
ACETONE = next(sku for sku in CATALOGUE.items if sku.sku == "acetone")
BODY = Proprioception(
    joints=np.zeros(7), velocities=np.zeros(7), torques=np.zeros(7), external=np.zeros(7),
    tracking=np.zeros(7),
    closure=(0.0,), grip_force=(0.0,), tool=Pose((0, 0, 1)), wrench=np.zeros(6),
)  # fmt: skip


def believe(**where: tuple[str, int]) -> Belief:
    """Return the belief in bottles of acetone that were read, each in a place, with its expiry."""
    items, labels = [], {}
    for name, (place, expiry) in where.items():
        x, y, z = PLACES.floors[place]
        items.append(ItemState(name, Pose((x, y, z + ACETONE.size[2] / 2)), ACETONE.size, 0.0))
        labels[name] = Read(name, ACETONE.gtin, "L1", expiry, "north")
    return Belief(
        body=BODY, carton=None, items=tuple(items), labels=labels, manifests=(), origins={},
        tool=Pose((0, 0, 1)), step=0, age=0,
    )  # fmt: skip


def choose(belief: Belief, held: str | None = None, *history: Done) -> Subgoal | None:
    planner = Scripted("chain", FACILITY, CATALOGUE)
    return planner.next(Request("", belief, frozenset(), held, history))


def test_what_stands_in_the_way_of_a_later_one_moves() -> None:
    """The later one must not stand lower, and the highest slot of its zone is taken."""
    belief = believe(early=("hazmat-2", 3), late=(TABLE, 30))
    assert choose(belief) == Subgoal("pick", "early")
    lower = choose(belief, "early")
    assert lower is not None and lower.place in ("hazmat-0", "hazmat-1")
    moved = believe(early=(lower.place, 3), late=(TABLE, 30))
    assert choose(moved) == Subgoal("pick", "late")
    higher = choose(moved, "late")
    assert higher is not None and higher.place == "hazmat-2"


def test_what_no_slot_is_left_for_stays_where_it_is() -> None:
    full = believe(
        a=("hazmat-0", 1), b=("hazmat-1", 2), c=("hazmat-2", 3), d=(TABLE, 4)
    )  # fmt: skip
    assert choose(full) is None


def test_what_could_not_be_put_away_waits_for_the_others() -> None:
    belief = believe(a=(TABLE, 1), b=(TABLE, 2))
    x, y, z = belief.item("b").pose.position
    aside = replace(belief.item("b"), pose=Pose((x + 0.15, y, z)))
    belief = replace(belief, items=(belief.item("a"), aside))
    assert choose(belief) == Subgoal("pick", "a")
    shelved = Done(Subgoal("place", "a", TABLE), Outcome(True))
    assert choose(belief, None, shelved) == Subgoal("pick", "b")
