"""A group under the lens: the answers to one prompt as a tree, their rewards and advantages, and what the loss makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import streamlit as st

from pages.shared.escape import markdown_text
from pages.shared.html import table_html, theme
from pages.shared.language import counted, listed, told, tr, words_of
from pages.shared.plot import plot, width_of
from pages.shared.state import remembered
from pages.training.arithmetic import advantage_line, baseline_lines, pulls
from rlm_core.core.errors import RlmError
from rlm_core.core.tree import ROOT, SearchTree, replay
from rlm_core.core.wording import number, problem_label, readable, shorten
from rlm_core.figures.charts.token_ratios import TokenRatio, ratios_figure
from rlm_core.figures.colour_by import Colours
from rlm_core.figures.tree.figure import tree_figure
from rlm_core.runs.merged import Merged, merged
from rlm_core.runs.training_files import Candidate, GroupRow, TrainingFolder
from rlm_core.training.recipe import DESCRIPTION, plan
from rlm_core.training.variants import PRESETS, VARIANTS, Variant, token_terms

STEP, GROUP, ANSWER = "training.lens.step", "training.lens.group", "training.lens.answer"
HEIGHT = 430
MAX_ANSWER_CHARACTERS = 44


def lens(folder: TrainingFolder) -> None:
    """A group of a kept step, chosen by the person."""
    steps = folder.kept_steps()
    if not steps:
        st.info(
            tr("No group of this training is kept yet. They come with the first stage of reinforcement learning."), icon=":material/lens:"
        )
        return
    step_at, group_at = st.columns([1, 1], vertical_alignment="bottom")
    step = remembered(step_at.select_slider, tr("Step"), steps, key=STEP, default=steps[-1], offered=steps) if len(steps) > 1 else steps[0]
    try:
        groups = folder.groups(step)
    except RlmError as error:
        st.error(words_of(error), icon=":material/error:")
        return
    telling = max(range(len(groups)), key=lambda i: groups[i].signal)
    places = range(len(groups))
    at = remembered(
        group_at.selectbox,
        tr("Group"),
        places,
        key=f"{GROUP}.{folder.training}.{step}",
        default=telling,
        offered=places,
        format_func=lambda i: _title(groups[i]),
    )
    _shown(folder, groups[at])


def _title(group: GroupRow) -> str:
    """The problem of a group, and how its answers fared."""
    best = sum(c.reward == max(x.reward for x in group.candidates) for c in group.candidates)
    signal = (
        tr("{best} of {n} with the highest reward", best=best, n=len(group.candidates)) if group.signal else tr("equal rewards: no signal")
    )
    return f"{group.index + 1} · {problem_label(group.problem)} · {signal}"


def _shown(folder: TrainingFolder, group: GroupRow) -> None:
    variant, rewards = Variant(**group.variant), [c.reward for c in group.candidates]
    found, key = merged(group.records), f"{ANSWER}.{folder.training}.{group.at}.{group.index}"
    offered = range(len(group.candidates))
    picture, table = st.columns([3, 2], gap="large")
    with picture:
        _tree(found, group, key)
    with table:
        st.html(_table(found.tree, group, found))
        chosen = remembered(
            st.segmented_control,
            tr("Answer"),
            offered,
            key=key,
            default=0,
            offered=offered,
            format_func=lambda i: str(i + 1),
            width="stretch",
        )
    chosen = 0 if chosen is None else chosen
    sums, ratios = st.columns([2, 3])
    with sums:
        st.markdown(tr("##### From rewards to advantages"))
        lines = [*baseline_lines(rewards, variant), advantage_line(rewards, chosen, variant)]
        st.code("\n".join(lines), language=None, wrap_lines=True)
        st.caption(_parts(group.candidates[chosen], chosen, _weights(folder, group.stage)))
    with ratios:
        _ratios(found.tree, group, chosen, variant)
    _variants(group, chosen, rewards)


def _tree(found: Merged, group: GroupRow, key: str) -> None:
    """The answers, merged where they begin alike, coloured by their advantage."""
    largest = max((abs(c.advantage) for c in group.candidates), default=0.0) or 1.0
    sums: dict[int, list[float]] = {}
    tree = found.tree
    tree.oracle = False  # a training's rewards may know the answers; only a search that does is an oracle
    for candidate in group.candidates:
        for node in tree.path(found.node[candidate.node]):
            if node != ROOT:
                sums.setdefault(node, []).append(candidate.advantage / largest)
    given = {node: sum(values) / len(values) for node, values in sums.items()}
    colours = Colours(tr("mean advantage ÷ {number}, the largest", number=number(largest)), given, difference=True)
    name = "training.lens.tree"
    scope = f"{group.at}.{group.index}"
    figure = told(tree_figure, tree, theme=theme(), colours=colours, width=width_of(name), height=HEIGHT)
    clicked = plot(figure, key=name, height=HEIGHT, scope=scope, file=f"group-{scope}", save=True)
    if clicked is not None:
        through = [i for i, c in enumerate(group.candidates) if clicked in tree.path(found.node[c.node])]
        if through and st.session_state.get(key) not in through:
            st.session_state[key] = through[0]
            st.rerun()


def _table(tree: SearchTree, group: GroupRow, found: Merged) -> str:
    rows = []
    for i, c in enumerate(group.candidates, 1):
        node = tree.nodes[found.node[c.node]]
        answer = tr("no answer") if node.answer is None else readable(node.answer)
        rows.append((str(i), shorten(answer, MAX_ANSWER_CHARACTERS), number(c.reward), number(c.advantage), f"{len(c.ids):,}"))
    return table_html(("", tr("Answer"), tr("Reward R"), tr("Advantage A"), tr("Tokens")), rows, text_columns=(1,))


def _parts(candidate: Candidate, at: int, weights: Mapping[str, float]) -> str:
    """What a reward is made of. weights: by the name of the part, as far as they are known."""
    parts = listed([f"{tr(name)} {number(score)}{_weight(weights.get(name))}" for name, score in candidate.parts.items()])
    return tr("The reward of answer {at} is a weighted mean of its parts: {parts}.", at=at + 1, parts=markdown_text(parts))


def _weight(weight: float | None) -> str:
    return "" if weight is None else tr(" (weight {weight:g})", weight=weight)


def _weights(folder: TrainingFolder, stage: str) -> Mapping[str, float]:
    """The weights of the parts of the reward in a stage; none if the settings are not there, or of another version."""
    with suppress(RlmError):
        config = DESCRIPTION.configure({name: value for name, value in folder.settings().items() if name not in ("training", "began")})
        return next((s.rewards for s in plan(config) if s.name == stage), {})
    return {}


def _ratios(tree: SearchTree, group: GroupRow, chosen: int, variant: Variant) -> None:
    candidate = group.candidates[chosen]
    st.markdown(tr("##### Answer {chosen}, token by token", chosen=chosen + 1))
    if not candidate.logprobs:
        st.caption(tr("The probabilities of this answer after the update were not kept."))
        return
    texts = _texts(group, candidate)
    shown = []
    references = candidate.reference or [None] * len(candidate.ids)
    for text, p, q, r in zip(texts, candidate.logprobs, candidate.old, references, strict=True):
        terms = token_terms(p, q, candidate.advantage, variant, r)
        words = tr("ratio {ratio:.3f}, gain {number}", ratio=terms.ratio, number=number(terms.gain)) + (
            tr(", KL {kl:.4f}", kl=terms.kl) if candidate.reference else ""
        )
        shown.append(TokenRatio(text, terms.ratio, terms.clipped, words))
    band = (1 - variant.clip_low, 1 + variant.clip_high) if variant.clipped else None
    figure = told(ratios_figure, shown, band, theme=theme())
    plot(figure, key="training.lens.ratios", height=int(figure.layout.height), scope=f"{group.at}.{group.index}.{chosen}")
    st.caption(_said(shown, candidate.advantage, variant))


def _said(shown: Sequence[TokenRatio], advantage: float, variant: Variant) -> str:
    """What is seen in the figure, in a sentence."""
    if not advantage:
        return tr("The advantage is 0, so no token of this answer pulls at the policy.")

    bites = sum(t.clipped for t in shown)
    moved = max(abs(t.ratio - 1) for t in shown)
    if moved < 1e-3:
        where = tr(
            "Before the first update on a batch the policy is the one that sampled it, so every ratio is 1 and nothing can be clipped."
        )
    elif not variant.clipped:
        where = tr("REINFORCE clips nothing.")
    else:
        where = (
            tr("The clip bites at {bites} of {tokens}.", bites=bites, tokens=counted(len(shown), "token"))
            if bites
            else tr("The clip bites nowhere in this answer.")
        )
    values = {"number": number(advantage), "where": where}
    if advantage > 0:
        return tr("The advantage is {number}, so the update makes these tokens likelier. {where}", **values)
    return tr("The advantage is {number}, so the update makes these tokens less likely. {where}", **values)


def _texts(group: GroupRow, candidate: Candidate) -> list[str]:
    """The text of each of an answer's tokens, from the group's log."""
    tree = replay(group.records)
    return [token.text for node in tree.path(candidate.node) for token in tree.nodes[node].tokens]


def _variants(group: GroupRow, chosen: int, rewards: Sequence[float]) -> None:
    """The same group under every published variant."""
    st.markdown(tr("##### The same group under other variants"))
    own, rows, winner = Variant(**group.variant), [], None
    for name, described in VARIANTS.items():
        found = pulls(group.candidates, rewards, PRESETS[name], group.longest)
        mine, total = found[chosen], sum(abs(p.objective) for p in found)
        share = f"{abs(mine.objective) / total:.0%}" if total else "–"
        if PRESETS[name] == own:
            winner = len(rows)
        clipped = str(mine.clipped) if PRESETS[name].clipped else "–"
        rows.append((tr(described.title), number(mine.advantage), f"{mine.weight:.4f}", clipped, share, tr(described.sentence)))
    head = ("", tr("Advantage"), tr("Weight per token"), tr("Tokens clipped"), tr("Share of the group's pull"), "")
    st.html(table_html(head, rows, winner, words=(0, 5)))
    caption = tr("For answer {chosen}, from the same samples and probabilities, with each variant's published settings.", chosen=chosen + 1)
    trained = "" if winner is not None else tr(" This training used settings of its own.")
    st.caption(
        tr("{caption}{trained} Weights count this group alone; in training the whole batch shares them.", caption=caption, trained=trained)
    )
