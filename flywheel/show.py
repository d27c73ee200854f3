"""Showing episodes on a terminal: a live view while they run, a table afterwards."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table

from .episode import Episode
from .pool import Glimpse


class Progress:
    """A live view on stderr: episodes at work with their stages and subgoals, success so far.

    Args:
        episodes: How many there will be.
        shown: Whether to show anything at all.
        folder: What they are written to, if it matters how much room they take.
    """

    def __init__(self, episodes: int, shown: bool, folder: Path | None = None) -> None:
        self._episodes, self._shown, self._folder = episodes, shown, folder
        self._began = time.monotonic()
        self._done = self._good = 0
        self._pace = ""
        self._at_work: dict[int, Glimpse] = {}
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

    def show(self, glimpse: Glimpse) -> None:
        """Show how an episode at work stands, beside the others at work."""
        self._at_work[glimpse.seed] = glimpse
        if not self._shown:
            return
        view = Table.grid(padding=(0, 2))
        view.add_row("episodes", f"{self._done} of {self._episodes} done, {self._good} succeeded")
        view.add_row("", self._pace)
        for seed, stand in sorted(self._at_work.items()):
            view.add_row(f"seed {seed}", f"{stand.seconds:.1f} s   {stand.subgoal}")
            for stage, share in stand.stages.items():
                full = round(20 * share)
                bar = f"[green]{'━' * full}[/][dim]{'━' * (20 - full)}[/]"
                view.add_row(f"  {stage}", f"{bar} {share:4.0%}")
        self._live.update(view)

    def count(self, episode: Episode) -> None:
        """Count an episode that is over."""
        self._done += 1
        self._good += episode.success
        self._at_work.pop(episode.seed, None)
        if self._shown:
            self._pace = self._told()

    def _told(self) -> str:
        """Say how fast it goes, how long it will take, and what room it needs."""
        spent = time.monotonic() - self._began
        left = timedelta(seconds=round(spent / self._done * (self._episodes - self._done)))
        told = f"{60 * self._done / spent:.1f} a minute, {left} left"
        if self._folder is None:
            return told
        # What workers are at lies in a hidden folder, and comes and goes.
        files = (path for part in self._folder.glob("[!.]*") for path in part.rglob("*.*"))
        used = sum(path.stat().st_size for path in files)
        free = shutil.disk_usage(self._folder).free
        return f"{told}, {used / 1e6:,.0f} MB written, {free / 1e9:,.0f} GB free"


def table(episodes: Sequence[Episode]) -> None:
    """Print how episodes went."""
    console = Console()
    first = episodes[0]
    made = Table(title=f"{first.body} · {first.planner}")
    columns = ("task", "facility", "seed", "items", "success", "progress", "violations", "failures",
               "sim s", "wall s")  # fmt: skip
    left = ("task", "facility", "violations", "failures")
    for name in columns:
        made.add_column(name, justify="left" if name in left else "right")
    for e in episodes:
        made.add_row(
            e.task, e.facility, str(e.seed), str(e.items),
            "[green]yes[/]" if e.success else "[red]no[/]",
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
