"""The lessons: every file is read, every number in a text is a value of a run, and the languages say the same."""

from __future__ import annotations

import re

import pytest

from rlm_core.core.config import RunConfig
from rlm_core.core.events import RunStarted
from rlm_core.core.tree import replay
from rlm_core.core.wording import readable
from rlm_core.lessons import facts, library, sources, tables
from rlm_core.lessons.reading import Choice, Figure, LessonError, Prose, files, languages, read_lesson

FILES = [file for code in languages() for file in files(code)]
LESSONS = [lesson for code in languages() for lesson in library.lessons(code)]
TITLED = re.compile(r"DeepSeek-R1|R1|s1|pass@1|pass@32|pass@|95 %|arXiv \d{4}\.\d{5}")
"""Names that hold a number, and the level of an interval."""
TYPED = {"256", "512", "1,024", "41"}
"""Budgets of the bundled sweep, and a number of a problem that is shown."""


def shape(lesson):
    """What must be the same in every language."""
    return [
        [
            (b.kind, b.of, b.settings)
            if isinstance(b, Figure)
            else (b.kind, [o.right for o in b.options])
            if isinstance(b, Choice)
            else "prose"
            for b in step.blocks
        ]
        for step in lesson.steps
    ]


def test_there_are_ten_lessons_in_english_and_japanese():
    assert languages() == ["en", "ja"]
    assert [lesson.number for lesson in library.lessons("en")] == list(range(1, 11))


@pytest.mark.parametrize("lesson", library.lessons("en"), ids=lambda lesson: lesson.name)
def test_the_languages_have_the_same_steps_figures_and_answers(lesson):
    for code in languages()[1:]:
        other = library.lesson(code, lesson.name)
        assert shape(other) == shape(lesson)
        assert (other.minutes, len(other.after)) == (lesson.minutes, len(lesson.after))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.file}-{lesson.title}")
def test_a_lesson_has_four_to_seven_steps_a_prediction_and_a_question_at_the_end(lesson):
    choices = [c.kind for step in lesson.steps for c in step.choices]
    assert 4 <= len(lesson.steps) <= 7
    assert "predict" in choices
    assert all(step.presenter for step in lesson.steps)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_no_number_is_typed_into_a_text(file):
    """Digits stand in values of runs, in code (problems, formulas, wrong answers) and in steps that are quoted."""
    lines = file.read_text(encoding="utf-8").splitlines()
    left = [line for line in lines if not line.startswith(("```", "minutes:"))]
    text = re.sub(r"\{\{.*?\}\}|`.*?`|[“「][^”」]*=[^”」]*[”」]", "", "\n".join(left))
    found = [n for n in re.findall(r"\d[\d,.]*\d|\d", TITLED.sub("", text)) if n not in TYPED]
    assert found == []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}-{f.stem}")
def test_steps_that_are_quoted_stand_in_a_run(file):
    text = file.read_text(encoding="utf-8")
    runs = set(re.findall(r"```(?:run|steps) (\S+)", text))
    known = {readable(n.text) for run in runs for n in sources.tree(run).nodes.values()}
    quoted = re.findall(r"[“「]([^”」{]*=[^”」{]*)[”」]", text)
    assert [q for q in quoted if q not in known] == []


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: f"{lesson.file}-{lesson.title}")
def test_what_a_lesson_shows_is_there(lesson):
    for figure in (b for step in lesson.steps for b in step.blocks if isinstance(b, Figure)):
        match figure.kind:
            case "run" | "try":
                assert figure.whole("node") in (None, *sources.tree(figure.of, figure.whole("t")).nodes)
            case "uct":
                recorded, choice = sources.choice(figure.of, figure.whole("t"))
                assert tables.at_constant(figure.of, figure.whole("t"), 0, recorded.constant).chosen == choice.chosen
            case "steps":
                assert all(tables.step_scores(figure.of, n).rows for n in figure.several("nodes"))
            case "votes":
                assert tables.votes(figure.of).rows
            case "grpo":
                assert tables.group(figure.of, figure.whole("at"), figure.whole("group")).rows
            case "stages":
                assert tables.stages(figure.of).rows
            case "curve":
                assert len(tables.curve_figure(figure, theme=tables.palette.LIGHT).data) > 1


def test_the_marked_answers_are_those_of_the_runs():
    assert facts.value("best-of-n by majority") != facts.value("best-of-n right answer")
    assert facts.value("wait node 7 probe at 30") != facts.value("wait right answer")
    assert sources.tree("tool-wrong").answered.correct is False
    assert sources.tree("wait").answered.correct is True
    assert sources.tree("effort-medium").answered.correct is True
    assert len({n.answer for n in sources.tree("effort-medium", 30).candidates()}) == 2
    assert {c.reward for c in sources.group("five-minutes-0", 164, 2).candidates} == {0.375}
    base, trained = (float(facts.value(f"training:five-minutes-0 passes {stage} 32").rstrip("%")) for stage in ("base", "final_rl"))
    assert trained < base
    assert facts.value("tool-wrong tool 5 call") == "116+63"


def test_a_constant_of_zero_takes_the_highest_value():
    made = tables.at_constant("mcts", 33, 0, 0.0)
    assert made.chosen == 3
    assert made.rows[0][3] == max(row[3] for row in made.rows)


@pytest.mark.parametrize("name", sorted(sources.commands()))
def test_a_run_of_a_lesson_is_whole_and_small(name):
    events = sources.records(name)
    assert isinstance(events[0].event, RunStarted)
    assert replay(events).finished is not None
    assert (sources.RUNS / f"{name}.jsonl.gz").stat().st_size < 50_000


def test_a_run_of_a_lesson_can_be_opened_in_explore(store):
    run = sources.keep(store, "failed")
    assert sources.keep(store, "failed") == run
    assert isinstance(store.get(run).config, RunConfig)
    assert tuple(store.events(run)) == sources.records("failed")
    assert store.list() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: A\nafter: b\n\n## S\n\ntext\n", "minutes"),
        ("title: A\nminutes: 5\nafter: b\n", "at least one step"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```run\n```\n", "is no block"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```run mcts x=3\n```\n", "no setting of run"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```run mcts t=3\n", "not closed"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```predict\nq\n- [ ] a\n- [ ] b\n\nr\n```\n", "one option is right"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```predict\nq\n- [x] a\n- [ ] b\n```\n", "revealed"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```question\nq\n- [x] a\n- [ ] b :: no\n```\n", "feedback"),
        ("title: A\nminutes: 5\nafter: b\n\n## S\n\n```run mcts\n```\n```run beam\n```\n", "one run"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(tmp_path, text, said):
    file = tmp_path / "01-a.md"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LessonError, match=r"01-a\.md, line \d+: ") as error:
        read_lesson(file)
    assert said in str(error.value)


def test_a_value_that_is_not_there_is_said_with_its_file(tmp_path):
    file = tmp_path / "01-a.md"
    file.write_text("title: A\nminutes: 5\nafter: b\n\n## S\n\nIt has {{mcts node 999 visits}}.\n", encoding="utf-8")
    with pytest.raises(LessonError, match=r"01-a\.md, the block at line 6: Node 999"):
        facts.filled(read_lesson(file))


def test_a_lesson_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(LessonError, match="reasoning-models"):
        library.lesson("en", "none")


def test_prose_is_what_the_reader_of_the_pack_knows():
    prose = [b.text for lesson in LESSONS for step in lesson.steps for b in step.blocks if isinstance(b, Prose)]
    assert [t for t in prose if re.search(r"^(#|\d+\.|>|\|)", t, re.MULTILINE)] == []
