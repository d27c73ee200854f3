"""Films: the first champions and the last ones in physics, on the same delivery."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warewheel.configs.schema import Case
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.flywheel.film import Film

from .chain import Crew
from .gate import Outcome

FOLDER = "films"


@dataclass(frozen=True, slots=True)
class Scene:
    """A delivery that two crews were filmed on.

    Attributes:
        case: Its name.
        instruction: What the robot was told.
        crews: Who was filmed.
        videos: Their films, as addresses that hold all of it.
    """

    case: str
    instruction: str
    crews: tuple[str, ...]
    videos: tuple[str, ...]


def scene(
    crews: Sequence[Crew],
    outcomes: Sequence[Sequence[Outcome]],
    cases: Sequence[Case],
    run: Path,
    tell: Callable[[str], None] = lambda _: None,
) -> Scene | None:
    """Film the first and the last crew of a run; None if they are the same.

    The delivery is the first that the last crew brings to its end and the first crew does not.

    Args:
        crews: The first and the last.
        outcomes: Of each, on the same deliveries.
        cases: These.
        run: Folder of the run, where films are kept.
        tell: Hears who is being filmed.
    """
    if crews[0] == crews[1]:
        return None
    chosen = _told_apart(*outcomes)
    case = next(one for one in cases if one.id == chosen)
    videos = []
    for who in crews:
        mark = hashlib.sha256(f"{who} {case!r}".encode()).hexdigest()[:12]
        path = run / FOLDER / f"{chosen}-{mark}.mp4"
        if not path.exists():
            tell(who.name)
            _shoot(who, case, path)
        content = base64.b64encode(path.read_bytes()).decode()
        videos.append(f"data:video/mp4;base64,{content}")
    names = tuple(who.name for who in crews)
    return Scene(chosen, " ".join(case.instructions), names, tuple(videos))


def _told_apart(first: Sequence[Outcome], last: Sequence[Outcome]) -> str:
    """Return the delivery that shows best what was learnt."""
    won = [new.key for old, new in zip(first, last, strict=True) if new.success and not old.success]
    return [*won, last[0].key][0]


def _shoot(who: Crew, case: Case, path: Path) -> None:
    # Under another name until it is whole.
    draft = path.with_name(f".{path.name}")
    env = WarehouseEnv(body="panda", case=case, facility=case.facility)
    try:
        runner.run(env, who.planner, case.seed, [Film(draft)], hand=who.hand)
    except runner.Crash as error:
        # The film ends there as well.
        print(f"{who.name} crashed while it was filmed: {error}", file=sys.stderr)
    finally:
        env.close()
    draft.rename(path)
