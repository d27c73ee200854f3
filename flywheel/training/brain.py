"""Training a brain: from conversations to a folder that ``LocalModel`` loads."""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from warewheel.agents.language.chat import Chat as Speech
from warewheel.agents.language.extra import need_brain
from warewheel.agents.language.loading import hashed, whereabouts
from warewheel.agents.language.threads import threads
from warewheel.flywheel.dataset.files.disk import write

from . import checkpoint
from .attention import in_blocks
from .fused import fused, worth
from .lessons import lessons
from .loop import Course, Tick, fit
from .loss import measure
from .precision import reduced
from .presets import preset
from .rows import Chat, digest, hold_out
from .schedule import Schedule
from .start import onward, scratch
from .tokenizer import save_tokenizer

CARD = "card.json"
_NEW = "new"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a training.

    Attributes:
        out: Folder for the model.
        shape: Name of a preset, for a model from scratch.
        tokenizer: Folder or name of a checkpoint whose tokenizer a model from scratch shares.
        base: Folder or name of a checkpoint to fine-tune instead.
        whole: Train all of its weights, not adapters beside them.
        steps: None for the preset's, if there is no limit of time either.
        passes: Over all conversations, at most; None for no limit.
        minutes: Longest time of learning; what comes before and after is not counted.
        batch: Tokens learnt from at each step, padding included; None for the usual number.
        rate: Highest learning rate; None for the usual one.
        seed: Of weights and of the order of lessons.
        resume: Go on from the checkpoint in ``out``.
        threads: Of torch; with another number the last bits of the weights may differ.
        device: Such as ``cpu`` or ``cuda``.
        held_share: Of different conversations, how many are measured on and not learnt from.
        held_most: Most of these.
        pause: Time between checkpoints [s].
    """

    out: Path
    shape: str = "small"
    tokenizer: str | None = None
    base: str | None = None
    whole: bool = False
    steps: int | None = None
    passes: int | None = None
    minutes: float | None = None
    batch: int | None = None
    rate: float | None = None
    seed: int = 0
    resume: bool = False
    threads: int = 2
    device: str = "cpu"
    held_share: float = 0.05
    held_most: int = 200
    pause: float = 60.0


def train(
    chats: Sequence[Chat],
    wish: Wish,
    held: Sequence[Chat] | None = None,
    watch: Callable[[Tick], None] = lambda _: None,
) -> dict[str, Any]:
    """Train a brain; return its card.

    The folder is complete when its card is there. Until then it holds a checkpoint alone.

    Args:
        chats: Conversations to learn from.
        wish: How.
        held: Conversations to measure on; if absent, some of ``chats`` are held out.
        watch: Called after every step.

    Raises:
        ValueError: What is asked for is impossible.
        Diverged: The loss is not a number.
        Stopped: The user pressed Ctrl-C.
    """
    need_brain("torch", "transformers", "tokenizers", "safetensors")
    goes_on = _check(wish)
    data = digest(chats)
    if held is None:
        chats, held = hold_out(chats, wish.held_share, wish.held_most)
    terms = {
        "data": data, "held_out": digest(held), "base": _origin(wish.base), "whole": wish.whole,
        "preset": None if wish.base else wish.shape, "tokenizer": _origin(wish.tokenizer),
        "batch": wish.batch, "rate": wish.rate, "seed": wish.seed,
    }  # fmt: skip
    if goes_on:
        _compare(checkpoint.read_about(wish.out), terms)
    with threads(wish.threads):
        return _train(chats, held, wish, goes_on, terms, watch)


def _train(
    chats: Sequence[Chat], held: Sequence[Chat], wish: Wish, goes_on: bool, terms: dict[str, Any],
    watch: Callable[[Tick], None],
) -> dict[str, Any]:  # fmt: skip
    """Train, measure and write; ``terms`` go into checkpoints and into the card."""
    import torch

    start = (
        onward(wish.base, wish.whole, wish.device, wish.seed)
        if wish.base
        else scratch(preset(wish.shape), chats, wish.device, wish.seed, wish.tokenizer)
    )
    model, tokenizer, context = start.model, start.tokenizer, start.context
    speech = Speech(tokenizer)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else speech.end
    learnt, lost = lessons(chats, speech, context)
    unseen, _ = lessons(held, speech, context)
    if not learnt or not unseen:
        raise ValueError(f"no conversation has an answer within the context of {context} tokens")
    steps = start.steps if wish.steps is None and wish.minutes is None else wish.steps
    batch = wish.batch or start.batch
    if wish.passes and steps:
        tokens = sum(len(one.tokens) for one in learnt)
        steps = min(steps, math.ceil(wish.passes * tokens / batch))
    schedule = Schedule(wish.rate or start.rate, steps, 60 * wish.minutes if wish.minutes else None)
    course = Course(wish.out, schedule, batch, pad, wish.seed, wish.pause, terms, start.turning)
    wish.out.mkdir(parents=True, exist_ok=True)
    if wish.device.startswith("cuda"):
        # Ten bits of a factor's mantissa are enough here, and the matrix units take no more.
        torch.set_float32_matmul_precision("high")
    compiled = worth(wish.device, batch * (math.inf if steps is None else steps))
    with in_blocks(model, wish.device), fused(model, compiled):
        done, loss, seconds = fit(model, learnt, course, goes_on, watch)

    model = start.trained()
    # The card speaks of the weights as they are stored.
    model = model.to(getattr(torch, start.kept)).float()
    found = measure(model, unseen, pad, batch)
    model = model.to(getattr(torch, start.kept))
    card = {
        **terms, "before": _before(wish.base),
        "rows": len(chats), "held_out_rows": len(held), "messages_beyond_context": lost,
        "steps": done, "batch": batch, "loss": round(loss, 6), "seconds": round(seconds, 1),
        "held_out_loss": round(found.loss, 6), "held_out_steps": found.steps,
        "held_out_right": found.right, "held_out_accuracy": round(found.accuracy, 6),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "threads": wish.threads, "device": wish.device, "python": platform.python_version(),
        "products": "bfloat16" if reduced(wish.device) else "float32", "compiled": compiled,
        "versions": {name: version(name) for name in ("warewheel", "torch", "transformers")},
    }  # fmt: skip
    _write(wish, model, tokenizer, card)
    return card


def _origin(base: str | None) -> str | None:
    """Return what a checkpoint is called anywhere: the name of its folder, and a hash of it."""
    folder = whereabouts(base) if base else None
    if folder is None or not folder.is_dir():
        return base
    return f"{folder.name}@{hashed(sorted(folder.glob('*.safetensors')))[:16]}"


def _before(base: str | None) -> list[dict[str, Any]]:
    """Return the cards of all that a checkpoint came from, and its own last, if it has one."""
    path = whereabouts(base) / CARD if base else None
    if path is None or not path.is_file():
        return []
    card = json.loads(path.read_text(encoding="utf-8"))
    return [*card.pop("before", []), card]


def _check(wish: Wish) -> bool:
    """Tell whether to go on from a checkpoint; refuse what would overwrite something.

    Raises:
        ValueError: The folder is in use, there is nothing to go on from, or what is asked for does
            not go together.
    """
    if wish.base and wish.tokenizer:
        raise ValueError(f"'{wish.base}' has a tokenizer; only a model from scratch takes another")
    out = wish.out
    if (out / CARD).is_file():
        raise ValueError(f"'{out}' holds a trained model; choose another folder")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not wish.resume:
            raise ValueError(f"'{out}' is not empty; --resume goes on from a checkpoint in it")
        if checkpoint.exists(out):
            return True
        # A kill while the first checkpoint is written leaves nothing but its folder.
        if any(one.name != checkpoint.FOLDER for one in out.iterdir()):
            raise ValueError(f"'{out}' holds no checkpoint to go on from")
    return False


def _compare(about: dict[str, Any], terms: dict[str, Any]) -> None:
    """Refuse to go on with other data or settings than those of the checkpoint."""
    for key, now in terms.items():
        if about.get(key) != now:
            raise ValueError(f"the checkpoint was made with {key} {about.get(key)!r}, not {now!r}")


def _write(wish: Wish, model: Any, tokenizer: Any, card: dict[str, Any]) -> None:
    """Write the model's folder, the card last, and drop the checkpoint."""
    import transformers

    new = wish.out / _NEW
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    transformers.utils.logging.disable_progress_bar()
    model.save_pretrained(new)
    if wish.base or wish.tokenizer:
        tokenizer.save_pretrained(new)
    else:
        save_tokenizer(tokenizer, new)
    for path in sorted(new.iterdir()):
        # Weights come for the owner's eyes only.
        path.chmod(0o644)
        os.replace(path, wish.out / path.name)
    new.rmdir()
    write(wish.out / CARD, (json.dumps(card, indent=2) + "\n").encode())
    shutil.rmtree(wish.out / checkpoint.FOLDER, ignore_errors=True)
