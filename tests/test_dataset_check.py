"""Whatever is broken is named with its episode, and mended without losing what is whole."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from synthetic import CAMERA, SCHEMA, collect, content, extend, images, values

from warewheel.flywheel.dataset.check import check
from warewheel.flywheel.dataset.files.episodes import (
    Row,
    episodes_parquet,
    episodes_schema,
    read_rows,
    sealed,
)
from warewheel.flywheel.dataset.files.layout import Place, metas
from warewheel.flywheel.dataset.files.parquet import reading
from warewheel.flywheel.dataset.merge import compact
from warewheel.flywheel.dataset.repair import repair
from warewheel.flywheel.dataset.store import Dataset

SEEDS = range(4)
VIDEO = f"videos/{CAMERA}/chunk-000/file-002.mp4"
DATA = "data/chunk-000/file-002.parquet"
META = "meta/episodes/chunk-000/file-002.parquet"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collect(tmp_path_factory.mktemp("data") / "set", SEEDS)


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "set"))


def said(folder: Path) -> str:
    return "\n".join(map(str, check(folder)))


def holds(folder: Path, seeds: list[int]) -> None:
    """See that a dataset is whole and holds these episodes."""
    assert check(folder, images=True) == []
    dataset = Dataset.open(folder)
    assert [row["seed"] for row in dataset.episodes()] == seeds
    for k, seed in enumerate(seeds):
        assert np.array_equal(dataset.columns(k)["stock"], values(seed)["stock"])
        assert np.array_equal(dataset.frames(k, CAMERA), images(seed))


def test_a_whole_dataset_has_no_problems(whole: Path) -> None:
    holds(whole, list(SEEDS))


def test_reading_and_checking_write_nothing(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    check(folder)
    Dataset.open(folder).close()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


@pytest.mark.parametrize("name", [VIDEO, DATA, META])
@pytest.mark.parametrize("how", ["missing", "truncated", "empty"])
def test_a_broken_file_is_named_and_its_episode_moved_aside(
    folder: Path, name: str, how: str
) -> None:
    path = folder / name
    if how == "missing":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[: 0 if how == "empty" else len(content) // 2])
    text = said(folder)
    assert "episode 2" in text or "episode 3: found where episode 2 should be" in text, text
    assert how == "missing" or name in text
    repair(folder)
    holds(folder, [0, 1, 3])
    aside = [path for path in (folder / ".warewheel/aside").rglob("*") if path.is_file()]
    assert {path.stem for path in aside} == {"file-002"}
    assert len(aside) == 3 - (how == "missing")
    assert repair(folder) == []


def test_a_damaged_row_keeps_others_from_appending(folder: Path) -> None:
    path = folder / META
    content = path.read_bytes()
    path.write_bytes(content.replace(b"be quick", b"be quiet"))
    with pytest.raises(ValueError, match="warewheel repair"):
        Dataset.open(folder, append=True)
    path.write_bytes(content[:-100])
    for act in (lambda: Dataset.open(folder, append=True), lambda: Dataset.open(folder).episodes(),
                lambda: compact(folder)):  # fmt: skip
        with pytest.raises(ValueError, match="warewheel repair"):
            act()


@pytest.mark.parametrize("name", [VIDEO, DATA, META])
def test_every_flipped_bit_is_found(folder: Path, name: str) -> None:
    path = folder / name
    before = path.read_bytes()
    rng = random.Random(name)
    for _ in range(8):
        at = rng.randrange(len(before))
        broken = bytearray(before)
        broken[at] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(broken))
        text = said(folder)
        assert name in text, (at, text)
        assert "episode 2" in text, (at, text)
    path.write_bytes(before)
    assert check(folder) == []


@pytest.mark.parametrize("name", [VIDEO, DATA, META])
def test_whatever_bit_flips_the_others_survive_repair(folder: Path, name: str) -> None:
    rng = random.Random(name)
    path = folder / name
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(content))
    repair(folder)
    assert check(folder) == []
    seeds = [row["seed"] for row in Dataset.open(folder).episodes()]
    assert seeds in ([0, 1, 3], [0, 1, 2, 3])
    holds(folder, seeds)


@pytest.mark.parametrize(
    "name", ["meta/info.json", "meta/stats.json", "meta/tasks.parquet", "meta/subtasks.parquet"]
)
@pytest.mark.parametrize("how", ["missing", "changed"])
def test_what_follows_from_the_episodes_is_checked_and_written_again(
    folder: Path, name: str, how: str
) -> None:
    before = content(folder)
    path = folder / name
    if how == "missing":
        path.unlink()
    elif path.suffix == ".json":
        path.write_text(path.read_text().replace("1", "2"))
    else:
        path.write_bytes(path.read_bytes().replace(b"open", b"shut").replace(b"quick", b"quiet"))
    assert path.name in said(folder)
    repair(folder)
    assert content(folder) == before


def edit_rows(folder: Path, change: Callable[[Row], Row]) -> None:
    """Change rows and give them a new digest, as a careless tool might."""
    kinds = episodes_schema(SCHEMA)
    for path in metas(folder):
        rows = [sealed(change(row)) for row in read_rows(path)]
        path.write_bytes(episodes_parquet(kinds, rows))


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("length", 5, "frames; 5 were written"),
        ("dataset_from_index", 7, "dataset_from_index"),
        ("stats/action/mean", [0.5, 0.5], "mean of action is wrong"),
        ("stats/action/q50", [0.5, 0.5], "q50 of action is wrong"),
        (f"stats/{CAMERA}/std", [[[0.0]], [[0.0]], [[0.0]]], f"std of {CAMERA} is wrong"),
        (f"histogram/{CAMERA}", [1] * 768, "the histogram is not of all frames"),
        (f"videos/{CAMERA}/to_timestamp", 9.0, "from and to"),
        (f"videos/{CAMERA}/from_timestamp", 0.05, "frames are missing|from and to"),
        ("sha256/values", "0" * 64, "values are not those that were written"),
        (f"sha256/{CAMERA}/frames", "0" * 64, "frames are not those that were written"),
        (f"sha256/{CAMERA}/file", "0" * 64, "its bytes are not those that were written"),
        ("meta/episodes/file_index", 9, "its row is elsewhere"),
    ],
)
def test_a_row_that_says_something_wrong_is_named(
    folder: Path, column: str, value: object, text: str
) -> None:
    edit_rows(folder, lambda row: row | ({column: value} if row["episode_index"] == 2 else {}))
    found = [str(problem) for problem in check(folder)]
    assert any(
        one.startswith("episode 2") and any(part in one for part in text.split("|"))
        for one in found
    ), found  # fmt: skip


def test_wrong_indices_are_named_and_mended(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / DATA
    with reading(path) as file:
        table = file.read()
    for name, kind in (("index", pa.int64()), ("timestamp", pa.float32())):
        wrong = pa.array(np.arange(len(table)) * 3, kind)
        table = table.set_column(table.column_names.index(name), name, wrong)
    pq.write_table(table, path)
    text = said(folder)
    assert f"episode 2: {DATA}: index is wrong" in text
    assert f"episode 2: {DATA}: timestamp is wrong" in text
    repair(folder)
    holds(folder, list(SEEDS))


def test_a_value_out_of_its_range_is_told_but_no_damage(tmp_path: Path) -> None:
    from warewheel.flywheel.dataset.draft import Draft

    with Dataset.create(tmp_path / "set", SCHEMA) as dataset:
        extend(dataset, [0])
        draft = Draft(dataset.folder, SCHEMA)
        row = {name: column[0] for name, column in values(1).items()}
        draft.frame(row | {"action": [0.0, 9.5]}, {CAMERA: images(1)[0]})
        dataset.append(draft.close({}, ["go"]))
    (problem,) = check(dataset.folder)
    assert (problem.episode, problem.damage) == (1, False)
    assert "action leaves its range" in problem.text
    before = content(dataset.folder)
    assert repair(dataset.folder) == []
    assert content(dataset.folder) == before
    compact(dataset.folder)


def test_foreign_files_are_named_where_readers_glob_and_moved_aside(folder: Path) -> None:
    stray = ["data/chunk-000/file-999.parquet", f"videos/{CAMERA}/chunk-000/notes.txt",
             "meta/episodes/chunk-000/.tmp-abc"]  # fmt: skip
    for name in stray:
        (folder / name).write_bytes(b"?")
    (folder / "selection.json").write_text("{}")  # not where readers look: somebody's own
    text = said(folder)
    assert all(f"{name}: belongs to no episode" in text for name in stray)
    assert "selection" not in text
    repair(folder)
    holds(folder, list(SEEDS))
    assert (folder / "selection.json").exists()
    assert (folder / ".warewheel/aside" / stray[0]).exists()


def test_a_session_cut_short_is_named(tmp_path: Path) -> None:
    dataset = Dataset.create(tmp_path / "set", SCHEMA)
    extend(dataset, [0, 1, 2])
    dataset._release()  # as when its process dies
    assert "a session was cut short" in said(dataset.folder)
    stats = json.loads((dataset.folder / "meta/stats.json").read_text())
    every = np.concatenate([values(seed)["action"] for seed in range(2)]).astype(np.float64)
    np.testing.assert_allclose(stats["action"]["std"], every.std(axis=0), rtol=1e-12)
    repair(dataset.folder)
    assert check(dataset.folder) == []


def test_the_schema_cannot_change_unseen_and_nothing_is_mended_by_a_wrong_one(folder: Path) -> None:
    path = folder / "meta/warewheel.json"
    before = path.read_text()
    path.write_text(before.replace('"unit": "m"', '"unit": "k"'))
    assert "the schema is damaged, or changed by hand" in said(folder)
    with pytest.raises(ValueError, match="put the file back first"):
        repair(folder)
    path.write_text(before.replace('"Synthetic"', '"Another title"'))
    assert check(folder) == []
    assert Dataset.open(folder).about.title == "Another title"


def test_repair_of_a_packed_dataset_keeps_what_can_be_read(folder: Path) -> None:
    compact(folder)
    path = Place().video(folder, CAMERA)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(bytes(content))
    assert "frames are not those" in said(folder)
    repair(folder)
    assert check(folder) == []
    seeds = [row["seed"] for row in Dataset.open(folder).episodes()]
    assert len(seeds) == len(SEEDS) - 1
    holds(folder, seeds)
