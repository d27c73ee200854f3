"""Gymnasium environments of warehouse cells; importing this package registers their ids.

Gymnasium 1.0 and later load no plugins by themselves, so either import ``warewheel.envs`` first or
name it: ``gymnasium.make("warewheel.envs:Warewheel/Chain-v0")``.
"""

from .registration import register_envs

register_envs()
