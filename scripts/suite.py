"""``warewheel suite``: instructions to test and to train on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from . import long_work
from .errors import user_errors

_rows_out = click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="File of conversations, one a line.",
)  # fmt: skip


def _shares(
    context: click.Context, option: click.Parameter, text: str | None
) -> dict[str, int] | None:
    """Return the shares that are asked for, by kind."""
    from warewheel.configs.choice import unknown
    from warewheel.flywheel.suites.material import MIX

    if text is None:
        return None
    shares: dict[str, int] = {}
    for part in text.split(","):
        kind, _, share = part.partition("=")
        if kind not in MIX:
            raise click.BadParameter(unknown("kind", kind, MIX))
        if not share.isdecimal() or not int(share):
            raise click.BadParameter(f"'{part}' is no share; such as {kind}=2 is")
        shares[kind] = int(share)
    return shares


@click.group()
def suite() -> None:
    """Make suites of instructions, and material to train on."""


@suite.command()
@click.argument("names", nargs=-1)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the files.")  # fmt: skip
@click.option("--cases", default=100, show_default=True, type=click.IntRange(min=1))
def make(names: tuple[str, ...], out: Path, cases: int) -> None:
    """Make suites anew; all of them if none is named.

    \b
    Examples:
      warewheel suite make --out out/suites
      warewheel suite make base refuse --cases 20 --out out/suites
    """  # noqa: D301  click reads the control character
    from warewheel.configs.choice import unknown
    from warewheel.flywheel.suites import files
    from warewheel.flywheel.suites.make import RECIPES

    with user_errors():
        for name in names:
            if name not in RECIPES:
                raise ValueError(unknown("suite", name, RECIPES))
        out.mkdir(parents=True, exist_ok=True)
        for name in names or tuple(RECIPES):
            path = out / f"{name}.yaml"
            path.write_text(files.text(files.make(name, cases)), encoding="utf-8")
            click.echo(path)


@suite.command()
@_rows_out
@click.option("--lessons", default=2000, show_default=True, type=click.IntRange(min=1),
              help="How many, about.")  # fmt: skip
@click.option("--first", default=0, show_default=True, type=click.IntRange(min=0),
              help="Number of the first chunk, to make others than before.")  # fmt: skip
@click.option("--mix", callback=_shares,
              help="Shares of kinds, such as base=2,long=1: lessons of these, without primers "
                   "and quizzes.")  # fmt: skip
@long_work.workers
def material(out: Path, lessons: int, first: int, mix: dict[str, int] | None, workers: int) -> None:
    """Make conversations to train brains on: the expert at work in the symbolic twin.

    \b
    Examples:
      warewheel suite material --lessons 2000 --out out/lessons.jsonl
      warewheel suite material --lessons 500 --mix discrepancy=3,long=1 --out out/lessons.jsonl
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.suites.curriculum import made

    _write(made(lessons, first, workers, mix), out)


@suite.command()
@_rows_out
@click.option("--count", default=2000, show_default=True, type=click.IntRange(min=1),
              help="How many, about; primers and quizzes come between them.")  # fmt: skip
@click.option("--first", default=0, show_default=True, type=click.IntRange(min=0),
              help="Number of the first of each kind, to make others than before.")  # fmt: skip
@long_work.workers
def tales(out: Path, count: int, first: int, workers: int) -> None:
    """Make conversations that teach to read: deliveries to sites that are made up.

    \b
    Example:
      warewheel suite tales --count 12000 --out out/tales.jsonl
      warewheel train brain --rows out/tales.jsonl --base cold --whole --batch 8192
                            --rate 1e-3 --steps 2200 --out models/reader
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.suites.tales import made

    _write(made(count, workers, first), out)


def _write(made: Iterable[tuple[float, list[dict[str, Any]]]], out: Path) -> None:
    """Write rows as they are made, with a bar of the share that is done."""
    from rich.progress import Progress

    out.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with (
        out.open("w", encoding="utf-8") as file,
        Progress(disable=not sys.stderr.isatty(), transient=True) as bar,
    ):
        task = bar.add_task("lessons", total=1.0)
        for share, some in made:
            for row in some:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += len(some)
            bar.update(task, completed=share)
    click.echo(f"{count} lessons in {out}")
