"""Where the time of an episode goes."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from warewheel.agents.monitor import Monitor
from warewheel.envs.task import Judge
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.motion import Motion
from warewheel.sim.world import World

from .runner import run

# Whose work counts as what; everything else is control: commands, skills, the environment.
_KINDS: dict[str, list[tuple[type, str]]] = {
    "physics": [(World, "integrate")],
    "planning": [(Motion, name) for name in ("postures", "line", "path", "timed")],
    "judging": [(World, "observe"), (Judge, "look"), (Monitor, "refusal"), (Monitor, "judge")],
}
KINDS = (*_KINDS, "control")


def shares(env: WarehouseEnv, planner: str, seeds: Sequence[int]) -> dict[str, float]:
    """Return the share of each of `KINDS` in the time of whole episodes; they add up to 1."""
    clock = _Clock()
    with ExitStack() as stack:
        for kind, works in _KINDS.items():
            for owner, name in works:
                stack.enter_context(clock.on(owner, name, kind))
        whole = sum(run(env, planner, seed).wall_seconds for seed in seeds)
    spent = {kind: clock.spent[kind] / whole for kind in _KINDS}
    return spent | {"control": 1.0 - sum(spent.values())}


class _Clock:
    """Adds up how long methods run, each without the clocked ones that it calls."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def on(self, owner: type, name: str, kind: str) -> Iterator[None]:
        """Clock ``owner.name`` for as long as the context lasts."""
        real: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(real)
        def clocked(*args: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            began = time.perf_counter()
            try:
                return real(*args, **options)
            finally:
                taken = time.perf_counter() - began
                self.spent[kind] += taken - self._inner.pop()
                self._inner[-1] += taken

        setattr(owner, name, clocked)
        try:
            yield
        finally:
            setattr(owner, name, real)
