"""The languages of the interface: no text is missing in a file, none is left over, and fields in braces are the same."""

from __future__ import annotations

import ast
import itertools
import re
from functools import cache

import pytest

from pages import navigation
from pages.shared import glossary, language
from rlm_core import catalogue
from rlm_core.blueprint.words import texts as blueprint_texts
from rlm_core.core import languages, phrases
from rlm_core.core.config import BUDGETS, SHARED_BATCHES
from rlm_core.core.paths import ASSETS, ROOT
from rlm_core.core.sampling import OPTIONS
from rlm_core.core.structure import Picture
from rlm_core.core.tree import SearchTree
from rlm_core.core.wording import LABELLED_BY, TAG_WORDS, counted
from rlm_core.core.words import COMMON, AnswerMethod, Purpose, StopReason
from rlm_core.evaluation.presets import PRESETS
from rlm_core.figures import browser, palette
from rlm_core.figures.charts.training_stages import KINDS
from rlm_core.figures.palette import LINKS, LOOKS
from rlm_core.figures.pictures import VOTES
from rlm_core.jobs.base import jobs
from rlm_core.labels.base import RATINGS
from rlm_core.lessons.tables import READINGS
from rlm_core.models import listed
from rlm_core.models.policy import ABILITIES, ABILITY_NAMES
from rlm_core.models.remote.server import Way
from rlm_core.narrate.sentences import HEADLINES, sentence
from rlm_core.narrate.thinking import TAG_PHRASES
from rlm_core.review.checks import CHECKS, UNTESTED_SENTENCE, UNTESTED_SUGGESTION
from rlm_core.rewards.heads.recipe import MAKERS
from rlm_core.runs.attribution import CAUSES
from rlm_core.runs.compute import UNITS
from rlm_core.runs.examples import examples, records
from rlm_core.runs.finding import NO_ANSWER
from rlm_core.runs.formats import formats
from rlm_core.runs.invariants import LAWS
from rlm_core.runs.outcome import VERDICTS
from rlm_core.runs.run_diff import CAUSES as PARTINGS
from rlm_core.runs.settings import SAMPLING
from rlm_core.search import breakpoints, searches
from rlm_core.search.answers import METHODS
from rlm_core.search.length_limits import LONGEST_SOLUTION, LONGEST_STEP
from rlm_core.training import recipe
from rlm_core.training.reward_parts import PARTS
from rlm_core.training.variants import VARIANTS
from tests.pages.app import go_to, opened, text
from tests.pages.shared.core_sentences import templates

CORE = ROOT / "rlm_core"
TOLD = [*(CORE / "narrate").glob("*.py"), *(CORE / "figures").rglob("*.py")]
TOLD += [
    CORE / f for f in ("core/wording.py", "runs/outcome.py", "runs/run_diff.py", "jobs/forecast.py", "lessons/pack.py", "lessons/tables.py")
]
REASONS = [*(CORE / "search").rglob("*.py"), *(CORE / "thinking").rglob("*.py"), *(CORE / "training").glob("*.py")]
REASONS += (CORE / "jobs").glob("*.py")
"""Whose finished sentences stand in logs and in files of trainings."""
"""Whose sentences pages show in their language."""
NAMED = re.compile(r'name: "?(.*?)"?(?:, \w+: .*)?$', re.MULTILINE)
"""A sweep or a strategy in a file of sweeps."""
OTHERS = [code for code in language.LANGUAGES if code != language.ENGLISH]


@cache
def wanted() -> frozenset[str]:
    """Every English text that the pages look up.

    The literals given to `tr` and `deferred`, and to `say` in the sentences of the core, the nouns that are counted, and the texts that the
    core brings with what it offers.
    """
    found = {page.title for page in navigation.OWN_PAGES} | core_texts() | templates().keys()
    for file in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *TOLD]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "deferred", "say"):
                assert node.args, f"{file}:{node.lineno}"
                if isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
                assert not isinstance(node.args[0], ast.JoinedStr), f"{file}:{node.lineno}: values are given by name, tr('… {{n}}', n=n)"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "counted" and len(node.args) > 1:
                if isinstance(node.args[1], ast.Constant):
                    found.add(f"{{n}} {node.args[1].value}")
    return frozenset(found | (reasons() & language.texts("ja").keys()))


def reasons() -> set[str]:
    """Every text and f-string of REASONS, with numbered fields."""
    found = set[str]()
    for file in REASONS:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            if isinstance(node, ast.JoinedStr):
                places = itertools.count()
                found.add("".join(str(v.value) if isinstance(v, ast.Constant) else f"{{{next(places)}}}" for v in node.values))
    return found


