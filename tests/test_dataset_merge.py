"""Packing and merging keep every value and every image."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic import CAMERA, SCHEMA, collect, content, extend, images, values, write_draft

from warewheel.flywheel.dataset import rebuild, swap
from warewheel.flywheel.dataset.check import check
from warewheel.flywheel.dataset.files.layout import Place
from warewheel.flywheel.dataset.merge import compact, merge
from warewheel.flywheel.dataset.store import Dataset


def holds(folder: Path, seeds: list[int]) -> None:
    assert check(folder, images=True) == []
    dataset = Dataset.open(folder)
    assert [row["seed"] for row in dataset.episodes()] == seeds
    start = 0
    for k, (seed, scanned) in enumerate(zip(seeds, dataset.scan(), strict=True)):
        columns = dataset.columns(k)
        for name, column in values(seed).items():
            assert columns[name].tobytes() == column.tobytes()
        assert scanned.keys() == columns.keys()
        assert columns["index"][0, 0] == start
        assert (columns["episode_index"] == k).all()
        assert np.array_equal(dataset.frames(k, CAMERA), images(seed))
        start += len(columns["index"])


def files(folder: Path) -> list[str]:
    return [name for name in content(folder) if name.endswith((".parquet", ".mp4"))]


def test_packing_keeps_every_value_and_image_in_fewer_files(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", range(6))
    facts = Dataset.open(folder).episodes()
    stats = (folder / "meta/stats.json").read_bytes()
    assert len(files(folder)) == 6 * 3 + 2
    compact(folder)
    assert len(files(folder)) == 3 + 2
    holds(folder, list(range(6)))
    assert (folder / "meta/stats.json").read_bytes() == stats
    for row, before in zip(Dataset.open(folder).episodes(), facts, strict=True):
        for name in ("success", "progress", "tasks", "subtasks", "sha256/values", "length"):
            assert row[name] == before[name]
    starts = [row[f"videos/{CAMERA}/from_timestamp"] for row in Dataset.open(folder).episodes()]
    ends = [row[f"videos/{CAMERA}/to_timestamp"] for row in Dataset.open(folder).episodes()]
    assert starts == [0.0, *ends[:-1]]


def test_packing_into_another_folder_leaves_the_first_alone(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", range(3))
    before = content(folder)
    compact(folder, tmp_path / "packed")
    assert content(folder) == before
    holds(tmp_path / "packed", [0, 1, 2])
    with pytest.raises(ValueError, match="not empty"):
        compact(folder, tmp_path / "packed")
    assert sorted(os.listdir(tmp_path)) == ["packed", "set"]


def test_a_packed_dataset_can_be_packed_again_and_appended_to(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", range(3))
    compact(folder)
    packed = content(folder)
    compact(folder)
    assert content(folder) == packed
    with Dataset.open(folder, append=True) as dataset:
        extend(dataset, [3, 4])
    holds(folder, [0, 1, 2, 3, 4])
    compact(folder)
    holds(folder, [0, 1, 2, 3, 4])
    assert len(files(folder)) == 5


def test_packing_splits_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = collect(tmp_path / "set", range(4))
    size = Place().video(folder, CAMERA).stat().st_size
    monkeypatch.setattr(rebuild, "VIDEO_MB", 2.5 * size / (1 << 20))
    monkeypatch.setattr(rebuild, "DATA_MB", 1e-9)
    monkeypatch.setattr(rebuild, "_ROWS", 3)
    compact(folder)
    names = files(folder)
    assert sum(name.startswith("videos") for name in names) == 2
    assert sum(name.startswith("data") for name in names) == 4
    assert sum(name.startswith("meta/episodes") for name in names) == 2
    holds(folder, [0, 1, 2, 3])


def test_packing_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = collect(tmp_path / "set", range(2))
    before = content(folder)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(swap, "_exchange", fail)
    with pytest.raises(KeyboardInterrupt):
        compact(folder)
    assert content(folder) == before
    assert os.listdir(tmp_path) == ["set"]
    with Dataset.open(folder, append=True) as dataset:
        extend(dataset, [2])
    holds(folder, [0, 1, 2])


def test_packing_where_names_cannot_be_swapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = collect(tmp_path / "set", range(2))

    def missing(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("ctypes.CDLL", missing)
    compact(folder)
    holds(folder, [0, 1])
    assert os.listdir(tmp_path) == ["set"]


def test_packing_takes_along_what_others_put_there(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", range(2))
    draft = write_draft(folder, 2)
    (folder / "selections").mkdir()
    (folder / "selections/best.json").write_text("[1]")
    (folder / "README.md").write_text("mine")
    compact(folder)
    assert (folder / "selections/best.json").read_text() == "[1]"
    assert (folder / "README.md").read_text() == "mine"
    with Dataset.open(folder, append=True) as dataset:
        assert dataset.drafts() == [draft]
        dataset.append(draft)
    holds(folder, [0, 1, 2])


def test_a_damaged_dataset_is_not_packed(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", range(2))
    path = Place(0, 1).video(folder, CAMERA)
    broken = bytearray(path.read_bytes())
    broken[-len(broken) // 2] ^= 1
    path.write_bytes(bytes(broken))
    before = content(folder)
    with pytest.raises(ValueError, match="episode 1"):
        compact(folder)
    assert content(folder) == before


def test_merging_shards_is_the_same_as_collecting_in_one_go(tmp_path: Path) -> None:
    shards = [collect(tmp_path / "a", [0, 1]), collect(tmp_path / "b", [2, 3, 4])]
    before = [content(shard) for shard in shards]
    merge(shards, tmp_path / "all")
    holds(tmp_path / "all", [0, 1, 2, 3, 4])
    assert content(tmp_path / "all") == content(collect(tmp_path / "whole", range(5)))
    assert [content(shard) for shard in shards] == before


def test_packed_shards_merge_too_and_videos_are_not_written_twice(tmp_path: Path) -> None:
    shards = [collect(tmp_path / "a", [0, 1]), collect(tmp_path / "b", [2, 3])]
    compact(shards[0])
    merge(shards, tmp_path / "all")
    holds(tmp_path / "all", [0, 1, 2, 3])
    inodes = {path.stat().st_ino for shard in shards for path in shard.rglob("*.mp4")}
    assert {path.stat().st_ino for path in (tmp_path / "all").rglob("*.mp4")} == inodes


def test_shards_of_different_kinds_do_not_merge(tmp_path: Path) -> None:
    shards = [
        collect(tmp_path / "a", [0]),
        collect(tmp_path / "b", [1], replace(SCHEMA, robot_type="iiwa")),
    ]
    with pytest.raises(ValueError, match="robot_type is 'iiwa', not 'panda'"):
        merge(shards, tmp_path / "all")
    assert not (tmp_path / "all").exists()
