"""``warewheel collect``, ``render``, ``replay``, ``schema``: datasets from episodes, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import click

from . import long_work
from .episodes import which_episodes
from .errors import Choice, user_errors

T = TypeVar("T")
_CODECS = Choice(["lossless", "preview"])


@click.command()
@click.option("--episodes", default=10, show_default=True, type=click.IntRange(min=1))
@which_episodes
@click.option("--cameras", default="", help="Views, such as overview,dock; none if absent.")
@click.option("--camera-size", default=128, show_default=True, type=click.IntRange(16, 1024),
              help="Width and height of pictures [px].")  # fmt: skip
@click.option("--codec", type=_CODECS, default="lossless", show_default=True,
              help="Of videos: bit for bit, or smaller and for browsers.")  # fmt: skip
@click.option(
    "--language",
    is_flag=True,
    help="Subgoals in the column language_persistent, too, which lerobot 0.4 cannot read.",
)
@long_work.workers
@long_work.resume
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the dataset.")  # fmt: skip
def collect(
    episodes: int, task: str | None, seed: int, facility: str, body: str, planner: str,
    perceiver: str, hand: str, split: str | None, faults: str | None, level: str | None,
    cameras: str, camera_size: int, codec: str, language: bool, workers: int, resume: bool,
    out: Path,
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
    from warewheel.agents.hand import hand_id
    from warewheel.agents.perceive import make_perceiver
    from warewheel.agents.planners.registry import check_planner
    from warewheel.configs import load_body
    from warewheel.flywheel.cases import asked
    from warewheel.flywheel.dataset.card import About
    from warewheel.flywheel.dataset.files.layout import INFO
    from warewheel.flywheel.dataset.store import Dataset
    from warewheel.flywheel.pool import Inline, Pool, Processes
    from warewheel.flywheel.record.collect import Collection
    from warewheel.flywheel.record.collect import collect as run
    from warewheel.flywheel.record.columns import schema as columns
    from warewheel.flywheel.show import Progress

    pool: Pool = Inline() if workers == 1 else Processes(workers)
    before = done = good = 0
    try:
        with user_errors():
            check_planner(planner)
            make_perceiver(perceiver)
            grips = hand_id(hand)
            views = viewed(cameras)
            settings = {"body": body, "observation": "instruction"}
            cases = asked(task, seed, facility, split, faults, level, episodes, settings)
            what_is_done = task or split or "chain"
            made = {
                "task": what_is_done, "body": body, "planner": planner, "perceiver": perceiver,
                "hand": grips,
                "facility": facility, "split": split, "first seed": str(seed), "faults": faults,
                "level": level,
            }  # fmt: skip
            about = About(
                f"warewheel {what_is_done} with {body}",
                f"Episodes in which the planner `{planner}` directs the robot `{body}`, made by "
                "`warewheel collect`; failures are among them.",
                details={name: value for name, value in made.items() if value is not None},
            )
            layout = columns(load_body(body), views, camera_size, codec, language)
            what = Collection(cases, planner, perceiver, hand, layout, about)
            before = len(Dataset.open(out)) if resume and (out / INFO).exists() else 0
            with Progress(episodes - before, sys.stderr.isatty(), out) as progress:
                for episode in run(what, out, pool, resume, progress.show):
                    progress.count(episode)
                    done += 1
                    good += episode.success
    except KeyboardInterrupt:
        click.echo(f"stopped after {before + done} of {episodes} episodes; --resume goes on",
                   err=True)  # fmt: skip
        raise SystemExit(130) from None
    click.echo(f"{len(Dataset.open(out))} episodes in {out}; {good} of {done} new ones succeeded")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--cameras", required=True, help="Views, such as overview,dock.")
@click.option("--camera-size", default=128, show_default=True, type=click.IntRange(16, 1024),
              help="Width and height of pictures [px].")  # fmt: skip
@click.option("--codec", type=_CODECS, default="lossless", show_default=True)
@long_work.workers
@long_work.resume
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the new dataset.")  # fmt: skip
def render(
    folder: Path, cameras: str, camera_size: int, codec: str, workers: int, resume: bool, out: Path
) -> None:
    """Add cameras to a dataset by repeating its episodes; the old one stays as it is.

    Ctrl-C keeps what is done; --resume goes on.

    Example: warewheel render data/chain --cameras overview,dock --out data/seen
    """
    from warewheel.flywheel.dataset.store import Dataset
    from warewheel.flywheel.record.repeat import render as add

    done = 0
    try:
        with user_errors():
            dataset = Dataset.open(folder)
            making = add(dataset, out, viewed(cameras), camera_size, codec, workers, resume)
            for k in _counted(making, len(dataset)):
                done = k + 1
    except KeyboardInterrupt:
        click.echo(f"stopped after {done} of {len(dataset)} episodes; --resume goes on", err=True)
        raise SystemExit(130) from None
    click.echo(f"{len(dataset)} episodes in {out}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("episode", type=click.IntRange(min=0), required=False)
@long_work.workers
@click.option("--video", type=click.Path(path_type=Path, dir_okay=False),
              help="Film of the episode (.mp4).")  # fmt: skip
def replay(folder: Path, episode: int | None, workers: int, video: Path | None) -> None:
    """Do recorded actions again in physics and compare trajectories, of one episode or of all.

    \b
    Examples:
      warewheel replay data/chain
      warewheel replay data/chain 3 --video third.mp4
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.dataset.store import Dataset
    from warewheel.flywheel.film import Reel
    from warewheel.flywheel.record.repeat import check_hashes, repeat

    bad = 0
    with user_errors():
        if video is not None and episode is None:
            raise ValueError("--video is of one episode: say which")
        dataset = Dataset.open(folder)
        numbers = range(len(dataset)) if episode is None else [episode]
        try:
            rows = [dataset.row(k) for k in numbers]
        except IndexError as error:
            raise ValueError(str(error)) from None
        if video is None:
            found = check_hashes(dataset, numbers, min(workers, len(numbers) or 1))
        else:
            reel = Reel(video)
            made = repeat(rows[0], dataset.columns(numbers[0]), reel.watch)
            reel.close()
            found = iter([(numbers[0], made == rows[0]["hash"])])
        for k, same in _counted(found, len(numbers)):
            bad += not same
            click.echo(f"episode {k}: {'the same' if same else 'ANOTHER TRAJECTORY'}")
    raise SystemExit(1 if bad else 0)


def _counted(episodes: Iterable[T], total: int) -> Iterator[T]:
    """Pass episodes on as they are done, and show on a terminal how many are."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    shown = (BarColumn(), MofNCompleteColumn(), "episodes", TimeRemainingColumn())
    console = Console(stderr=True)
    hidden = not sys.stderr.isatty()
    with Progress(*shown, console=console, disable=hidden, transient=True) as bar:
        task = bar.add_task("", total=total)
        for one in episodes:
            yield one
            bar.advance(task)


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
