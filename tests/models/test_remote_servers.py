"""Models on servers: what a server is seen to do, the searches over it, and each kind of trouble in one sentence."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import threading
import time

import pytest

from rlm_core.cli import main
from rlm_core.core.config import Budget, RunConfig
from rlm_core.core.errors import ConfigError, ModelError
from rlm_core.core.events import NodeAdded, RunStarted, Spent
from rlm_core.core.standstill import Standstill
from rlm_core.core.usage import Usage
from rlm_core.evaluation.sweep import candidates
from rlm_core.models.address import KEY_VARIABLES, parse
from rlm_core.models.listed import describe, refuse_unnamed
from rlm_core.models.policy import Scorer, TokenLogprobs, offers
from rlm_core.models.pool import ModelPool
from rlm_core.models.remote import client, probe
from rlm_core.models.remote.loading import RemoteModel, load
from rlm_core.models.remote.server import Way
from rlm_core.models.remote.trial import Trial
from rlm_core.problems import make
from rlm_core.runs.runner import run_search
from rlm_core.search import pool
from rlm_core.search.budget import BudgetedWork, RunControl
from tests.model_server import Manners, ModelServer, served
from tests.patience import PATIENCE
from tests.searching import events, run_to_end, timeless

pytestmark = pytest.mark.slow

CHAT_ONLY = {"texts": False, "template": False, "continues": False}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No key from the person's environment; pauses of milliseconds; a server that is not there is given up at once."""
    for name in KEY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(client, "TELL_SECONDS", 0.0)
    monkeypatch.setattr(probe, "ABSENT_SECONDS", 0.0)
    monkeypatch.setattr(probe, "LOADING_SECONDS", 0.0)


def connected(server: ModelServer, fmt: str = "auto") -> RemoteModel:
    return load(server.url, fmt, lambda text: None)


def config(server: ModelServer, search: str = "mcts", reward: str = "logprob", **more) -> RunConfig:
    return RunConfig(model=server.url, problem="words:seed=1", search=search, reward=reward, **{"budget": Budget(simulations=6)} | more)


def searched(server: ModelServer, search: str = "mcts", reward: str = "logprob", control=None, hook=None, **more):
    loaded = connected(server)
    return run_to_end(config(server, search, reward, **more), loaded.policy(), control, hook, ModelPool())


def refused(server: ModelServer, search: str = "mcts", reward: str = "logprob") -> str:
    """The one sentence with which a run is refused before it begins."""
    with pytest.raises((ModelError, ConfigError)) as caught:
        searched(server, search, reward)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- what a server is seen to do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manners", "way", "logprobs", "seed", "counts"),
    [
        ({}, Way.TEXT, True, True, True),
        ({"logprobs": "old"}, Way.TEXT, True, True, True),
        ({"logprobs": ""}, Way.TEXT, False, True, True),
        ({"seeds": False}, Way.TEXT, True, False, True),
        ({"usage": False}, Way.TEXT, True, True, False),
        ({"template": False}, Way.TURN, True, True, True),
        ({"texts": False, "usage": False}, Way.TURN, True, True, False),
        ({"template": False, "chats": False}, Way.TEXT, True, True, True),
        (CHAT_ONLY, Way.WHOLE, True, True, True),
        (CHAT_ONLY | {"usage": False, "logprobs": ""}, Way.WHOLE, False, True, False),
    ],
)
def test_a_server_is_seen_as_what_it_does(manners, way, logprobs, seed, counts):
    with served(Manners(**manners)) as server:
        can = connected(server).server.abilities
    assert (can.way, can.top > 0, can.seed, can.counts) == (way, logprobs, seed, counts)


def test_only_a_server_that_repeats_a_text_with_its_log_probabilities_scores_given_steps():
    with served(Manners(logprobs="old", echoes=True)) as server:
        policy = connected(server).policy()
        assert offers(policy, Scorer)
        told = asyncio.run(policy.score(make("words:seed=1"), (), "3+4=7"))
    assert [(t.text, t.logprob) for t in told] == [("3+4=7", -0.25), ("\n", -0.25)]
    with served() as server:
        assert not offers(connected(server).policy(), Scorer)


