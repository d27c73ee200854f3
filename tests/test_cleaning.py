"""Cleaning: each rule finds what it is for, and selections go with their dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from warewheel.flywheel.cleaning.chats import imitate, prefer
from warewheel.flywheel.cleaning.rules import RULES, Traits
from warewheel.flywheel.cleaning.selection import Selection, read, select
from warewheel.flywheel.dataset.store import Dataset
from warewheel.scripts.main import main


def traits(k: int, **changes: Any) -> Traits:
    """Return those of an ordinary episode, with changes to its facts or to what was measured."""
    rng = np.random.default_rng(k)
    row: dict[str, Any] = {
        "task": "store", "facility": "hub", "success": True, "failure": "", "violations": [],
        "length": 400 + k, "items": 4, "progress": 1.0, "refused": "",
    }  # fmt: skip
    known: dict[str, Any] = {
        "success": True, "idle": 0.1, "jerk": 10.0 + 0.1 * k, "path": rng.normal(size=(32, 3)),
    }  # fmt: skip
    for name, value in changes.items():
        (known if name.startswith("_") else row)[name.lstrip("_")] = value
    return Traits(row, **known)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("failed", {"success": False, "failure": "DROP"}),
        ("violations", {"violations": ["COLD: item-1"]}),
        ("length", {"length": 4000}),
        ("idle", {"_idle": 0.9}),
        ("jerk", {"_jerk": 90.0}),
        ("labels", {"_success": False}),
        ("labels", {"progress": 0.5}),
        ("duplicates", {"_path": traits(2).path + 0.0005}),
    ],
)
def test_a_rule_finds_the_one_that_it_is_for(rule: str, changes: dict[str, Any]) -> None:
    find, limit = RULES[rule]
    plain = [traits(k) for k in range(9)]
    assert find(plain, limit) == {}
    assert list(find([*plain, traits(9, **changes)], limit)) == [9]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cleaning") / "data"
    words = ["collect", "--task", "store", "--episodes", "1", "--workers", "1", "--out", str(out)]
    assert CliRunner().invoke(main, words).exit_code == 0
    return out


def test_a_selection_goes_with_its_dataset(folder: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    out = tmp_path / "good.json"
    done = CliRunner().invoke(main, ["clean", str(folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "1 of 1 episodes kept" in done.output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    dataset = Dataset.open(folder)
    assert read(out, dataset) == select(dataset)
    data = json.loads(out.read_text())
    out.write_text(json.dumps({**data, "dataset": "of others"}))
    with pytest.raises(ValueError, match="of another dataset"):
        read(out, dataset)
    out.write_text("{}")
    with pytest.raises(ValueError, match="no selection"):
        read(out, dataset)


def test_rules_and_limits_that_make_no_sense(folder: Path, tmp_path: Path) -> None:
    for rule, says in (("jerky", "did you mean 'jerk'"), ("jerk=much", "no number")):
        words = ["clean", str(folder), "--rule", rule, "--out", str(tmp_path / "out.json")]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 2 and says in done.output


def test_conversations_become_rows(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = CliRunner().invoke(main, ["rows", str(folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert [message["role"] for message in row["messages"][:3]] == ["system", "user", "assistant"]
    assert "told: " in row["messages"][1]["content"]


def said(*steps: str) -> str:
    chat = [{"role": "user", "content": "begin"}]
    for step in steps:
        chat += [{"role": "assistant", "content": step}, {"role": "user", "content": "ok"}]
    return json.dumps(chat)


def test_of_two_that_began_alike_the_better_step_is_preferred() -> None:
    same = {"config_hash": "c", "seed": 1, "instruction": "i"}
    rows = [
        {**same, "episode_index": 0, "success": True, "chat": said("a", "b", "c")},
        {**same, "episode_index": 1, "success": False, "chat": said("a", "x")},
        {**same, "episode_index": 2, "success": False, "seed": 2, "chat": said("y")},
    ]
    (pair,) = prefer(rows, (1.0, 0.0, 0.0))
    assert [m["content"] for m in pair["prompt"]] == ["begin", "a", "ok"]
    assert (pair["chosen"][0]["content"], pair["rejected"][0]["content"]) == ("b", "x")
    assert (pair["better"], pair["worse"]) == (0, 1)
    assert [row["episode"] for row in imitate(rows, (1.0, 0.0, 0.0))] == [0]


def test_a_selection_counts_what_each_rule_leaves_out() -> None:
    found = Selection("d", {"failed": 0, "idle": 0.5}, (0.0, 1.0), {0: {"failed": "why"}})
    assert found.counts() == {"failed": 1, "idle": 0} and found.kept == [1]
