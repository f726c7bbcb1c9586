"""A language model as judge: it is asked whether the steps so far are right.

verdict: P(yes) / (P(yes) + P(no)) at the token where the verdict stands (Zheng et al. 2023; Zhang et al. 2024 for the ratio).
critique: it writes a critique that ends in a verdict, which counts as 1 or 0. A judge that gives no verdict is an error, never 0.5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_core.core.errors import ConfigError, RewardError
from rlm_core.core.parameters import Description, param
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Seed
from rlm_core.models.listed import refuse_lacking
from rlm_core.models.policy import ChatModel, Sampling, Step, require
from rlm_core.rewards.base import Reward, RewardContext, Score


@dataclass(frozen=True, slots=True)
class JudgeConfig:
    """Parameters of the judge."""

    model: str = param(
        "smollm2", "Who judges: an id, a folder or a GGUF file; smollm2 is small and judges hardly better than chance.", title="Judge"
    )
    mode: str = param("verdict", "The probability of yes against no, or a written critique.", choices=("verdict", "critique"))
    critique_tokens: int = param(128, "Longest critique, in tokens.", low=8, high=512, advanced=True)


DESCRIPTION = Description(
    name="judge",
    title="Language model as judge",
    sentence="Asks a chat model whether the steps so far are right: one pass for a verdict, or a written critique.",
    config=JudgeConfig,
    paper="Zheng et al. 2023, LLM-as-a-judge",
    url="https://arxiv.org/abs/2306.05685",
)

YES, NO = ("Yes", "yes", "YES"), ("No", "no", "NO")
MIN_YES_NO_PROBABILITY = 0.05
"""A judge that gives yes and no together less probability than this has not answered."""
ONE_WORD = "Is every step so far correct? Answer with one word, Yes or No."
IN_WORDS = "Check the steps one by one. End with a line 'Verdict: correct' or 'Verdict: incorrect'."

_WORD = re.compile(
    r"(?P<denied>(?:\bnot|n[’']t|\bnever)\s+(?:\w+\s+)?)?(?<!\(in\))\b(?:(?P<right>correct|right|true|valid|sound)|(?:incorrect|wrong|false|invalid|flawed))\b"
    r"(?!\s+(?:answer|result|value|number|total|sum|way|step|one)\b)",
    re.I,
)
_UNSURE = re.compile(
    r"\?|\b(?:partial(?:ly)?|partly|mostly|largely|almost|nearly|maybe|perhaps|unclear|unsure|cannot|if|unless|whether)\b", re.I
)
_VERDICT = re.compile(r"\bverdict\b(.*)", re.I)
_SENTENCE = re.compile(
    r"\W*(?:(?:so|thus|therefore|hence|overall|in conclusion|in summary)\b\W*)?"
    r"(?:the|this|your)\s+(?:\w+\s+)?(?:solution|answer|reasoning|derivation)\s+(?:so\s+far\s+)?(?:is|was)\b(.*)",
    re.I,
)


def verdict(critique: str) -> bool | None:
    """The verdict of a critique; None if it says nothing, asks, or is unsure.

    The last line with "verdict" that says one thing counts; one that says both only repeats the request. Without such a
    line the last sentence on the whole solution counts.

    >>> [verdict(text) for text in ("Verdict: wrong", "The solution is correct.", "Verdict: correct or incorrect?")]
    [False, True, None]
    """
    text = re.sub(r"(\bverdict\b\W*)\n", r"\1 ", critique, flags=re.I)
    announced = [found[1] for line in text.splitlines() if (found := _VERDICT.search(line))]
    sentences = [found[1] for part in re.split(r"[.!;\n]", text) if (found := _SENTENCE.fullmatch(part))]
    for claims in (announced, sentences):
        said = [word for claim in claims for word in _said(claim)]
        if said:
            return said[-1]
    return None


def _said(claim: str) -> list[bool | None]:
    """The verdict in a text, None where it asks or is unsure; nothing where it has no word of one, or both as the request does."""
    words = {bool(w["right"]) != bool(w["denied"]) for w in _WORD.finditer(claim)}
    return ([None] if _UNSURE.search(claim) else list(words)) if len(words) == 1 else []


def request(problem: Problem, steps: Sequence[Step], wish: str) -> str:
    """The prompt of the judge."""
    written = "\n".join(f"Step {i}: {s.text}" for i, s in enumerate((s for s in steps if s.text), 1))
    return f"Question: {problem.question}\n\nSolution so far:\n{written}\n\n{wish}"


@dataclass(slots=True)
class Judge:
    """Another model as a judge. It takes one reward pass per verdict or critique; the tokens of a critique are counted.

    context: the run's problem and other models.
    model: name of the judge's model.
    mode: verdict or critique.
    critique_tokens: length limit of a critique.
    """

    context: RewardContext
    model: str
    mode: str
    critique_tokens: int
    name: str = "judge"
    scores_partial: bool = True
    oracle: bool = False
    _judge: ChatModel | None = None

    async def score(self, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        if not any(s.text for s in steps):
            raise RewardError("A state without steps has nothing that could be judged; score it after its first step.")
        if self._judge is None:
            self._judge = require(await self.context.source.policy(self.model), ChatModel)
        if self.mode == "critique":
            return await self._critique(self._judge, problem, steps, seed)
        yes, no = await self._judge.first_token_probabilities(request(problem, steps, ONE_WORD), (YES, NO))
        if yes + no < MIN_YES_NO_PROBABILITY:
            said = f"{self.model} does not answer as a judge: it gives Yes and No together a probability of {yes + no:.3f}"
            raise RewardError(f"{said}, and at least {MIN_YES_NO_PROBABILITY} is needed; choose another judge or its critique mode.")
        return Score(yes / (yes + no), passes=1)

    async def _critique(self, judge: ChatModel, problem: Problem, steps: Sequence[Step], seed: Seed) -> Score:
        sampling = Sampling(self.context.sampling.temperature, max_solution_tokens=self.critique_tokens)
        text, generated = await judge.chat(request(problem, steps, IN_WORDS), seed, sampling)
        right = verdict(text)
        if right is None:
            raise RewardError(
                f"{self.model} was asked to judge and wrote a critique without a verdict ('{text[:60].strip()} …'), so that this state "
                "has no score; choose another judge, its verdict mode, or longer critiques."
            )
        return Score(float(right), passes=1, note=text.strip(), generated=generated)


def named(config: JudgeConfig) -> str:
    """The model that is to judge. ConfigError if none is named, or one that does not answer in words."""
    model = config.model.strip()
    if not model:
        raise ConfigError("No judge is named; name a chat model, such as smollm2.")
    refuse_lacking("The reward judge", (ChatModel,), model)
    return model


def make(context: RewardContext, config: JudgeConfig) -> Judge:
    return Judge(context, named(config), config.mode, config.critique_tokens)


REWARD = Reward(DESCRIPTION, make, check=lambda config, model: named(config))
