"""``warewheel run``: episodes on this machine, watched or as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from warewheel.flywheel.episode import Episode
from warewheel.flywheel.show import Progress, table

from .episodes import which_episodes
from .errors import user_errors


@click.command()
@which_episodes
@click.option("--instruction", help="What the robot is told (the task's own sentence if absent).")
@click.option("--episodes", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--video", type=click.Path(path_type=Path, dir_okay=False),
              help="Film of the first episode (.mp4).")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for each episode's log (.json and .npz).")  # fmt: skip
@click.option("--workers", default=1, show_default=True, type=click.IntRange(min=1),
              help="Processes that share the episodes; the results are the same.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object per episode on stdout.")
def run(
    task: str | None, seed: int, facility: str, body: str, planner: str, perceiver: str,
    hand: str, split: str | None, faults: str | None, level: str | None, instruction: str | None,
    episodes: int, video: Path | None, out: Path | None, workers: int, as_json: bool,
) -> None:  # fmt: skip
    """Run episodes and say how they went.

    \b
    Examples:
      warewheel run
      warewheel run --task store --facility fresh_grocer --seed 7 --video store.mp4
      warewheel run --split test-faults --body iiwa_vacuum --episodes 30
      warewheel run --episodes 50 --seed 1000 --workers 4 --json > results.jsonl
    """  # noqa: D301  click reads the control character
    with user_errors():
        from warewheel.agents.hand import scorer_of
        from warewheel.agents.perceive import make_perceiver
        from warewheel.agents.planners.registry import check_planner
        from warewheel.flywheel.cases import asked
        from warewheel.flywheel.pool import Inline, Job, Pool, Processes

        check_planner(planner)
        make_perceiver(perceiver)
        scorer_of(hand)
        cases = asked(
            task, seed, facility, split, faults, level, episodes,
            {"body": body, "instruction": instruction, "observation": "instruction"},
        )  # fmt: skip
    jobs = [
        Job(one, planner, seed, perceiver, hand, video=video if k == 0 else None, out=out)
        for k, (one, seed) in enumerate(cases)
    ]
    pool: Pool = Inline() if workers == 1 else Processes(workers)
    done: list[Episode] = []
    try:
        with Progress(episodes, shown=not as_json and sys.stderr.isatty()) as progress:
            for episode in pool.run(jobs, progress.show):
                progress.count(episode)
                done.append(episode)
                if as_json:
                    click.echo(json.dumps(episode.row()))
    except KeyboardInterrupt:
        click.echo(f"stopped after {len(done)} of {episodes} episodes", err=True)
        raise SystemExit(130) from None
    finally:
        if done and not as_json:
            table(done)
