"""Showing episodes on a terminal: a live view while they run, a table afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from warewheel.agents.agent import Agent
from warewheel.envs.warehouse import WarehouseEnv

from .episode import Episode
from .runner import Step

# Control steps between two refreshes of the live view.
_EVERY = 10


class Progress:
    """A live view on stderr: episode, stages, subgoal, success so far.

    Args:
        episodes: How many there will be.
        shown: Whether to show anything at all.
    """

    def __init__(self, episodes: int, shown: bool) -> None:
        self._episodes, self._shown = episodes, shown
        self._done = self._good = 0
        self._live = Live(console=Console(stderr=True), transient=True, refresh_per_second=8)

    def __enter__(self) -> Progress:
        if self._shown:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._shown:
            self._live.stop()

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        """Show that an episode begins."""
        self._refresh(env, agent)

    def on_step(self, env: WarehouseEnv, agent: Agent, step: Step) -> None:
        """Show where it stands, now and then."""
        if self._shown and env.observed.step % _EVERY == 0:
            self._refresh(env, agent)

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        """Count it."""
        self._done += 1
        self._good += episode.success

    def _refresh(self, env: WarehouseEnv, agent: Agent) -> None:
        if not self._shown or env.world is None:
            return
        view = Table.grid(padding=(0, 2))
        view.add_row("episode", f"{self._done + 1} of {self._episodes}   seed {env.seed}")
        for stage, share in env.verdict.stages.items():
            full = round(20 * share)
            view.add_row(stage, f"[green]{'━' * full}[/][dim]{'━' * (20 - full)}[/] {share:4.0%}")
        view.add_row("subgoal", str(agent.subgoal or ""))
        view.add_row("time", f"{env.world.time:.1f} s simulated")
        if self._done:
            view.add_row("success", f"{self._good} of {self._done} so far")
        self._live.update(view)


def table(episodes: Sequence[Episode]) -> None:
    """Print how episodes went."""
    console = Console()
    first = episodes[0]
    made = Table(title=f"{first.task} · {first.facility} · {first.body} · {first.planner}")
    columns = ("seed", "items", "success", "progress", "violations", "failures", "sim s", "wall s")
    for name in columns:
        made.add_column(name, justify="left" if name in ("violations", "failures") else "right")
    for e in episodes:
        made.add_row(
            str(e.seed), str(e.items), "[green]yes[/]" if e.success else "[red]no[/]",
            f"{e.progress:.0%}", " ".join(e.violations) or "-", " ".join(e.failures) or "-",
            f"{e.sim_seconds:.1f}", f"{e.wall_seconds:.1f}",
        )  # fmt: skip
    console.print(made)
    good = sum(e.success and not e.violations for e in episodes)
    console.print(f"{good} of {len(episodes)} succeeded with no rule violation.")
    if len(episodes) == 1:
        plan = Table("step", "subgoal", "outcome", title=f'"{first.instruction}"')
        for k, row in enumerate(first.plan):
            outcome = row["outcome"]
            if outcome == "PREEMPTED" and first.success:
                outcome = "goal reached"
            colour = "green" if outcome in ("SUCCESS", "goal reached") else "yellow"
            plan.add_row(str(k + 1), row["subgoal"], f"[{colour}]{outcome}[/]")
        console.print(plan)
        console.print(f"hash {first.hash}")
