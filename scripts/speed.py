"""``warewheel speed``: how fast this machine is."""

from __future__ import annotations

import json

import click

from .errors import user_errors


@click.command()
@click.option("--facility", default="parcel_hub", show_default=True, help="Name or YAML file.")
@click.option("--body", default="panda", show_default=True, help="Name or YAML file.")
@click.option("--episodes", default=3, show_default=True, type=click.IntRange(min=0),
              help="Scripted episodes to run whole, seeds from 0; 0 skips them.")  # fmt: skip
@click.option("--rounds", default=40, show_default=True, type=click.IntRange(min=2),
              help="Repetitions of the short measurements.")  # fmt: skip
@click.option("--workers", default=1, show_default=True, type=click.IntRange(min=1),
              help="Processes whose joint speed to compare to that of one.")  # fmt: skip
@click.option(
    "--recorder",
    is_flag=True,
    help="Measure recording instead; beside LeRobot's own writer, if installed.",
)
@click.option("--saves", default=1000, show_default=True, type=click.IntRange(min=2),
              help="With --recorder: episodes that are saved to one dataset.")  # fmt: skip
@click.option("--memory", default=0, show_default=True, type=click.IntRange(min=0),
              help="With --recorder: episodes of one process whose memory is watched, some 3 s "
              "each.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def speed(
    facility: str, body: str, episodes: int, rounds: int, workers: int, recorder: bool,
    saves: int, memory: int, as_json: bool,
) -> None:  # fmt: skip
    """Measure physics, environment, cameras and memory against their targets.

    Takes about half a minute; if panda-gym is installed, it is measured beside.

    \b
    Examples:
      warewheel speed --episodes 10 --workers 4
      warewheel speed --recorder
      warewheel speed --recorder --saves 100 --episodes 10
    """  # noqa: D301  click reads the control character
    from rich.console import Console

    from warewheel.flywheel.record import cost
    from warewheel.flywheel.speed import machine, measure

    with user_errors(), Console(stderr=True).status("measuring") as status:

        def tell(what: str) -> None:
            status.update(f"measuring {what}")

        if recorder:
            figures = cost.measure(facility, body, range(episodes), saves, memory, tell)
        else:
            figures = measure(facility, body, range(episodes), rounds, workers, tell)
    here = machine()
    if as_json:
        click.echo(json.dumps({"machine": here, "figures": [figure.row() for figure in figures]}))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title, side in (
        ("figure", "left"), ("value", "right"), ("", "left"), ("target", "right"),
        ("met", "left"), ("N", "right"),
    ):  # fmt: skip
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    for figure in figures:
        target = (
            "" if figure.target is None else f"{'<=' if figure.most else '>='} {figure.target:g}"
        )
        met = {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[figure.met]
        value = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.3g}"
        table.add_row(figure.text, value, figure.unit, target, met, str(figure.n))
    console = Console(highlight=False)
    console.print(", ".join(f"{key} {value}" for key, value in here.items()))
    console.print(table)
