"""What works on this machine, and how to get what does not."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

_PYTHON = (3, 10)
# The newest Python that PyBullet has wheels for.
_WHEELS = (3, 11)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        required: Whether warewheel needs it.
        ok: Whether it works.
        detail: A version, or what went wrong.
        remedy: How to get it where it does not work.
    """

    name: str
    required: bool
    ok: bool
    detail: str
    remedy: str

    def row(self) -> dict[str, Any]:
        """Return the check as plain data."""
        return asdict(self)


def examine(facility: str = "parcel_hub", body: str = "panda") -> list[Check]:
    """Try everything out; takes a second or two."""
    again = "pip install --force-reinstall warewheel"
    checks = [
        _try("python", True, _python, "install Python 3.11; `uv python install 3.11` fetches one"),
        _try("physics", True, _physics, "pip install --force-reinstall pybullet"),
        _try("numpy in PyBullet", False, _numpy, "pip install numpy, then pip install "
             "--force-reinstall --no-cache-dir pybullet"),
        _try("environments", True, lambda: _environments(facility, body), again),
        _try("cameras", True, lambda: _cameras(facility, body), again),
        _try("video (libx264)", True, _video, "pip install --force-reinstall av"),
        _try("GPU cameras (EGL)", False, _egl, "apt install libegl1 libgl1-mesa-dri"),
        _try("windows", False, _display, "run on a desktop, or apt install xvfb and put "
             "`xvfb-run -a` before the command"),
    ]  # fmt: skip
    for package, source in (
        ("torch", "warewheel[brain]"),
        ("transformers", "warewheel[brain]"),
        ("stable-baselines3", "warewheel[rl]"),
        ("panda-gym", "panda-gym"),
    ):
        checks.append(_extra(package, f"pip install '{source}'"))
    return checks


def healthy(checks: list[Check]) -> bool:
    """Tell whether everything that is required works."""
    return all(check.ok for check in checks if check.required)


def _try(name: str, required: bool, probe: Callable[[], str], remedy: str) -> Check:
    try:
        detail = probe()
    except Exception as error:  # whatever goes wrong in here is the finding
        reason = str(error).strip() or type(error).__name__
        return Check(name, required, False, reason.splitlines()[0], remedy)
    return Check(name, required, True, detail, "")


def _python() -> str:
    version = ".".join(str(v) for v in sys.version_info[:3])
    if sys.version_info < _PYTHON:
        raise RuntimeError(f"{version}; 3.10 or newer is needed")
    if sys.version_info[:2] > _WHEELS:
        return f"{version}; PyBullet has no wheel for it and is compiled"
    return version


def _physics() -> str:
    from warewheel.sim import probe

    fallen = probe.falls()
    if abs(fallen - 4.9) > 0.1:
        raise RuntimeError(f"a ball fell {fallen:.2f} m in a second, not 4.9")
    return f"PyBullet {metadata.version('pybullet')}"


def _numpy() -> str:
    from warewheel.sim import probe

    if not probe.numpy_enabled():
        raise RuntimeError("PyBullet was built without NumPy; cameras work but are slow")
    return f"numpy {metadata.version('numpy')}"


def _environments(facility: str, body: str) -> str:
    from warewheel.envs.warehouse import WarehouseEnv

    env = WarehouseEnv("chain", facility, body)
    try:
        env.reset(seed=0)
        env.step(env.action_space.sample())
    finally:
        env.close()
    return f"gymnasium {metadata.version('gymnasium')}"


def _cameras(facility: str, body: str) -> str:
    from warewheel.envs.warehouse import WarehouseEnv
    from warewheel.sim import probe

    env = WarehouseEnv("chain", facility, body)
    try:
        env.reset(seed=0)
        assert env.world is not None
        if not probe.sees(env.world):
            raise RuntimeError("the software renderer shows nothing")
    finally:
        env.close()
    return "software renderer, no display needed"


def _video() -> str:
    import av

    av.codec.Codec("libx264", "w")
    return f"PyAV {metadata.version('av')}"


def _egl() -> str:
    from warewheel.sim import probe

    if not probe.egl_works():
        raise RuntimeError("PyBullet's EGL plugin does not start")
    return "PyBullet's EGL plugin renders"


def _display() -> str:
    from warewheel.sim.world import has_display

    if not has_display():
        raise RuntimeError("no display")
    return "display found"


def _extra(package: str, remedy: str) -> Check:
    """Look for an optional package without importing it, which may take seconds."""
    if importlib.util.find_spec(package.replace("-", "_")) is None:
        return Check(package, False, False, "not installed", remedy)
    return Check(package, False, True, metadata.version(package), "")
