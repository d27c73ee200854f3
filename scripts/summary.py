"""``warewheel summary``: intervals and causes, from episodes that `run --json` wrote."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from .errors import user_errors


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--by-facility", is_flag=True, help="A row for each facility.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per row on stdout.")
def summary(files: tuple[Path, ...], by_facility: bool, as_json: bool) -> None:
    """Sum up episodes: success with Wilson intervals, faults recovered and named, causes.

    Example: warewheel summary results.jsonl
    """
    from warewheel.flywheel.summary import load, summarise

    with user_errors():
        found = summarise(load(files), by_facility)
    if as_json:
        for one in found:
            click.echo(json.dumps(asdict(one)))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    titles = ("task", "facility", "body", "good", "faults recovered", "causes named",
              "named without a fault", "causes of failures")  # fmt: skip
    for title in titles:
        table.add_column(title, overflow="fold")
    for one in found:
        counts = (
            " ".join(f"{k} {n}" for k, n in c.most_common()) for c in (one.alarms, one.causes)
        )
        faults = (str(share) if share.n else "-" for share in (one.recovered, one.named))
        table.add_row(*one.group, str(one.good), *faults, *(text or "-" for text in counts))
    # Written to a file, a row stays a row.
    wide = None if sys.stdout.isatty() else 200
    Console(highlight=False, width=wide).print(table)
