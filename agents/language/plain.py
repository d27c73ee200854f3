"""Whether a model was trained on conversations that begin without an explanation."""

from __future__ import annotations

import json
from pathlib import Path


def trained_plain(path: str) -> bool:
    """Tell whether the model in a folder is one of ours; its card says so."""
    card = Path(path) / "card.json"
    if not card.is_file():
        return False
    try:
        return bool(json.loads(card.read_text(encoding="utf-8")).get("preset"))
    except (OSError, ValueError):
        return False
