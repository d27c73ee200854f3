"""A local model that takes its chances: it writes what is likely, not always what is likeliest."""

from __future__ import annotations

from typing import Any

import numpy as np

from .decoding import Logits
from .local import LocalModel
from .model import Completion, Demand


class Sampled:
    """Draws each token by its probability.

    Args:
        model: Whose probabilities.
        temperature: Above 0; the lower, the more often the likeliest is drawn.
        seed: Same seed, same draws.
    """

    def __init__(self, model: LocalModel, temperature: float, seed: Any) -> None:
        self.name = model.name
        self._model, self._temperature = model, temperature
        self._rng = np.random.default_rng(seed)

    def complete(self, demand: Demand) -> Completion:
        """Return the assistant's next message; errors are those of the model."""
        return self._model.write(demand, self._drawn)

    def _drawn(self, logits: Logits) -> int:
        # The largest of logits with Gumbel noise is a draw from their softmax.
        return int((logits / self._temperature + self._rng.gumbel(size=logits.size)).argmax())
