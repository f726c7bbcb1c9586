"""The files of lessons. docs/teaching.md says how one is written.

A file is a header of `name: value` lines, then steps. A step is a heading `## Title` with prose and fenced blocks below it:

    ```run mcts t=41 node=6      what is shown: one of `FIGURES`, what it shows, and settings; below it a caption
    ```predict                   a question, options `- [ ] text` and `- [x] text`, then the text that is revealed
    ```question                  a question and options, each `- [ ] text :: what is said to one who chose it`
    ```presenter                 notes for the person who shows the lesson

Instead of an [x], the line `right: text` may say which option is right, so that a value of a run decides it. Values of runs stand as
`{{…}}` in any text (`facts.py`). Prose knows paragraphs, lists, **bold** and `code`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rlm_core.core.errors import RlmError
from rlm_core.core.paths import ASSETS
from rlm_core.core.wording import listed

FOLDER = ASSETS / "lessons"
FIGURES: dict[str, tuple[str, ...]] = {
    "run": ("t", "node"),
    "uct": ("t", "level"),
    "steps": ("nodes",),
    "votes": (),
    "grpo": ("at", "group", "advantage"),
    "stages": (),
    "curve": ("pool", "strategies"),
    "try": ("t",),
}
"""What a lesson can show, each with its settings: a run from a moment on, the slider on c over one choice of a run, the step scores of
candidates, the votes of a run, a group of a training (advantage=0 hides what is to be worked out), the stages of a training, curves of a
sweep, and a button that opens a run in Explore."""
WHOLE = frozenset({"t", "node", "level", "at", "group", "advantage", "pool"})
"""Settings that are whole numbers; the others are lists of them."""
_NAME = re.compile(r"\d\d-([a-z0-9-]+)\.md")
_HEADER = ("title", "minutes", "after")
_OPTION = re.compile(r"- \[(?P<right>[ x])\] (?P<text>.+)")
_FENCE = "```"
_FEEDBACK = " :: "


class LessonError(RlmError):
    """A lesson that cannot be read; the sentence names its file and line."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs. line: of the file, from 1."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that is shown.

    kind: a key of FIGURES.
    of: the run, training or sweep.
    settings: as in the file; lists are tuples.
    caption: prose below it; may be empty.
    """

    kind: str
    of: str
    settings: dict[str, int | tuple[int, ...]]
    caption: str
    line: int

    def whole(self, name: str) -> int | None:
        """A setting that is a whole number; None if it is not given."""
        found = self.settings.get(name)
        return found if isinstance(found, int) else None

    def several(self, name: str) -> tuple[int, ...]:
        """A setting that is a list; empty if it is not given."""
        found = self.settings.get(name)
        return found if isinstance(found, tuple) else ()


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that can be chosen.

    right: it is the right one.
    feedback: said to a person who chose it; empty under a prediction.
    """

    text: str
    right: bool
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A prediction, or a question at the end.

    kind: "predict" or "question".
    text: what is asked.
    options: at least two.
    decided: the text of the right option where a value decides it; empty where the file marks it.
    reveal: shown once a prediction was made; empty for a question.
    """

    kind: str
    text: str
    options: tuple[Option, ...]
    decided: str
    reveal: str
    line: int

    @property
    def right(self) -> int:
        """The place of the right option."""
        return next(i for i, o in enumerate(self.options) if o.right)


Block = Prose | Figure | Choice


@dataclass(frozen=True, slots=True)
class Step:
    """One idea.

    presenter: notes for the person who shows the lesson; may be empty.
    line: of its heading.
    """

    title: str
    blocks: tuple[Block, ...]
    presenter: str
    line: int

    @property
    def choices(self) -> tuple[Choice, ...]:
        return tuple(b for b in self.blocks if isinstance(b, Choice))


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson in one language.

    name: in addresses.
    number: its place, from 1.
    minutes: that it takes.
    after: what a person can say afterwards.
    """

    name: str
    number: int
    file: str
    title: str
    minutes: int
    after: tuple[str, ...]
    steps: tuple[Step, ...]


def languages() -> list[str]:
    """The codes of the languages in which there are lessons, English first."""
    return sorted((f.name for f in FOLDER.iterdir() if any(f.glob("*.md"))), key=lambda code: (code != "en", code))


def files(language: str) -> list[Path]:
    """The files of a language, in order."""
    return sorted((FOLDER / language).glob("*.md"))


def read_lesson(file: Path) -> Lesson:
    """The lesson of a file, values of runs not yet filled in. LessonError names file and line."""
    named = _NAME.fullmatch(file.name)
    if named is None:
        raise LessonError(f"{file.name} is not the name of a lesson; it is two digits and a name, such as 04-mcts.md.")
    return _Reader(file.name, file.read_text(encoding="utf-8").splitlines()).lesson(named[1])


