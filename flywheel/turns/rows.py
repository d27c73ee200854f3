"""Rows of a turn's log: JSON, one to a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warewheel.flywheel.lines import whole_lines


def kept(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file; a last line that was cut off is left out, and cut off.

    Raises:
        ValueError: A line is no row.
    """
    for number, line in enumerate(whole_lines(path), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"'{path}':{number} is no row: {error}") from error
        if not isinstance(row, dict):
            raise ValueError(f"'{path}':{number} is no row: it is no JSON object")
        yield row
