"""Process reward models from the hub, each asked exactly as it was trained to be asked.

Only safetensors are read and no code from a model is run: where a family ships code of its own for its
head, the head is built here on the plain backbone from these keys of the checkpoint.

    qwen           Qwen2.5-Math-PRM (Zhang et al. 2025): score.0, score.2 (Linear, ReLU, Linear → 2 classes)
    math_shepherd  Math-Shepherd (Wang et al. 2024): the language model itself
    rlhflow        Llama3.1-8B-PRM (Xiong et al. 2024, RLHFlow): the language model itself
    skywork        Skywork-o1-Open-PRM (2024): v_head.summary (Linear → 1)
    reasoneval     ReasonEval (Xia et al. 2024): score_head (Linear → 3 classes)
    thinkprm       ThinkPRM (Khalifa et al. 2025): the language model itself, after a critique it writes
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    StoppingCriteriaList,
)

from rlm_core.core import token_pool
from rlm_core.core.errors import ModelError, RewardError, first_line
from rlm_core.core.problem import Problem
from rlm_core.core.usage import Usage
from rlm_core.models.loading import pick_device, pick_dtype, source_folder
from rlm_core.models.prompts.base import decoded
from rlm_core.models.source import StepScores

BY_ARCHITECTURE = {"Qwen2ForProcessRewardModel": "qwen", "Qwen2ForPrmModel": "skywork"}
BY_NAME = {
    "math-prm": "qwen",
    "math-shepherd": "math_shepherd",
    "rlhflow": "rlhflow",
    "llama3.1-8b-prm": "rlhflow",
    "skywork": "skywork",
    "reasoneval": "reasoneval",
    "thinkprm": "thinkprm",
}
QWEN_SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."
REASONEVAL = "Question:\n{}\nAnswer:\nLet's think step by step.\n"
THINKPRM = """You are given a math problem and a proposed step-by-step solution:

[Math Problem]

{}

[Solution]

{}

Review and critique each step in the proposed solution to determine whether each step is correct. \
If the solution is incomplete, only verify the provided steps."""
THINKPRM_ASKED = "Is the solution correct?"
LONGEST_CRITIQUE = 512


@dataclass(slots=True)
class Loaded:
    """A process reward model ready to be asked; `head` holds the checkpoint's own head, by key."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    head: dict[str, torch.Tensor]
    recipe: Callable[[Loaded, str, Sequence[str]], StepScores]
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _usage: Usage = field(default_factory=Usage)

    async def score_steps(self, problem: Problem, steps: Sequence[str]) -> StepScores:
        """OutOfTokens where the run's tokens do not reach for the longest critique it may write."""
        member = token_pool.current()
        if member is not None and self.recipe is _thinkprm:
            member.pool.watch(self._usage)
            if (await member.draw([LONGEST_CRITIQUE]))[0] < LONGEST_CRITIQUE:
                raise token_pool.OutOfTokens
        async with self._lock:
            found = await asyncio.to_thread(self._score, problem.question, steps)
            self._usage.generated += found.generated
            return found

    @torch.inference_mode()
    def _score(self, question: str, steps: Sequence[str]) -> StepScores:
        return self.recipe(self, question, steps)

    # -- what recipes are made of --------------------------------------------------------------

    def ids(self, text: str, special: bool = False) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=special))

    def token(self, text: str, says: str = "") -> int:
        """The last token of a text that must be known. RewardError names it if the tokenizer lacks it; says: what it must decode to."""
        ids = self.ids(text)
        said = decoded(self.tokenizer, ids[-1:]).strip()
        if not ids or ids[-1] == self.tokenizer.unk_token_id or said != (says or text.strip()):
            raise RewardError(
                f"The tokenizer of {self.name} has no token {text!r}, which this recipe needs; choose the recipe it was made for."
            )
        return ids[-1]

    def template(self, messages: list[dict[str, str]], prompt: bool) -> list[int]:
        if not self.tokenizer.chat_template:
            raise RewardError(f"{self.name} has no chat template, which this recipe needs; {_allowed()}.")
        try:
            text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
        except Exception as error:  # a template is a program that came with the model
            raise RewardError(f"The chat template of {self.name} refuses this recipe ({first_line(error)}); {_allowed()}.") from error
        return self.ids(str(text))

    def hidden(self, ids: list[int]) -> torch.Tensor:
        """[n, hidden_size]"""
        return self.model(input_ids=self.batch(ids)).last_hidden_state[0].float().cpu()

    def logits(self, ids: list[int]) -> torch.Tensor:
        """[n, vocabulary]"""
        return self.model(input_ids=self.batch(ids)).logits[0].float().cpu()

    def batch(self, ids: list[int]) -> torch.Tensor:
        """[1, n]. RewardError beyond what the model can read: it would go on scoring, and mean nothing by it."""
        limit = getattr(self.model.config, "max_position_embeddings", None)
        if limit and len(ids) > limit:
            raise RewardError(f"{self.name} reads at most {limit:,} tokens, and is given {len(ids):,}; choose a shorter problem.")
        return torch.tensor([ids], device=self.model.device)

    def one_each(self, mark: str, found: int, steps: int) -> None:
        """RewardError unless every step has its mark and nothing else has: scores would go to the wrong steps, or a step earn one more."""
        if found != steps:
            raise RewardError(
                f"{self.name} marks the end of each step by '{mark}' and finds {found} of them for {steps} steps, "
                "so no score can be told from another; leave that mark out of the question and the steps."
            )


