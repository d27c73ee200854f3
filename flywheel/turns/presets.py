"""How much is done in a turn."""

from __future__ import annotations

from dataclasses import dataclass

from warewheel.configs.choice import chosen

from .brains import Budget


@dataclass(frozen=True, slots=True)
class Preset:
    """Turns, and what a brain may do in each."""

    turns: int
    brain: Budget


PRESETS = {
    "quick": Preset(
        2,
        Budget(shape="tiny", lessons=60, begin=40, episodes=24, steps=20, judged=2, examined=1),
    ),
    "full": Preset(
        4,
        Budget(
            shape="small", lessons=500, begin=700, episodes=1000, steps=900, judged=20,
            examined=40,
        ),
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        ValueError: There is none.
    """
    return chosen("preset", name, PRESETS)
