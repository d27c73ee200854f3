"""Domain randomisation: what varies stays a cell that works, and follows from its seed."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pybullet as p
import pytest

from warewheel.configs import ConfigError, load_cell, load_facility, names, vary
from warewheel.configs.feasibility import reasons
from warewheel.configs.layout import places
from warewheel.configs.schema import Facility
from warewheel.envs.scenario import scenario
from warewheel.sim.camera import OVERVIEW, take
from warewheel.sim.motion import Motion
from warewheel.sim.twin import Twin
from warewheel.sim.world import World

ROOT = Path(__file__).resolve().parent.parent
CELLS = [(facility, body) for facility in names("facility") for body in names("body")]
LEVELS = names("variation")
# Deepest overlap of two solids before the first step [m].
OVERLAP = 0.002


def varied(facility: str, body: str, level: str, seed: int) -> Facility:
    site, robot, stock = load_cell(facility, body)
    return vary(site, level, np.random.default_rng(seed), robot, stock)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("facility", "body"), CELLS)
def test_what_varies_works_and_follows_from_its_seed(facility: str, body: str, level: str) -> None:
    site, robot, stock = load_cell(facility, body)
    seen = []
    for seed in range(100):
        one = varied(facility, body, level, seed)
        assert reasons(one, robot, stock) == []
        assert varied(facility, body, level, seed) == one
        # It is all plain data that a file could hold.
        if seed < 5:
            assert Facility.model_validate(one.model_dump()) == one
        seen.append(one)
    for part in ("conveyor", "table", "scanner", "totes", "rack", "surroundings"):
        kinds = {getattr(one, part) for one in seen}
        assert len(kinds) > 90, f"the {part} hardly varies"
    for part in ("name", "catalogue", "cartons", "zones", "storage", "delivery"):
        assert all(getattr(one, part) == getattr(site, part) for one in seen)


def test_nothing_varies_at_level_none() -> None:
    site, robot, stock = load_cell("parcel_hub", "panda")
    rng = np.random.default_rng(0)
    assert vary(site, "none", rng, robot, stock) is site
    assert rng.uniform() == np.random.default_rng(0).uniform()
    with pytest.raises(ConfigError, match="level 'strung' is unknown; allowed: none, mild, strong"):
        vary(site, "strung", rng, robot, stock)


def test_a_part_that_does_not_fit_stays(tmp_path: Path) -> None:
    site, robot, stock = load_cell("parcel_hub", "panda")
    wild = (ROOT / "configs/variations/strong.yaml").read_text()
    wild = wild.replace("table: [0.030, 0.030, 0.020]", "table: [9.0, 9.0, 9.0]")
    file = tmp_path / "wild.yaml"
    file.write_text(wild)
    for seed in range(5):
        one = vary(site, str(file), np.random.default_rng(seed), robot, stock)
        assert one.table.centre == site.table.centre
        assert one.rack != site.rack
        assert reasons(one, robot, stock) == []


@pytest.mark.parametrize(("facility", "body"), CELLS)
def test_every_place_of_a_varied_cell_can_be_worked_at(facility: str, body: str) -> None:
    _, robot, _ = load_cell(facility, body)
    home = np.array(robot.home)
    for seed in range(3):
        site = varied(facility, body, "strong", seed)
        twin = Twin(site, robot)
        motion = Motion(twin, robot.base, home, np.random.default_rng(0))
        missed = {
            name
            for name, (x, y, z) in places(site).items()
            for height, yaw in itertools.product((robot.lowest, 0.2), (0.0, math.pi / 2))
            if not motion.postures((x, y, z + height), yaw, home)
        }
        twin.close()
        # Of a tote's two marks one will do.
        other = str.maketrans("01", "10")
        alone = [
            n for n in missed if " mark " not in n or n[:-1] + n[-1].translate(other) in missed
        ]
        assert not alone, f"seed {seed}"


@pytest.mark.parametrize("level", ["none", *LEVELS])
@pytest.mark.parametrize(("facility", "body"), CELLS)
def test_nothing_is_built_into_anything(facility: str, body: str, level: str) -> None:
    _, robot, stock = load_cell(facility, body)
    world = World()
    for seed, task in enumerate(("chain", "classify", "store")):
        world.build(scenario(task, varied(facility, body, level, seed), robot, stock, seed))
        p.performCollisionDetection(physicsClientId=world.client)
        for contact in p.getContactPoints(physicsClientId=world.client):
            assert contact[8] > -OVERLAP, contact
    world.close()


def test_light_and_shades_show() -> None:
    world = World()
    pictures = []
    for level in ("none", *LEVELS):
        _, robot, stock = load_cell("parcel_hub", "panda")
        world.build(scenario("chain", varied("parcel_hub", "panda", level, 1), robot, stock, 0))
        pictures.append(take(world, OVERVIEW).rgb.astype(int))
    world.close()
    mild, strong = (np.abs(picture - pictures[0]).mean() for picture in pictures[1:])
    assert 1.0 < mild < strong


def test_slots_follow_the_rack_that_they_are_of() -> None:
    rack = load_facility("parcel_hub").rack
    before = dict(rack.slots)
    tiers = tuple((y, z + 0.1) for y, z in rack.tiers)
    raised = rack.model_copy(update={"tiers": tiers})
    assert all(raised.slots[name][2][2] == z + 0.1 for name, (_, _, (_, _, z)) in before.items())
    assert dict(rack.slots) == before
