"""Films: the first champion and the last one in physics, on the same case."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warewheel.configs import load_suite
from warewheel.configs.schema import Case
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.flywheel.film import Film

from .gate import Outcome
from .wheel import Turn, model_of

FOLDER = "films"
# Name of the planner that decides by a model.
PLANNER = "hf:{}"


@dataclass(frozen=True, slots=True)
class Scene:
    """A case that two champions were filmed on.

    Attributes:
        case: Its name.
        instruction: What the robot was told.
        champions: Who was filmed.
        videos: Their films, as addresses that hold all of it.
    """

    case: str
    instruction: str
    champions: tuple[str, ...]
    videos: tuple[str, ...]


def scene(
    turns: Sequence[Turn], run: Path, tell: Callable[[str], None] = lambda _: None
) -> Scene | None:
    """Film the first and the last champion of a run; None if they are the same.

    The case is the first that the last one solves, in the symbolic twin, and the first does not.

    Args:
        turns: Of the run.
        run: Its folder, where films are kept.
        tell: Hears who is being filmed.
    """
    ends = (turns[0], turns[-1])
    if ends[0].entry["champion"] == ends[1].entry["champion"]:
        return None
    chosen = _told_apart(*(turn.examined for turn in ends))
    case = _case(chosen)
    names, videos = [], []
    for turn in ends:
        name = turn.entry["champion"]
        path = run / FOLDER / f"{name}-{chosen.replace('/', '-')}.mp4"
        if not path.exists():
            tell(name)
            model = model_of(run, name, turn.entry["weights"])
            _shoot(PLANNER.format(model), case, path)
        names.append(name)
        content = base64.b64encode(path.read_bytes()).decode()
        videos.append(f"data:video/mp4;base64,{content}")
    return Scene(chosen, " ".join(case.instructions), tuple(names), tuple(videos))


def _told_apart(first: Sequence[Outcome], last: Sequence[Outcome]) -> str:
    """Return the case that shows best what was learnt."""
    won = [new.key for old, new in zip(first, last, strict=True) if new.success and not old.success]
    return [*won, last[0].key][0]


def _case(key: str) -> Case:
    suite, name = key.split("/")
    return next(case for case in load_suite(suite).cases if case.id == name)


def _shoot(planner: str, case: Case, path: Path) -> None:
    # Under another name until it is whole.
    draft = path.with_name(f".{path.name}")
    env = WarehouseEnv(body="panda", case=case, facility=case.facility)
    try:
        runner.run(env, planner, case.seed, [Film(draft)])
    except runner.Crash as error:
        # The film ends there as well.
        print(f"{planner} crashed while it was filmed: {error}", file=sys.stderr)
    finally:
        env.close()
    draft.rename(path)
