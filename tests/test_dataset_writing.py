"""A dataset holds what was handed in, bit for bit, with exact statistics, in lerobot's format."""

from __future__ import annotations

import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from synthetic import (
    ABOUT,
    CAMERA,
    SCHEMA,
    collect,
    content,
    extend,
    images,
    length,
    values,
    write_draft,
)

from warewheel.flywheel.dataset.card import markdown
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.files.episodes import read_rows
from warewheel.flywheel.dataset.files.layout import Place, metas
from warewheel.flywheel.dataset.files.parquet import reading
from warewheel.flywheel.dataset.files.statistics import QUANTILES
from warewheel.flywheel.dataset.schema import Fact, Feature, Schema, read_schema
from warewheel.flywheel.dataset.store import Dataset

SEEDS = range(5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collect(tmp_path_factory.mktemp("data") / "set", SEEDS)


def numpys(column: NDArray[Any]) -> dict[str, Any]:
    real = column.astype(np.float64)
    made = {"min": column.min(0), "max": column.max(0), "mean": real.mean(0), "std": real.std(0)}
    made["count"] = np.array([len(column)])
    return made | {name: np.quantile(real, q, axis=0) for name, q in QUANTILES.items()}


def levels(frames: NDArray[np.uint8]) -> dict[str, Any]:
    """NumPy's statistics of all pixels, 0 to 1, each 3 x 1 x 1."""
    made = numpys(frames.reshape(-1, 3) / 255)
    made = {name: value.reshape(-1, 1, 1) for name, value in made.items()}
    return made | {"count": np.array([len(frames)])}


def test_frames_are_bit_exact(folder: Path) -> None:
    dataset = Dataset.open(folder)
    for k, seed in enumerate(SEEDS):
        seen = dataset.frames(k, CAMERA)
        assert seen.dtype == np.uint8
        assert np.array_equal(seen, images(seed))


def test_values_and_facts_are_as_handed_in(folder: Path) -> None:
    dataset = Dataset.open(folder)
    for k, seed in enumerate(SEEDS):
        columns, row = dataset.columns(k), dataset.episodes()[k]
        for name, column in values(seed).items():
            assert columns[name].dtype == column.dtype
            assert np.array_equal(columns[name], column), name
        assert (row["success"], row["seed"], row["progress"]) == (seed % 3 > 0, seed, seed / 7)
        assert (row["failure"], row["violations"]) == (None, ["COLD"])
        assert row["tasks"] == [f"store box {seed % 5}", "be quick"]


def test_indices_count_on_and_time_is_frame_by_fps(folder: Path) -> None:
    dataset = Dataset.open(folder)
    start = 0
    for k, seed in enumerate(SEEDS):
        columns, n = dataset.columns(k), length(seed)
        assert np.array_equal(columns["frame_index"][:, 0], np.arange(n))
        assert np.array_equal(columns["timestamp"][:, 0], (np.arange(n) / 20).astype(np.float32))
        assert np.array_equal(columns["index"][:, 0], start + np.arange(n))
        assert (columns["episode_index"] == k).all()
        row = dataset.episodes()[k]
        assert (row["dataset_from_index"], row["dataset_to_index"]) == (start, start + n)
        ends = [row[f"videos/{CAMERA}/{end}_timestamp"] for end in ("from", "to")]
        assert ends == [0.0, n / 20]
        start += n


def test_tasks_and_subtasks_are_numbered_as_they_come(folder: Path) -> None:
    for name, column, wanted in (
        ("tasks", "task_index", ["store box 0", "be quick", "store box 1", "store box 2"]),
        ("subtasks", "subtask_index", ["open", "pick 0", "pick 1"]),
    ):
        with reading(folder / f"meta/{name}.parquet") as file:
            table = file.read().to_pydict()
            pandas = json.loads(file.schema_arrow.metadata[b"pandas"])
        assert pandas["index_columns"] == ["__index_level_0__"]
        assert table["__index_level_0__"][: len(wanted)] == wanted
        assert table[column] == list(range(len(table[column])))
    dataset = Dataset.open(folder)
    assert [dataset.columns(k)["task_index"][0, 0] for k in range(3)] == [0, 2, 3]
    # "pick" begins at 0.2 s: the fifth frame.
    assert dataset.columns(1)["subtask_index"][:, 0].tolist() == [0] * 4 + [2] * (length(1) - 4)


def test_frames_before_the_first_subtask_have_an_empty_one(tmp_path: Path) -> None:
    schema = Schema((Feature("x", "float32"),), fps=10)
    with Dataset.create(tmp_path / "set", schema) as dataset:
        for begins in ([(0.15, "late")], []):
            draft = Draft(dataset.folder, schema)
            for t in range(4):
                draft.frame({"x": t}, {})
            dataset.append(draft.close({}, ["go"], begins))
        assert dataset.columns(0)["subtask_index"][:, 0].tolist() == [0, 0, 1, 1]
        assert dataset.columns(1)["subtask_index"][:, 0].tolist() == [0] * 4
        assert list(dataset._totals.subtasks) == ["", "late"]


def test_statistics_of_episodes_are_numpys(folder: Path) -> None:
    dataset = Dataset.open(folder)
    for k, path in enumerate(metas(folder)):
        (row,) = read_rows(path)
        columns = dataset.columns(k)
        wanted = {one.name: numpys(columns[one.name]) for one in SCHEMA.features}
        wanted[CAMERA] = levels(dataset.frames(k, CAMERA))
        assert {n.split("/")[1] for n in row if n.startswith("stats/")} == set(wanted)
        for name, kinds in wanted.items():
            for kind, value in kinds.items():
                got = np.array(row[f"stats/{name}/{kind}"])
                assert got.shape == value.shape, (name, kind)
                np.testing.assert_allclose(got, value, rtol=1e-12, atol=1e-12, err_msg=name)
        assert row["stats/stock/max"] == values(SEEDS[k])["stock"].max(0).tolist()


def test_statistics_of_the_dataset_are_numpys_over_all_frames(folder: Path) -> None:
    dataset = Dataset.open(folder)
    found = json.loads((folder / "meta/stats.json").read_text())
    every = list(dataset.scan())
    wanted = {name: numpys(np.concatenate([c[name] for c in every])) for name in every[0]}
    wanted[CAMERA] = levels(np.concatenate([images(seed) for seed in SEEDS]))
    assert found.keys() == wanted.keys()
    for name, kinds in wanted.items():
        assert found[name].keys() == kinds.keys()
        for kind, value in kinds.items():
            np.testing.assert_allclose(found[name][kind], value, rtol=1e-10, atol=1e-12)


def test_info_says_what_there_is(folder: Path) -> None:
    info = json.loads((folder / "meta/info.json").read_text())
    frames = sum(length(seed) for seed in SEEDS)
    assert (info["codebase_version"], info["total_episodes"], info["total_frames"]) == (
        "v3.0", 5, frames,
    )  # fmt: skip
    assert info["splits"] == {"train": "0:5"}
    assert info["features"]["observation.state"] == {
        "dtype": "float32", "shape": [3], "names": ["x", "y", "z"],
    }  # fmt: skip
    assert info["features"][CAMERA]["shape"] == [32, 48, 3]
    assert list(info["features"])[-6:-1] == [
        "timestamp", "frame_index", "episode_index", "index", "task_index",
    ]  # fmt: skip


def test_data_files_are_as_hugging_face_wants_them(folder: Path) -> None:
    import pyarrow as pa

    with reading(Place().data(folder)) as file:
        kinds = file.schema_arrow
        assert file.num_row_groups == 1
        assert file.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert kinds.field("observation.state").type == pa.list_(pa.float32(), 3)
    assert kinds.field("index").type == pa.int64()
    features = json.loads(kinds.metadata[b"huggingface"])["info"]["features"]
    assert features["action"] == {
        "feature": {"dtype": "float32", "_type": "Value"}, "length": 2, "_type": "List",
    }  # fmt: skip
    assert features["next.done"] == {"dtype": "bool", "_type": "Value"}
    assert list(features) == kinds.names


def _draft(job: tuple[Path, int]) -> Path:
    return write_draft(*job)


def test_any_number_of_workers_makes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    with Dataset.create(tmp_path / "set", SCHEMA, ABOUT) as dataset:
        jobs = [(dataset.folder, seed) for seed in SEEDS]
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            drafts = pool.map(_draft, jobs, chunksize=1)
        for draft in drafts:
            dataset.append(draft)
    assert content(dataset.folder) == content(folder)


def test_resuming_makes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    collect(tmp_path / "set", SEEDS[:2])
    with Dataset.open(tmp_path / "set", append=True, schema=SCHEMA) as dataset:
        extend(dataset, SEEDS[2:])
    assert content(tmp_path / "set") == content(folder)


floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
COLUMNS = st.integers(1, 6).flatmap(
    lambda n: st.fixed_dictionaries({
        "a": arrays(np.float32, (n, 2), elements=floats),
        "b": arrays(np.int64, (n, 1)),
        "c": arrays(np.bool_, (n, 3)),
        "d": arrays(np.uint8, (n, 1)),
        "e": arrays(np.float64, (n, 1), elements=st.floats(-1e99, 1e99)),
    })
)  # fmt: skip


@settings(max_examples=25)
@given(st.lists(COLUMNS, min_size=1, max_size=3))
def test_any_values_come_back(episodes: list[dict[str, NDArray[Any]]]) -> None:
    schema = Schema((
        Feature("a", "float32", (2,)), Feature("b", "int64"), Feature("c", "bool", (3,)),
        Feature("d", "uint8"), Feature("e", "float64"),
    ))  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        with Dataset.create(Path(name) / "set", schema) as dataset:
            for columns in episodes:
                draft = Draft(dataset.folder, schema)
                for t in range(len(columns["a"])):
                    draft.frame({key: column[t] for key, column in columns.items()}, {})
                dataset.append(draft.close({}, ["go"]))
        found = list(Dataset.open(dataset.folder).scan())
    for got, columns in zip(found, episodes, strict=True):
        for key, column in columns.items():
            assert got[key].tobytes() == column.tobytes()


def test_appending_takes_no_longer_after_many_episodes(tmp_path: Path) -> None:
    schema = Schema((Feature("x", "float32", (7,)),))
    took = []
    with Dataset.create(tmp_path / "set", schema) as dataset:
        for _ in range(80):
            draft = Draft(dataset.folder, schema)
            draft.frame({"x": np.zeros(7)}, {})
            sealed = draft.close({}, ["go"])
            began = time.process_time()
            dataset.append(sealed)
            took.append(time.process_time() - began)
    assert statistics.median(took[-20:]) < 2 * statistics.median(took[5:25])


def test_a_preview_is_smaller_and_looks_alike(tmp_path: Path) -> None:
    schema = replace(SCHEMA, codec="preview", cameras={CAMERA: (64, 64)})
    flat = np.zeros((64, 64, 3), np.uint8)
    flat[16:48, 16:48] = (180, 60, 40)
    with Dataset.create(tmp_path / "set", schema) as dataset:
        draft = Draft(dataset.folder, schema)
        for _ in range(12):
            draft.frame({name: column[0] for name, column in values(0).items()}, {CAMERA: flat})
        dataset.append(draft.close({}, ["look"]))
        seen = dataset.frames(0, CAMERA).astype(int)
    assert seen.shape == (12, 64, 64, 3)
    assert np.abs(seen - flat).mean() < 4


def test_subtasks_go_into_the_language_column_if_wished(tmp_path: Path) -> None:
    collect(tmp_path / "set", [3], replace(SCHEMA, language=True))
    with reading(Place().data(tmp_path / "set")) as file:
        notes = file.read(columns=["language_persistent"]).to_pydict()["language_persistent"]
    assert len(notes) == length(3)
    assert [(n["content"], n["style"], round(n["timestamp"], 3)) for n in notes[-1]] == [
        ("open", "subtask", 0.0), ("pick 1", "subtask", 0.2),
    ]  # fmt: skip
    info = json.loads((tmp_path / "set/meta/info.json").read_text())
    assert info["features"]["language_persistent"]["dtype"] == "language"


def test_a_schema_survives_json() -> None:
    assert read_schema(json.loads(json.dumps(SCHEMA.data()))) == SCHEMA
    assert SCHEMA.difference(SCHEMA) is None
    other = replace(SCHEMA, fps=30)
    assert SCHEMA.difference(other) == "fps is 30, not 20"
    features = (replace(SCHEMA.features[0], unit="mm"), *SCHEMA.features[1:])
    said = SCHEMA.difference(replace(SCHEMA, features=features))
    assert said == "unit of observation.state is 'mm', not 'm'"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Feature("index", "int64"), "cannot be the name"),
        (lambda: Feature("a/b", "int64"), "cannot be the name"),
        (lambda: Feature("a", "float"), "did you mean 'float64'|allowed: float32"),
        (lambda: Feature("a", "int64", (2, 2)), "shape"),
        (lambda: Feature("a", "int64", (2,), ("x",)), "names of a: 1 for 2"),
        (lambda: Fact("Length", "int"), "cannot be the name"),
        (lambda: Fact("length", "int"), "cannot be the name"),
        (lambda: Schema((), {"cam": (33, 32)}), "even numbers"),
        (lambda: Schema((Feature("a", "bool"), Feature("a", "bool"))), "'a' is there twice"),
        (lambda: Schema((), fps=0), "fps is 0"),
        (lambda: Schema((), codec="raw"), "codec is 'raw'"),
    ],
)
def test_schemas_that_make_no_sense_are_refused(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


def test_schema_and_card_say_unit_frame_order_and_range(folder: Path) -> None:
    text = markdown(SCHEMA)
    line = next(line for line in text.splitlines() if "observation.state" in line)
    for part in ("float32[3]", "x, y, z", "| m |", "| W |", "-9 .. 9", "tool"):
        assert part in line
    card = (folder / "README.md").read_text()
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert "- LeRobot" in card and "5 episodes" in card and line in card


def test_a_card_written_by_somebody_is_left_alone(tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0])
    (folder / "README.md").write_text("mine\n")
    with Dataset.open(folder, append=True) as dataset:
        extend(dataset, [1])
    assert (folder / "README.md").read_text() == "mine\n"


def test_engines_are_imported_where_they_are_used() -> None:
    code = (
        "import sys; import warewheel.flywheel.dataset.store, warewheel.flywheel.dataset.merge, "
        "warewheel.flywheel.dataset.repair; print([m for m in ('pyarrow', 'av', 'torch') "
        "if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
