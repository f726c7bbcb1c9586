"""The engine decodes what the plain model would, whatever else is in the batch or in the cache."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest
import torch
from transformers import (
    CohereConfig,
    CohereForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
)

from rlm_core.core.concurrency import gather_or_cancel
from rlm_core.engine.backends.torch import TorchRunner
from rlm_core.engine.engine import Engine

PROMPT = (1, 17, 4, 33, 8, 25, 2, 40)
NEVER = lambda ids: False  # noqa: E731


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        initializer_range=0.4,  # far from uniform, so that a wrong mask or position changes samples
    )
    return LlamaForCausalLM(config).double().eval()


@pytest.fixture
def engine(model) -> Engine:
    return Engine(TorchRunner(model), exact=True, max_rows=32)


@torch.inference_mode()
def full_logprobs(model, ids) -> torch.Tensor:
    """[length, vocabulary]: what the plain forward pass says follows each position."""
    return torch.log_softmax(model(torch.tensor([list(ids)]), use_cache=False).logits[0].double(), -1)


def naive_greedy(model, prompt, count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(count):
        ids.append(int(full_logprobs(model, ids)[-1].argmax()))
    return ids[len(prompt) :]


async def one(session, prompt=PROMPT, seed=(5,), temperature=1.0, max_tokens=20, stop=NEVER):
    (sample,) = await session.generate(prompt, [seed], temperature=temperature, max_tokens=max_tokens, stop=stop)
    return sample


def test_greedy_decoding_equals_the_naive_argmax_loop(engine, model):
    sample = asyncio.run(one(engine.session(), temperature=0.0, max_tokens=30))
    assert list(sample.ids) == naive_greedy(model, PROMPT, 30)


def test_logprobs_are_those_of_the_full_forward_pass_at_temperature_one(engine, model):
    sample = asyncio.run(one(engine.session(), temperature=0.7))
    rows = full_logprobs(model, PROMPT + sample.ids)
    expected = [float(rows[len(PROMPT) - 1 + i, t]) for i, t in enumerate(sample.ids)]
    assert sample.logprobs == pytest.approx(expected, abs=6e-5)


def test_samples_follow_the_models_distribution(engine, model):
    """Chi-square of 4,000 first tokens at temperature 1 against the model's own probabilities."""
    engine.scheduler.max_rows = 4000

    async def many():
        return await engine.session().generate(PROMPT, [(9, i) for i in range(4000)], temperature=1.0, max_tokens=1, stop=NEVER)

    samples = asyncio.run(many())
    counts = torch.bincount(torch.tensor([s.ids[0] for s in samples]), minlength=50).double()
    expected = full_logprobs(model, PROMPT)[-1].exp() * 4000
    likely = expected > 5
    statistic = float((((counts - expected) ** 2) / expected)[likely].sum())
    assert statistic < 2.2 * int(likely.sum()) + 20


def test_a_sample_is_the_same_alone_and_beside_twenty_others(engine):
    async def beside():
        others = [one(engine.session(), PROMPT[: 1 + i % 8], (i, 77), 1.3, 5 + i) for i in range(20)]
        return (await asyncio.gather(*others, one(engine.session())))[-1]

    assert asyncio.run(one(engine.session())) == asyncio.run(beside())


def test_a_late_comer_does_not_disturb_what_is_being_decoded(engine):
    async def staggered():
        first = asyncio.ensure_future(one(engine.session(), max_tokens=60))
        for i in range(12):
            await asyncio.sleep(0.003)
            await one(engine.session(), PROMPT[: 2 + i % 5], (i,), max_tokens=3)
        return await first

    assert asyncio.run(staggered()) == asyncio.run(one(engine.session(), max_tokens=60))


@pytest.fixture
def inexact(model):
    """An engine of a model whose every state depends on how many rows the batch has, as float32's do a little."""

    def disturbed(module, args, output):
        output.last_hidden_state = output.last_hidden_state * (1 + output.last_hidden_state.shape[0] / 7)
        return output

    hook = model.base_model.register_forward_hook(disturbed)
    yield Engine(TorchRunner(model), exact=False, max_rows=8)
    hook.remove()


