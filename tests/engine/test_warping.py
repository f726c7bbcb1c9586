"""Penalties, top-k, top-p and min-p against transformers' own processors, and what they leave as it is."""

from __future__ import annotations

import asyncio

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from rlm_core.core.sampling import UNWARPED, Warping
from rlm_core.engine.engine import Engine
from rlm_core.engine.sampler import sample
from rlm_core.engine.warping import Warped, penalised, penalised_rows, truncated, truncated_rows
from tests.engine.uniform import UniformRunner

V = 50
LOGITS = torch.tensor([[0.5, 0.2, 0.3]], dtype=torch.float64).log()


def by_transformers(logits: torch.Tensor, read: list[int], temperature: float, w: Warping) -> torch.Tensor:
    """In the order in which `generate` applies them."""
    chain = LogitsProcessorList()
    if w.repetition_penalty != 1:
        chain.append(RepetitionPenaltyLogitsProcessor(w.repetition_penalty))
    chain.append(TemperatureLogitsWarper(temperature))
    if w.top_k:
        chain.append(TopKLogitsWarper(w.top_k))
    if w.top_p < 1:
        chain.append(TopPLogitsWarper(w.top_p))
    if w.min_p:
        chain.append(MinPLogitsWarper(w.min_p))
    return chain(torch.tensor([read]), logits[None])[0]


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**31),
    read=st.lists(st.integers(0, V - 1), min_size=1, max_size=20),
    temperature=st.sampled_from([0.3, 0.7, 1.0, 1.6]),
    warping=st.builds(
        Warping,
        top_k=st.integers(0, V + 5),
        top_p=st.floats(0.01, 1.0),
        min_p=st.floats(0.0, 1.0),
        repetition_penalty=st.floats(1.0, 2.0),
    ),
)
@example(seed=0, read=[3], temperature=1.0, warping=Warping(top_k=5, top_p=0.9, min_p=0.05, repetition_penalty=1.3))
def test_a_distribution_is_warped_as_transformers_warps_it(seed, read, temperature, warping):
    logits = 3 * torch.randn(V, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    ours = truncated(penalised(logits, warping, read, 0)[None] / temperature, warping)[0]
    torch.testing.assert_close(ours, by_transformers(logits, read, temperature, warping))


def test_presence_and_frequency_count_what_the_model_wrote_and_not_its_prompt():
    warping = Warping(presence_penalty=0.5, frequency_penalty=0.25)
    assert penalised(torch.zeros(4), warping, [0, 1, 1, 3], 3).tolist() == [0.0, -1.0, 0.0, -0.75]
    assert penalised(torch.zeros(4), warping, [0, 1, 1, 3], 0).tolist() == [0.0] * 4


def test_every_row_is_warped_by_its_own_rules():
    logits = torch.randn(4, V, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    rules = [Warping(top_k=2), None, Warping(top_p=0.5, repetition_penalty=1.5), Warping(top_k=2)]
    rows = [w and Warped(w, [1, 2], 1) for w in rules]
    together = truncated_rows(penalised_rows(logits, rows), rows)
    for i, w in enumerate(rules):
        alone = logits[i] if w is None else truncated(penalised(logits[i], w, [1, 2], 1)[None], w)[0]
        assert together[i].tolist() == alone.tolist()


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999999999, 1 - 2**-53])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_token_that_was_left_out_is_never_drawn(draw, dtype):
    rows = [Warped(Warping(top_k=1), (), 0)]
    assert sample(torch.tensor([[0.0, 5.0, 1.0, 0.0]], dtype=dtype), [1.0], [draw], rows)[0] == [1]


def test_log_probabilities_are_those_of_the_model_itself():
    """Token 0 alone can be drawn, and had probability 1/2."""
    assert sample(LOGITS, [0.3], [0.9], [Warped(Warping(top_p=0.4), (), 0)]) == ([0], [-0.693147])


def test_the_likeliest_token_is_that_after_the_penalties():
    """ln 0.5 · 2 = ln 0.25 is less than ln 0.3."""
    assert sample(LOGITS, [0.0], [0.9], [Warped(Warping(repetition_penalty=2.0), [0], 1)])[0] == [2]


def test_the_engine_warps_by_the_prompt_and_by_what_it_has_written():
    """Uniform logits at temperature 0: the first token that was not written yet."""
    engine = Engine(UniformRunner(), exact=True)

    async def written(warping: Warping, count: int) -> tuple[int, ...]:
        (found,) = await engine.session().generate(
            (3, 0), [(1,)], temperature=0.0, max_tokens=4, stop=lambda ids: False, warping=warping, written=count
        )
        return found.ids

    assert asyncio.run(written(UNWARPED, 0)) == (0, 0, 0, 0)
    assert asyncio.run(written(Warping(presence_penalty=1.0), 0)) == (0, 1, 2, 3)
    assert asyncio.run(written(Warping(presence_penalty=1.0), 1)) == (1, 2, 3, 4)
    assert asyncio.run(written(Warping(presence_penalty=1.0), 2)) == (1, 2, 4, 5)
