"""The benchmark on a terminal: a bar while it runs, and a table of what came of it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .trial import Result

# Of a table that is not for a terminal [characters].
_WIDE = 120


class Bar(Progress):
    """A progress bar on stderr, with how many cases were solved.

    Args:
        total: Trials in all.
        shown: Whether to show anything at all.
    """

    def __init__(self, total: int, shown: bool) -> None:
        super().__init__(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            TextColumn("{task.fields[good]} solved"), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True, disable=not shown,
        )  # fmt: skip
        self._good = 0
        self._task = self.add_task("bench", total=total, good=0)

    def tell(self, result: Result) -> None:
        """Take in a result."""
        self._good += result.success
        self.update(
            self._task, advance=1, good=self._good, description=f"{result.planner} {result.suite}"
        )


def show(data: dict[str, Any]) -> None:
    """Print the figures as a table."""
    table = Table(box=None, pad_edge=False)
    for name in ("planner", "suite", "solved", "95 %", "progress", "valid", "steps"):
        table.add_column(name, no_wrap=True)
    table.add_column("what failed most", overflow="fold")
    for row in data["rows"]:
        good, ratio = row["success"], row["steps_over_expert"]["mean"]
        worst = ", ".join(f"{name} {count}" for name, count in list(row["failures"].items())[:2])
        table.add_row(
            row["planner"], row["suite"], f"{round(good['mean'] * good['n'])}/{good['n']}",
            f"{100 * good['low']:.0f}-{100 * good['high']:.0f}", f"{row['progress']['mean']:.2f}",
            f"{100 * row['valid']['mean']:.0f} %", "-" if ratio is None else f"{ratio:.2f}", worst,
        )  # fmt: skip
    console = Console()
    if not console.is_terminal:
        # Where nobody looks there is no width, and lines that are not broken are easier to read.
        console = Console(width=max(console.width, _WIDE))
    console.print(table)