def _qwen(prm: Loaded, question: str, steps: Sequence[str]) -> StepScores:
    """Chat with the steps as the reply, `<extra_0>` after each; softmax, class 1, at every `<extra_0>`."""
    mark = prm.token("<extra_0>")
    reply = "".join(f"{s}<extra_0>" for s in steps)
    roles = (("system", QWEN_SYSTEM), ("user", question), ("assistant", reply))
    ids = prm.template([{"role": role, "content": text} for role, text in roles], prompt=False)
    at = torch.tensor(ids) == mark
    prm.one_each("<extra_0>", int(at.sum()), len(steps))
    inner = torch.relu(torch.nn.functional.linear(prm.hidden(ids)[at], prm.head["score.0.weight"], prm.head["score.0.bias"]))
    classes = torch.nn.functional.linear(inner, prm.head["score.2.weight"], prm.head["score.2.bias"])
    return StepScores(torch.softmax(classes, -1)[:, 1].tolist())


def _math_shepherd(prm: Loaded, question: str, steps: Sequence[str]) -> StepScores:
    """Question, then steps each ending in " ки"; softmax over + and − at every ки."""
    mark, good, bad = prm.token(" ки"), prm.token("+"), prm.token("-")
    ids = prm.ids(f"{question} " + "\n".join(f"{s} ки" for s in steps), special=True)
    at = torch.tensor(ids) == mark
    prm.one_each(" ки", int(at.sum()), len(steps))
    return StepScores(torch.softmax(prm.logits(ids)[at][:, [good, bad]], -1)[:, 0].tolist())


def _rlhflow(prm: Loaded, question: str, steps: Sequence[str]) -> StepScores:
    """Each step a user's turn (the first with the question), "+" the reply; softmax over + and − where the reply is predicted."""
    good, bad = prm.token("+"), prm.token("-")
    messages: list[dict[str, str]] = []
    turns: list[list[int]] = []
    for i, step in enumerate(steps):
        messages.append({"role": "user", "content": f"{question} {step}" if i == 0 else step})
        turns.append(prm.template(messages, prompt=True))
        messages.append({"role": "assistant", "content": "+"})
    whole = turns[-1]
    if any(turn != whole[: len(turn)] for turn in turns):
        raise RewardError(f"The chat template of {prm.name} rewrites earlier turns, which this recipe cannot do with; {_allowed()}.")
    replies = prm.logits(whole)[[len(turn) - 1 for turn in turns]]
    return StepScores(torch.softmax(replies[:, [good, bad]], -1)[:, 0].tolist())


def _skywork(prm: Loaded, question: str, steps: Sequence[str]) -> StepScores:
    """Problem and a line break, then each step and a line break; sigmoid of the value head at each step's last token.

    That is the line break, a token of its own: tokenizers would merge it with a full stop before it.
    """
    line_break = prm.token("\n")
    ids = prm.ids(f"{prm.tokenizer.bos_token or ''}{question}\n")
    ends = []
    for step in steps:
        ids += [*prm.ids(step), line_break]
        ends.append(len(ids) - 1)
    values = torch.nn.functional.linear(prm.hidden(ids)[ends], prm.head["v_head.summary.weight"], prm.head.get("v_head.summary.bias"))
    return StepScores(torch.sigmoid(values)[:, 0].tolist())


def _reasoneval(prm: Loaded, question: str, steps: Sequence[str]) -> StepScores:
    """Steps parted by the padding token, which is found and taken out; validity p₁ + p₂ of the classes at each step's last token.

    ReasonEval-7B parts them by its beginning-of-sequence token. Its authors take that out too and put it back after
    having counted, so that their places are those of the last token but one; what they published rests on it, and so does this.
    """
    parting = str(prm.tokenizer.pad_token or "")
    if not parting:
        raise RewardError(f"The tokenizer of {prm.name} has no padding token, which parts the steps in this recipe.")
    mark = prm.token(parting)
    marked = prm.ids(REASONEVAL.format(question) + parting + "".join(f"{s}{parting}" for s in steps), special=True)
    ids: list[int] = []
    ends: list[int] = []
    for token in marked:
        if token == mark:
            ends.append(len(ids) - 1)
        else:
            ids.append(token)
    if marked[0] == mark:
        ids, ends = [mark, *ids], ends[1:]
    prm.one_each(parting, len(ends) - 1, len(steps))
    classes = torch.nn.functional.linear(prm.hidden(ids)[ends[1:]], prm.head["score_head.weight"], prm.head.get("score_head.bias"))
    shares = torch.softmax(classes, -1)
    return StepScores((shares[:, 1] + shares[:, 2]).tolist())


