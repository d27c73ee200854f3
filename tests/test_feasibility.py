"""A cell that cannot work is refused by name and reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warewheel.configs import ConfigError, check, load_cell, zone_of
from warewheel.configs.schema import Body, Catalogue, Facility, SlottingRule, Strict, Unit

HUB, PANDA, GENERAL = load_cell("parcel_hub", "panda")


def with_(model: Strict, **fields: Any) -> Any:
    """Return a validated copy; ``a__b=1`` changes field b of part a."""
    data: dict[str, Any] = model.model_dump()
    for path, value in fields.items():
        *parents, last = path.split("__")
        part: Any = data
        for parent in parents:
            part = part[int(parent) if parent.isdigit() else parent]
        part[last] = value
    return type(model).model_validate(data)


def refusal(
    facility: Facility = HUB, body: Body = PANDA, catalogue: Catalogue = GENERAL
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check(facility, body, catalogue)
    head, *reasons = str(caught.value).splitlines()
    assert head == "facility 'parcel_hub' with body 'panda' cannot work:"
    return [reason.strip() for reason in reasons]


def first_item(**fields: Any) -> Catalogue:
    changed: Catalogue = with_(GENERAL, **{f"items__0__{k}": v for k, v in fields.items()})
    return changed


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"shape": "box", "size": (0.12, 0.05, 0.1)},
            "does not fit a cell of 0.095 x 0.154 m of carton 'double-wall'",
        ),
        (
            {"shape": "box", "size": (0.07, 0.05, 0.17)},
            "it is 0.170 m high; under the flaps of carton 'double-wall'",
        ),
        (
            {"shape": "box", "size": (0.15, 0.05, 0.1)},
            "its footprint 0.150 x 0.050 m does not fit a slot of",
        ),
        ({"shape": "box", "size": (0.20, 0.05, 0.1)}, "does not fit tote-north of"),
    ],
)
def test_items(fields: dict[str, Any], says: str) -> None:
    reasons = refusal(catalogue=first_item(**fields))
    mine = [reason for reason in reasons if reason.startswith("item 'drinking-glass': ")]
    assert any(says in reason for reason in mine), reasons


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"table__spots": ((0.9, 0.0),)}, "table spot 0 is 0.900 m from the base; panda reaches"),
        ({"table__spots": ((0.1, -0.1),)}, "table spot 0 is 0.141 m from the base"),
        ({"scanner__position": (0.16, -0.34, 0.2)}, "scanner is 0.200 m high; panda sets"),
        ({"conveyor__dock": (0.75, 0.0, 0.5)}, "carton 'double-wall' cell (2, 0) is 0.801 m"),
        ({"rack__tiers": ((0.45, 0.5), (0.57, 0.61), (0.9, 0.72))}, "slot north-2 is 0.9"),
        ({"rack__tiers": ((0.39, 0.5), (0.51, 0.61), (0.63, 1.1))}, "slot north-2 is 1.100 m high"),
        ({"rack__tiers": ((0.39, 0.5), (0.43, 0.61), (0.63, 0.7))}, "tiers 0.040 m apart overlap"),
        ({"cartons__0__cells": (5, 2)}, "5 cells of 0.095 m do not fit the 0.420 m of carton"),
        ({"delivery__items": (2, 7)}, "7 items do not fit the 6 cells of carton 'half'"),
        ({"rack__tiers": ((0.5, 0.5),)}, "a delivery of 12 items does not fit the 6 slots"),
        ({"rack__tiers": ()}, "zone 'north' has no slot in the rack; item '"),
        ({"totes": ()}, "zone 'hazmat' has no tote; item '"),
    ],
)  # fmt: skip
def test_facilities(fields: dict[str, Any], says: str) -> None:
    reasons = refusal(with_(HUB, **fields))
    assert any(says in reason for reason in reasons), reasons


def test_a_body_that_can_handle_too_little_is_refused() -> None:
    heavy = with_(GENERAL, **{f"items__{k}__mass": 2.5 for k in range(len(GENERAL.items))})
    reasons = refusal(catalogue=heavy)
    assert "what panda can handle fills 0 slots; a delivery may hold 12 items" in reasons
    assert "item 'drinking-glass': it weighs 2.50 kg; the payload is 2.00 kg" in reasons


def test_an_item_that_the_body_cannot_handle_may_be_in_stock() -> None:
    check(HUB, PANDA, first_item(mass=2.5))


def test_a_far_tote_is_named() -> None:
    totes = tuple(
        tote.model_copy(update={"position": (2.0, 0.0, 0.56)}) if tote.zone == "secure" else tote
        for tote in HUB.totes
    )
    reasons = refusal(HUB.model_copy(update={"totes": totes}))
    says = "tote-secure mark 0 is 1.954 m from the base; panda reaches from 0.300 to 0.735 m"
    assert says in reasons


def test_a_zone_without_column() -> None:
    columns = tuple(c for c in HUB.rack.columns if c.zone != "secure")
    reasons = refusal(with_(HUB, rack__columns=columns))
    assert (
        "zone 'secure' has no slot in the rack; item 'pain-relief-tablets' belongs there" in reasons
    )


def test_quarantine_needs_a_place() -> None:
    columns = tuple(c for c in HUB.rack.columns if c.zone != "quarantine")
    totes = tuple(tote for tote in HUB.totes if tote.zone != "quarantine")
    rack = HUB.rack.model_copy(update={"columns": columns})
    assert refusal(HUB.model_copy(update={"totes": totes, "rack": rack})) == [
        "zone 'quarantine' has no slot in the rack; what is damaged belongs there",
        "zone 'quarantine' has no tote; what is damaged belongs there",
    ]


def test_an_item_that_no_rule_wants() -> None:
    rules = tuple(rule for rule in HUB.storage.slotting if rule.zone != "east")
    facility = with_(HUB, storage__slotting=[rule.model_dump() for rule in rules])
    # No rule sends anything east, so there is no such route any more; a label may still name it.
    check(facility, PANDA, GENERAL)
    rules = tuple(rule for rule in HUB.storage.slotting if not rule.route)
    facility = with_(HUB, storage__slotting=[rule.model_dump() for rule in rules])
    says = "item 'clementines' matches no slotting rule; end the list with a bare zone"
    assert says in refusal(facility)


def test_the_first_matching_rule_wins() -> None:
    pen = Unit(sku=next(sku for sku in GENERAL.items if sku.sku == "fountain-pen"))
    assert zone_of(pen, HUB.storage) == "secure"
    first = SlottingRule(zone="east", category=("stationery",))
    storage = HUB.storage.model_copy(update={"slotting": (first, *HUB.storage.slotting)})
    assert zone_of(pen, storage) == "east"


def test_routes_and_faults_decide() -> None:
    socks = Unit(sku=next(sku for sku in GENERAL.items if sku.sku == "wool-socks"), route="south")
    assert zone_of(socks, HUB.storage) == "south"
    assert zone_of(socks, HUB.storage, ["wrong"]) == "quarantine"
    torn = socks.model_copy(update={"condition": "damaged"})
    assert zone_of(torn, HUB.storage) == "quarantine"
    storage = HUB.storage.model_copy(update={"quarantine": {}})
    assert zone_of(torn, storage) == "south"
    rule = SlottingRule(zone="east", condition=("damaged",))
    storage = storage.model_copy(update={"slotting": (rule, *storage.slotting)})
    assert (zone_of(torn, storage), zone_of(socks, storage)) == ("east", "south")


@given(st.floats(0.01, 0.2), st.floats(0.01, 0.2), st.floats(0.01, 0.2), st.floats(0.01, 4.0))
def test_a_smaller_lighter_item_is_never_refused_where_a_larger_is_not(
    x: float, y: float, z: float, mass: float
) -> None:
    def works(scale: float) -> bool:
        size = (x * scale, y * scale, z * scale)
        try:
            check(HUB, PANDA, first_item(shape="box", size=size, mass=mass * scale))
        except ConfigError:
            return False
        return True

    assert works(0.5) >= works(1.0)