def test_a_model_without_a_template_is_given_plain_text():
    with served(Manners(template=False, chats=False)) as server:
        tree, _ = searched(server, "best_of_n", search_parameters={"n": 2})
        assert "Question:" in server.asked[-1][1]["prompt"]
    assert tree.finished.stop == "done"


def test_a_tried_connection_shows_also_what_is_not_used():
    with served(Manners(models=["tiny", "big"], thinks=True)) as server:
        trial = Trial(f"{server.url}#tiny")
        trial.wait(PATIENCE)
    rows = dict(trial.found.rows)
    assert (rows["Models"], rows["Chat"], rows["Prefilled turn"], rows["Tokenize"]) == ("tiny and big", "yes", "yes", "yes")
    assert (rows["Log-probabilities"], rows["Seed"], rows["Thinking space"]) == (
        "of the 20 likeliest tokens",
        "heeded",
        "<think> … </think>",
    )
    assert rows["Several choices (n)"].startswith("no")


def test_a_try_that_fails_or_is_cancelled_says_so_in_a_sentence():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        trial = Trial(f"http://127.0.0.1:{silent.getsockname()[1]}")
        trial.cancel()
        trial.wait(PATIENCE)
    assert trial.error == "The try was cancelled."
    with served() as gone:
        pass
    trial = Trial(gone.url)
    trial.wait(PATIENCE)
    assert trial.error.startswith(f"The server at {gone.url} does not answer")


# -- searches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manners", "search"),
    [
        ({}, "mcts"),
        ({}, "beam_search"),
        ({}, "self_consistency"),
        ({"logprobs": "old"}, "mcts"),
        ({"template": False}, "mcts"),
        ({"template": False}, "best_of_n"),
        ({"stops": False}, "mcts"),
        ({"usage": False}, "mcts"),
    ],
)
def test_searches_find_their_answer_over_a_server(manners, search):
    with served(Manners(**manners)) as server:
        tree, records = searched(server, search)
    assert tree.finished.stop in ("done", "simulations", "exhausted")
    assert tree.finished.detail == ""
    assert tree.answered.answer in ("7", "8", "9")
    steps = [e for e in events(records, NodeAdded) if e.parent is not None]
    assert {s.text for s in steps} <= {f"3+4={n}" for n in (7, 8, 9)} | {f"Answer: {n}" for n in (7, 8, 9)}
    assert all(s.finished == s.text.startswith("Answer") for s in steps)


def test_the_tokens_of_a_step_are_its_text_and_bring_their_log_probabilities():
    with served() as server:
        _, records = searched(server)
    step = next(e for e in events(records, NodeAdded) if e.parent == 0)
    assert "".join(t.text for t in step.tokens) == f"{step.text}\n"
    assert {t.logprob for t in step.tokens} == {-0.25}


def test_the_same_seed_gives_the_same_log_where_the_server_heeds_seeds():
    with served() as server:
        logs = [timeless(searched(server)[1]) for _ in range(2)]
    assert logs[0] == logs[1]


def test_a_policy_offers_no_more_than_its_address_was_described_with():
    with served(Manners(logprobs="old", echoes=True)) as server:
        assert connected(server).policy().offers == describe(server.url).offers
    with served(Manners(logprobs="")) as server:
        assert connected(server).policy().offers < describe(server.url).offers


def test_the_log_says_that_a_server_ignores_seeds_or_counts_nothing():
    with served(Manners(seeds=False, usage=False)) as server:
        _, records = searched(server, "best_of_n")
    (started,) = events(records, RunStarted)
    assert "it ignores seeds, so that the same seed may give another run" in started.computation
    assert "it tells no numbers of tokens, so that they are estimated" in started.computation


def test_the_cost_of_a_run_is_what_the_server_counted():
    with served() as server:
        loaded = connected(server)
        before = len(server.asked)
        tree, records = run_to_end(config(server, "best_of_n"), loaded.policy())
        drawn = [body for path, body, _, _ in server.asked[before:] if path.endswith("/completions")]
    assert (
        tree.totals.generated == sum(e.generated for e in events(records, Spent)) == 5 * len(drawn)
    )  # 3+4=7, the line break, Answer:, 7 and the end
    assert all(body["max_tokens"] <= 256 for body in drawn)


