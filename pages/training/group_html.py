"""A group of answers as lines: each different answer once, with how often it came, its reward and its advantage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from pages.shared.escape import html_text
from pages.shared.language import counted, tr
from rlm_core.core.special_tokens import ANSWER
from rlm_core.core.tree import SearchTree, replay
from rlm_core.core.wording import number, readable
from rlm_core.figures import palette
from rlm_core.runs.training_files import Candidate, GroupRow

WIDEST = 3.0
"""Advantage at which its bar is as long as there is room."""


@dataclass(frozen=True, slots=True)
class Line:
    """Answers that are the same, letter by letter.

    first: of them.
    count: how many there are.
    steps: their steps, readable.
    state: of the last node: "correct", "wrong", "cut" …
    """

    first: Candidate
    count: int
    steps: tuple[str, ...]
    state: str


def lines_of(group: GroupRow) -> list[Line]:
    """The different answers of a group: the best first, the more frequent first among equals."""
    tree = replay(group.records)
    found: dict[tuple[str, ...], list[Candidate]] = {}
    for candidate in group.candidates:
        found.setdefault(_steps(tree, candidate.node), []).append(candidate)
    lines = [Line(same[0], len(same), tuple(map(readable, steps)), tree.nodes[same[0].node].state) for steps, same in found.items()]
    return sorted(lines, key=lambda line: (-line.first.reward, -line.count))


def _steps(tree: SearchTree, node: int) -> tuple[str, ...]:
    return tuple(tree.nodes[n].text for n in tree.path(node) if tree.nodes[n].parent is not None)


def group_html(group: GroupRow, stage: str, learned: bool) -> str:
    """The prompt, the figures of the group, and its answers.

    learned: the policy learned from the group, so that its advantages counted.
    """
    lines = lines_of(group)
    right = sum(line.count for line in lines if line.state == "correct")
    rewards = [c.reward for c in group.candidates]
    step = tr("Step {at:,}", at=group.at) if learned else tr("After step {at:,}", at=group.at)
    known = [
        f"<b>{html_text(step)}</b>",
        html_text(stage),
        tr("{right} of {n} right", right=right, n=len(rewards)),
        counted(len(lines), "different answer"),
        tr("mean reward {reward}", reward=number(fmean(rewards))),
    ]
    if learned and not group.signal:
        known.append(f"<b>{tr('no signal')}</b>: {html_text(tr('all rewards are equal, so every advantage is 0'))}")
    facts = " · ".join(known)
    head = f'<div class="rlm-problem">{html_text(group.problem.question)}</div><div class="rlm-facts">{facts}</div>'
    return f'{head}<div class="rlm-answers{"" if learned else " unlearned"}">{"".join(_row(line, learned) for line in lines)}</div>'


def _row(line: Line, learned: bool) -> str:
    kind = {"correct": "right", "wrong": "wrong"}.get(line.state, "")
    mark = {"correct": "✓", "wrong": "✕"}.get(line.state, "◇")
    words = {"correct": tr("right"), "wrong": tr("wrong")}.get(
        line.state, tr(palette.LOOKS[line.state].words) if line.state in palette.LOOKS else line.state
    )
    parts = " · ".join(f"{tr(name)} {number(score)}" for name, score in line.first.parts.items())
    bar = _bar(line.first.advantage) if learned else ""
    tokens = counted(len(line.first.ids), "token")
    count = f"× {line.count}" if line.count > 1 else ""
    return (
        f'<div class="answer {kind}"><b title="{html_text(words)}">{mark}</b><span class="count">{count}</span>'
        f'<span class="figure" title="{html_text(parts)}">{tr("reward {reward}", reward=number(line.first.reward))}</span>{bar}'
        f'<span class="steps">{_steps_html(line.steps)}</span><small>{html_text(parts)} · {tokens}</small></div>'
    )


def _steps_html(steps: Sequence[str]) -> str:
    return "".join(f"<span>{html_text(step.replace(ANSWER, ' → '))}</span>" for step in steps)


def _bar(advantage: float) -> str:
    """The advantage in figures and as a bar from the middle, to the right where it is above 0."""
    share = min(1.0, abs(advantage) / WIDEST) * 50
    colour = palette.difference_colour(1.0 if advantage > 0 else -1.0)
    place = f"left:50%;width:{share:.0f}%" if advantage > 0 else f"right:50%;width:{share:.0f}%"
    text = "0.00" if abs(advantage) < 0.005 else f"{advantage:+.2f}".replace("-", "−")
    hover, bar = html_text(tr("advantage {advantage}", advantage=text)), f'<i style="{place};background:{colour}"></i>'
    return f'<span class="advantage" title="{hover}"><em>{text}</em><span>{bar}</span></span>'
