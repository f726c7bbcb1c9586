"""Small words that sentences and figures share: numbers, lists, shortened and readable steps. Plain text, nothing escaped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rlm_core.core.config import Branch
from rlm_core.core.events import Vote
from rlm_core.core.phrases import say
from rlm_core.core.problem import Problem
from rlm_core.core.special_tokens import ANSWER, BACKTRACK, END_THINK, ERROR, RESULT, REVISE, STEP, THINK, TOOL, WAIT
from rlm_core.core.tree import ROOT, Node, SearchTree

TREE = "tree"
"""The tag of a node without text that begins one tree of a forest."""
TAG_WORDS = {
    BACKTRACK: "backtrack",
    REVISE: "correction",
    WAIT: "Wait",
    TOOL: "tool call",
    THINK: "thinking begins",
    END_THINK: "end of thinking",
    TREE: "tree",
}
"""The tag of a step in a word or two."""
_SPACE = re.compile(r"\s+")
_TIMES = re.compile(r"(?<=[\d)\s])\*(?=[\s\d(])")
_SAFE = re.compile(r"[\x20-\x7e]*")
_TOOL = re.compile(f"{TOOL}(.*?)(?:({RESULT}|{ERROR})(.*?))?(?={STEP}|{TOOL}|$)")
_TAG = re.compile("|".join((THINK, END_THINK, BACKTRACK, REVISE, WAIT)))


def number(value: float) -> str:
    """Two decimals and a true minus sign.

    >>> number(0.7512), number(-0.42), number(-0.001)
    ('0.75', '−0.42', '0.00')
    """
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def interval(found: Sequence[float], digits: int = 2) -> str:
    """A value with the ends of its 95 % interval, with true minus signs.

    found: [value, low, high].

    >>> interval([0.75, 0.7, 0.8]), interval([-0.0151, -0.02, 0.01], 3)
    ('0.75 [0.70, 0.80]', '−0.015 [−0.020, 0.010]')
    """
    value, low, high = found
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace("-", "−")


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count with its noun and thousands separators.

    >>> counted(1, "token"), counted(1204, "token"), counted(2, "pass", "passes")
    ('1 token', '1,204 tokens', '2 passes')
    """
    template = f"{{n}} {noun}"
    found = say(template)  # other languages have one text for a noun
    return found.format(n=f"{count:,}") if found != template else f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def listed(words: Sequence[str], most: int = 0) -> str:
    """Words in a row; with `most`, at most that many and the number of those left out.

    >>> listed(["7", "2", "the root"]), listed(["7"])
    ('7, 2 and the root', '7')
    >>> listed(list("abcdef"), most=3)
    'a, b and 4 more'
    """
    if most and len(words) > most:
        words = [*words[: most - 1], say("{n:,} more", n=len(words) - most + 1)]
    return say("{first} and {last}", first=say(", ").join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)


def duration(seconds: float) -> str:
    """Seconds as text, rounded as an estimate is.

    >>> [duration(s) for s in (0.01, 0.44, 34.2, 730)]
    ['0.1 s', '0.4 s', '34 s', '12 min']
    """
    if seconds >= 120:
        return say("{minutes:.0f} min", minutes=seconds / 60)
    return say("{seconds:.0f} s", seconds=seconds) if seconds >= 10 else say("{seconds:.1f} s", seconds=max(seconds, 0.1))


