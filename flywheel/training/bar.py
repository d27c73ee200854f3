"""A training on a terminal: how far it is, its loss, its pace and the time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from .loop import Tick


class Bar(Progress):
    """A progress bar on stderr.

    Args:
        shown: Whether to show anything at all.
    """

    def __init__(self, shown: bool) -> None:
        super().__init__(
            TextColumn("step {task.fields[step]}"), BarColumn(), TaskProgressColumn(),
            TextColumn("loss {task.fields[loss]}  {task.fields[speed]} tokens/s  "
                       "{task.fields[left]} left"),
            console=Console(stderr=True), transient=True, disable=not shown,
        )  # fmt: skip
        self._task = self.add_task("", total=1.0, step=0, loss="-", speed="-", left="-")

    def show(self, tick: Tick) -> None:
        """Show how the training stands."""
        minutes, seconds = divmod(round(tick.left), 60)
        self.update(
            self._task, completed=tick.progress, step=tick.step, loss=f"{tick.loss:.4f}",
            speed=f"{tick.speed:,.0f}", left=f"{minutes}:{seconds:02d}",
        )  # fmt: skip