@pytest.mark.parametrize(("usage", "known"), [(True, True), (False, False)])
def test_without_log_probabilities_a_candidate_has_the_tokens_that_the_server_counted_or_an_unknown_number(usage, known):
    with served(Manners(logprobs="", usage=usage)) as server:
        tree, _ = searched(server, "best_of_n", "verifier")
        found = [c.tokens for c in candidates(tree)]
        grown, _ = searched(server, "mcts", "verifier")
    assert found == ([5] * len(found) if known else [None] * len(found))
    assert pool.cost(tree, 2) == (10 if known else None)
    assert {grown.size(n.id) is not None for n in grown.nodes.values() if n.id} == {known}


@pytest.mark.parametrize("tokens", [1, 7, 20, 33])
@pytest.mark.parametrize("search", ["mcts", "best_of_n"])
def test_a_budget_of_tokens_is_never_passed(tokens, search):
    with served() as server:
        tree, _ = searched(server, search, budget=Budget(simulations=None, tokens=tokens))
    assert tree.totals.generated <= tokens
    assert tree.finished.stop in ("tokens", "done", "exhausted", "stale")


def test_what_is_set_of_sampling_goes_to_the_server_and_all_else_is_switched_off():
    with served() as server:
        searched(server, "best_of_n", sampling={"top_k": 40, "presence_penalty": 0.5})
        body = server.asked[-1][1]
    assert (body["top_k"], body["top_p"], body["min_p"], body["repetition_penalty"]) == (40, 1.0, 0.0, 1.0)
    assert body["presence_penalty"] == 0.5
    assert "frequency_penalty" not in body


@pytest.mark.parametrize("search", ["mcts", "best_of_n"])
def test_a_stop_string_ends_the_solution_and_is_left_out(search):
    with served() as server:
        tree, _ = searched(server, search, sampling={"stop": "wer: "})
    ends = {n.text for n in tree.nodes.values() if n.finished}
    assert ends == {"Ans"}


def test_a_run_over_a_server_without_log_probabilities_shows_none():
    with served(Manners(logprobs="")) as server:
        tree, _ = searched(server, reward="rollouts")
    assert {n.logprob for n in tree.nodes.values()} == {None}
    assert tree.answered.answer


@pytest.mark.parametrize(("usage", "limit"), [(True, "1 token per step"), (False, "that of a step or of a solution")])
def test_where_no_numbers_of_tokens_are_told_it_is_not_said_which_limit_cut_a_step_off(usage, limit):
    with served(Manners(logprobs="", usage=usage)) as server:
        tree, _ = searched(server, reward="rollouts", max_step_tokens=1)
    assert f"cut off before it ended, so there is no answer. The limit is {limit}; raise" in tree.finished.detail


def test_a_model_on_a_server_is_a_judge():
    with served() as server:
        judge = {"model": server.url}
        tree, _ = searched(server, "best_of_n", "judge", reward_parameters=judge)
        scores = {n.score for n in tree.nodes.values() if n.score is not None}
        tree, _ = searched(server, "best_of_n", "judge", reward_parameters=judge | {"mode": "critique"})
    yes, no = math.exp(-0.25), math.exp(-2.0)
    assert list(scores) == [pytest.approx(yes / (yes + no))]
    assert {n.score for n in tree.nodes.values() if n.score is not None} == {1.0}


def test_the_command_line_takes_an_address(capsys, monkeypatch):
    with served() as server:
        words = ["run", "--model", server.url, "--problem", "words:seed=1", "--search", "best_of_n", "--set", "n=2", "--reward", "logprob"]
        monkeypatch.setattr("sys.argv", ["rlm_core", *words])
        with pytest.raises(SystemExit, match="^0$"):
            main()
    out, err = capsys.readouterr()
    assert json.loads(out)["answer"] in ("7", "8", "9")
    assert f"Connected to tiny at {server.url}, which goes on from any text and tells log-probabilities; it heeds seeds" in err


# -- what is refused ---------------------------------------------------------------------------------


