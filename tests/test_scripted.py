"""What the scripted planner chooses when plans go wrong."""

from __future__ import annotations

from warewheel.agents.domain import believed
from warewheel.agents.inventory import HAND, Entry, Inventory
from warewheel.agents.plan import Done, Outcome, Subgoal
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Briefing, Request
from warewheel.configs import load_cell
from warewheel.sim.facts import TABLE, Places
from warewheel.sim.values import Read

FACILITY, ROBOT, CATALOGUE = load_cell("parcel_hub", "panda")
PLACES = Places(FACILITY)
ACETONE = next(sku for sku in CATALOGUE.items if sku.sku == "acetone")


def stock(**where: tuple[str, int]) -> Inventory:
    """Return bottles of acetone that were read, each in a place, with its expiry."""
    entries = {name: Entry(name, at, ACETONE.size, "intact") for name, (at, _) in where.items()}
    labels = {
        name: Read(name, ACETONE.gtin, "L1", expiry, "north") for name, (_, expiry) in where.items()
    }
    return Inventory(entries, labels, (), {}, "", docked=False, opened=False)


def choose(inventory: Inventory, *history: Done) -> Subgoal | None:
    planner = Scripted(Briefing("chain", FACILITY, ROBOT, CATALOGUE))
    return planner.next(Request("", inventory, believed(inventory, PLACES), history))


def test_what_stands_in_the_way_of_a_later_one_moves() -> None:
    """The later one must not stand lower, and the highest slot of its zone is taken."""
    assert choose(stock(early=("hazmat-2", 3), late=(TABLE, 30))) == Subgoal("pick", "early")
    lower = choose(stock(early=(HAND, 3), late=(TABLE, 30)))
    assert lower is not None and lower.place in ("hazmat-0", "hazmat-1")
    assert choose(stock(early=(lower.place, 3), late=(TABLE, 30))) == Subgoal("pick", "late")
    higher = choose(stock(early=(lower.place, 3), late=(HAND, 30)))
    assert higher is not None and higher.place == "hazmat-2"


def test_what_no_slot_is_left_for_stays_where_it_is() -> None:
    full = stock(
        a=("hazmat-0", 1), b=("hazmat-1", 2), c=("hazmat-2", 3), d=(TABLE, 4)
    )  # fmt: skip
    assert choose(full) is None


def test_what_could_not_be_put_away_waits_for_the_others() -> None:
    two = stock(a=(TABLE, 1), b=(TABLE, 2))
    assert choose(two) == Subgoal("pick", "a")
    shelved = Done(Subgoal("place", "a", TABLE), Outcome(True))
    assert choose(two, shelved) == Subgoal("pick", "b")
