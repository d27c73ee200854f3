"""Probes: what the physics engine can do on this machine, and how fast."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pybullet as p

from .camera import Camera, take
from .world import World

# A driver that hangs is as good as none [s].
_PATIENCE = 30.0
_PICTURE = Camera((1.0, 0.0, 1.0), (0.0, 0.0, 0.0), width=64, height=64)
_EGL = """
import importlib.util, pybullet as p
spec = importlib.util.find_spec("eglRenderer")
p.connect(p.DIRECT)
assert p.loadPlugin(spec.origin, "_eglRendererPlugin") >= 0
p.getCameraImage(32, 32, renderer=p.ER_BULLET_HARDWARE_OPENGL)
"""


def raw(world: World, steps: int) -> None:
    """Step the physics alone, with the motors as they were last set; for measuring only.

    The world's clock, its hash and the belt know nothing of these steps.
    """
    for _ in range(steps):
        p.stepSimulation(physicsClientId=world.client)


def version() -> str:
    """Return PyBullet's API version."""
    return str(p.getAPIVersion())


def numpy_enabled() -> bool:
    """Tell whether PyBullet hands pictures over as arrays rather than tuples of numbers."""
    return bool(p.isNumpyEnabled())


def falls() -> float:
    """Drop a ball for a second in a client of its own; return how far it fell [m]."""
    c = p.connect(p.DIRECT)
    try:
        p.setGravity(0, 0, -9.81, physicsClientId=c)
        p.setTimeStep(1 / 240, physicsClientId=c)
        shape = p.createCollisionShape(p.GEOM_SPHERE, radius=0.1, physicsClientId=c)
        ball = p.createMultiBody(1.0, shape, -1, [0, 0, 10], physicsClientId=c)
        p.changeDynamics(ball, -1, linearDamping=0.0, physicsClientId=c)
        for _ in range(240):
            p.stepSimulation(physicsClientId=c)
        return 10.0 - float(p.getBasePositionAndOrientation(ball, physicsClientId=c)[0][2])
    finally:
        p.disconnect(c)


def sees(world: World) -> bool:
    """Tell whether the software renderer shows anything in a built world."""
    return bool((take(world, _PICTURE).segmentation >= 0).any())


def egl_works() -> bool:
    """Tell whether PyBullet's EGL plugin renders; tried apart, for a bad driver kills a process."""
    if importlib.util.find_spec("eglRenderer") is None:
        return False
    try:
        done = subprocess.run(
            [sys.executable, "-c", _EGL], capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
