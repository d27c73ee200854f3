"""Hands by name: who judges grips."""

from __future__ import annotations

import functools
from pathlib import Path

from .language.loading import hashed
from .skills.scorer import WEIGHTS, Scorer

# Grips are tried in a fixed order.
HEURISTIC = "heuristic"
# Stands beside the weights of a hand's model, or in their place: then it is the heuristic.
CARD = "card.json"


@functools.cache
def scorer_of(hand: str) -> Scorer | None:
    """Return what judges grips for a hand: nothing for the heuristic.

    Args:
        hand: `HEURISTIC`, or the folder of a hand's model.

    Raises:
        ValueError: There is no such model, or it is damaged.
    """
    if hand == HEURISTIC:
        return None
    folder = Path(hand)
    if (folder / WEIGHTS).exists():
        return Scorer.load(folder)
    if (folder / CARD).exists():
        return None
    raise ValueError(
        f"hand '{hand}' is unknown; allowed: {HEURISTIC}, or a folder with {WEIGHTS}, such as "
        "those that warewheel flywheel writes"
    )


@functools.cache
def hand_id(hand: str) -> str:
    """Return what results call a hand: its name, and a hash of its weights if it has any."""
    found = weights_of(hand)
    return found if found == HEURISTIC else f"{hand}@{found}"


@functools.cache
def weights_of(hand: str) -> str:
    """Return a hash of a hand's weights, or `HEURISTIC` if it has none."""
    return HEURISTIC if scorer_of(hand) is None else hashed([Path(hand) / WEIGHTS])[:16]
