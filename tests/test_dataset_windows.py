"""Windows: what was seen up to a frame, and the actions from it on, never across episodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic import CAMERA, collect, images, length, values

from warewheel.flywheel.dataset.merge import compact
from warewheel.flywheel.dataset.store import Dataset
from warewheel.flywheel.dataset.windows import Windows

SEEDS = range(3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return collect(tmp_path_factory.mktemp("data") / "set", SEEDS)


def test_every_window_is_cut_from_its_own_episode(folder: Path, tmp_path: Path) -> None:
    compact(folder, tmp_path / "packed")
    for where in (folder, tmp_path / "packed"):
        windows = Windows(Dataset.open(where), past=2, future=4)
        assert len(windows) == sum(length(seed) for seed in SEEDS)
        k = 0
        for episode, seed in enumerate(SEEDS):
            n, seen, acted = length(seed), images(seed), values(seed)["action"]
            for t in range(n):
                item = windows[k]
                assert (item["episode_index"], item["frame_index"]) == (episode, t)
                before, after = [max(0, t - 1), t], [min(n - 1, t + i) for i in range(4)]
                state = values(seed)["observation.state"][before]
                assert np.array_equal(item["observation.state"], state)
                assert np.array_equal(item["action"], acted[after])
                assert item["action_is_pad"].tolist() == [t + i >= n for i in range(4)]
                assert np.array_equal(item[CAMERA], seen[before].transpose(0, 3, 1, 2))
                k += 1


def test_episodes_and_columns_can_be_chosen(folder: Path) -> None:
    windows = Windows(
        Dataset.open(folder), future=1, observations=["stock"], cameras=[], episodes=[2, 0]
    )
    assert len(windows) == length(2) + length(0)
    item = windows[length(2)]
    assert set(item) == {
        "stock", "action", "action_is_pad", "task", "episode_index", "frame_index",
    }  # fmt: skip
    assert (item["episode_index"], item["task"]) == (0, "store box 0")


def test_what_is_not_there_is_refused(folder: Path) -> None:
    dataset = Dataset.open(folder)
    with pytest.raises(IndexError, match="allowed are 0 to 2"):
        Windows(dataset, episodes=[3])
    with pytest.raises(ValueError, match="feature 'stok' is unknown"):
        Windows(dataset, observations=["stok"])
    with pytest.raises(ValueError, match="camera 'c' is unknown"):
        Windows(dataset, cameras=["c"])
    with pytest.raises(ValueError, match="allowed are 1 or more"):
        Windows(dataset, future=0)
    with pytest.raises(IndexError):
        Windows(dataset)[10**6]


def test_a_loader_of_torch_takes_them(folder: Path) -> None:
    data = pytest.importorskip("torch.utils.data")
    loader = data.DataLoader(Windows(Dataset.open(folder), future=3), batch_size=5)
    batch = next(iter(loader))
    assert tuple(batch["action"].shape) == (5, 3, 2)
    assert tuple(batch[CAMERA].shape) == (5, 1, 3, 32, 48)
