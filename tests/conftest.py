"""Settings shared by all tests."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same cases on every run, and no clock: a busy machine must not turn a test red.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

ZONES = ("north", "south", "east", "west")


def _delivery(rng: random.Random) -> list[dict[str, str]]:
    """A conversation whose answers are copied from its first message."""
    pairs = [
        (f"item-{k}", f"{rng.choice(ZONES)}-{rng.randint(1, 6)}")
        for k in rng.sample(range(1, 10), rng.randint(1, 3))
    ]
    told = ", ".join(f"{item} to {place}" for item, place in pairs)
    chat = [{"role": "user", "content": f"Put away: {told}."}]
    steps: list[dict[str, str]] = []
    for item, place in pairs:
        steps += [{"skill": "pick", "item": item}, {"skill": "place", "item": item, "place": place}]
    for step in [*steps, {"skill": "stop"}]:
        chat.append({"role": "assistant", "content": json.dumps(step)})
        chat.append({"role": "user", "content": "done"})
    return chat[:-1]


@pytest.fixture(scope="session")
def deliveries() -> Callable[[int, int], list[Any]]:
    """So many conversations, from a seed."""

    def make(count: int, seed: int) -> list[Any]:
        rng = random.Random(seed)
        return [_delivery(rng) for _ in range(count)]

    return make


@pytest.fixture(scope="session")
def little_brain(
    deliveries: Callable[[int, int], list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A tiny brain that has learnt a little; most of what it writes unguided is wrong."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from warewheel.flywheel.training.brain import Wish, train

    out = tmp_path_factory.mktemp("brain") / "little"
    train(deliveries(200, 0), Wish(out, "tiny", steps=40, threads=1))
    return out
