"""What a brain learns from, how long, and what it may write: the parts that need no torch."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from warewheel.agents.language.decoding import Steps
from warewheel.agents.language.trie import Trie
from warewheel.flywheel.training.lessons import BLOCK, Lesson, batches, blocks, collate
from warewheel.flywheel.training.rows import Chat, hold_out, in_order, read
from warewheel.flywheel.training.schedule import Schedule
from warewheel.scripts.main import main

END = 99
PATHS = st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=1, max_size=6)
GOOD = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}'


@given(PATHS)
def test_steps_allow_every_text_and_nothing_else(paths: list[list[int]]) -> None:
    wanted = {(*path, END) for path in paths}
    found: set[tuple[int, ...]] = set()

    def follow(so_far: tuple[int, ...]) -> None:
        steps = Steps(paths, END)
        steps.take(so_far)
        if forced := steps.forced():
            so_far += tuple(forced)
            if so_far[-1] == END:
                found.add(so_far)
                return
            steps.take(forced)
        logits = np.zeros(100, np.float32)
        steps.forbid(logits)
        assert np.isfinite(logits).sum() > 1, "one choice is none"
        for token in np.flatnonzero(np.isfinite(logits)).tolist():
            if token == END:
                found.add((*so_far, END))
            else:
                follow((*so_far, token))

    follow(())
    assert found == wanted


@given(PATHS)
def test_a_trie_keeps_each_beginning_once(paths: list[list[int]]) -> None:
    trie = Trie([*path, END] for path in paths)
    beginnings = {tuple([*path, END][:k]) for path in paths for k in range(len(path) + 2)}
    assert len(trie.tokens) == len(beginnings)
    for path in paths:
        nodes = trie.walk([*path, END])
        assert [trie.tokens[node] for node in nodes] == [*path, END]
        assert [trie.depths[node] for node in nodes] == list(range(1, len(path) + 2))
        assert [trie.parents[node] for node in nodes] == [0, *nodes[:-1]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "messages"),
        ('{"messages": [{"role": "robot", "content": "x"}]}', "role 'robot'"),
        ('{"messages": [{"role": "user", "content": ""}]}', "not empty"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "no message of the assistant"),
        ('{"messages": [{"role": "assistant", "content": "x"}]}', "cannot begin"),
        (GOOD.replace("}]}", '}], "level": "high"}'), "level 'high'"),
        (GOOD.replace("}]}", ', "weight": 2}]}'), "weight 2"),
        (GOOD.replace("}]}", ', "weight": 0}]}'), "no message of the assistant"),
    ],
)
def test_a_bad_row_is_named_by_its_line(line: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{GOOD}\n\n{line}\n")
    with pytest.raises(ValueError, match=f"rows.jsonl:3: .*{reason}"):
        read(path)
    result = CliRunner().invoke(
        main, ["train", "brain", "--rows", str(path), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 2
    assert "rows.jsonl:3" in result.output


def test_rows_of_a_lower_level_are_learnt_first() -> None:
    rows = [{"messages": chat(f"{k}")} | ({"level": k % 2} if k < 40 else {}) for k in range(60)]
    found = in_order(rows)
    assert found == in_order(rows[::-1])
    numbers = [int(c[0]["content"]) for c in found]
    assert sorted(numbers) == list(range(60)) and numbers[:20] != sorted(numbers[:20])
    assert {k % 2 for k in numbers[:20]} == {0} and {k % 2 for k in numbers[20:40]} == {1}
    assert min(numbers[40:]) == 40


def test_the_first_time_lessons_come_about_in_their_order() -> None:
    order = [k for batch in islice(batches([10] * 5000, 100, 0), 500) for k in batch]
    assert sorted(order) == list(range(5000))
    moved = np.abs(np.array(order) - np.arange(5000))
    assert 100 < moved.max() < 1000
    again = [k for batch in islice(batches([10] * 5000, 100, 0), 500, 1000) for k in batch]
    assert np.abs(np.array(again) - np.arange(5000)).max() > 4000


def test_the_same_conversation_is_never_on_both_sides() -> None:
    path = [chat(f"{k}") for k in range(40)] * 3
    kept, held = hold_out(path, 0.2, 100)
    assert len(held) == 8
    assert len(kept) == 3 * 32
    assert not {json.dumps(c) for c in kept} & {json.dumps(c) for c in held}
    assert len(hold_out(path, 0.2, 5)[1]) == 5


def chat(text: str) -> Chat:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": text}]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(50, 200))
def test_every_lesson_comes_once_in_each_pass(lengths: list[int], budget: int) -> None:
    seen: list[int] = []
    stream = batches(lengths, budget, seed=3)
    while len(seen) < 2 * len(lengths):
        batch = next(stream)
        assert len(batch) * max(lengths[k] for k in batch) <= budget
        seen += batch
    assert sorted(seen[: len(lengths)]) == sorted(seen[len(lengths) :]) == list(range(len(lengths)))
    again = [k for batch in islice(batches(lengths, budget, seed=3), 2) for k in batch]
    assert again == seen[: len(again)]


def test_lessons_are_filled_up_at_the_end() -> None:
    one = Lesson(np.array([5, 6, 7]), np.array([-1, 0, 0]))
    other = Lesson(np.array([8]), np.array([0]))
    tokens, turns = collate([one, other], pad=1)
    assert tokens.shape == turns.shape == (2, BLOCK)
    assert tokens[:, :3].tolist() == [[5, 6, 7], [8, 1, 1]]
    assert turns[:, :3].tolist() == [[-1, 0, 0], [0, -1, -1]]
    assert (tokens[:, 3:] == 1).all() and (turns[:, 3:] == -1).all()


def test_lengths_of_batches_are_few() -> None:
    assert [blocks(n) for n in (1, BLOCK, BLOCK + 1)] == [BLOCK, BLOCK, 2 * BLOCK]
    for length in range(1, 3 * BLOCK):
        one = Lesson(np.full(length, 5), np.zeros(length, dtype=np.int64))
        assert collate([one], pad=1)[0].shape == (1, blocks(length))


def test_a_schedule_ends_at_whichever_limit_comes_first() -> None:
    both = Schedule(rate=1.0, steps=10, seconds=100.0)
    assert both.progress(5, 10.0) == 0.5
    assert both.progress(5, 70.0) == 0.7
    assert both.progress(12, 0.0) == 1.0
    rates = [both.rate_at(k / 100) for k in range(101)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[0] < 0.1 and rates[100] == pytest.approx(0.05)
    assert all(rate > 0 for rate in rates)


def test_a_missing_extra_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    path = tmp_path / "rows.jsonl"
    path.write_text(GOOD)
    result = CliRunner().invoke(
        main, ["train", "brain", "--rows", str(path), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 2
    assert "pip install 'warewheel[brain]'" in result.output


def test_missing_rows_are_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["train", "brain", "--rows", "nowhere.jsonl", "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 2
    assert "nowhere.jsonl" in result.output


def test_help_shows_examples_without_torch() -> None:
    result = CliRunner().invoke(main, ["train", "brain", "--help"])
    assert result.exit_code == 0
    assert "warewheel train brain --rows" in result.output
