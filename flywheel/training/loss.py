"""How far a model is from what the assistant said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lessons import Lesson, collate

_IGNORED = -100


@dataclass(frozen=True, slots=True)
class Measure:
    """How well a model knows lessons that it did not learn from.

    Attributes:
        loss: Mean over the assistant's tokens [nat].
        steps: Messages of the assistant.
        right: Those of them that it would have written itself, token for token, given what was
            said before.
    """

    loss: float
    steps: int
    right: int

    @property
    def accuracy(self) -> float:
        """Share of the assistant's messages that were right."""
        return self.right / self.steps if self.steps else 0.0


def batch_loss(model: Any, tokens: NDArray[np.int64], turns: NDArray[np.int64]) -> Any:
    """Return the mean loss [nat] over the assistant's tokens of a batch (lesson, length).

    Args:
        model: A causal language model.
        tokens: (lesson, length).
        turns: (lesson, length) the assistant's message that a token belongs to, or negative.
    """
    import torch

    logits, wanted = _predict(model, tokens, turns)
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), wanted.flatten(), ignore_index=_IGNORED
    )


def measure(model: Any, some: Sequence[Lesson], pad: int, batch: int) -> Measure:
    """Return how well a model knows lessons, read in batches of at most ``batch`` tokens."""
    import torch

    total, count, steps, right = 0.0, 0, 0, 0
    ordered = sorted(some, key=lambda one: len(one.tokens))
    while ordered:
        # From the long end, so that the first of a batch is its longest.
        together = ordered[-max(1, batch // len(ordered[-1].tokens)) :]
        del ordered[-len(together) :]
        tokens, turns = collate(together, pad)
        with torch.inference_mode():
            logits, wanted = _predict(model, tokens, turns)
            flat = logits.flatten(0, 1).float()
            losses = torch.nn.functional.cross_entropy(
                flat, wanted.flatten(), ignore_index=_IGNORED, reduction="none"
            ).cpu()
            hits = (logits.argmax(-1) == wanted).cpu().numpy()
        learnt = turns[:, _asked(turns) + 1]
        total += float(losses.sum())
        count += int((learnt >= 0).sum())
        for row_hits, row_turns in zip(hits, learnt, strict=True):
            for turn in np.unique(row_turns[row_turns >= 0]):
                steps += 1
                right += bool(row_hits[row_turns == turn].all())
    return Measure(total / max(1, count), steps, right)


def _asked(turns: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the places after which some lesson of a batch has a token to be learnt."""
    return np.flatnonzero((turns[:, 1:] >= 0).any(axis=0))


def _predict(model: Any, tokens: NDArray[np.int64], turns: NDArray[np.int64]) -> tuple[Any, Any]:
    """Return logits (lesson, place, words) and the words wanted there (lesson, place).

    Logits are computed only where some lesson of the batch has a word of the assistant's: with a
    large vocabulary all would not fit into memory.
    """
    import torch

    device = next(model.parameters()).device
    asked = _asked(turns)
    places = torch.from_numpy(asked).to(device)
    ids = torch.from_numpy(tokens).to(device)
    marks = torch.from_numpy(turns).to(device)
    logits = model(input_ids=ids, use_cache=False, logits_to_keep=places).logits
    wanted = ids[:, places + 1].masked_fill(marks[:, places + 1] < 0, _IGNORED)
    return logits, wanted
