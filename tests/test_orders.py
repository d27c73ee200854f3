"""Orders: which goods they mean, how they stand for a delivery, where goods go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from warewheel.agents.inventory import Inventory
from warewheel.agents.planners.destinations import Destinations
from warewheel.agents.request import Briefing
from warewheel.configs import ConfigError, load_cell
from warewheel.configs.orders import means, moves_of, places_of, settle
from warewheel.configs.schema import Goods, Move, Order, Spot, Unit
from warewheel.envs.goal import Stock, goal
from warewheel.sim.facts import TABLE, Places
from warewheel.sim.values import Line, Manifest

HUB, BODY, CATALOGUE = load_cell("parcel_hub", "panda")
STORAGE = HUB.storage
PLACES = Places(HUB)


def unit(sku: str, route: str = "", **fields: Any) -> Unit:
    """Return a plain unit of a made-up SKU; ``fields`` are of the SKU."""
    plain = {
        "sku": sku, "category": "toys", "mass": 0.2, "size": (0.06, 0.06, 0.1),
        "temperature": "ambient", "hazard": "none", "high_value": False, "fragile": False,
    }  # fmt: skip
    made = CATALOGUE.items[0].model_copy(update={**plain, **fields})
    return Unit(sku=made, route=route)


def settled(goods: Goods, *units: Unit) -> Goods:
    order = settle(Order(moves=(Move(what=goods, to=Spot(zone="north")),)), units, STORAGE)
    return order.moves[0].what


ODD = unit(
    "odd", "north", category="tools", mass=STORAGE.heavy_above + 0.1, temperature="chilled",
    hazard="toxic", high_value=True, fragile=True,
)  # fmt: skip
PLAIN = unit("plain", "south")


@pytest.mark.parametrize(
    "goods",
    [
        Goods(category=("tools",)), Goods(sku=("odd",)), Goods(route=("north",)),
        Goods(temperature=("chilled", "frozen")), Goods(fragile=True), Goods(high_value=True),
        Goods(hazardous=True), Goods(heavy=True), Goods(but=Goods(category=("toys",))),
    ],
)  # fmt: skip
def test_each_attribute_tells_the_odd_one_from_the_plain_one(goods: Goods) -> None:
    assert means(goods, ODD, STORAGE)
    assert not means(goods, PLAIN, STORAGE)


@pytest.mark.parametrize("trait", ["fragile", "high_value", "hazardous", "heavy"])
def test_a_trait_that_must_not_be_there_means_the_others(trait: str) -> None:
    goods = Goods(**{trait: False})
    assert means(goods, PLAIN, STORAGE)
    assert not means(goods, ODD, STORAGE)


def test_goods_without_attributes_are_all_goods_and_an_empty_choice_is_none() -> None:
    assert means(Goods(), ODD, STORAGE) and means(Goods(), PLAIN, STORAGE)
    assert not means(Goods(sku=()), ODD, STORAGE)


def test_every_attribute_must_fit() -> None:
    assert means(Goods(fragile=True, category=("tools",)), ODD, STORAGE)
    assert not means(Goods(fragile=True, category=("toys",)), ODD, STORAGE)


def test_heavy_is_more_than_what_the_house_calls_heavy() -> None:
    just = unit("just", mass=STORAGE.heavy_above)
    assert not means(Goods(heavy=True), just, STORAGE)


# Comparisons

SMALL = unit("small", mass=0.1, size=(0.05, 0.05, 0.05), category="books")
BIG = unit("big", mass=0.3, size=(0.05, 0.05, 0.15))
TALL = unit("tall", mass=0.2, size=(0.05, 0.05, 0.18))


@pytest.mark.parametrize(
    ("goods", "sku"),
    [
        (Goods(extreme="heaviest"), "big"), (Goods(extreme="lightest"), "small"),
        (Goods(extreme="tallest"), "tall"), (Goods(extreme="shortest"), "small"),
        (Goods(extreme="lightest", category=("toys",)), "tall"),
        (Goods(extreme="heaviest", but=Goods(sku=("big",))), "tall"),
    ],
)  # fmt: skip
def test_a_comparison_is_answered_by_sku(goods: Goods, sku: str) -> None:
    found = settled(goods, SMALL, BIG, TALL)
    assert found.extreme is None
    assert [u.sku.sku for u in (SMALL, BIG, TALL) if means(found, u, STORAGE)] == [sku]


def test_two_of_the_same_sku_are_both_the_heaviest() -> None:
    found = settled(Goods(extreme="heaviest"), BIG, BIG, SMALL)
    assert found.sku == ("big",)


def test_a_comparison_among_nothing_means_nothing() -> None:
    found = settled(Goods(extreme="heaviest", category=("drinks",)), SMALL, BIG)
    assert not any(means(found, u, STORAGE) for u in (SMALL, BIG))


@pytest.mark.parametrize(("share", "clear"), [(0.0, False), (0.04, False), (0.06, True)])
def test_what_nobody_can_tell_apart_has_no_clear_answer(share: float, clear: bool) -> None:
    close = unit("close", mass=0.3 * (1 - share))
    if clear:
        assert settled(Goods(extreme="heaviest"), BIG, close).sku == ("big",)
    else:
        with pytest.raises(ConfigError, match="'big' and 'close' are both the heaviest"):
            settled(Goods(extreme="heaviest"), BIG, close)


def test_a_comparison_can_be_left_out() -> None:
    found = settled(Goods(but=Goods(extreme="heaviest")), SMALL, BIG)
    assert means(found, SMALL, STORAGE) and not means(found, BIG, STORAGE)


@given(st.permutations([SMALL, BIG, TALL]), st.sampled_from(["heaviest", "shortest"]))
def test_the_order_of_a_delivery_does_not_matter(units: list[Unit], extreme: Any) -> None:
    assert settled(Goods(extreme=extreme), *units) == settled(
        Goods(extreme=extreme), SMALL, BIG, TALL
    )


# Conditions

THERE, ELSEWHERE = Move(to=Spot(zone="north")), Move(to=Spot(zone="south"))
IF_BOOKS = Order(
    moves=(THERE,), if_any=Goods(category=("books",)), otherwise=(ELSEWHERE,), within=60.0
)


def test_a_condition_holds_if_the_delivery_has_such_goods() -> None:
    assert settle(IF_BOOKS, [SMALL, BIG], STORAGE).moves == (THERE,)
    assert settle(IF_BOOKS, [BIG], STORAGE).moves == (ELSEWHERE,)
    assert settle(IF_BOOKS, [], STORAGE).moves == (ELSEWHERE,)


@given(st.lists(st.sampled_from([SMALL, BIG, TALL])))
def test_a_settled_order_stays_settled(units: list[Unit]) -> None:
    once = settle(IF_BOOKS, units, STORAGE)
    assert once.if_any is None and not once.otherwise
    assert once.within == 60.0
    assert settle(once, [], STORAGE) == once


def test_otherwise_needs_a_condition() -> None:
    with pytest.raises(ValidationError, match="if_any"):
        Order(otherwise=(ELSEWHERE,))


# Places


def test_a_zone_has_its_slots_and_a_tier_one_of_them() -> None:
    assert places_of(Spot(zone="north"), HUB) == ("north-0", "north-1", "north-2")
    assert places_of(Spot(zone="north", level=1), HUB) == ("north-1",)


@pytest.mark.parametrize("place", ["table", "tote-east", "hazmat-2"])
def test_a_place_is_itself(place: str) -> None:
    assert places_of(Spot(place=place), HUB) == (place,)


@pytest.mark.parametrize(
    "spot", [Spot(zone="attic"), Spot(zone="north", level=9), Spot(place="north-9")]
)
def test_what_does_not_exist_has_no_places(spot: Spot) -> None:
    assert places_of(spot, HUB) == ()


@pytest.mark.parametrize("fields", [{}, {"zone": "a", "place": "b"}, {"place": "b", "level": 0}])
def test_a_spot_is_a_zone_or_a_place(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Spot.model_validate(fields)


# What follows for the goal


def at(order: Order, **units: Unit) -> dict[str, set[str]]:
    """Return the places where each item may end."""
    wanted = goal("store", HUB, PLACES, Stock(units), (order,)).conditions
    return {
        name: {fact[2] for fact in condition.any_of}
        for name, condition in zip(units, wanted, strict=False)
    }


def test_the_first_move_that_matches_wins() -> None:
    tools = Move(what=Goods(category=("tools",)), to=Spot(zone="north", level=0))
    order = Order(moves=(tools, ELSEWHERE))
    assert moves_of(order, ODD, STORAGE) == [tools, ELSEWHERE]
    ends = at(order, odd=ODD, plain=PLAIN)
    assert ends["odd"] == {"north-0"}
    assert ends["plain"] == {"south-0", "south-1", "south-2"}


def test_what_no_move_means_goes_home_or_onto_the_table() -> None:
    tools = Move(what=Goods(category=("tools",)), to=Spot(zone="north"))
    assert at(Order(moves=(tools,)), plain=PLAIN)["plain"] == set(
        places_of(Spot(zone="south"), HUB)
    )
    assert at(Order(moves=(tools,), rest="table"), plain=PLAIN)["plain"] == {TABLE}


def test_a_count_is_exact_and_leaves_open_which() -> None:
    some = Move(what=Goods(category=("toys",)), to=Spot(zone="north"), count=1)
    units = {"a": PLAIN, "b": PLAIN}
    ends = at(Order(moves=(some,)), **units)
    assert ends["a"] == set(places_of(Spot(zone="north"), HUB)) | set(
        places_of(Spot(zone="south"), HUB)
    )
    count = goal("store", HUB, PLACES, Stock(units), (Order(moves=(some,)),)).conditions[-1]
    one = frozenset({("at", "a", "north-0"), ("at", "b", "south-0")})
    assert count.holds(one)
    assert not count.holds(one | {("at", "b", "north-1")})
    assert not count.holds(frozenset())


def test_what_something_is_wrong_with_goes_where_the_house_puts_it() -> None:
    order = Order(moves=(THERE,))
    wanted = goal("store", HUB, PLACES, Stock({"a": PLAIN}, {"a": "quarantine"}), (order,))
    assert wanted.conditions[0].any_of == {
        ("at", "a", slot) for slot in places_of(Spot(zone="quarantine"), HUB)
    }


def test_an_order_about_one_carton_is_settled_by_that_carton() -> None:
    """Planner and judge must compare the same goods."""
    known = sorted((s for s in CATALOGUE.items if s.hazard == "none"), key=lambda s: s.mass)
    light, middle, heavy = known[0], known[len(known) // 2], known[-1]
    manifests = tuple(
        Manifest(f"carton-{k}", tuple(Line(f"line-{k}{n}", s.gtin, 1) for n, s in enumerate(skus)))
        for k, skus in enumerate([(light, middle), (light, heavy)])
    )
    order = Order(
        moves=(Move(what=Goods(extreme="heaviest"), to=Spot(zone="north")),), cartons=(0,)
    )
    papers = Inventory({}, {}, manifests, {}, "", docked=False, opened=False)
    found = Destinations(Briefing("chain", HUB, BODY, CATALOGUE, (order,))).order(papers, 0)
    assert found.moves[0].what.sku == (middle.sku,)