def test_a_server_of_whole_solutions_is_refused_to_a_tree_search_and_serves_the_others():
    with served(Manners(**CHAT_ONLY)) as server:
        sentence = refused(server)
        tree, _ = searched(server, "best_of_n")
    assert sentence == (
        f"The search mcts goes on from single steps, and {server.url} writes whole solutions only; allowed are best_of_n, "
        "self_consistency, or a server that goes on from a text or an answer that has begun."
    )
    assert tree.answered.answer in ("7", "8", "9")


def test_a_reward_of_log_probabilities_is_refused_where_none_are_told():
    with served(Manners(logprobs="")) as server:
        assert not offers(connected(server).policy(), TokenLogprobs)
        assert refused(server).startswith("A model is needed that tells the log-probabilities of its steps, and http://")


def test_what_no_server_has_is_refused_without_asking_it():
    with pytest.raises(ConfigError, match="The reward entropy needs a model that shows its distributions and hidden states, and http://"):
        run_to_end(RunConfig(model="http://127.0.0.1:1/v1", problem="words:seed=1", reward="entropy"), None)  # type: ignore[arg-type]


def test_a_server_that_writes_more_than_it_may_is_refused():
    with served(Manners(limits=False)) as server:
        assert "where 1 were allowed, so no budget can be kept" in refused(server)


def test_no_server():
    with served() as server:
        pass
    assert refused(server).startswith(f"The server at {server.url} does not answer (")
    assert refused(server).endswith("start it, or correct the address.")


def test_a_wrong_key_is_told_without_the_key(monkeypatch):
    with served(Manners(key="right")) as server:
        assert refused(server) == (
            f"The server at {server.url} refuses requests without a key (status 401); set RLM_EXPLORER_API_KEY to a key that it takes."
        )
        monkeypatch.setenv("OPENAI_API_KEY", "secret-of-mine")
        assert "refuses the key in OPENAI_API_KEY (status 401)" in refused(server)
        assert "secret-of-mine" not in refused(server)
        monkeypatch.setenv("RLM_EXPLORER_API_KEY", "right")
        _, records = searched(server, "best_of_n")
    assert "right" not in str([r.event for r in records])


def test_what_a_server_says_of_a_request_never_holds_the_key(monkeypatch):
    monkeypatch.setenv("RLM_EXPLORER_API_KEY", "secret-of-mine")
    manners = Manners(answers=[(418, {}, {"detail": "I know secret-of-mine"})])
    with served(manners) as server, pytest.raises(ModelError) as caught:
        asyncio.run(client.Client(parse(server.url)).post(f"{server.url}/completions", {}))
    assert str(caught.value) == f"The server at {server.url} refuses a request (status 418: I know …)."


def test_a_model_that_is_not_there():
    with served(Manners(models=["small", "large"])) as server:
        assert refused(server) == (
            f"{server.url} names no model; write its id behind it, as in {server.url}#model-id (there: small and large)."
        )
        with pytest.raises(ModelError, match=f"^The server at {server.url} has no model huge; it has small and large.$"):
            load(f"{server.url}#huge", "auto", lambda text: None)
        load(f"{server.url}#large", "auto", lambda text: None)
        assert server.asked[-1][1]["model"] == "large"


def test_html_instead_of_json():
    with served(Manners(answers=[(200, {}, "<html>hello</html>")])) as server:
        assert refused(server) == (
            f"What answers at {server.url} is no OpenAI-compatible server: it sent text/html instead of JSON; correct the address."
        )


def test_json_of_something_else():
    with served(Manners(answers=[(200, {}, {"hello": 1})])) as server:
        assert refused(server).startswith(f"What answers at {server.url} is no OpenAI-compatible server: its answer cannot be read")


def test_a_context_that_is_too_short():
    with served(Manners(context=60)) as server:
        tree, _ = searched(server)
    assert tree.finished.stop == "failed"
    assert "60" in tree.finished.detail
    assert tree.finished.detail.endswith(".")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("http://", "is no address of a server"),
        ("http://host:port/v1", "is no address of a server"),
        ("http://me:secret@host/v1", "must hold no key"),
        ("http://host/v1?key=secret", "must hold no key"),
    ],
)
def test_an_address_that_is_none_or_holds_a_key(name, says):
    with pytest.raises(ModelError, match=says) as caught:
        refuse_unnamed(name)
    assert "secret" not in str(caught.value)


