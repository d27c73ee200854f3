"""Cartons arrive one after another, and leave when they are empty."""

from __future__ import annotations

import math
from typing import Any

import pytest

from warewheel.configs import names
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.sim.facts import inside


class Watch:
    """Notes which carton is where, and whether anything moves faster than physics allows."""

    def __init__(self) -> None:
        self.cartons: list[tuple[str, bool]] = []
        self.left_full: list[str] = []
        self.fastest = 0.0
        self.farthest_back = 0.0
        self._first: dict[str, float] = {}
        self._last: Any = None

    def on_reset(self, env: WarehouseEnv, agent: Any) -> None:
        self._last = env.observed.scene

    def on_step(self, env: WarehouseEnv, agent: Any, step: Any) -> None:
        scene, last = env.observed.scene, self._last
        carton, before = scene.carton, last.carton
        if carton is not None and (not self.cartons or self.cartons[-1] != _key(carton)):
            self.cartons.append(_key(carton))
        if carton is not None and (carton.name, True) not in self.cartons:
            x = carton.pose.position[0]
            start = self._first.setdefault(carton.name, x)
            self.farthest_back = max(self.farthest_back, x - start)
        if carton is None and before is not None:
            self.left_full += [i.name for i in last.items if inside(before, i)]
        poses = {item.name: item.pose.position for item in last.items}
        if carton is not None and before is not None and carton.name == before.name:
            self._note(carton.pose.position, before.pose.position)
        for item in scene.items:
            if item.name in poses:
                self._note(item.pose.position, poses[item.name])
        self._last = scene

    def on_end(self, env: WarehouseEnv, agent: Any, episode: Any) -> None:
        pass

    def _note(self, a: Any, b: Any) -> None:
        self.fastest = max(self.fastest, math.dist(a, b) * 20)


def _key(carton: Any) -> tuple[str, bool]:
    return carton.name, carton.docked


@pytest.mark.parametrize("body", names("body"))
def test_three_cartons_are_emptied_in_turn(body: str) -> None:
    env = WarehouseEnv("chain", "parcel_hub", body, cartons=(3, 3), items=(1, 2))
    watch = Watch()
    try:
        episode = runner.run(env, "scripted", 3, [watch])
    finally:
        env.close()
    assert episode.success, episode.plan
    assert episode.violations == []
    # The last one stays at the dock.
    wanted = [(f"carton-{k}", docked) for k in range(3) for docked in (False, True, False)][:-1]
    assert watch.cartons == wanted
    assert watch.left_full == []
    assert watch.fastest < 3.0
    # A carton that comes down on a belt that still takes the last one away is jerked to and fro,
    # and what stands in it falls over.
    assert watch.farthest_back < 0.001


def test_a_closed_carton_does_not_leave() -> None:
    env = WarehouseEnv("chain", "parcel_hub", cartons=(2, 2), items=(2, 2))
    try:
        env.reset(seed=3)
        still = env.encode(env._last)
        for _ in range(200):
            env.step(still)
        assert env.observed.scene.carton is not None
        assert env.observed.scene.carton.docked
        assert env.observed.scene.carton.name == "carton-0"
    finally:
        env.close()
