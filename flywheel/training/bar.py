"""A training on a terminal: how far it is, its loss, its pace and the time left."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from .loop import Tick


class Bar:
    """A progress bar on stderr.

    Args:
        shown: Whether to show anything at all.
    """

    def __init__(self, shown: bool) -> None:
        self._progress = Progress(
            TextColumn("step {task.fields[step]}"), BarColumn(), TaskProgressColumn(),
            TextColumn("loss {task.fields[loss]}  {task.fields[speed]} tokens/s  "
                       "{task.fields[left]} left"),
            console=Console(stderr=True), transient=True, disable=not shown,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=1.0, step=0, loss="-", speed="-", left="-")

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._progress.stop()

    def show(self, tick: Tick) -> None:
        """Show how the training stands."""
        minutes, seconds = divmod(round(tick.left), 60)
        self._progress.update(
            self._task, completed=tick.progress, step=tick.step, loss=f"{tick.loss:.4f}",
            speed=f"{tick.speed:,.0f}", left=f"{minutes}:{seconds:02d}",
        )  # fmt: skip
