"""What a training starts from: a new model, or a checkpoint with a low-rank adapter."""

from __future__ import annotations

from typing import Any

from warewheel.agents.language.extra import need_brain
from warewheel.agents.language.loading import load

from .presets import Preset
from .recall import prepare

# Rank and scale of the adapters, and how a model with them is trained.
RANK, SCALE = 16, 32
RATE, BATCH, STEPS = 3e-4, 4096, 300


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

    kind = getattr(AutoConfig.from_pretrained(base, trust_remote_code=False), "dtype", None)
    return str(kind or "float32").removeprefix("torch.")
