"""The ``warewheel`` command."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
@click.version_option(package_name="warewheel")
def main() -> None:
    """An embodied-AI sandbox: unpack, classify and store deliveries in PyBullet."""


@main.command()
@click.option("--facility", default="parcel_hub", show_default=True)
@click.option("--body", default="panda", show_default=True)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--out", default=Path("out/demo"), show_default=True, type=click.Path(path_type=Path))
def demo(facility: str, body: str, seed: int, out: Path) -> None:
    """Let a sealed carton ride to the dock and take a picture of the cell.

    Example: warewheel demo --seed 3 --out out/demo
    """
    from warewheel.configs import ConfigError
    from warewheel.flywheel.arrival import arrive

    picture = out / "dock.png"
    try:
        result = arrive(facility, body, seed, picture)
    except ConfigError as error:
        # Click's usage errors end with exit code 2 and no traceback.
        raise click.UsageError(str(error)) from None
    state = "docked" if result.docked else "did not dock"
    click.echo(f"A carton of {result.items} items {state} after {result.steps} control steps.")
    click.echo(f"hash     {result.hash}")
    click.echo(f"picture  {picture}")
