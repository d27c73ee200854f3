"""``warewheel clean``, ``rows`` and ``push``: from a dataset to what learns from it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .errors import user_errors


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="File for the selection (.json).")  # fmt: skip
@click.option("--rule", "rules", multiple=True,
              help="NAME or NAME=LIMIT; several to apply several, all if absent.")  # fmt: skip
def clean(folder: Path, out: Path, rules: tuple[str, ...]) -> None:
    """Select episodes to learn from; the dataset stays as it is.

    Rules are failed, violations, length, idle, jerk, duplicates and labels.

    \b
    Examples:
      warewheel clean data/chain --out data/chain-good.json
      warewheel clean data/chain --rule failed --rule jerk=4 --out data/smooth.json
    """  # noqa: D301  click reads the control character
    from warewheel.configs.choice import unknown
    from warewheel.flywheel.cleaning.rules import RULES
    from warewheel.flywheel.cleaning.selection import select
    from warewheel.flywheel.dataset.store import Dataset

    with user_errors():
        limits = {}
        for text in rules:
            name, equals, limit = text.partition("=")
            if name not in RULES:
                raise ValueError(unknown("rule", name, RULES))
            try:
                limits[name] = float(limit) if equals else RULES[name][1]
            except ValueError:
                raise ValueError(f"limit of rule '{name}' is '{limit}', no number") from None
        found = select(Dataset.open(folder), limits or None)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found.data(), indent=1) + "\n", encoding="utf-8")
    for name, count in found.counts().items():
        click.echo(f"{name:12} {count}")
    click.echo(f"{len(found.kept)} of {len(found.weights)} episodes kept; {out}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--selection", type=click.Path(path_type=Path, dir_okay=False),
              help="Which episodes count (all that succeeded, if absent).")  # fmt: skip
@click.option("--pairs", is_flag=True, help="Pairs of a better and a worse step instead.")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="File of rows, one JSON object a line.")  # fmt: skip
def rows(folder: Path, selection: Path | None, pairs: bool, out: Path) -> None:
    """Write a dataset's conversations as rows for language models.

    `warewheel train brain --rows` reads them, and so do the datasets and TRL libraries.

    \b
    Examples:
      warewheel rows data/chain --out data/chain.jsonl
      warewheel rows data/chain --selection data/chain-good.json --pairs --out data/pairs.jsonl
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.cleaning.chats import imitate, prefer
    from warewheel.flywheel.cleaning.selection import read, select
    from warewheel.flywheel.dataset.store import Dataset

    count = 0
    with user_errors():
        dataset = Dataset.open(folder)
        chosen = read(selection, dataset) if selection else select(dataset, {"failed": 0.0})
        make = prefer if pairs else imitate
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", encoding="utf-8") as file:
            for row in make(dataset.episodes(), chosen.weights):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
    click.echo(f"{count} rows in {out}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("repository")
@click.option("--private", is_flag=True, help="Only for those who may see it.")
def push(folder: Path, repository: str, private: bool) -> None:
    """Upload a dataset to a repository of the Hugging Face Hub, as OWNER/NAME.

    It is checked first. The token comes from `hf auth login` or from HF_TOKEN.

    Example: warewheel push data/chain somebody/chain
    """
    from warewheel.flywheel.dataset.check import check

    with user_errors():
        try:
            from huggingface_hub import HfApi
            from huggingface_hub.errors import HfHubHTTPError
        except ImportError:
            raise ValueError(
                "huggingface_hub is not installed: pip install 'warewheel[brain]'"
            ) from None
        if problems := check(folder):
            raise ValueError(f"{folder} is not whole: {problems[0]}; see warewheel check")
        api = HfApi()
        try:
            api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
            api.upload_folder(
                repo_id=repository, folder_path=folder, repo_type="dataset",
                ignore_patterns=[".warewheel/**"],
            )  # fmt: skip
        except (HfHubHTTPError, OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"cannot push to '{repository}': {reason}") from error
    click.echo(f"{api.endpoint}/datasets/{repository}")
