"""Stock lerobot 0.4.4 reads our datasets: the same frames, values, statistics and texts.

It has needs of its own, so it lives in an environment of its own. Its Python is named by
``WAREWHEEL_LEROBOT_PYTHON``; docs/dataset.md says how to make one. ``WAREWHEEL_DATASET`` may name a
dataset with cameras to be read in place of two episodes that are collected here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from elsewhere import Elsewhere
from synthetic import CAMERA, SCHEMA, collect, images, length, values

from warewheel.flywheel.dataset.merge import compact
from warewheel.flywheel.dataset.store import Dataset
from warewheel.scripts.main import main

LEROBOT = Elsewhere("WAREWHEEL_LEROBOT_PYTHON")
pytestmark = LEROBOT.marks
SEEDS = range(4)

# Runs there. Its torchvision has no compiled operators; two must be declared to import it.
BEGIN = """
import json, sys
import numpy as np
import torch
library = torch.library.Library("torchvision", "DEF")
for name in ("nms", "qnms"):
    library.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from lerobot.datasets.lerobot_dataset import LeRobotDataset
"""
READ = """
folder, out, camera = sys.argv[1:]
window = {"action": [0.0, 0.05, 0.1]}
dataset = LeRobotDataset("some/body", root=folder, delta_timestamps=window)
items = [dataset[k] for k in range(len(dataset))]
arrays = {"images": np.stack([item[camera].numpy() for item in items])}
for key in ("observation.state", "action", "next.reward", "next.done", "stock", "timestamp",
            "index", "episode_index"):
    arrays[key] = np.stack([item[key].numpy() for item in items])
np.savez(out, **arrays)
meta = dataset.meta
stats = {k: {n: np.array(v).tolist() for n, v in s.items()} for k, s in meta.stats.items()}
episodes = [dict(meta.episodes[k]) for k in range(meta.total_episodes)]
print(json.dumps({
    "stats": stats, "tasks": [item["task"] for item in items],
    "subtasks": [item["subtask"] for item in items],
    "success": [one["success"] for one in episodes], "seed": [one["seed"] for one in episodes],
    "totals": [meta.total_episodes, meta.total_frames, meta.total_tasks, meta.fps],
}))
"""
SAMPLE = """
folder, out = sys.argv[1:3]
dataset = LeRobotDataset("some/body", root=folder)
items = [dataset[int(k)] for k in sys.argv[3:]]
names = [name for name, kind in dataset.meta.features.items() if kind["dtype"] != "string"]
np.savez(out, **{name: np.stack([item[name].numpy() for item in items]) for name in names})
stats = {k: {n: np.array(v).tolist() for n, v in s.items()} for k, s in dataset.meta.stats.items()}
print(json.dumps({
    "frames": len(dataset), "episodes": dataset.meta.total_episodes, "stats": stats,
    "cameras": dataset.meta.video_keys, "tasks": [item["task"] for item in items],
}))
"""
# Frames that are compared.
SAMPLED = 300


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if folder := os.environ.get("WAREWHEEL_DATASET"):
        return Path(folder)
    out = tmp_path_factory.mktemp("recorded") / "set"
    words = ["collect", "--task", "store", "--episodes", "2", "--cameras", "overview,dock"]
    done = CliRunner().invoke(main, [*words, "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out


def test_lerobot_reads_recorded_episodes(recorded: Path, tmp_path: Path) -> None:
    dataset = Dataset.open(recorded)
    rows = dataset.episodes()
    ends = np.cumsum([row["length"] for row in rows])
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.choice(ends[-1], min(SAMPLED, ends[-1]), replace=False))
    found: dict[str, Any] = LEROBOT.run(
        BEGIN + SAMPLE, recorded, tmp_path / "read.npz", *map(str, chosen),
        HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "home"),
    )  # fmt: skip
    seen = np.load(tmp_path / "read.npz")
    assert found["frames"] == ends[-1] and found["episodes"] == len(rows)
    assert found["cameras"] == list(dataset.schema.cameras) != []
    owners = np.searchsorted(ends, chosen, side="right")
    assert found["tasks"] == [rows[k]["tasks"][0] for k in owners]
    for k in np.unique(owners).tolist():
        mine = owners == k
        frames = chosen[mine] - rows[k]["dataset_from_index"]
        for name, column in dataset.columns(k).items():
            got = seen[name][mine].reshape(len(frames), -1)
            assert np.array_equal(got.astype(column.dtype), column[frames]), name
        for name in found["cameras"]:
            got = (seen[name][mine] * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
            assert np.array_equal(got, dataset.frames(k, name)[frames])
    every = [columns["observation.environment_state"] for columns in dataset.scan()]
    values = np.concatenate(every).astype(np.float64)
    theirs = found["stats"]["observation.environment_state"]
    np.testing.assert_allclose(theirs["mean"], values.mean(axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(theirs["std"], values.std(axis=0), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(theirs["q90"], np.quantile(values, 0.9, axis=0), rtol=1e-9)


@pytest.mark.parametrize("packed", [False, True])
def test_lerobot_reads_the_same(tmp_path: Path, packed: bool) -> None:
    folder = collect(tmp_path / "set", SEEDS)
    if packed:
        compact(folder)
    found: dict[str, Any] = LEROBOT.run(
        BEGIN + READ, folder, tmp_path / "read.npz", CAMERA,
        HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "home"),
    )  # fmt: skip
    seen = np.load(tmp_path / "read.npz")

    wanted = np.concatenate([images(seed) for seed in SEEDS]).transpose(0, 3, 1, 2)
    assert np.array_equal((seen["images"] * 255).round().astype(np.uint8), wanted)
    for name in SCHEMA.by_name:
        column = np.concatenate([values(seed)[name] for seed in SEEDS])
        got = seen[name][:, 0] if name == "action" else seen[name]
        np.testing.assert_allclose(got.reshape(column.shape), column, rtol=1e-6)
    times = [k / 20 for seed in SEEDS for k in range(length(seed))]
    np.testing.assert_allclose(seen["timestamp"], times, rtol=1e-6)
    assert seen["index"].tolist() == list(range(len(times)))
    # The last frames of an episode repeat its last action, never the next episode's first.
    last = length(0) - 1
    assert np.array_equal(seen["action"][last, 2], values(0)["action"][last])

    ours = json.loads((folder / "meta/stats.json").read_text())
    assert found["stats"].keys() == ours.keys()
    for name, kinds in ours.items():
        for kind, value in kinds.items():
            np.testing.assert_allclose(found["stats"][name][kind], value, rtol=1e-12)
    rows = Dataset.open(folder).episodes()
    assert found["success"] == [row["success"] for row in rows]
    assert found["seed"] == list(SEEDS)
    assert found["tasks"] == [row["tasks"][0] for row in rows for _ in range(row["length"])]
    assert found["subtasks"][: length(0)] == ["open"] * 4 + ["pick 0"] * (length(0) - 4)
    assert found["totals"] == [4, len(times), 5, 20]
