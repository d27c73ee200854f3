"""``warewheel collect``, ``render``, ``replay``, ``schema``: datasets from episodes, and back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from .episodes import which_episodes
from .errors import Choice, user_errors

_CODECS = Choice(["lossless", "preview"])


@click.command()
@click.option("--episodes", default=10, show_default=True, type=click.IntRange(min=1))
@which_episodes
@click.option("--cameras", default="", help="Views, such as overview,dock; none if absent.")
@click.option("--camera-size", default=128, show_default=True, type=click.IntRange(16, 1024),
              help="Width and height of pictures [px].")  # fmt: skip
@click.option("--codec", type=_CODECS, default="lossless", show_default=True,
              help="Of videos: bit for bit, or smaller and for browsers.")  # fmt: skip
@click.option("--workers", default=os.cpu_count() or 1, show_default=True,
              type=click.IntRange(min=1), help="Processes; the bytes are the same.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with what is in --out.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the dataset.")  # fmt: skip
def collect(
    episodes: int, task: str | None, seed: int, facility: str, body: str, planner: str,
    split: str | None, faults: str | None, level: str | None, cameras: str, camera_size: int,
    codec: str, workers: int, resume: bool, out: Path,
) -> None:  # fmt: skip
    """Run episodes and keep them as a LeRobot dataset, failures too.

    Ctrl-C keeps what is done; --resume goes on, and ends with the same bytes as a run that nothing
    disturbed.

    \b
    Examples:
      warewheel collect --episodes 50 --out data/chain
      warewheel collect --episodes 50 --out data/chain --resume
      warewheel collect --split train --episodes 200 --cameras overview,dock --out data/seen
    """  # noqa: D301  click reads the control character
    from warewheel.agents.planners.registry import check_planner
    from warewheel.configs import load_body
    from warewheel.flywheel.cases import asked
    from warewheel.flywheel.dataset.card import About
    from warewheel.flywheel.pool import Inline, Pool, Processes
    from warewheel.flywheel.record.collect import Collection
    from warewheel.flywheel.record.collect import collect as run
    from warewheel.flywheel.record.columns import schema as columns
    from warewheel.flywheel.show import Progress

    pool: Pool = Inline() if workers == 1 else Processes(workers)
    done = 0
    try:
        with user_errors():
            check_planner(planner)
            views = viewed(cameras)
            settings = {"body": body, "observation": "instruction"}
            cases = asked(task, seed, facility, split, faults, level, episodes, settings)
            about = About(
                f"warewheel {task or split or 'chain'} with {body}",
                f"Episodes in which the planner `{planner}` directs the robot `{body}`.",
                details={"planner": planner, "task": task or split or "chain", "body": body},
            )
            layout = columns(load_body(body), views, camera_size, codec)
            what = Collection(cases, planner, layout, about)
            with Progress(episodes, shown=sys.stderr.isatty()) as progress:
                for episode in run(what, out, pool, resume, progress.show):
                    progress.count(episode)
                    done += 1
    except KeyboardInterrupt:
        click.echo(f"stopped after {done} of {episodes} episodes; --resume goes on", err=True)
        raise SystemExit(130) from None
    click.echo(f"{done} episodes in {out}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--cameras", required=True, help="Views, such as overview,dock.")
@click.option("--camera-size", default=128, show_default=True, type=click.IntRange(16, 1024),
              help="Width and height of pictures [px].")  # fmt: skip
@click.option("--codec", type=_CODECS, default="lossless", show_default=True)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the new dataset.")  # fmt: skip
def render(folder: Path, cameras: str, camera_size: int, codec: str, out: Path) -> None:
    """Add cameras to a dataset by repeating its episodes; the old one stays as it is.

    Example: warewheel render data/chain --cameras overview,dock --out data/seen
    """
    from rich.console import Console
    from rich.progress import Progress

    from warewheel.flywheel.dataset.store import Dataset
    from warewheel.flywheel.record.repeat import render as add

    with user_errors():
        dataset = Dataset.open(folder)
        shown = sys.stderr.isatty()
        with Progress(console=Console(stderr=True), disable=not shown, transient=True) as bar:
            task = bar.add_task("episodes", total=len(dataset))
            for _ in add(dataset, out, viewed(cameras), camera_size, codec):
                bar.advance(task)
    click.echo(out)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("episode", type=click.IntRange(min=0), required=False)
@click.option("--video", type=click.Path(path_type=Path, dir_okay=False),
              help="Film of the episode (.mp4).")  # fmt: skip
def replay(folder: Path, episode: int | None, video: Path | None) -> None:
    """Do recorded actions again in physics and compare trajectories, of one episode or of all.

    \b
    Examples:
      warewheel replay data/chain
      warewheel replay data/chain 3 --video third.mp4
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.dataset.store import Dataset
    from warewheel.flywheel.film import Reel
    from warewheel.flywheel.record.repeat import repeat

    bad = 0
    with user_errors():
        if video is not None and episode is None:
            raise ValueError("--video is of one episode: say which")
        dataset = Dataset.open(folder)
        rows = dataset.episodes()
        for k in range(len(rows)) if episode is None else [episode]:
            try:
                columns = dataset.columns(k)
            except IndexError as error:
                raise ValueError(str(error)) from None
            reel = None if video is None else Reel(video)
            same = repeat(rows[k], columns, reel.watch if reel else None) == rows[k]["hash"]
            if reel is not None:
                reel.close()
            bad += not same
            click.echo(f"episode {k}: {'the same' if same else 'ANOTHER TRAJECTORY'}")
    raise SystemExit(1 if bad else 0)


@click.command()
@click.option("--body", default="panda", show_default=True, help="Name or YAML file.")
@click.option("--cameras", default="", help="Views, such as overview,dock; none if absent.")
@click.option("--camera-size", default=128, show_default=True, type=click.IntRange(16, 1024),
              help="Width and height of pictures [px].")  # fmt: skip
def schema(body: str, cameras: str, camera_size: int) -> None:
    """Say in Markdown what a recorded episode holds: unit, frame, order and range of each field.

    Example: warewheel schema --body iiwa_vacuum --cameras overview
    """
    from warewheel.configs import load_body
    from warewheel.flywheel.dataset.card import markdown
    from warewheel.flywheel.record import columns

    with user_errors():
        made = columns.schema(load_body(body), viewed(cameras), camera_size)
    click.echo(markdown(made, "##"))


def viewed(cameras: str) -> list[str]:
    """Return the names in a list of cameras.

    Raises:
        ValueError: One of them is unknown.
    """
    from warewheel.configs.choice import unknown
    from warewheel.envs.views import VIEWS

    found = [name.strip() for name in cameras.split(",") if name.strip()]
    for name in found:
        if name not in VIEWS:
            raise ValueError(unknown("camera", name, VIEWS))
    return found