class _Reader:
    """Reads the lines of a file from top to bottom."""

    def __init__(self, file: str, lines: list[str]) -> None:
        self.file, self.lines, self.at = file, lines, 0

    def wrong(self, line: int, what: str) -> LessonError:
        return LessonError(f"{self.file}, line {line}: {what}")

    def lesson(self, name: str) -> Lesson:
        header = self.header()
        steps = []
        while self.at < len(self.lines):
            steps.append(self.step())
        if not steps:
            raise self.wrong(len(self.lines), "a lesson needs at least one step, which begins with ## and its title.")
        number = int(self.file[:2])
        return Lesson(name, number, self.file, header["title"][0], int(header["minutes"][0]), tuple(header["after"]), tuple(steps))

    def header(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {key: [] for key in _HEADER}
        while self.at < len(self.lines) and not self.lines[self.at].startswith("## "):
            line = self.lines[self.at].strip()
            self.at += 1
            if not line:
                continue
            key, colon, value = line.partition(":")
            if key not in found or not colon or not value.strip():
                raise self.wrong(self.at, f"the header has {listed(_HEADER)}, each as “name: value”.")
            found[key].append(value.strip())
        if len(found["title"]) != 1 or len(found["minutes"]) != 1 or not found["after"]:
            raise self.wrong(self.at, "the header needs one title, one number of minutes and at least one line of after.")
        if not found["minutes"][0].isdigit():
            raise self.wrong(self.at, "minutes is a whole number.")
        return found

    def step(self) -> Step:
        line, title = self.at + 1, self.lines[self.at][3:].strip()
        self.at += 1
        blocks: list[Block] = []
        presenter, prose, began = "", list[str](), self.at + 1

        def end_prose() -> None:
            if text := "\n".join(prose).strip():
                blocks.append(Prose(text, began))
            prose.clear()

        while self.at < len(self.lines) and not self.lines[self.at].startswith("## "):
            text = self.lines[self.at]
            if text.startswith(_FENCE):
                end_prose()
                block = self.fenced()
                if isinstance(block, str):
                    presenter = block
                else:
                    blocks.append(block)
                began = self.at + 1
            else:
                prose.append(text)
                self.at += 1
        end_prose()
        if not title or not blocks:
            raise self.wrong(line, "a step needs a title and something below it.")
        if sum(isinstance(b, Figure) and b.kind == "run" for b in blocks) > 1:
            raise self.wrong(line, "a step shows one run at most.")
        return Step(title, tuple(blocks), presenter, line)

    def fenced(self) -> Block | str:
        """The block that begins here; of a presenter's notes their text."""
        line, words = self.at + 1, self.lines[self.at][len(_FENCE) :].split()
        self.at += 1
        body = list[str]()
        while self.at < len(self.lines) and self.lines[self.at].strip() != _FENCE:
            body.append(self.lines[self.at])
            self.at += 1
        if self.at == len(self.lines):
            raise self.wrong(line, f"the block is not closed; a line of {_FENCE} closes it.")
        self.at += 1
        kind, rest = (words[0], words[1:]) if words else ("", [])
        if kind == "presenter" and not rest:
            return "\n".join(body).strip()
        if kind in ("predict", "question") and not rest:
            return self.choice(kind, body, line)
        if kind in FIGURES and rest:
            return Figure(kind, rest[0], self.settings(kind, rest[1:], line), "\n".join(body).strip(), line)
        known = listed(["predict", "question", "presenter", *FIGURES])
        raise self.wrong(line, f"“{' '.join(words)}” is no block; there are {known}, and a figure names what it shows.")

    def settings(self, kind: str, words: list[str], line: int) -> dict[str, int | tuple[int, ...]]:
        found: dict[str, int | tuple[int, ...]] = {}
        for word in words:
            key, _, value = word.partition("=")
            numbers = value.split(",")
            if key not in FIGURES[kind] or not all(n.isascii() and n.isdigit() for n in numbers) or (key in WHOLE and len(numbers) > 1):
                allowed = listed([f"{k}=NUMBER" if k in WHOLE else f"{k}=NUMBER,NUMBER" for k in FIGURES[kind]]) or "no settings"
                raise self.wrong(line, f"“{word}” is no setting of {kind}, which has {allowed}.")
            found[key] = int(value) if key in WHOLE else tuple(map(int, numbers))
        return found

    def choice(self, kind: str, body: list[str], line: int) -> Choice:
        asked, options, after, decided = list[str](), list[Option](), list[str](), ""
        for text in body:
            if found := _OPTION.fullmatch(text.strip()):
                said, _, feedback = found["text"].partition(_FEEDBACK)
                options.append(Option(said.strip(), found["right"] == "x", feedback.strip()))
            elif text.startswith("right:") and options:
                decided = text.removeprefix("right:").strip()
            else:
                (after if options else asked).append(text)
        marked, question, reveal = sum(o.right for o in options), "\n".join(asked).strip(), "\n".join(after).strip()
        if not question or len(options) < 2:
            raise self.wrong(line, f"a {kind} has a question and at least two options, each “- [ ] text”.")
        if marked != (0 if decided else 1):
            raise self.wrong(line, "one option is right: it is marked [x], or a line “right: text” says which it is.")
        if kind == "predict" and not reveal:
            raise self.wrong(line, "a prediction needs a text below its options, which is revealed afterwards.")
        if kind == "question" and not all(o.feedback for o in options):
            raise self.wrong(line, f"every option of a question has a feedback behind “{_FEEDBACK.strip()}”.")
        return Choice(kind, question, tuple(options), decided, reveal, line)
