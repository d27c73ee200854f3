"""Files of lines that are written as work goes on, and may have been cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def whole_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, if there is one; a last line that was cut off is cut off there."""
    if not path.exists():
        return
    whole = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield line
    if whole < path.stat().st_size:
        os.truncate(path, whole)
