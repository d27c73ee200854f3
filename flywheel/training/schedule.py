"""How long a training lasts, and how fast it learns when."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Share of the training in which the rate rises, and what is left of it at the end.
_RISE = 0.05
_LAST = 0.05


@dataclass(frozen=True, slots=True)
class Schedule:
    """Ends after so many steps or so much time, whichever comes first.

    With a limit of time, a rerun may end elsewhere; with steps alone, it gives the same weights.

    Attributes:
        rate: Highest learning rate.
        steps: None for no limit.
        seconds: None for no limit; on the clock, over all parts of a resumed training [s].
    """

    rate: float
    steps: int | None
    seconds: float | None

    def progress(self, step: int, elapsed: float) -> float:
        """Return the share of the training that is done after so many steps and seconds."""
        by_steps = step / self.steps if self.steps else 0.0
        by_clock = elapsed / self.seconds if self.seconds else 0.0
        return min(1.0, max(by_steps, by_clock))

    def rate_at(self, progress: float) -> float:
        """Return the learning rate: a straight rise, then a cosine."""
        if progress < _RISE:
            return self.rate * max(progress, 1e-3) / _RISE
        fallen = (progress - _RISE) / (1 - _RISE)
        return self.rate * (_LAST + (1 - _LAST) * 0.5 * (1 + math.cos(math.pi * fallen)))
