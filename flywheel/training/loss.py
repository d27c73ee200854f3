"""How far a model is from what the assistant said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .lessons import Lesson, blocks, collate


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

    logits, wanted, _ = _predict(model, tokens, turns)
    return torch.nn.functional.cross_entropy(logits.float(), wanted)


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
            logits, wanted, (rows, places) = _predict(model, tokens, turns)
            losses = torch.nn.functional.cross_entropy(logits.float(), wanted, reduction="sum")
            hits = (logits.argmax(-1) == wanted).cpu().numpy()
        total += float(losses)
        count += len(rows)
        # One number for each message of the batch.
        messages = rows * (turns.max() + 1) + turns[rows, places + 1]
        steps += len(np.unique(messages))
        right += len(np.setdiff1d(messages, messages[~hits]))
    return Measure(total / max(1, count), steps, right)


def _predict(
    model: Any, tokens: NDArray[np.int64], turns: NDArray[np.int64]
) -> tuple[Any, Any, tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return logits (count, words) of the words to be learnt, these words (count,), and where.

    That is each one's lesson, and the place (count,) in it that it comes after. There are no other
    logits: with a large vocabulary all would not fit into memory, and even with a small one they
    take much of the time.
    """
    import torch

    device = next(model.parameters()).device
    rows, places = np.nonzero(turns[:, 1:] >= 0)
    asked, columns = np.unique(places, return_inverse=True)
    ids = torch.from_numpy(tokens).to(device)
    # The number of words is another in each batch; see `BLOCK`.
    more = 0, blocks(len(rows)) - len(rows)
    at = tuple(torch.from_numpy(np.pad(some, more)).to(device) for some in (rows, columns))

    def only_these(_: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0][at],)

    head = model.get_output_embeddings()
    hook = head.register_forward_pre_hook(only_these)
    try:
        keep = torch.from_numpy(asked).to(device)
        logits = model(input_ids=ids, use_cache=False, logits_to_keep=keep).logits
    finally:
        hook.remove()
    wanted = torch.from_numpy(tokens[rows, places + 1]).to(device)
    return logits[: len(rows)], wanted, (rows, places)
