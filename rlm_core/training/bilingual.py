"""The bundled model with the tokens of Japanese signs added, and the traces from which a cold start learns them.

The new rows of the embedding, which is also the output layer, begin on the way from the mean of all rows to the row of the plain sign that
means the same, plus a little noise. So the base goes on nearly as before and writes few of the new signs (5 % of its signs in Japanese
problems), and a cold start of a minute teaches them in part. From the mean alone, as is usual (Hewitt 2021), 60 steps taught hardly
anything (pass@1 of 0.009 in Japanese); a copy of the plain sign's row would have made it write both at random from the start.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from rlm_core.core.errors import ModelError
from rlm_core.core.special_tokens import JAPANESE
from rlm_core.engine.loading.nano import FOLDER, build_model, build_tokenizer
from rlm_core.models.checkpoints import place
from rlm_core.models.listed import in_nano_notation
from rlm_core.problems.checking.japanese import SIGNS, japanese
from rlm_core.training.nano import encoded
from rlm_core.training.recipe import NANO, RANDOM
from rlm_core.training.sft import Row
from rlm_core.training.traces import Trace, draw_countdown, plain

NEARNESS = 0.75
"""How far a new sign's row begins on the way from the mean of all rows to the row of the plain sign that means the same."""
NOISE = 0.01
"""Of the new rows: in standard deviations of the rows there were."""


def build_base(seed: int = 0, base: str = NANO) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """A model in float32 with the new tokens, and the tokenizer that has them. ModelError for one that is not in nano's notation.

    base: as in `PipelineConfig`.
    """
    tokenizer, model = build_tokenizer(japanese=True), _read(base, seed)
    known = int(model.config.vocab_size)
    if known < len(tokenizer):
        _add_signs(model, tokenizer, known, seed)
    return model, tokenizer


def origin(base: str) -> str:
    """In a sentence: what the base is."""
    added = "with untrained tokens for Japanese signs"
    return {NANO: f"The bundled model {added}.", RANDOM: "The bundled model's shape with random weights."}.get(base, f"The model {base}.")


def _read(base: str, seed: int) -> LlamaForCausalLM:
    if base == RANDOM:
        torch.manual_seed(seed)
        return build_model()
    if base == NANO:
        return LlamaForCausalLM.from_pretrained(FOLDER, dtype=torch.float32)
    folder = place(base)
    wanted, plain = (build_tokenizer(japanese=signs).get_vocab() for signs in (True, False))
    if not in_nano_notation(base) or PreTrainedTokenizerFast.from_pretrained(folder).get_vocab() not in (wanted, plain):
        raise ModelError(
            f"{base} cannot be the base: its tokens are not the bundled model's; choose nano, random or a checkpoint of these."
        )
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)


def _add_signs(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, known: int, seed: int) -> None:
    """Rows for the tokens from `known` on."""
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    rows = model.get_input_embeddings().weight
    assert isinstance(rows, torch.Tensor)
    noise = torch.randn(len(tokenizer) - known, rows.shape[1], generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        mean, spread = rows[:known].mean(0), rows[:known].std(0)
        rows[known:] = mean + NOISE * spread * noise
        for sign, same in zip(SIGNS, "0123456789+-*/", strict=True):
            rows[tokenizer.get_vocab()[sign]] += NEARNESS * (rows[tokenizer.get_vocab()[same]] - mean)


def traces(count: int, seed: int, numbers: Sequence[int] = (1, 6, 3), share: float = 0.5) -> list[Trace]:
    """Worked solutions of training problems, that share of them in Japanese signs.

    numbers: relative frequency of problems with 2, 3 and 4 numbers.
    """
    rng = random.Random(f"bilingual|{seed}")
    return [in_japanese(trace) if rng.random() < share else trace for trace in (_drawn(rng, numbers) for _ in range(count))]


def _drawn(rng: random.Random, numbers: Sequence[int]) -> Trace:
    return plain(draw_countdown(rng, numbers, "train"), rng)


def in_japanese(trace: Trace) -> Trace:
    """A plain trace with its steps in Japanese signs, and a prompt that asks for them; the answer stays in plain digits."""
    *steps, answer, end = trace.pieces
    return Trace(trace.prompt + JAPANESE, [*((japanese(text), learn) for text, learn in steps), answer, end])


def rows(found: Sequence[Trace], tokenizer: PreTrainedTokenizerFast) -> list[Row]:
    """The traces as rows to learn from."""
    return [encoded(trace, tokenizer) for trace in found]