async def a_search(session, seed: int) -> list:
    """Rounds of chains side by side, each asking for one continuation after another of a length of its own."""

    async def chain(i: int) -> list:
        prompt, samples = PROMPT[: 3 + i], []
        for step in range(4):
            samples.append(await one(session, prompt, (seed, i, step), max_tokens=1 + (i * 3 + step) % 4))
            prompt = (*prompt, *samples[-1].ids)
        return samples

    return [await gather_or_cancel(gather_or_cancel([chain(i)]) for i in range(4)) for _ in range(2)]


def test_a_model_that_is_not_exact_gives_a_search_the_same_samples_each_time(inexact):
    first = asyncio.run(a_search(inexact.session(), 1))
    assert all(asyncio.run(a_search(inexact.session(), 1)) == first for _ in range(5))


@pytest.mark.parametrize("others", [1, 5])
def test_a_model_that_is_not_exact_gives_a_search_the_same_samples_whatever_runs_beside_it(inexact, others):
    async def beside() -> list:
        return await gather_or_cancel(a_search(inexact.session(), i) for i in range(others + 1))

    assert asyncio.run(beside())[-1] == asyncio.run(a_search(inexact.session(), others))


def test_searches_that_share_are_decoded_together_and_one_that_does_not_has_its_samples_all_the_same(inexact):
    sizes = []
    decode = inexact.runner.decode
    inexact.runner.decode = lambda tokens: (sizes.append(len(tokens)), decode(tokens))[1]

    async def beside() -> list:
        sharing = [inexact.session(shared=True) for _ in range(2)]
        work = [a_search(inexact.session(), 3), *(a_search(session, i) for i, session in enumerate(sharing))]
        return (await gather_or_cancel(work))[0]

    assert asyncio.run(beside()) == asyncio.run(a_search(inexact.session(), 3))
    assert max(sizes) == 8  # each of the two has four chains


def test_a_request_cancelled_while_another_session_has_the_batch_is_gone_at_once(inexact):
    async def cancel() -> None:
        held = asyncio.ensure_future(one(inexact.session(), max_tokens=100))
        waiting = inexact.session()
        task = asyncio.ensure_future(one(waiting, seed=(8,)))
        while not inexact.scheduler.rows:
            await asyncio.sleep(0)
        assert inexact.scheduler.serves(waiting)
        task.cancel()
        await waiting.drain()
        assert not held.done()
        assert waiting.usage.generated == 0
        await held

    asyncio.run(cancel())


def test_a_sample_is_the_same_with_and_without_prefix_reuse(engine):
    async def warm():
        session = engine.session()
        await one(session, PROMPT[:5], (1,))
        await one(session, (*PROMPT[:6], 49), (2,))
        reused = session.usage.reused
        sample = await one(session)
        assert session.usage.reused - reused >= 6
        return sample

    assert asyncio.run(warm()) == asyncio.run(one(engine.session()))


def test_no_prompt_token_in_the_cache_is_computed_again(engine):
    async def twice():
        session = engine.session()
        await one(session)
        assert (session.usage.computed, session.usage.reused) == (len(PROMPT), 0)
        await one(session, seed=(6,))
        assert (session.usage.computed, session.usage.reused) == (len(PROMPT), len(PROMPT))

    asyncio.run(twice())


def test_generated_tokens_are_prompt_tokens_already_known(engine):
    async def go_on():
        session = engine.session()
        sample = await one(session, max_tokens=10)
        before = session.usage.computed
        longer = await one(session, PROMPT + sample.ids, (8,), max_tokens=4)
        assert session.usage.computed - before == 1
        return PROMPT + sample.ids, longer

    prompt, longer = asyncio.run(go_on())
    assert asyncio.run(one(engine.session(), prompt, (8,), max_tokens=4)) == longer


def test_every_generated_token_is_counted(engine):
    async def count():
        session = engine.session()
        samples = await session.generate(PROMPT, [(i,) for i in range(5)], temperature=1.0, max_tokens=7, stop=lambda ids: ids[-1] % 3 == 0)
        return session.usage.generated, sum(len(s.ids) for s in samples)

    generated, lengths = asyncio.run(count())
    assert generated == lengths


