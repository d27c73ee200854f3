"""Loading language models: safetensors only, no code of theirs, errors of one line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

from .extra import need_brain

# The names of the language models that come with warewheel: one that has learnt, and one that knows
# little yet, from which the flywheel starts.
BRAIN, COLD = BUNDLED = ("brain", "cold")


def whereabouts(where: str) -> Path:
    """Return the folder of a model, whether or not there is one."""
    return Path(str(files("warewheel.agents"))) / where if where in BUNDLED else Path(where)


def hashed(paths: Iterable[Path]) -> str:
    """Return a hash of files with their names, in their order; what is no file is left out."""
    found = hashlib.sha256()
    for path in paths:
        if path.is_file():
            found.update(f"{path.name} {path.stat().st_size}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def load(where: str, device: str = "cpu", dtype: str | None = None) -> tuple[Any, Any]:
    """Load a causal language model and its tokenizer.

    Args:
        where: A folder, a name on the model hub, or one of `BUNDLED`.
        device: Such as ``cpu`` or ``cuda``.
        dtype: Such as ``bfloat16``; if absent, float32 on a CPU and as stored elsewhere.

    Raises:
        ValueError: It cannot be loaded; the message says what was given and why not.
    """
    need_brain("torch", "transformers", "safetensors")
    import transformers
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    )

    folder = whereabouts(where)
    local = folder.is_dir()
    if local:
        _check(folder)
        where = str(folder)
    elif folder.exists() or where.startswith((".", "/", "~")) or where.count("/") > 1:
        raise ValueError(f"{where!r} is no folder with a language model")
    if dtype is None:
        dtype = "float32" if device == "cpu" else "auto"
    # The bars would be drawn over those of whoever loads.
    transformers.utils.logging.disable_progress_bar()
    safe = {"trust_remote_code": False, "local_files_only": local}
    try:
        config = transformers.AutoConfig.from_pretrained(where, **safe)
        # Models that also see images have a class of their own; only text is given to them.
        sees = config.model_type in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
        kind = (
            transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(where, **safe)
        model = kind.from_pretrained(where, use_safetensors=True, dtype=dtype, **safe)
        model = model.to(device).eval()
    # The libraries raise what comes to hand for a broken file: KeyError, RuntimeError, their own.
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(f"cannot load a language model from {where!r}: {reason}") from error
    return model, tokenizer


def _check(folder: Path) -> None:
    """Find what is missing before the libraries do, whose errors are about other things."""
    if not (folder / "config.json").is_file():
        raise ValueError(f"'{folder}' holds no language model: it has no config.json")
    if not any(folder.glob("*.safetensors")):
        raise ValueError(
            f"'{folder}' holds no weights as safetensors; other formats can carry code and are "
            "not read"
        )
