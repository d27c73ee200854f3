"""``warewheel doctor``: what works on this machine."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def doctor(as_json: bool) -> None:
    """Say what works on this machine, and how to get what is missing.

    Ends with exit code 1 if something required does not work.

    Example: warewheel doctor
    """
    from warewheel.flywheel.doctor import examine, healthy

    checks = examine()
    good = healthy(checks)
    if as_json:
        click.echo(json.dumps({"ok": good, "checks": [check.row() for check in checks]}))
    else:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("", "what", "found", "how to get it"):
            table.add_column(title, overflow="fold")
        for check in checks:
            bad = "[red]broken[/]" if check.required else "[yellow]missing[/]"
            table.add_row(
                "[green]ok[/]" if check.ok else bad,
                *(escape(text) for text in (check.name, check.detail, check.remedy)),
            )
        console = Console(highlight=False)
        console.print(table)
        console.print("All that is required works." if good else "[red]Not ready to run.[/]")
    raise SystemExit(0 if good else 1)
