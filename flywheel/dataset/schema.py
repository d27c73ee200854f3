"""What a dataset's columns are: features, cameras and facts, all of it data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from warewheel.configs.choice import options

# Revision of meta/schema.json.
REVISION = 2
DTYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
          "bool")  # fmt: skip
FACT_DTYPES = ("bool", "int", "float", "str", "list[str]")
CODECS = ("lossless", "preview")
SUBTASK, LANGUAGE = "subtask_index", "language_persistent"
# Columns that the format itself asks for, in its order; nobody hands them in.
INDICES = {
    "timestamp": "float32", "frame_index": "int64", "episode_index": "int64", "index": "int64",
    "task_index": "int64",
}  # fmt: skip
_OWN = {*INDICES, SUBTASK, LANGUAGE, "language_events", "task", "subtask"}
_FEATURE = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_FACT = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = {"tasks", "length", "subtasks", "subtask_timestamps", "episode_index",
          "dataset_from_index", "dataset_to_index"}  # fmt: skip

Bound = float | tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Feature:
    """A column with one value, or one vector, a frame.

    Attributes:
        name: Such as ``observation.state``.
        dtype: Name of NumPy's type; see `DTYPES`.
        shape: Number of elements, as a tuple of one.
        names: What each element is, in order; empty if there is but one.
        unit: Such as ``rad``; empty for pure numbers.
        frame: Coordinate frame or order of axes, where there is one.
        low: Least value, for all elements or for each; None if there is no bound.
        high: Greatest value.
        about: One line on what it is.
    """

    name: str
    dtype: str
    shape: tuple[int, ...] = (1,)
    names: tuple[str, ...] = ()
    unit: str = ""
    frame: str = ""
    low: Bound = None
    high: Bound = None
    about: str = ""

    def __post_init__(self) -> None:
        if not _FEATURE.fullmatch(self.name) or self.name in _OWN:
            raise ValueError(f"'{self.name}' cannot be the name of a feature")
        if self.dtype not in DTYPES:
            raise ValueError(
                f"dtype of {self.name} is '{self.dtype}'; {options(self.dtype, DTYPES)}"
            )
        if len(self.shape) != 1 or self.shape[0] < 1:
            raise ValueError(f"shape of {self.name} is {self.shape}; allowed: (n,) with n from 1")
        for what, value in (("names", self.names), ("low", self.low), ("high", self.high)):
            if isinstance(value, tuple) and value and len(value) != self.shape[0]:
                raise ValueError(
                    f"{what} of {self.name}: {len(value)} for {self.shape[0]} elements"
                )


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of an episode as a whole: a column of the table of episodes.

    Attributes:
        name: Such as ``success``.
        dtype: One of `FACT_DTYPES`.
        about: One line on what it is.
    """

    name: str
    dtype: str
    about: str = ""

    def __post_init__(self) -> None:
        if not _FACT.fullmatch(self.name) or self.name in _TAKEN:
            raise ValueError(f"'{self.name}' cannot be the name of a fact")
        if self.dtype not in FACT_DTYPES:
            hint = options(self.dtype, FACT_DTYPES)
            raise ValueError(f"dtype of {self.name} is '{self.dtype}'; {hint}")


