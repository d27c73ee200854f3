"""Scripts for the Python of another environment, where libraries live whose needs are not ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest


class Elsewhere:
    """Another environment, whose Python is named by an environment variable.

    Attributes:
        marks: Of tests that need it: they are slow, and skipped where nothing is named.
    """

    def __init__(self, variable: str) -> None:
        self._python = os.environ.get(variable, "")
        self.marks = [
            pytest.mark.slow,
            pytest.mark.skipif(not self._python, reason=f"{variable} names no Python"),
        ]

    def run(self, script: str, *arguments: str | Path, **environment: str) -> Any:
        """Return what a script prints last, as JSON; it must end well."""
        done = subprocess.run(
            [self._python, "-c", script, *map(str, arguments)],
            env=os.environ | environment, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])
