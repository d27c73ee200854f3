"""Windows of frames for training: what was seen up to a frame, and the actions from it on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from warewheel.configs.choice import unknown

from .files.frames import Columns
from .files.rows import first_frame, video_place
from .files.video import decode
from .store import Dataset


class Windows:
    """A map-style dataset as ``torch.utils.data.DataLoader`` takes it, made of NumPy arrays.

    Item k belongs to one frame of one episode. It has, for each observation, the ``past`` frames
    that end with that frame (past x elements), for each camera the same (past x 3 x height x
    width, uint8), and for ``action`` the ``future`` ones that begin with it (future x elements).
    What lies outside the episode repeats its first or last frame; ``action_is_pad`` says where
    that is so. ``task`` is what the robot was told.

    Args:
        dataset: Where the frames are.
        past: Frames of each observation.
        future: Actions in a chunk.
        observations: Names of features; all but actions if None.
        cameras: Names of cameras; all if None.
        action: Name of the feature with actions.
        episodes: Numbers of the episodes to take; all if None.
    """

    def __init__(
        self, dataset: Dataset, past: int = 1, future: int = 16,
        observations: Sequence[str] | None = None, cameras: Sequence[str] | None = None,
        action: str = "action", episodes: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        names = list(dataset.schema.by_name)
        if observations is None:
            observations = [name for name in names if name != action]
        if cameras is None:
            cameras = list(dataset.schema.cameras)
        for name in (*observations, action):
            if name not in names:
                raise ValueError(unknown("feature", name, names))
        for name in cameras:
            if name not in dataset.schema.cameras:
                raise ValueError(unknown("camera", name, dataset.schema.cameras))
        if past < 1 or future < 1:
            raise ValueError(f"past {past} and future {future}; allowed are 1 or more")
        self._dataset, self._past, self._future = dataset, past, future
        self._observations, self._cameras, self._action = observations, cameras, action
        self._rows = dataset.episodes()
        self._numbers = list(range(len(self._rows)) if episodes is None else episodes)
        for k in self._numbers:
            dataset.row(k)
        kept = {*observations, action}
        # Numbers are few: they stay in memory. Images are decoded as they are asked for.
        columns: dict[int, Columns] = {
            k: {name: made[name] for name in kept}
            for k, made in enumerate(dataset.scan())
            if k in self._numbers
        }
        self._columns = [columns[k] for k in self._numbers]
        lengths = [self._rows[k]["length"] for k in self._numbers]
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, k: int) -> dict[str, Any]:
        if not 0 <= k < len(self):
            raise IndexError(f"no item {k}; allowed are 0 to {len(self) - 1}")
        at = int(np.searchsorted(self._starts, k, side="right")) - 1
        episode, columns = self._numbers[at], self._columns[at]
        row, t = self._rows[episode], k - int(self._starts[at])
        last = row["length"] - 1
        before = np.arange(t - self._past + 1, t + 1).clip(0)
        after = np.arange(t, t + self._future)
        item: dict[str, Any] = {name: columns[name][before] for name in self._observations}
        item[self._action] = columns[self._action][after.clip(max=last)]
        item["action_is_pad"] = after > last
        for name in self._cameras:
            item[name] = self._images(episode, name, int(before[0]), t)[before - before[0]]
        return item | {"task": row["tasks"][0], "episode_index": episode, "frame_index": t}

    def _images(self, episode: int, camera: str, first: int, last: int) -> Any:
        row, schema = self._rows[episode], self._dataset.schema
        path = video_place(row, camera).video(self._dataset.folder, camera)
        start = first_frame(row, camera, schema.fps) + first
        frames = decode(path, schema.fps, start, last - first + 1)
        return np.ascontiguousarray(frames.transpose(0, 3, 1, 2))