@dataclass(frozen=True, slots=True)
class Schema:
    """All that is the same for every episode of a dataset.

    Attributes:
        features: The columns.
        cameras: By feature name, such as ``observation.images.front``: height and width [px].
        fps: Frames per second.
        robot_type: The body's name.
        facts: What is known of each episode.
        codec: ``lossless`` (RGB, bit for bit) or ``preview`` (smaller, plays in browsers).
        subtasks: Whether frames say which subtask they belong to (column ``subtask_index``).
        language: Whether subtasks are written into ``language_persistent``, too. Only readers
            newer than lerobot 0.4 open such a dataset.
    """

    features: tuple[Feature, ...]
    cameras: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fps: int = 20
    robot_type: str = ""
    facts: tuple[Fact, ...] = ()
    codec: str = "lossless"
    subtasks: bool = True
    language: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.fps, bool) or not isinstance(self.fps, int) or self.fps < 1:
            raise ValueError(f"fps is {self.fps}; allowed are whole numbers from 1")
        if self.codec not in CODECS:
            raise ValueError(f"codec is '{self.codec}'; {options(self.codec, CODECS)}")
        names = [one.name for one in self.features] + list(self.cameras)
        for group in (names, [fact.name for fact in self.facts]):
            for name in group:
                if group.count(name) > 1:
                    raise ValueError(f"'{name}' is there twice")
        for name, size in self.cameras.items():
            if not _FEATURE.fullmatch(name) or name in _OWN:
                raise ValueError(f"'{name}' cannot be the name of a camera")
            if len(size) != 2 or min(size) < 16 or any(side % 2 for side in size):
                raise ValueError(f"size of {name} is {size}; allowed: even numbers from 16")

    @property
    def by_name(self) -> dict[str, Feature]:
        """The features by name."""
        return {one.name: one for one in self.features}

    @property
    def indices(self) -> dict[str, str]:
        """Names and types of the columns that the format asks for, or that follow from subtasks."""
        return INDICES | ({SUBTASK: "int64"} if self.subtasks else {})

    def columns(self) -> Iterator[tuple[str, str, int]]:
        """Yield name, type and number of elements of each column with numbers, in order."""
        for one in self.features:
            yield one.name, one.dtype, one.shape[0]
        for name, dtype in self.indices.items():
            yield name, dtype, 1

    def info_features(self) -> dict[str, dict[str, Any]]:
        """Return ``features`` of info.json."""
        made: dict[str, dict[str, Any]] = {}
        for one in self.features:
            names = list(one.names) or None
            made[one.name] = {"dtype": one.dtype, "shape": list(one.shape), "names": names}
        for name, (height, width) in self.cameras.items():
            made[name] = {
                "dtype": "video",
                "shape": [height, width, 3],
                "names": ["height", "width", "channels"],
                "info": {
                    "video.height": height, "video.width": width, "video.codec": "h264",
                    "video.pix_fmt": "gbrp" if self.codec == "lossless" else "yuv420p",
                    "video.is_depth_map": False, "video.fps": self.fps, "video.channels": 3,
                    "has_audio": False,
                },
            }  # fmt: skip
        for name, dtype in self.indices.items():
            made[name] = {"dtype": dtype, "shape": [1], "names": None}
        if self.language:
            made[LANGUAGE] = {"dtype": "language", "shape": [1], "names": None}
        return made

    def data(self) -> dict[str, Any]:
        """Return the schema as plain data, for JSON."""
        plain = asdict(self)
        plain["cameras"] = {name: list(size) for name, size in self.cameras.items()}
        return {"revision": REVISION, **plain}

    def difference(self, other: Schema) -> str | None:
        """Say how ``other`` differs, in half a line; None if it does not."""
        mine, theirs = self.data(), other.data()
        for key in ("fps", "robot_type", "codec", "subtasks", "language"):
            if mine[key] != theirs[key]:
                return f"{key} is {theirs[key]!r}, not {mine[key]!r}"
        if dict(self.cameras) != dict(other.cameras):
            return f"cameras are {theirs['cameras']}, not {mine['cameras']}"
        for kind in ("features", "facts"):
            ours = {one["name"]: one for one in mine[kind]}
            others = {one["name"]: one for one in theirs[kind]}
            if list(ours) != list(others):
                return f"{kind} are {', '.join(others)}, not {', '.join(ours)}"
            for name, one in ours.items():
                for key, value in one.items():
                    if others[name][key] != value:
                        return f"{key} of {name} is {others[name][key]!r}, not {value!r}"
        return None


def read_schema(data: Mapping[str, Any]) -> Schema:
    """Return the schema that `Schema.data` made ``data`` of."""
    if data.get("revision") != REVISION:
        raise ValueError(f"revision {data.get('revision')} of the schema; known is {REVISION}")
    values = {key: value for key, value in data.items() if key != "revision"}
    values["features"] = tuple(
        Feature(**{key: _tuple(value) for key, value in one.items()}) for one in data["features"]
    )
    values["facts"] = tuple(Fact(**one) for one in data["facts"])
    values["cameras"] = {name: (size[0], size[1]) for name, size in data["cameras"].items()}
    return Schema(**values)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
