"""``warewheel demo``: one delivery from the sealed carton to the rack, filmed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .errors import user_errors


@click.command()
@click.option("--seed", default=2, show_default=True, type=click.IntRange(min=0))
@click.option("--out", default=Path("out/demo"), show_default=True,
              type=click.Path(path_type=Path, file_okay=False))  # fmt: skip
def demo(seed: int, out: Path) -> None:
    """Run the whole chain once and leave a film, a contact sheet and the log in a folder.

    Example: warewheel demo --seed 5 --out out/demo
    """
    from warewheel.flywheel.pool import Inline, Job
    from warewheel.flywheel.show import Progress, table

    with user_errors():
        out.mkdir(parents=True, exist_ok=True)
    settings = {
        "task": "chain", "facility": "parcel_hub", "body": "panda", "observation": "instruction",
    }  # fmt: skip
    film, sheet = out / "episode.mp4", out / "contact-sheet.png"
    job = Job(settings, "scripted", seed, video=film, sheet=sheet, out=out)
    with Progress(1, shown=sys.stderr.isatty()) as progress:
        [episode] = Inline().run([job], progress.show)
    table([episode])
    click.echo(f"film           {film}")
    click.echo(f"contact sheet  {sheet}")
    click.echo(f"log            {out / f'episode-{seed}.json'} and .npz")
    click.echo(
        "next           warewheel flywheel --out out/wheel (brain and hand learn; needs PyTorch)"
    )
    raise SystemExit(0 if episode.success else 1)
