"""``warewheel check``, ``repair``, ``compact``, ``merge`` and ``stats``: care of datasets."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from .errors import user_errors

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--images", is_flag=True, help="Decode every image, too; takes long.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per problem on stdout.")
def check(folder: Path, images: bool, as_json: bool) -> None:
    """Name everything that is wrong with a dataset; exit 1 if there is something.

    \b
    Examples:
      warewheel check out/data
      warewheel check out/data --images --json
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.dataset.check import check as look
    from warewheel.flywheel.dataset.store import Dataset

    with user_errors():
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder")
        problems = look(folder, images)
    for problem in problems:
        click.echo(json.dumps(asdict(problem)) if as_json else str(problem))
    if problems:
        raise SystemExit(1)
    if not as_json:
        click.echo(f"{folder}: {len(Dataset.open(folder))} episodes, all whole")


@click.command()
@click.argument("folder", type=_FOLDER)
def repair(folder: Path) -> None:
    """Bring a dataset back to its longest whole state; nothing that is whole is lost.

    Files that are not whole are moved into FOLDER/.warewheel/aside.

    Example: warewheel repair out/data
    """
    from warewheel.flywheel.dataset.repair import repair as mend

    with user_errors():
        done = mend(folder)
    for line in done:
        click.echo(line)
    click.echo(f"{folder}: whole" if done else f"{folder}: whole; nothing to mend")


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--out", type=_FOLDER, help="New folder; into the same one if absent.")
def compact(folder: Path, out: Path | None) -> None:
    """Put many episodes into each file, so that they load faster; no value or image changes.

    \b
    Examples:
      warewheel compact out/data
      warewheel compact out/data --out out/packed
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.dataset.merge import compact as pack

    with user_errors():
        pack(folder, out)
    click.echo(out or folder)


@click.command()
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@click.option("--out", required=True, type=_FOLDER, help="New folder.")
def merge(folders: tuple[Path, ...], out: Path) -> None:
    """Make one dataset of several with the same schema.

    Example: warewheel merge out/shard-0 out/shard-1 --out out/data
    """
    from warewheel.flywheel.dataset.merge import merge as join

    with user_errors():
        join(folders, out)
    click.echo(out)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def stats(folder: Path, as_json: bool) -> None:
    """Say what is in a dataset: counts, sizes, and how often each fact holds.

    \b
    Examples:
      warewheel stats out/data
      warewheel stats out/data --json
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.dataset.summary import summarise

    with user_errors():
        found = summarise(folder)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        if not isinstance(value, dict):
            click.echo(f"{name}: {value}")
            continue
        click.echo(f"{name}:")
        for key, one in value.items():
            if isinstance(one, dict):
                one = ", ".join(f"{k} {v}" for k, v in one.items())
            click.echo(f"  {key}: {one}")
