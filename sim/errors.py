"""Errors of the simulated world."""


class SimError(RuntimeError):
    """The world cannot do what was asked of it."""


class DeviceError(SimError):
    """Something this machine lacks: a display, a renderer."""
