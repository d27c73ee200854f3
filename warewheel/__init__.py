"""Warewheel: a robot in a warehouse cell, told in a sentence what to do with a delivery.

The package is a facade. The code lives in ``warewheel.sim``, ``warewheel.envs``,
``warewheel.agents``, ``warewheel.flywheel``, ``warewheel.configs`` and ``warewheel.scripts``;
importing this module loads none of them.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
