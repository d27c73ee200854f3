"""Scoring planners: how likely a model finds each legal step, times how often the skill succeeds.

After SayCan (Ahn et al., CoRL 2022): the model says what makes sense, the record of the body says
what can be done.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from warewheel.agents.language import wire
from warewheel.agents.language.conversation import Conversation
from warewheel.agents.language.model import Demand, ModelError, Scorer
from warewheel.agents.legal import legal
from warewheel.agents.plan import Subgoal, Unusable
from warewheel.agents.request import Briefing, Request
from warewheel.sim.facts import Places

from .speaking import GIST, answer

# A skill that was never tried is believed in like one that succeeded once out of twice.
_PRIOR = 1


class Scoring:
    """Takes the legal step with the highest product of likelihood and success rate.

    Args:
        briefing: Of the episode.
        model: Who tells how likely a text is.
        rates: How often each skill succeeds, 0 to 1, by name; 1 for those that are not there.
    """

    privileged = False

    def __init__(self, briefing: Briefing, model: Scorer, rates: Mapping[str, float]) -> None:
        self.name = f"score:{model.name}"
        self._conversation = Conversation(briefing)
        self._model, self._rates = model, dict(rates)
        self._places = Places(briefing.facility)

    def next(self, request: Request) -> Subgoal | None:
        """Return the best step.

        Raises:
            Unusable: The model cannot read so long a conversation, or did not answer.
        """
        if self._conversation.instructed(request):
            answer(self._model, Demand(self._conversation.messages, limit=GIST), self._conversation)
        self._conversation.hear(request)
        steps = legal(request.inventory, request.facts, self._places)
        texts = [wire.write(step) for step in steps]
        try:
            scores = self._model.score(self._conversation.messages, texts)
        except ModelError as error:
            self._conversation.say("(nothing)")
            raise Unusable(error.label, str(error)) from error
        worth = [
            score + math.log(max(self._rates.get(step.skill, 1.0), 1e-9))
            for step, score in zip(steps, scores, strict=True)
        ]
        best = worth.index(max(worth))
        self._conversation.say(texts[best])
        return steps[best]


def rates(episodes: Path) -> dict[str, float]:
    """Return how often each skill succeeded in the episodes of ``warewheel run --json``.

    Raises:
        ValueError: The file cannot be read, or holds none.
    """
    tried: Counter[str] = Counter()
    good: Counter[str] = Counter()
    try:
        for line in episodes.read_text(encoding="utf-8").splitlines():
            for step in json.loads(line)["plan"]:
                skill = step["subgoal"].partition("(")[0]
                if step["outcome"] != "PREEMPTED":
                    tried[skill] += 1
                    good[skill] += step["outcome"] == "SUCCESS"
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"'{episodes}' holds no episodes: {error!r}") from error
    return {skill: (good[skill] + _PRIOR) / (tried[skill] + 2 * _PRIOR) for skill in tried}
