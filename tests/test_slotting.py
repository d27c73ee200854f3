"""Laws of slotting: what is chosen breaks no rule and leaves room for what is expected."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from warewheel.agents.planners.slotting import Slotting
from warewheel.configs import load_cell
from warewheel.configs.schema import Sku, Unit

FACILITY, _, CATALOGUE = load_cell("parcel_hub", "panda")
STORAGE = FACILITY.storage
A, B = CATALOGUE.items[0], CATALOGUE.items[1]
SLOTS = {f"x-{level}": level for level in range(3)}


def unit(sku: Sku, expiry: int | None = None, heavy: bool = False) -> Unit:
    mass = STORAGE.heavy_above + (0.1 if heavy else -0.1)
    return Unit(sku=sku.model_copy(update={"mass": mass}), expiry=expiry)


def test_light_goods_go_up_and_heavy_goods_down() -> None:
    assert Slotting(STORAGE).order(unit(A), SLOTS, [], [])[0] == "x-2"
    heavy = Slotting(STORAGE).order(unit(A, heavy=True), SLOTS, [], [])
    assert heavy == [f"x-{k}" for k in range(STORAGE.heavy_max_level + 1)]


def test_room_is_left_for_what_expires_first() -> None:
    late, early = unit(A, 30), unit(A, 3)
    assert Slotting(STORAGE).order(early, SLOTS, [], [late])[0] != "x-2"
    assert Slotting(STORAGE).order(late, SLOTS, [], [early]) == ["x-2", "x-1"]


def test_without_a_good_slot_a_legal_one_is_better_than_none() -> None:
    free = {"x-0": 0}
    assert Slotting(STORAGE).order(unit(A, 30), free, [], [unit(A, 3)]) == ["x-0"]


def test_what_does_not_expire_stands_anywhere() -> None:
    lasting, early = unit(A), unit(A, 3)
    assert set(Slotting(STORAGE).order(lasting, SLOTS, [(early, 1)], [early])) == set(SLOTS)


UNITS = st.lists(
    st.builds(
        unit, st.sampled_from([A, B]), st.integers(1, 5), st.just(False)
    ),
    min_size=3, max_size=3,
)  # fmt: skip


@given(UNITS)
def test_units_stored_in_any_order_end_by_expiry(units: list[Unit]) -> None:
    """What was announced is stored without a violation, whichever comes first."""
    rules = Slotting(STORAGE)
    stored: list[tuple[Unit, int]] = []
    free = dict(SLOTS)
    for k, one in enumerate(units):
        slot = rules.order(one, free, stored, units[k + 1 :])[0]
        stored.append((one, free.pop(slot)))
    for (a, low), (b, high) in itertools.permutations(stored, 2):
        if a.sku.gtin == b.sku.gtin and (a.expiry or 0) < (b.expiry or 0):
            assert low < high


def test_more_than_fits_leaves_room_for_most_that_can_happen() -> None:
    """Four are announced for three slots; which one will not come is not known yet."""
    early, late = unit(A, 3), unit(A, 30)
    heavy, other = unit(B, heavy=True), unit(B.model_copy(update={"gtin": "0"}), 9)
    best = Slotting(STORAGE).order(early, SLOTS, [], [], [late, heavy, other])
    # On top it would keep the later one of its kind out for good.
    assert best and "x-2" not in best
    # What is known to come counts before what may come.
    free = {"x-0": 0, "x-2": 2}
    rules = Slotting(STORAGE)
    assert rules.order(heavy, free, [(early, 1)], [late], [other]) == ["x-0"]
    assert rules.order(other, free, [(early, 1)], [late], [heavy]) == ["x-0"]
