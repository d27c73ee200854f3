"""The training loop: one batch after another, with checkpoints on the way."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from . import checkpoint
from .lessons import Lesson, batches, collate
from .loss import batch_loss
from .optimisers import optimisers
from .precision import mixed
from .schedule import Schedule

_CLIP = 1.0
# The loss shown is a mean over about this many steps.
_MEMORY = 20


class Diverged(Exception):
    """The loss is no longer a number; nothing was written since the last checkpoint."""


class Stopped(Exception):
    """The user stopped the training; what was done is in the checkpoint."""


@dataclass(frozen=True, slots=True)
class Tick:
    """How a training stands after a step.

    Attributes:
        step: Steps done.
        progress: Share of the training that is done, 0 to 1.
        loss: Mean over the last steps [nat].
        speed: Tokens per second since the training began or went on, padding not counted.
        left: Time until the end at this pace [s].
    """

    step: int
    progress: float
    loss: float
    speed: float
    left: float


@dataclass(frozen=True, slots=True)
class Course:
    """What does not change during a training.

    Attributes:
        out: Where checkpoints go.
        schedule: How long, how fast.
        batch: Tokens learnt from at each step.
        pad: The token that fills up.
        seed: Of the order of lessons.
        pause: Time between checkpoints [s].
        terms: What a resumed training must have in common with this one.
        turning: Train matrices by Muon.
    """

    out: Path
    schedule: Schedule
    batch: int
    pad: int
    seed: int
    pause: float
    terms: dict[str, Any]
    turning: bool = False


def fit(
    model: Any,
    lessons: Sequence[Lesson],
    course: Course,
    resume: bool,
    watch: Callable[[Tick], None],
) -> tuple[int, float, float]:
    """Train a model in place; return steps, mean loss of the last ones, and time [s].

    Args:
        model: Its parameters that need gradients are trained.
        lessons: What to learn.
        course: How.
        resume: Whether to go on from the checkpoint.
        watch: Called after every step.

    Raises:
        Diverged: The loss is not a number.
        Stopped: The user pressed Ctrl-C.
    """
    weights = [weight for _, weight in checkpoint.learnt(model)]
    each = optimisers(model, course.turning)
    step, before, loss = 0, 0.0, math.nan
    if resume:
        checkpoint.restore(course.out, model, each)
        about = checkpoint.read_about(course.out)
        step, before, loss = about["step"], about["seconds"], about["loss"]
    schedule, started, read = course.schedule, time.monotonic(), 0

    def elapsed() -> float:
        return before + time.monotonic() - started

    def keep() -> None:
        about = {**course.terms, "step": step, "seconds": elapsed(), "loss": loss}
        checkpoint.save(course.out, model, each, about)

    model.train()
    order = islice(batches([len(o.tokens) for o in lessons], course.batch, course.seed), step, None)
    kept = started
    with _interrupts() as interrupted:
        while (progress := schedule.progress(step, elapsed())) < 1:
            some = [lessons[k] for k in next(order)]
            for group in (group for optimiser in each for group in optimiser.param_groups):
                group["lr"] = schedule.rate_at(progress) * group["share"]
            now = _step(model, each, weights, some, course.pad, step)
            step += 1
            read += sum(len(one.tokens) for one in some)
            loss = now if math.isnan(loss) else loss + (now - loss) / _MEMORY
            spent = time.monotonic() - started
            progress = schedule.progress(step, elapsed())
            watch(Tick(step, progress, loss, read / spent, elapsed() * (1 / progress - 1)))
            if interrupted.is_set():
                keep()
                raise Stopped(f"stopped after {step} steps; --resume goes on from there")
            if time.monotonic() - kept >= course.pause:
                keep()
                kept = time.monotonic()
    # What is written of it can be written again.
    keep()
    model.eval()
    return step, loss, elapsed()


def _step(
    model: Any, each: list[Any], weights: list[Any], some: list[Lesson], pad: int, step: int
) -> float:
    """Learn from one batch; return its loss before."""
    import torch

    model.zero_grad(set_to_none=True)
    products = mixed(weights[0].device.type)
    with products:
        loss = batch_loss(model, *collate(some, pad))
    now = float(loss.detach())
    if math.isfinite(now):
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(weights, _CLIP))
        if math.isfinite(norm):
            with products:
                for optimiser in each:
                    optimiser.step()
            return now
    raise Diverged(
        f"the loss is no longer a number at step {step + 1} ({now:g}); nothing was saved of it"
    )


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Turn Ctrl-C into an event, so that no step is left half done; a second one is not caught."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
