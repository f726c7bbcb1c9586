"""Comparisons that answer a question of their own, with the bundled model: one click each."""

from __future__ import annotations

from dataclasses import dataclass

from rlm_core.core.config import Budget
from rlm_core.evaluation.sweep import Strategy

CHAIN = "chain:steps=7"
COUNTDOWN = "countdown:numbers=4"


@dataclass(frozen=True, slots=True)
class Preset:
    """A comparison that is ready.

    name: in addresses.
    title: a question.
    sentence: what there is to see.
    kind: of problem, a spec without a seed.
    seed: of the one problem that is shown first, an example that may have been chosen for its trees.
    strategies: two to four.
    budget: of each.
    """

    name: str
    title: str
    sentence: str
    kind: str
    seed: int
    strategies: tuple[Strategy, ...]
    budget: Budget

    @property
    def problem(self) -> str:
        """The spec of the problem that is shown first."""
        return f"{self.kind}{',' if ':' in self.kind else ':'}seed={self.seed}"


def _mcts(name: str, **parameters: float) -> Strategy:
    return Strategy(name, search="mcts", search_parameters=dict(parameters), reward="prm:nano")


def _thinking(waits: int) -> Strategy:
    name = "No “Wait”" if not waits else f"“Wait” × {waits}"
    return Strategy(name, search="thinking", search_parameters={"waits": waits, "max_thinking_tokens": 0, "probe": False})


PRESETS = (
    Preset(
        "best-of-n-or-mcts",
        "Best-of-N or MCTS, at equal tokens?",
        "Whole solutions side by side against a tree that grows where it looks promising. Both stop at the same number of tokens.",
        COUNTDOWN,
        10,
        (
            Strategy("Best-of-N", search="best_of_n", search_parameters={"n": 512, "answer_by": "naive"}, reward="prm:nano"),
            Strategy("MCTS", search="mcts", reward="prm:nano"),
        ),
        Budget(None, tokens=2000),
    ),
    Preset(
        "prm-or-rollouts",
        "A trained PRM or rollouts?",
        "The same tree search, judged by a process reward model and by playing to the end. Rollouts cost tokens, the PRM reward passes.",
        COUNTDOWN,
        31,
        (
            Strategy("MCTS with a PRM", search="mcts", reward="prm:nano"),
            Strategy("MCTS with rollouts", search="mcts", reward="rollouts"),
        ),
        Budget(None, tokens=2000),
    ),
    Preset(
        "exploration",
        "How much exploration?",
        "UCT with c = 0 only exploits, with c = 4 it visits everything alike.",
        COUNTDOWN,
        31,
        (_mcts("c = 0", c=0.0), _mcts("c = 0.5", c=0.5), _mcts("c = 1.41", c=2**0.5), _mcts("c = 4", c=4.0)),
        Budget(None, tokens=1500),
    ),
    Preset(
        "effort",
        "How much effort?",
        "The same chain of thought with four budgets of thinking tokens.",
        CHAIN,
        3,
        tuple(
            Strategy(f"Effort {level}", search="adaptive", search_parameters={"effort": level, "probe": False})
            for level in ("low", "medium", "high", "max")
        ),
        Budget(None, tokens=4000),
    ),
    Preset(
        "wait",
        "Does “Wait” help?",
        "Budget forcing: when the model wants to stop thinking, “Wait” is put in its place, up to four times.",
        CHAIN,
        3,
        (_thinking(0), _thinking(1), _thinking(2), _thinking(4)),
        Budget(None, tokens=2000),
    ),
)
"""The first is the one of the start page."""