def test_sessions_do_not_share_caches_or_counts(engine):
    async def both():
        first, second = engine.session(), engine.session()
        await one(first)
        await one(second)
        return first.usage, second.usage

    first, second = asyncio.run(both())
    assert first == second
    assert first.reused == 0


def test_seeds_give_samples_of_their_own(engine):
    async def several():
        return await engine.session().generate(PROMPT, [(0, i) for i in range(8)], temperature=1.0, max_tokens=12, stop=NEVER)

    assert len({s.ids for s in asyncio.run(several())}) == 8


def test_truncated_says_that_the_limit_ended_the_sample(engine):
    sample = asyncio.run(one(engine.session(), max_tokens=6))
    assert sample.truncated
    assert len(sample.ids) == 6
    wanted = sample.ids[2]
    ended = asyncio.run(one(engine.session(), max_tokens=6, stop=lambda ids: ids[-1] == wanted))
    assert not ended.truncated
    assert ended.ids[-1] == wanted
    at_the_limit = asyncio.run(one(engine.session(), max_tokens=6, stop=lambda ids: len(ids) == 6))
    assert not at_the_limit.truncated


def test_reading_equals_teacher_forcing_cold_and_from_the_cache(engine, model):
    given = (3, 3, 49, 12, 0)
    rows = full_logprobs(model, PROMPT + given)[len(PROMPT) - 1 : -1]
    with torch.inference_mode():
        hidden = model.base_model(torch.tensor([PROMPT + given])).last_hidden_state[0, len(PROMPT) - 1 : -1]

    async def cold_and_warm():
        session = engine.session()
        cold = await session.inspect(PROMPT, given)
        computed = session.usage.computed
        return cold, await session.inspect(PROMPT, given), session.usage.computed - computed

    cold, warm, again = asyncio.run(cold_and_warm())
    assert again == 0  # nothing is computed a second time
    assert cold.logprobs == pytest.approx([float(rows[i, t]) for i, t in enumerate(given)], abs=6e-5)
    assert warm.logprobs == cold.logprobs
    assert cold.entropies == pytest.approx([float(-(r.exp() * r).sum()) for r in rows], abs=6e-5)
    uniform = torch.full((50,), 1 / 50, dtype=torch.float64)
    divergence = [float((uniform * (uniform.log() - r)).sum()) for r in rows]
    assert cold.certainties == pytest.approx(divergence, abs=6e-5)
    assert torch.allclose(torch.tensor(cold.hidden), hidden, atol=1e-9)
    assert (warm.hidden == cold.hidden).all()


def test_hidden_states_of_what_was_sampled_are_read_without_a_second_pass(engine):
    async def sampled_then_read():
        session = engine.session()
        samples = await session.generate(PROMPT, [(i,) for i in range(6)], temperature=1.0, max_tokens=12, stop=NEVER)
        computed = session.usage.computed
        warm = [await session.inspect(PROMPT, s.ids) for s in samples]
        assert session.usage.computed == computed
        cold = [await engine.session().inspect(PROMPT, s.ids) for s in samples]
        return samples, warm, cold

    samples, warm, cold = asyncio.run(sampled_then_read())
    for s, w, c in zip(samples, warm, cold, strict=True):
        assert w.logprobs == s.logprobs == c.logprobs
        assert abs(w.hidden - c.hidden).max() < 1e-9


@pytest.mark.parametrize("kind", ["granite", "cohere"])
def test_logits_are_scaled_as_the_configuration_says(kind):
    torch.manual_seed(5)
    size = dict(vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4, num_key_value_heads=2)
    if kind == "granite":
        scaled = GraniteForCausalLM(GraniteConfig(**size, logits_scaling=3.0)).double().eval()
    else:
        scaled = CohereForCausalLM(CohereConfig(**size, logit_scale=0.2)).double().eval()
    read = asyncio.run(Engine(TorchRunner(scaled), exact=True).session().inspect(PROMPT, (3, 9)))
    rows = full_logprobs(scaled, PROMPT + (3, 9))
    assert read.logprobs == pytest.approx([float(rows[len(PROMPT) - 1, 3]), float(rows[len(PROMPT), 9])], abs=6e-5)