LABELLED_BY = {
    "human": "people",
    "oracle": "exact solver",
    "noisy": "exact solver with flips",
    "hard": "Monte-Carlo, hard",
    "soft": "Monte-Carlo, soft",
    "judge": "a judge",
    "unsaid": "a file that does not say by whom",
}
"""Sources of labels as a person reads them."""


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, the last an ellipsis where something is left out.

    >>> shorten("multiply first", 9), shorten("short", 9)
    ('multiply…', 'short')
    """
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def clean(text: str) -> str:
    """One line: white space collapsed, control and invisible formatting characters dropped (they may reorder what is read)."""
    text = _SPACE.sub(" ", text).strip()
    if _SAFE.fullmatch(text):
        return text
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))


def readable(text: str) -> str:
    """A step as a person writes it: × between numbers, an arrow before its answer, markers in words, a cog for the calculator.

    >>> readable("25*2=50"), readable("50-4=46<answer>46"), readable("**so** 2 * 3")
    ('25×2=50', '50-4=46 → 46', '**so** 2 × 3')
    >>> readable("<tool>25*2<result>50"), readable("<tool>7/2<error>"), readable("9-4=5<backtrack>"), readable("<wait>")
    ('⚙ 25×2 → 50', '⚙ 7/2 → error', '9-4=5 [backtrack]', '[Wait]')
    """
    body, mark, answer = clean(text).partition(ANSWER)
    if "<" in body:
        body = _without_markers(body)
    body = _TIMES.sub("×", body).strip()
    return f"{body} → {_TIMES.sub('×', answer).strip()}".strip() if mark else body


def _without_markers(text: str) -> str:
    text = _TOOL.sub(_called, text).replace(STEP, "; ")
    return clean(_TAG.sub(lambda m: f" [{TAG_WORDS[m[0]]}] ", text))


def _called(call: re.Match[str]) -> str:
    asked, given, result = call[1], call[2], call[3]
    return f"⚙ {asked}" + (f" → {result or 'error'}" if given else "")


def name(node: int) -> str:
    return say("the root") if node == ROOT else say("node {node}", node=node)


def origin(branch: Branch | None, node: int) -> str:
    """How a step that a branch begins with came there; empty for any other node.

    >>> begun = Branch("1400ef1a", 7, True, ("25*2=50", "50-4=46"))
    >>> [origin(begun, n) for n in range(4)]
    ['', 'it was taken over from run 1400ef1a', 'a person wrote it', '']
    """
    if branch is None or not 0 < node <= len(branch.steps):
        return ""
    return say("a person wrote it") if node == len(branch.steps) else say("it was taken over from run {run}", run=branch.run)


def voters(vote: Vote, tree: SearchTree | None) -> str:
    """How many candidates gave an answer, and for how many samples they stand where those are more: "1 candidate sampled 12 times"."""
    samples = sum(tree.nodes[n].samples for n in vote.nodes if n in tree.nodes) if tree is not None else 0
    candidates = counted(len(vote.nodes), "candidate")
    return say("{candidates} sampled {n:,} times", candidates=candidates, n=samples) if samples > len(vote.nodes) else candidates


def words(tree: SearchTree, node: Node) -> str:
    """A node in one line: the root's problem, else its step, else what it stands for ("tree 2", "Wait")."""
    if node.id == ROOT and tree.started is not None:
        return problem_label(tree.problem)
    if node.tool is not None and TOOL in node.text:
        return readable(f"{TOOL}{node.tool.call}{RESULT}{'error' if node.tool.failed else node.tool.result}")
    if node.text.strip() and node.text.strip() != node.tag:
        return readable(node.text)
    if node.tag == TREE:
        return say("tree {number}", number=1 + sum(n.tag == TREE and n.id < node.id for n in tree.nodes.values()))
    return say(TAG_WORDS.get(node.tag, ""))


def problem_label(problem: Problem) -> str:
    """The problem in a few signs: its compact notation without the letter and colon that only the bundled model needs.

    A row of a problem set begins with its place.

    >>> problem_label(Problem("countdown", "", "Use the numbers …", compact="C25 2 4>46:"))
    '25 2 4 → 46'
    >>> problem_label(Problem("chain", "", "Start with 17. …", compact="A17,+25,*3:"))
    '17, +25, ×3'
    >>> problem_label(Problem("countdown", "", "Use the numbers …", compact="C25 2 4>46:<ja>"))
    '25 2 4 → 46 (ja)'
    >>> problem_label(Problem("text", "", "How many?", data={"set": "GSM8K", "row": 17}))
    'GSM8K #17: How many?'
    """
    if not problem.compact:
        place = set_place(problem)
        return f"{place}: {clean(problem.question)}" if place else clean(problem.question)
    bare, _, language = re.sub(r"^[A-Z](?=\d)", "", clean(problem.compact)).partition(":")
    bare += f" ({language.strip('<>')})" if language else ""
    return bare.replace(">", " → ").replace(",", ", ").replace("*", "×")


def set_place(problem: Problem) -> str:
    """ "GSM8K #17": the problem set and its row that a problem is from; empty if it is from none."""
    return f"{clean(str(problem.data['set']))} #{problem.data.get('row', 0)}" if problem.data.get("set") else ""
