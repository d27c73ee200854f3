"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a file in one go; a kill leaves the one before, if there was one, and a `draft`."""
    draft(path).write_text(text, encoding="utf-8")
    os.replace(draft(path), path)


def draft(path: Path) -> Path:
    """Return where a file is written before it is in its place."""
    return path.with_name(f".{path.name}")
