"""Everything a person can choose, gathered from the rooms that offer it, and the check of a whole configuration.

Nothing here loads torch: pages and the command line read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import msgspec

from rlm_core import problems, rewards, search
from rlm_core.core.config import Branch, RunConfig
from rlm_core.core.errors import ConfigError
from rlm_core.core.parameters import Description
from rlm_core.core.sampling import unusual
from rlm_core.core.special_tokens import ANSWER, THINK, TOOL
from rlm_core.core.structure import Keeping, Structure
from rlm_core.core.words import COMMON, AnswerMethod, Purpose, StopReason, Word
from rlm_core.models import backends
from rlm_core.models.backends import AUTO, BACKEND, TORCH
from rlm_core.models.listed import describe, refuse_japanese, refuse_lacking, refuse_unreadable, refuse_unwritable, sampling_of
from rlm_core.models.listed import models as listed_models
from rlm_core.models.policy import Forcer, Known, Stepper
from rlm_core.models.source import ModelKey
from rlm_core.search import answers, structures
from rlm_core.search.rules import Rule


def searches() -> dict[str, Description[Any]]:
    return {name: s.description for name, s in search.searches().items()}


def reward_models() -> dict[str, Description[Any]]:
    """Trained heads first, each group by title."""
    found = {name: r.description for name, r in rewards.rewards().items()}
    return dict(sorted(found.items(), key=lambda item: (":" not in item[0], item[1].title)))


def servable_searches(known: Known) -> dict[str, Description[Any]]:
    """The searches that a model can serve with their defaults, or with one of the settings they are measured with."""

    def served(found: search.Search[Any]) -> bool:
        settings = [found.description.configure(given) for given in ({}, *found.variants)]
        return any(known.offers.issuperset(found.needs(s)) and (found.whole(s) or not known.whole_only) for s in settings)

    return {name: s.description for name, s in search.searches().items() if served(s)}


def servable_rewards(model: str, known: Known) -> dict[str, Description[Any]]:
    """The rewards that can judge the solutions of that model."""
    found = {name: rewards.reward(name) for name in reward_models()}
    able = {name: r for name, r in found.items() if r.model in ("", model) and known.offers.issuperset(r.needs)}
    return {name: r.description for name, r in able.items()}


def tasks() -> dict[str, Description[Any]]:
    return {name: t.description for name, t in problems.tasks().items()}


def refused() -> tuple[str, ...]:
    """A sentence for each search, reward or problem of another package that cannot be used."""
    return (*search.refused(), *rewards.refused(), *problems.refused())


def models() -> dict[str, Description[Any]]:
    return dict(listed_models())


def checked(config: RunConfig) -> RunConfig:
    """The configuration with every parameter checked and filled in; an RlmError says what is wrong."""
    problem = problems.make(config.problem)
    refuse_unreadable(config.model, problem)
    refuse_japanese(config.model, problem)
    model = describe(config.model)
    names = {p.name for p in model.parameters}
    model.parse({name: value for name, value in config.loading.items() if name in names})
    chosen = search.search(config.search)
    parameters = chosen.description.parse(config.search_parameters)
    refuse_lacking(f"The search {config.search}", chosen.needs(chosen.description.config(**parameters)), config.model)
    options = unusual(config.sampling or {})
    if step := options.get("step"):
        refuse_lacking(f"A step that is a {step}" if step not in ("tokens", "delimiter") else f"A step by {step}", [Stepper], config.model)
    if isinstance(config.branch, Branch):
        refuse_unbranching(config.search)
        refuse_beginning(config, config.branch.steps)
    sampling = sampling_of(config)
    rewards_given = rewards.checked(rewards.reward(config.reward), config.reward_parameters, config.model)
    model_key(config)
    return msgspec.structs.replace(
        config,
        batching="shared" if config.shares_batches and "batching" in names else msgspec.UNSET,
        temperature=sampling.temperature,
        max_step_tokens=sampling.max_step_tokens,
        max_solution_tokens=sampling.max_solution_tokens,
        sampling=options or msgspec.UNSET,
        search_parameters=parameters,
        reward_parameters=rewards_given,
        backend=msgspec.UNSET if config.backend == AUTO else config.backend,
    )


def model_key(config: RunConfig) -> ModelKey:
    """The model of a run as it is to be loaded. ConfigError of one sentence if its back end cannot serve the run."""
    choosable = any(p.name == BACKEND.name for p in describe(config.model).parameters)
    backend = backends.chosen(config, needs(config)) if choosable else TORCH
    return ModelKey(config.model, config.device, config.dtype, config.format, backend)


def needs(config: RunConfig) -> frozenset[type]:
    """The abilities that a run needs of its model besides proposing and completing."""
    chosen = search.search(config.search)
    settings = chosen.description.configure(config.search_parameters)
    found = {*chosen.needs(settings)}
    if judged(config.search, config.search_parameters):
        found |= rewards.needs(rewards.reward(config.reward), config.reward_parameters)
    if unusual(config.sampling or {}).get("step"):
        found.add(Stepper)
    if THINK in chosen.allows(settings) or TOOL in chosen.allows(settings):
        found.add(Forcer)
    return frozenset(found)


def refuse_unbranching(name: str) -> None:
    """ConfigError if the search of that name cannot begin below the bare problem."""
    chosen = search.search(name)
    if not chosen.branches:
        raise ConfigError(f"{chosen.description.title} begins at the bare problem always, so no run can go on from one of its steps.")


def refuse_beginning(config: RunConfig, steps: Sequence[str]) -> None:
    """ConfigError if no search can begin behind these steps, or if one of them is none for the model."""
    problem = problems.make(config.problem)
    answer = problems.task(problem.task).answer(problem, steps)
    if answer is not None or ANSWER in steps[-1]:
        raise ConfigError("The step states an answer and so ends the solution; leave the answer out, so that a search can go on from it.")
    for text in steps:
        refuse_unwritable(config.model, text)


def title(kind: str, name: str) -> str:
    """The title of a search, reward or model that a saved run names; the bare name if there is none of it (any more)."""
    found = described(kind, name)
    return found.title if found else name


def described(kind: str, name: str) -> Description[Any] | None:
    """The description of a search, reward or model; None if there is none of that name (any more)."""
    return {"search": searches, "reward": reward_models, "model": models}[kind]().get(name)


def judged(name: str, parameters: Mapping[str, Any]) -> bool:
    """Does the search of that name ask a reward at all, with these parameters? Taken to be so where they are not known any more."""
    try:
        chosen = search.search(name)
        return bool(chosen.judged(chosen.description.configure(parameters)))
    except ConfigError:
        return True


def keeps(name: str, parameters: Mapping[str, Any]) -> Keeping | None:
    """How the search of that name chooses the states that go on; None if it does not go level by level, or is not known any more."""
    try:
        chosen = search.search(name)
        return chosen.keeps(chosen.description.configure(parameters))
    except ConfigError:
        return None


def reward_title(config: RunConfig) -> str:
    """The title of the reward that the run asks; empty if it asks none."""
    return title("reward", config.reward) if judged(config.search, config.search_parameters) else ""


def reward_words(text: str) -> str:
    """A reward as it is written, in words, with its settings if it has any.

    >>> reward_words("prm:nano"), reward_words("rollouts(rollouts=8)")
    ('PRM · nano', 'Monte-Carlo rollouts (rollouts=8)')
    """
    name, _, settings = text.partition("(")
    return title("reward", name) + (f" ({settings}" if settings else "")


def over_path(name: str) -> bool:
    """Is the score of the reward of that name, which may have settings in parentheses behind it, one figure of all tokens so far?

    >>> over_path("logprob"), over_path("rollouts"), over_path("another program's")
    (True, False, False)
    """
    found = rewards.rewards().get(name.partition("(")[0])
    return found is not None and found.over_path


def structure(name: str) -> Structure:
    """The structure that a search builds; a tree, as every log is one, where a saved run names a search that is not here."""
    found = search.searches().get(name)
    return found.structure if found else structures.TREE


@lru_cache(maxsize=1)
def _words() -> dict[tuple[type, str], Word | Rule]:
    """The words every run may use, and those that each search brings, by kind and name."""
    brought = [word for found in search.searches().values() for word in found.words]
    return {(type(word), word.name): word for word in (*COMMON, *answers.METHODS, *brought)}


def stop_reason(name: str) -> StopReason:
    """The stop reason that a log names; of another program's log, its own word.

    >>> stop_reason("done").sentence, stop_reason("patience").sentence
    ('the strategy is complete', 'the log says “patience”')
    """
    return cast(StopReason, _words().get((StopReason, name), StopReason(name, f"the log says “{name}”")))


def purpose(name: str) -> Purpose:
    """The purpose of tokens that a log names."""
    return cast(Purpose, _words().get((Purpose, name), Purpose(name, name)))


def answer_method(name: str) -> AnswerMethod:
    """The answer method that a log names."""
    return cast(AnswerMethod, _words().get((AnswerMethod, name), AnswerMethod(name, name, "weight of its votes")))


def rule(name: str) -> Rule | None:
    """The selection rule that a log names; None for a draw, and for one that no search here uses."""
    return cast("Rule | None", _words().get((Rule, name)))