def core_texts() -> set[str]:
    """Titles, sentences and help of all that can be chosen, and the words by which pages tell what a run did."""
    offered = (catalogue.searches(), catalogue.reward_models(), catalogue.models(), catalogue.tasks(), VARIANTS)
    described = [d for group in offered for d in group.values()] + [OPTIONS, recipe.DESCRIPTION]
    described += [listed.REMOTE, listed.describe("model.gguf"), *(job.description for job in jobs().values())]
    described += [kind.description for kind in breakpoints.KINDS.values()] + [f.description for f in formats().values()]
    found = {text for d in described for text in (d.title, d.sentence)}
    found |= {text for d in described for p in d.parameters for text in (p.label, p.help)}
    found |= {d.structure.kind.title for d in described if d.structure} | {p.value for p in Picture}
    units = {d.unit for d in catalogue.searches().values()}
    found |= {counted(n, unit).partition(" ")[2] for unit in units for n in (1, 2)}
    words = [*COMMON, *METHODS, *(word for s in searches().values() for word in s.words)]
    found |= {word.sentence for word in words if isinstance(word, StopReason | Purpose | AnswerMethod)}
    found |= {text for w in words if isinstance(w, AnswerMethod) for text in (w.weight, w.decides, w.short or w.name)}
    found |= set(HEADLINES.values())
    found |= {*ABILITY_NAMES.values(), *VERDICTS.values(), NO_ANSWER, *LABELLED_BY.values(), *MAKERS.values(), *TAG_PHRASES.values()}
    found |= {
        *CAUSES,
        *CAUSES.values(),
        *RATINGS.values(),
        *map(str.capitalize, RATINGS.values()),
        *(look.words for look in LOOKS.values()),
    }
    found |= {*BUDGETS.values(), *map(str.capitalize, BUDGETS.values()), "Sampling", *UNITS, SHARED_BATCHES, LONGEST_STEP, LONGEST_SOLUTION}
    found |= {*SAMPLING.values(), *KINDS.values(), *(text for e in examples().values() for text in (e.title, e.sentence))}
    found |= {text for preset in PRESETS for text in (preset.title, preset.sentence)} | {VOTES, "Row", "Line", "score", "weight", "value"}
    found |= {text for e in glossary.entries() for text in (e.term, e.definition, e.section)}
    found |= {
        *palette.VALUE_WORDS,
        palette.SIZE_WORDS,
        palette.ORACLE_BADGE,
        palette.FORCED_WORDS,
        palette.BEGUN_WORDS,
        palette.UNDONE_WORDS,
        *palette.CONFIDENCE_WORDS,
        *palette.DIFFERENCE_WORDS,
        *palette.SYMBOL_WORDS.values(),
        *TAG_WORDS.values(),
        *(link.words for link in LINKS.values()),
    }
    found |= {
        *PARTS,
        "stepwise supervision as in TRL",
        "plain solutions",
        *(stage.title for stage in recipe.plan(recipe.PipelineConfig())),
        *browser.TREE_WORDS,
        *browser.PLAYER_WORDS,
        *browser.REPLAY_WORDS,
        *READINGS.values(),
    }
    found |= {look.legend for look in LOOKS.values()} | {"event", "level"}
    found |= {"{n} token", "{n} pass", "{n} row", "{n} line"}  # of tables of nouns
    found |= {f"{{value:,}} {title}" for title in BUDGETS.values()} | set(ABILITIES.values()) | {way.value for way in Way}
    found |= set(PARTINGS.values())
    found |= {part for law in LAWS for part in law.split(": ", 1)}
    found |= {text for check in CHECKS for text in (check.message, check.suggestion)} | {UNTESTED_SENTENCE, UNTESTED_SUGGESTION}
    found |= {name for file in (ASSETS / "sweeps").glob("*.yaml") for name in NAMED.findall(file.read_text(encoding="utf-8"))}
    return (found | blueprint_texts()) - {""}


@pytest.mark.parametrize("code", OTHERS)
def test_no_text_is_missing_and_none_is_left_over(code):
    there = language.texts(code).keys()
    assert sorted(wanted() - there) == []
    assert sorted(there - wanted()) == []


@pytest.mark.parametrize("code", OTHERS)
def test_fields_are_those_of_the_english_text(code):
    for english, other in language.texts(code).items():
        assert sorted(re.findall(r"{.*?}", other)) == sorted(re.findall(r"{.*?}", english)), english
        assert other.strip()


