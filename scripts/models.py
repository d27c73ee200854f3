"""``warewheel models``: the models of a run of the flywheel."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .errors import user_errors

_RUN = click.Path(path_type=Path, file_okay=False)
_REASON = click.option("--reason", default="", help="Goes into the ledger.")


@click.group()
def models() -> None:
    """List, compare, promote and roll back the models of a run of the flywheel."""


@models.command("list")
@click.argument("run", type=_RUN)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per model on stdout.")
def show(run: Path, as_json: bool) -> None:
    """List the models of a run; a star marks the champion.

    Example: warewheel models list out/wheel
    """
    from rich.console import Console
    from rich.table import Table

    from warewheel.flywheel.turns.models import models as found

    with user_errors():
        some = found(run)
    if as_json:
        for one in some:
            click.echo(json.dumps(asdict(one)))
        return
    table = Table("", "model", "turn", "made from", "decision", "reason", "data")
    for one in some:
        table.add_row(
            "*" if one.champion else "", one.name, str(one.turn), one.parent, one.decision,
            one.reason, one.data[:12],
        )  # fmt: skip
    Console().print(table)


@models.command()
@click.argument("run", type=_RUN)
@click.argument("one")
@click.argument("other")
def compare(run: Path, one: str, other: str) -> None:
    """Say which of two models solves more of the held-out scenarios, by a paired test.

    Example: warewheel models compare out/wheel brain-0 brain-3
    """
    from warewheel.flywheel.bench.figures import paired
    from warewheel.flywheel.turns.models import outcomes

    with user_errors():
        first, second = ({o.key: o.success for o in outcomes(run, name)} for name in (one, other))
        both = sorted(first.keys() & second.keys())
        if not both:
            raise ValueError(f"'{one}' and '{other}' were never judged on the same scenarios")
    test = paired([first[key] for key in both], [second[key] for key in both])
    for name, some in ((one, first), (other, second)):
        click.echo(f"{name} solves {sum(some[key] for key in both)} of {len(both)}")
    click.echo(
        f"only {one}: {test['only_first']}, only {other}: {test['only_second']}, "
        f"p = {test['p']:.3g} (McNemar's exact test)"
    )


@models.command()
@click.argument("run", type=_RUN)
@click.argument("name")
@_REASON
def promote(run: Path, name: str, reason: str) -> None:
    """Make a model the champion by hand; the next turn goes on from it.

    Example: warewheel models promote out/wheel brain-2 --reason "shorter plans"
    """
    from warewheel.flywheel.turns.models import promote as choose

    with user_errors():
        _tell(choose(run, name, reason))


@models.command()
@click.argument("run", type=_RUN)
@click.option("--learner", default="brain", show_default=True, help="Whose champion.")
@_REASON
def rollback(run: Path, learner: str, reason: str) -> None:
    """Make the champion before this one the champion again.

    \b
    Examples:
      warewheel models rollback out/wheel
      warewheel models rollback out/wheel --learner hand
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.turns.models import roll_back

    with user_errors():
        _tell(roll_back(run, learner, reason))


def _tell(entry: dict[str, Any]) -> None:
    click.echo(f"{entry['champion']} is the champion")