def test_cancelling_frees_the_rows_and_draining_makes_counts_final(engine):
    async def cancel():
        session = engine.session()
        task = asyncio.ensure_future(session.generate(PROMPT, [(i,) for i in range(8)], temperature=1.0, max_tokens=100, stop=NEVER))
        while session.usage.generated < 40:
            await asyncio.sleep(0.001)
        task.cancel()
        await session.drain()
        counted = session.usage.generated
        assert not engine.scheduler.rows
        assert not engine.runner.rows.lengths
        assert counted < 800
        after = await one(engine.session())
        assert session.usage.generated == counted
        return after

    assert asyncio.run(cancel()) == asyncio.run(one(engine.session()))


def test_draining_waits_for_a_request_cancelled_while_its_prompt_is_read(engine, monkeypatch):
    """Between the queue and the batch a request is in neither; its first tokens must be counted all the same."""
    prefill, reading, go_on = engine.runner.prefill, threading.Event(), threading.Event()

    def held(known, tokens):
        reading.set()
        go_on.wait()
        return prefill(known, tokens)

    monkeypatch.setattr(engine.runner, "prefill", held)

    async def cancel():
        session = engine.session()
        task = asyncio.ensure_future(session.generate(PROMPT, [(0,), (1,)], temperature=1.0, max_tokens=50, stop=NEVER))
        await asyncio.to_thread(reading.wait)
        task.cancel()
        drained = asyncio.ensure_future(session.drain())
        await asyncio.sleep(0.01)  # several looks at the engine
        assert not drained.done()
        go_on.set()
        await drained
        counted = session.usage.generated
        await one(engine.session())  # the engine has done many a step since
        assert session.usage.generated == counted == 2

    asyncio.run(cancel())


def test_a_failing_forward_pass_reaches_every_request_and_the_engine_lives_on(engine):
    async def fail():
        session = engine.session()
        both = await asyncio.wait_for(asyncio.gather(one(session, (1, 999)), one(session), return_exceptions=True), 10)
        assert any(isinstance(b, IndexError) for b in both)
        return await asyncio.wait_for(one(engine.session()), 10)

    assert len(asyncio.run(fail()).ids) == 20


def test_more_requests_than_rows_are_all_served_with_the_same_samples(model, engine):
    async def many(chosen):
        return await asyncio.gather(*(one(chosen.session(), PROMPT[: 1 + i % 8], (i,), max_tokens=6) for i in range(30)))

    assert asyncio.run(many(Engine(TorchRunner(model), exact=True, max_rows=3))) == asyncio.run(many(engine))


def test_learned_positions_survive_prompts_of_very_different_lengths():
    """A known prompt near the length limit is padded beyond it when a long unknown one is read beside it."""
    torch.manual_seed(0)
    gpt = GPT2LMHeadModel(GPT2Config(vocab_size=40, n_positions=64, n_embd=16, n_layer=1, n_head=2)).double().eval()
    engine = Engine(TorchRunner(gpt), exact=True)
    long, other = tuple(i % 37 for i in range(60)), tuple(i % 11 for i in range(50))

    async def beside():
        session = engine.session()
        alone = await one(session, long, max_tokens=3)
        again, _ = await asyncio.gather(one(session, long, max_tokens=3), one(session, other, max_tokens=3))
        return alone, again

    alone, again = asyncio.run(beside())
    assert alone == again


def test_what_a_closed_session_computed_leaves_memory_at_once(engine):
    session = engine.session()
    asyncio.run(one(session))
    asyncio.run(one(session, prompt=PROMPT[:5], seed=(6,)))  # the cache now has edges below an edge
    engine._thread.submit(lambda: None).result()  # the engine's thread has put its last step down
    gone = weakref.ref(session)
    gc.disable()
    try:
        del session
        assert gone() is None
    finally:
        gc.enable()
