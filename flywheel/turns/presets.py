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
            shape="small", lessons=300, begin=0, episodes=600, steps=450, judged=10, examined=20,
        ),
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """Return the preset of this name.

    Raises:
        ValueError: There is none.
    """
    return chosen("preset", name, PRESETS)
