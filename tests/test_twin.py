"""The twin keeps up with what is believed, whatever comes and goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from warewheel.configs import load_cell
from warewheel.sim.twin import Held, Twin
from warewheel.sim.values import CartonState, ItemState, Pose

FACILITY, BODY, _ = load_cell("parcel_hub", "iiwa_vacuum")
HOME = np.array(BODY.home)
OPEN = (0.0,)


@pytest.fixture
def twin() -> Iterator[Twin]:
    made = Twin(FACILITY, BODY)
    yield made
    made.close()


def item(twin: Twin, name: str = "item-0") -> ItemState:
    """Return an item that the arm at home runs into."""
    return ItemState(name, twin.pose(HOME), (0.05, 0.05, 0.05), 0.0)


def carton(height: float) -> CartonState:
    layout = FACILITY.carton.model_copy(update={"size": (0.42, 0.39, height)})
    return CartonState("carton-0", layout, Pose((0.509, -0.05, 0.9)), (0, 0), (True, True), True)


def test_an_item_that_is_gone_is_touched_no_more(twin: Twin) -> None:
    twin.believe(None, [item(twin)], None, OPEN)
    assert twin.touches(HOME)
    twin.believe(None, [], None, OPEN)
    assert not twin.touches(HOME)
    twin.believe(None, [item(twin, "item-7")], None, OPEN)
    assert twin.touches(HOME)


def test_a_carton_of_other_measures_takes_the_place_of_the_last(twin: Twin) -> None:
    for height, touched in ((0.3, True), (0.1, False), (0.3, True)):
        twin.believe(carton(height), [], None, OPEN)
        assert twin.touches(HOME) == touched
    twin.believe(None, [], None, OPEN)
    assert not twin.touches(HOME)


def test_what_is_held_is_kept_while_it_is_out_of_sight(twin: Twin) -> None:
    held = Held("item-0", Pose((0.0, 0.0, 0.17)))
    twin.believe(carton(0.1), [item(twin)], held, OPEN)
    assert twin.touches(HOME)
    twin.believe(carton(0.1), [], held, OPEN)
    assert twin.touches(HOME)
    twin.believe(carton(0.1), [], None, OPEN)
    assert not twin.touches(HOME)


def test_an_unknown_thing_in_the_hand_is_no_crash(twin: Twin) -> None:
    twin.believe(None, [], Held("item-0", Pose((0.0, 0.0, 0.1))), OPEN)
    assert not twin.touches(HOME)
