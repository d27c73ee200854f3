"""The first act of every episode: a sealed carton rides to the dock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from warewheel.configs import load_cell
from warewheel.envs.scenario import delivery
from warewheel.sim.camera import OVERVIEW, take
from warewheel.sim.values import Action
from warewheel.sim.world import CONTROL_HZ, World

# The ride takes about 4 s; a carton that needs longer than this is stuck.
_PATIENCE = 20 * CONTROL_HZ


@dataclass(frozen=True, slots=True)
class Arrival:
    """What happened: whether the carton docked, after how many steps, and the hash of it."""

    docked: bool
    items: int
    steps: int
    hash: str


def arrive(facility: str, body: str, seed: int, picture: Path | None = None) -> Arrival:
    """Let a delivery ride to the dock while the robot rests; optionally save a picture."""
    site, robot, catalogue = load_cell(facility, body)
    rest = Action(np.array(robot.home), robot.gripper.opening)
    world = World()
    try:
        scene = world.build(delivery(site, robot, catalogue, seed)).scene
        steps = 0
        while steps < _PATIENCE and scene.carton is not None and not scene.carton.docked:
            scene = world.step(rest).scene
            steps += 1
        if picture is not None:
            picture.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(take(world, OVERVIEW, shadow=True).rgb).save(picture)
        docked = scene.carton is not None and scene.carton.docked
        return Arrival(docked, len(scene.items), steps, world.hash)
    finally:
        world.close()
