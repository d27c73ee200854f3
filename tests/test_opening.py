"""The carton is opened by contact alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from warewheel.agents.inventory import OPEN
from warewheel.agents.perceive import TruePoses
from warewheel.agents.skills.hands import hand_of
from warewheel.agents.skills.moves import Mover
from warewheel.agents.skills.opening import open_carton
from warewheel.configs import load_cell
from warewheel.envs.scenario import scenario
from warewheel.sim.motion import Motion
from warewheel.sim.twin import Twin
from warewheel.sim.values import Action
from warewheel.sim.world import PERIOD, World


@pytest.fixture(params=["panda", "iiwa_vacuum"])
def mover(request: pytest.FixtureRequest) -> Iterator[Mover]:
    facility, body, _ = load_cell("parcel_hub", request.param)
    twin = Twin(facility, body)
    motion = Motion(twin, body.base, np.array(body.home), np.random.default_rng(0))
    yield Mover(facility, body, motion, PERIOD, hand_of(body))
    twin.close()


@pytest.mark.parametrize(
    ("seed", "carton"),
    [
        (0, {}),
        (1, {}),
        (2, {"seam": 0.05}),
        (3, {"size": (0.38, 0.33, 0.16), "cells": (3, 2)}),
    ],
)
def test_both_flaps_swing_open_and_the_items_stay(
    mover: Mover, seed: int, carton: dict[str, Any]
) -> None:
    world, perceiver = World(), TruePoses()
    facility, body, catalogue = load_cell("parcel_hub", mover.body.name)
    sealed = facility.carton.model_copy(update=carton)
    delivery = facility.delivery.model_copy(update={"cartons": (1, 1), "items": (2, 5)})
    facility = facility.model_copy(update={"cartons": (sealed,), "delivery": delivery})
    seen = world.build(scenario("chain", facility, body, catalogue, seed))
    for _ in range(100):
        seen = world.step(Action(np.array(body.home), (0.0,)))
    before = seen.scene
    skill = open_carton(mover, perceiver.perceive(seen))
    action = next(skill)
    touched_before_torn = False
    outcome = None
    while outcome is None:
        seen = world.step(action)
        assert world.carton is not None
        if world.contacts(world.body.id, world.carton.id):
            touched_before_torn |= seen.scene.carton is not None and all(seen.scene.carton.sealed)
        try:
            action = skill.send(perceiver.perceive(seen))
        except StopIteration as end:
            outcome = end.value
    world.close()
    assert outcome.success, outcome.cause
    assert touched_before_torn
    assert seen.scene.carton is not None
    assert min(seen.scene.carton.flaps) >= OPEN
    assert not any(seen.scene.carton.sealed)
    for old, new in zip(before.items, seen.scene.items, strict=True):
        assert np.abs(np.subtract(new.pose.position, old.pose.position)).max() < 0.02
