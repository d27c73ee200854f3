"""What a training starts from: a new model, or a checkpoint, as a whole or with an adapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from warewheel.agents.language.extra import need_brain
from warewheel.agents.language.loading import load, whereabouts

from .presets import Preset
from .recall import prepare
from .rows import Chat
from .tokenizer import train_tokenizer

# Rank and scale of the adapters, and how a model with them is trained.
RANK, SCALE = 16, 32
_RATE, _BATCH, _STEPS = 3e-4, 4096, 300
# All weights of a checkpoint know something already, and are moved more slowly than new ones.
_WHOLE_RATE = 5e-4


@dataclass(frozen=True, slots=True)
class Start:
    """A model that is to be trained, and how.

    Attributes:
        model: Its parameters that need gradients are trained.
        tokenizer: Of it.
        rate: Highest learning rate.
        batch: Tokens learnt from at each step.
        steps: Where neither steps nor minutes are asked for.
        context: Longest conversation [tokens].
        kept: Precision in which weights are stored.
        turning: Train matrices by Muon.
    """

    model: Any
    tokenizer: Any
    rate: float
    batch: int
    steps: int
    context: int
    kept: str
    turning: bool

    def trained(self) -> Any:
        """Return the model without what was there for the training alone."""
        return self.model.merge_and_unload() if hasattr(self.model, "merge_and_unload") else (
            self.model
        )  # fmt: skip


def scratch(
    shape: Preset, chats: Sequence[Chat], device: str, seed: int, tokenizer_of: str | None = None
) -> Start:
    """Return a new model.

    Args:
        shape: Of it.
        chats: That it will learn from.
        device: Where it will.
        seed: Of its weights.
        tokenizer_of: Checkpoint that it shares one with; if absent, one is made for ``chats``.

    Raises:
        ValueError: That checkpoint cannot be loaded.
    """
    tokenizer = load(tokenizer_of)[1] if tokenizer_of else train_tokenizer(chats, shape.words)
    model = new_model(shape, tokenizer, seed).to(device)
    # Finer than bfloat16, and no weight of so small a model is beyond its range.
    return Start(
        model, tokenizer, shape.rate, shape.batch, shape.steps, shape.context, "float16", True
    )


def onward(base: str, whole: bool, device: str, seed: int) -> Start:
    """Return a checkpoint: all of its weights are trained, or only adapters.

    Raises:
        ValueError: It cannot be loaded.
    """
    model, tokenizer = load(base, device, "float32") if whole else adapted(base, device, seed)
    context = int(model.config.get_text_config().max_position_embeddings)
    rate, kept = _WHOLE_RATE if whole else _RATE, stored_dtype(base)
    return Start(model, tokenizer, rate, _BATCH, _STEPS, context, kept, whole)


def new_model(shape: Preset, tokenizer: Any, seed: int) -> Any:
    """Return a Qwen3 model that has learnt nothing yet; same seed, same weights."""
    import torch
    from transformers import Qwen3ForCausalLM

    config = shape.config(len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Qwen3ForCausalLM(config)
    prepare(model, seed)
    return model


def adapted(base: str, device: str, seed: int) -> tuple[Any, Any]:
    """Return a checkpoint with adapters to be trained, in float32, and its tokenizer.

    Raises:
        ValueError: It cannot be loaded.
    """
    need_brain("peft")
    import torch
    from peft import LoraConfig, get_peft_model

    model, tokenizer = load(base, device, "float32")
    settings = LoraConfig(
        r=RANK, lora_alpha=SCALE, lora_dropout=0.0, target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(model, settings), tokenizer


def stored_dtype(base: str) -> str:
    """Return the precision in which a checkpoint's weights are stored, such as ``bfloat16``."""
    from transformers import AutoConfig

    folder = whereabouts(base)
    where = str(folder) if folder.is_dir() else base
    kind = getattr(AutoConfig.from_pretrained(where, trust_remote_code=False), "dtype", None)
    return str(kind or "float32").removeprefix("torch.")
