"""The ledger: every decision with its evidence, in a file that only grows."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What the first entry follows.
_NOTHING = "0" * 64


class Ledger:
    """Lines of JSON, each of which names the hash of the one before it.

    A last line that was cut off is no part of it, and is cut off at the next entry.

    Args:
        path: Of the file; it need not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Write an entry; return it as it is read again, with the hash of the one before.

        Raises:
            ValueError: What is there was changed.
        """
        lines, size = self._whole()
        whole = {**entry, "previous": _hash(lines[-1]) if lines else _NOTHING}
        line = json.dumps(whole, sort_keys=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.truncate(size)
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # Whoever goes on later has it from there, and is to see the same.
        found: dict[str, Any] = json.loads(line)
        return found

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield all entries in their order.

        Raises:
            ValueError: One was changed, taken out or put in; it is named.
        """
        for line in self._whole()[0]:
            yield json.loads(line)

    def _whole(self) -> tuple[list[bytes], int]:
        """Return whole lines, and how many bytes they take."""
        data = self.path.read_bytes() if self.path.exists() else b""
        *lines, _ = data.split(b"\n")
        before = _NOTHING
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
            except ValueError:
                raise ValueError(f"{self.path}:{number}: not JSON") from None
            if not isinstance(entry, dict) or entry.get("previous") != before:
                raise ValueError(f"{self.path}:{number}: does not follow the line before it")
            before = _hash(line)
        return lines, sum(len(line) + 1 for line in lines)


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
