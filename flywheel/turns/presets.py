"""How much is done in a turn."""

from __future__ import annotations

from dataclasses import dataclass

from warewheel.configs.choice import chosen

from . import brains, hands


@dataclass(frozen=True, slots=True)
class Preset:
    """Turns, what a brain and a hand may do in each, and what they do together.

    Attributes:
        turns: How many.
        brain: What a brain may do.
        hand: What a hand may do.
        chain: Deliveries in physics by which the first champions and the last are compared.
    """

    turns: int
    brain: brains.Budget
    hand: hands.Budget
    chain: int


PRESETS = {
    "quick": Preset(
        2,
        brains.Budget(
            shape="tiny", lessons=60, begin=40, episodes=24, shown=12, tales=8, alone=24,
            verified=1, steps=20, batch=2048, judged=2, examined=1,
        ),
        hands.Budget(drills=48, more=48, steps=200, judged=10, examined=10),
        chain=2,
    ),
    "full": Preset(
        4,
        brains.Budget(
            shape="small", lessons=200, begin=0, episodes=500, shown=3000, tales=3300, alone=1000,
            verified=4, steps=800, batch=8192, judged=12, examined=15,
        ),
        hands.Budget(drills=600, more=300, steps=1000, judged=70, examined=150),
        chain=30,
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        ValueError: There is none.
    """
    return chosen("preset", name, PRESETS)
