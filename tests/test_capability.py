"""What a body can handle is known before it is tried."""

from __future__ import annotations

from typing import Any

import pytest

from warewheel.configs import load_body, load_catalogue
from warewheel.configs.capability import reaches, refusals
from warewheel.configs.schema import Sku

PANDA, IIWA = load_body("panda"), load_body("iiwa_vacuum")
CATALOGUES = ("general", "grocer", "returns")
GOODS = {sku.sku: sku for name in CATALOGUES for sku in load_catalogue(name).items}


def like(name: str, **fields: Any) -> Sku:
    return Sku.model_validate(GOODS[name].model_dump() | fields)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"size": (0.08, 0.078, 0.1)}, "its narrow side is 0.078 m; the jaws take up to 0.070 m"),
        ({"mass": 2.5}, "it weighs 2.50 kg; the payload is 2.00 kg"),
        ({"mass": 1.9, "friction": 0.1}, "it weighs 1.90 kg; the jaws' friction holds up to"),
    ],
)
def test_jaws_refuse(fields: dict[str, Any], says: str) -> None:
    assert any(reason.startswith(says) for reason in refusals(PANDA, like("garden-peas", **fields)))


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        ("garden-peas", {"mass": 1.4}, "it weighs 1.40 kg; the payload is 1.35 kg"),
        (
            "garden-peas",
            {"size": (0.08, 0.015, 0.1)},
            "its top is flat over 0.015 m; the cup needs",
        ),
        ("whole-milk", {"size": (0.04, 0.04, 0.1)}, "its top is flat over 0.017 m; the cup needs"),
        ("rubber-duck", {}, "its top is flat over 0.000 m; the cup needs"),
    ],
)
def test_a_cup_refuses(name: str, fields: dict[str, Any], says: str) -> None:
    (reason,) = refusals(IIWA, like(name, **fields))
    assert reason.startswith(says)


def test_a_cup_takes_what_jaws_are_too_narrow_for() -> None:
    wide = like("garden-peas", size=(0.09, 0.078, 0.1))
    assert refusals(PANDA, wide)
    assert not refusals(IIWA, wide)


def test_most_of_the_stock_suits_either_body() -> None:
    assert not any(refusals(PANDA, sku) for sku in GOODS.values())
    assert {name for name, sku in GOODS.items() if refusals(IIWA, sku)} == {
        name for name, sku in GOODS.items() if sku.mesh is not None and not sku.mesh.flat_top
    }


def test_reach_has_a_near_and_a_far_end() -> None:
    assert reaches(PANDA, (0.5, 0.0, 0.6))
    assert not reaches(PANDA, (0.2, 0.0, 0.6))
    assert not reaches(PANDA, (0.8, 0.0, 0.6))
    assert not reaches(PANDA, (0.5, 0.0, 0.2))