# -- trouble that passes -----------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [{"answers": [(500, {}, {"error": "oops"})] * 2}, {"answers": [(503, {}, {})]}, {"cuts": 2}])
def test_a_request_that_failed_is_tried_again(trouble):
    with served() as server:
        loaded = connected(server)
        for name, value in trouble.items():
            setattr(server.manners, name, value)
        tree, _ = run_to_end(config(server, "best_of_n"), loaded.policy())
    assert tree.finished.stop == "simulations"


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks():
    with served() as server:
        loaded = connected(server)
        server.manners.answers = [(429, {"retry-after": "0.3"}, {"error": {"message": "slow down"}})]
        before = len(server.asked)
        run_to_end(config(server, "best_of_n", search_parameters={"n": 1}), loaded.policy())
        times = [at for path, _, _, at in server.asked[before:] if path.endswith("/completions")]
    assert times[1] - times[0] >= 0.3


def test_a_server_that_always_fails_is_taken_at_its_word():
    with served() as server:
        loaded = connected(server)
        server.manners.answers = [(500, {}, {"error": {"message": "out of memory"}})] * 1000
        tree, _ = run_to_end(config(server, "best_of_n"), loaded.policy())
    assert (tree.finished.stop, tree.finished.detail) == (
        "failed",
        f"The server at {server.url} refuses a request (status 500: out of memory).",
    )


class Stopping:
    """Stops a server once a run has two nodes, and hears what the run tells then."""

    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.told: list[str] = []
        self.stands = threading.Event()
        self.control = RunControl(standstill=Standstill(self.tell))

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)
        self.stands.set()

    def hook(self, record, control) -> None:
        if isinstance(record.event, NodeAdded) and record.event.node == 1:
            self.server.stop()


def test_a_run_goes_on_when_a_lost_server_is_back():
    server = ModelServer(Manners())
    stopping = Stopping(server)
    back: list[ModelServer] = []

    def bring_back() -> None:
        stopping.stands.wait(PATIENCE)
        back.append(ModelServer(Manners(), server.port))

    helper = threading.Thread(target=bring_back)
    helper.start()
    tree, _ = searched(server, control=stopping.control, hook=stopping.hook, budget=Budget(simulations=12))
    helper.join()
    back[0].stop()
    assert tree.finished.stop in ("simulations", "exhausted")
    assert stopping.told[0].startswith(f"The server at {server.url} ")
    assert stopping.told[0].endswith("; the run goes on when it is back, and cancelling ends it.")
    assert stopping.told[-1] == ""


def test_a_run_that_waits_for_its_server_can_be_cancelled_and_keeps_what_it_has():
    server = ModelServer(Manners())
    stopping = Stopping(server)
    records = []

    async def run() -> None:
        loaded = await asyncio.to_thread(connected, server)

        def emit(record) -> None:
            records.append(record)
            stopping.hook(record, stopping.control)

        running = asyncio.create_task(run_search(config(server), loaded.policy(), emit, stopping.control))
        while not stopping.stands.is_set():
            await asyncio.sleep(0.001)
        stopping.control.cancelled.set()
        await running

    asyncio.run(run())
    assert records[-1].event.stop == "cancelled"
    assert len([r for r in records if isinstance(r.event, NodeAdded)]) > 1


def test_a_server_that_stays_away_ends_the_run_with_what_it_has(monkeypatch):
    server = ModelServer(Manners())
    stopping = Stopping(server)
    loaded = connected(server)
    loaded.server.client.absence = 0.1
    tree, _ = run_to_end(config(server), loaded.policy(), stopping.control, stopping.hook)
    assert tree.finished.stop == "failed"
    assert tree.finished.detail.endswith("start it, or correct the address.")
    assert len(tree.nodes) > 1


def test_the_clock_of_a_run_stands_still_with_it():
    control = RunControl()
    work = BudgetedWork(Budget(), Usage(), control)
    with control.standstill.because("Nobody answers."):
        before, began = work.seconds, time.perf_counter()
        while time.perf_counter() - began < 0.05:
            pass
        assert work.seconds - before < 0.01
    assert control.standstill.seconds >= 0.05