@pytest.mark.parametrize(
    ("texts", "files"),
    [(browser.TREE_WORDS, browser.TREE), (browser.PLAYER_WORDS, browser.PLAYER), (browser.REPLAY_WORDS, ("replay.js",))],
)
def test_what_a_script_says_is_in_the_script(texts, files):
    source = browser.source(*files)
    assert [text for text in texts if text not in source] == []


def test_the_language_of_the_address_stays_and_one_that_is_not_there_is_english():
    at = opened("runs", lang="ja")
    translated = language.texts("ja")["Saved runs"]
    assert f"### {translated}" in text(at)
    del at.query_params["lang"]
    assert f"### {translated}" in text(go_to(at, "runs"))
    assert "### Saved runs" in text(opened("runs", lang="xx"))


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_about_an_example_is_told_in_the_language(code):
    lookup = {text: f"‹{other}›" for text, other in language.texts(code).items()}
    for example in examples().values():
        tree = SearchTree()
        for record in records(example):
            english, other = sentence(record, tree), phrases.told(lambda text: lookup.get(text, text), sentence, record, tree)
            assert other != english and other.count("‹") == other.count("›") > 0
            tree.apply(record)


@pytest.mark.parametrize("code", OTHERS)
def test_a_sentence_of_the_core_is_told_by_its_own_template(code, monkeypatch):
    monkeypatch.setattr(language, "language", lambda: code)
    for template in (t for t in templates() if t.strip("; ") and ("{0}" in t or "{" not in t)):
        fields = [int(n) for n in re.findall(r"(?<!{){(\d+)}", template)]
        made, told = (text.format(*(f"‹{n}›" for n in fields)) for text in (template, language.texts(code)[template]))
        assert language.translated(made) == told, template


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Two strategies are called Training; give each a name of its own.", "同じ名前「Training」の戦略が2つあります。"),
        (
            "countdown has no parameter 'seeds'; did you mean 'seed'? allowed are numbers, seed.",
            "もしかして「seed」ですか? 使えるのはnumbers、seedです。",
        ),
        (
            "A budget of 0 reward passes allows nothing; give more than 0, or leave it out for no limit.",
            "予算が0回の報酬評価では何もできません。",
        ),
        ("Node 3 ends its solution, so nothing can follow it; edit its step instead.", "ノード3で解答が終わるため、続きを置けません。"),
        ("Judging by Monte-Carlo rollouts (rollouts=8)", "モンテカルロ・ロールアウト (rollouts=8)で評価中"),
        (
            "Converting it, once on this machine: 44 % (120 of 272 tensors), 3 s",
            "itを変換中（このマシンで一度だけ）: 44 %（120 / 272 テンソル）、3秒",
        ),
        ("labelling 1,204 solutions", "1,204個の解答にラベルを付けています"),
        (
            "a.jsonl, a x1 tree (JSON), was not read: it has more than 9 nodes.",
            "（x1の木 (JSON)）を読み込めませんでした: ノードが9個を超えています。",
        ),
        ("Unexpected KeyError: 'a', and more.", "予期しないKeyError: 'a', and more."),
    ],
)
def test_words_in_a_field_are_told_and_what_a_person_types_is_not(monkeypatch, sentence, told):
    monkeypatch.setattr(language, "language", lambda: "ja")
    assert told in language.translated(sentence)


@pytest.fixture
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    """A language of a few texts."""
    there = {"{0} is too many": "{0}, c'est trop", "{0} {1} is too many: {2}": "{2} : {0} {1}, c'est trop", "four": "quatre"}
    monkeypatch.setattr(language, "language", lambda: "fr")
    monkeypatch.setattr(languages, "texts", lambda code: there)
    for kept in (languages._templates, languages._translated):
        kept.cache_clear()
    yield
    for kept in (languages._templates, languages._translated):
        kept.cache_clear()


@pytest.mark.parametrize(
    ("english", "other"),
    [
        ("four", "quatre"),
        ("four is too many", "quatre, c'est trop"),
        ("four runs is too many: 4 {at} most", "4 {at} most : quatre runs, c'est trop"),
        ("nothing\nfour", "nothing\nquatre"),
        ("four is too much", "four is too much"),
    ],
)
def test_a_finished_sentence_is_translated_by_its_template(french, english, other):
    assert language.translated(english) == other


@pytest.mark.parametrize("reply", [", ".join(f"word {i} of it" for i in range(1500)), "; ".join(["x y: 'q' = 4"] * 600), "No. " * 5000])
def test_the_long_reply_of_another_program_stays_as_it_is(reply):
    assert languages.translated("ja", reply) == reply
