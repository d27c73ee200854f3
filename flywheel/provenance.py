"""Provenance: what a result depends on besides what was asked for, the software."""

from __future__ import annotations

import functools
import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

_PACKAGES = ("numpy", "pybullet")
# All but the command line may decide how an episode goes.
_DECIDES = ("sim", "envs", "agents", "configs", "flywheel")
_KINDS = (".py", ".yaml")


@functools.cache
def versions() -> Mapping[str, str]:
    """Return the versions of what an episode depends on; ``code`` is a hash of our own code."""
    others = {name: version(name) for name in ("warewheel", *_PACKAGES)}
    return {"python": platform.python_version(), **others, "code": code()}


@functools.cache
def code() -> str:
    """Return a hash of all code and configuration that decides how an episode goes."""
    found = hashlib.sha256()
    for name in _DECIDES:
        folder = Path(str(files(f"warewheel.{name}")))
        for path in sorted(folder.rglob("*")):
            if path.suffix in _KINDS:
                found.update(f"{name}/{path.relative_to(folder).as_posix()}\n".encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:16]