def _thinkprm(prm: Loaded, question: str, steps: Sequence[str]) -> StepScores:
    """One score for all steps: P(Yes) / (P(Yes) + P(No)) after "Is the solution correct?".

    The critique is stopped where it asks that itself; where it ends without, it is asked.
    """
    yes, no = prm.token(" Yes"), prm.token(" No")
    solution = "\n".join(f"Step {i}: {s}" for i, s in enumerate(steps, 1))
    ids = prm.template([{"role": "user", "content": THINKPRM.format(question, solution)}], prompt=True)

    def asks(written: Sequence[int]) -> bool:
        return decoded(prm.tokenizer, written[len(ids) :][-len(THINKPRM_ASKED) :]).rstrip().endswith(THINKPRM_ASKED)

    prompt = prm.batch(ids)
    stop = StoppingCriteriaList([lambda rows, scores, **_: torch.tensor([asks(rows[0].tolist())], device=rows.device)])
    settings = {"do_sample": False, "max_new_tokens": LONGEST_CRITIQUE, "attention_mask": torch.ones_like(prompt)}
    written = list(map(int, prm.model.generate(prompt, stopping_criteria=stop, **settings)[0]))  # type: ignore[operator]
    kept = written[:-1] if written[-1] == prm.tokenizer.eos_token_id else written
    verdict = prm.logits(kept if asks(kept) else [*kept, *prm.ids(f"\n{THINKPRM_ASKED}")])[-1]
    return StepScores([float(torch.softmax(verdict[[yes, no]], -1)[0])], generated=len(written) - len(ids))


RECIPES: dict[str, tuple[Callable[[Loaded, str, Sequence[str]], StepScores], tuple[str, ...]]] = {
    "qwen": (_qwen, ("score.0.weight", "score.0.bias", "score.2.weight", "score.2.bias")),
    "math_shepherd": (_math_shepherd, ()),
    "rlhflow": (_rlhflow, ()),
    "skywork": (_skywork, ("v_head.summary.weight",)),
    "reasoneval": (_reasoneval, ("score_head.weight",)),
    "thinkprm": (_thinkprm, ()),
}
"""Recipe by name, and the keys of the checkpoint's head that it cannot do without."""


def load_step_scorer(name: str, recipe: str) -> Loaded:
    """The process reward model of an id or folder. ModelError if it cannot be loaded, RewardError if it does not fit the recipe."""
    folder = source_folder(name)
    place = pick_device("auto")
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:
        raise _unloadable(name, error) from error
    chosen = recipe if recipe != "auto" else _recognised(name, config.architectures or [])
    function, needed = RECIPES[chosen]
    head = _head(folder)
    missing = [key for key in needed if key not in head]
    if missing:
        raise RewardError(f"{name} has no {missing[0]} in its weights, so it is no model of the recipe {chosen}; {_allowed()}.")
    kind = AutoModel if needed else AutoModelForCausalLM
    dtype = pick_dtype("auto", place)
    try:
        loaded: Any = kind.from_pretrained(folder, trust_remote_code=False, use_safetensors=True, dtype=dtype, output_loading_info=True)
    except Exception as error:
        raise _unloadable(name, error) from error
    model, found = loaded
    if random := sorted(found["missing_keys"]):
        raise ModelError(f"{name} has no {random[0]} among its weights ({len(random)} are missing), so its scores would be random.")
    return Loaded(name, model.to(place).eval(), tokenizer, head, function)


def _unloadable(name: str, error: Exception) -> ModelError:
    return ModelError(f"{name} could not be loaded: {first_line(error)}")


def _recognised(name: str, architectures: Sequence[str]) -> str:
    by_architecture = next((BY_ARCHITECTURE[a] for a in architectures if a in BY_ARCHITECTURE), None)
    found = by_architecture or next((r for part, r in BY_NAME.items() if part in name.lower()), None)
    if found is None:
        raise RewardError(f"How {name} was trained to be asked cannot be told from its name or configuration; {_allowed()}.")
    return found


def _allowed() -> str:
    return f"choose a recipe among {', '.join(RECIPES)}"


def _head(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint that belong to a head, in float32."""
    found: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="pt") as opened:
            found |= {key: opened.get_tensor(key).float() for key in opened.keys() if key.startswith(("score", "v_head"))}  # noqa: SIM118
    return found
