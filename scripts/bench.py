"""``warewheel bench``: planners on suites of instructions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from . import long_work
from .errors import Choice, user_errors


@click.command()
@click.option("--planner", "planners", multiple=True, default=["brain"], show_default=True,
              help="brain, null, random-legal, rules, scripted, hf:MODEL_OR_PATH, "
                   "chat:MODEL@BASE_URL, score:MODEL_OR_PATH[@EPISODES], replay:FILE; several "
                   "to compare.")  # fmt: skip
@click.option("--suite", "suites", multiple=True,
              help="Name of a suite or a YAML file of your own; all that are shipped if none is "
                   "given.")  # fmt: skip
@click.option("--track", type=Choice(["free", "schema", "grammar"]), default="grammar",
              show_default=True, help="What a language model may write.")  # fmt: skip
@click.option("--backend", type=Choice(["symbolic", "physics"]), default="symbolic",
              show_default=True)  # fmt: skip
@click.option("--protocol", type=Choice(["closed", "oneshot"]), default="closed",
              show_default=True, help="Step by step, or a whole plan at once.")  # fmt: skip
@click.option("--observability", type=Choice(["partial", "full"]), default="partial",
              show_default=True, help="Must labels be read before they are known?")  # fmt: skip
@click.option("--body", default="panda", show_default=True)
@click.option("--hand", default="heuristic", show_default=True,
              help="In physics, who judges grips: heuristic, or a model's folder.")  # fmt: skip
@click.option("--episodes", type=click.IntRange(min=1), help="Cases of each suite; all if absent.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of planners' own random choices; the cases are the same for any.")  # fmt: skip
@click.option("--shuffle", is_flag=True,
              help="Tell each case another one's instruction: a control.")  # fmt: skip
@long_work.workers
@long_work.resume
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder for results, report and episodes.")  # fmt: skip
def bench(
    planners: tuple[str, ...], suites: tuple[str, ...], track: str, backend: str, protocol: str,
    observability: str, body: str, hand: str, episodes: int | None, seed: int, shuffle: bool,
    workers: int, resume: bool, out: Path,
) -> None:  # fmt: skip
    """Compare planners on the same cases, with intervals and reasons for failure.

    \b
    Examples:
      warewheel bench --out out/brain
      warewheel bench --planner rules --planner scripted --planner brain --out out/bench
      warewheel bench --planner hf:Qwen/Qwen3-0.6B --suite base --track schema --out out/qwen
      warewheel bench --planner chat:m@http://127.0.0.1:8000/v1 --suite base --out out/served
      warewheel bench --planner scripted --suite mine.yaml --backend physics --out out/mine
    """  # noqa: D301  click reads the control character
    from warewheel.agents.hand import scorer_of
    from warewheel.agents.planners.registry import check_planner
    from warewheel.configs import check_suite, load_body, names
    from warewheel.flywheel.bench.bench import REPORT, RESULTS, TABLE, run, trials
    from warewheel.flywheel.bench.report import page
    from warewheel.flywheel.bench.results import gather, table
    from warewheel.flywheel.bench.show import Bar, show
    from warewheel.flywheel.bench.trial import Settings

    with user_errors():
        if backend == "physics" and (protocol, observability, seed) != ("closed", "partial", 0):
            raise ValueError(
                "one-shot plans, full observability and seeds are for the symbolic backend alone"
            )
        for planner in planners:
            check_planner(planner)
        load_body(body)
        scorer_of(hand)
        loaded = [check_suite(name, body) for name in suites or names("suite")]
        settings = Settings(track, protocol, backend, observability, body, hand, shuffle, seed)
        wanted = trials(planners, loaded, settings, episodes)
        with Bar(len(wanted), shown=sys.stderr.isatty()) as bar:
            results = run(wanted, out, workers, resume, bar.tell)
    data = gather(results, settings)
    (out / RESULTS).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    (out / TABLE).write_text(table(data), encoding="utf-8")
    (out / REPORT).write_text(page(data, results), encoding="utf-8")
    show(data)
