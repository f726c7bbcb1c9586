"""The Code review page: a diff from everywhere, efforts by hand, findings under their lines, labels with undo, and other efforts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pages.code_review.asked import MODEL
from pages.code_review.labelling import BY
from pages.code_review.plan import effort_key
from pages.code_review.result import MAX_ROWS
from pages.code_review.source import GIT, KIND, PASTE, TEXT
from pages.shared import connection, language
from rlm_core.core.words import RunStatus
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.review import ReviewJob
from rlm_core.review.findings import Finding
from rlm_core.review.labels import FindingLabels, label
from rlm_core.review.planted import planted
from rlm_core.review.reading import parse
from tests.pages.app import click, html, opened, press, row, text
from tests.review.making import diff_of
from tests.runs.at_once import next_done

DIFF = diff_of("a.py", "value = eval(text)\nother = 1").text + diff_of("docs/b.md", "Words.").text


def rows(at) -> list[list[str]]:
    """The cells of every table row of the page."""
    return [re.findall(r"<td[^>]*>(.*?)</td>", r) for r in re.findall(r"<tr[^>]*>(.*?)</tr>", html(at)) if "<td" in r]


def pasted(diff: str = DIFF, **query: str):
    at = opened("code_review", **query)
    at.session_state[KIND] = PASTE
    at.run()
    at.text_area(key=TEXT).set_value(diff).run()
    assert not at.exception
    return at


def test_the_example_fills_the_page_and_its_faults_are_counted(store, pool):
    at = opened("code_review")
    assert "planted faults" in text(at)
    assert "shop/auth.py" in html(at)
    press(at, "Review")
    job = Jobs(store).list("review")[0].job
    assert (job.diff, job.model, job.efforts) == (planted().id, "none", {})
    next_done(store, pool)
    at.run()
    assert not at.exception
    assert row(at, "The checks alone")[3] == "13 / 31"
    assert "AUC of the fixed weights" not in text(at)
    assert row(at, "shop/auth.py:8")[2] == "check secret"


def test_a_pasted_diff_is_reviewed_with_the_effort_that_was_chosen(store, pool):
    at = pasted()
    at.selectbox(key=effort_key(parse(DIFF), "docs/b.md")).set_value("high").run()
    assert "chosen by hand" in html(at)
    press(at, "Review")
    assert Jobs(store).list("review")[0].job == ReviewJob(diff=parse(DIFF).id, name="pasted diff", efforts={"docs/b.md": "high"})
    next_done(store, pool)
    at.run()
    shown = html(at)
    assert shown.index("value = eval(text)") < shown.index("eval and exec run any code") < shown.index("other = 1")
    assert "on a changed line 1.00" in shown
    assert "check eval" in shown


@pytest.mark.parametrize(
    ("diff", "said"), [("hello", "does not begin a unified diff"), ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n", "Line 4 of the diff")]
)
def test_a_bad_diff_is_one_sentence_and_the_text_stays(store, diff, said):
    at = pasted(diff)
    assert said in at.error[0].value.replace("\\", "")
    assert at.text_area(key=TEXT).value == diff
    assert not [b for b in at.button if b.label == "Review"]


def test_in_japanese_a_bad_diff_its_reasons_and_its_findings_are_in_japanese(store, pool, monkeypatch):
    monkeypatch.setattr(language, "language", lambda: "ja")  # AppTest asks for the texts of options outside of a session
    at = pasted("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n")
    assert "差分の4行目を読み込めません" in at.error[0].value.replace("\\", "")
    at.text_area(key=TEXT).set_value(DIFF).run()
    assert "変更行に「eval」があり、セキュリティに関わります" in html(at)
    press(at, "レビュー")
    next_done(store, pool)
    at.run()
    assert "evalとexecは、文字列に含まれる任意のコードを実行します。" in html(at)


def test_a_range_without_a_repository_is_one_sentence(store, tmp_path):
    at = opened("code_review")
    at.session_state[KIND] = GIT
    at.run()
    at.text_input(key="review.folder").set_value(str(tmp_path)).run()
    click(at, "review.git")
    assert "is in no git repository" in at.error[0].value.replace("\\", "")


def test_of_a_large_new_file_the_first_lines_are_drawn_and_every_finding(store, pool):
    at = pasted(diff_of("a.py", "\n".join(["x = 1"] * 2900 + ["value = eval(text)"])).text)
    press(at, "Review")
    next_done(store, pool)
    at.run()
    assert html(at).count('<td class="s">') == MAX_ROWS
    assert "Only the first 1,500 lines" in text(at)
    assert "eval and exec run any code" in html(at)


def test_a_diff_of_many_files_shows_the_first_and_more_at_a_press(store):
    at = pasted("".join(diff_of(f"docs/{i:03}.md", "Words.").text for i in range(80)))
    assert ("docs/011.md" in html(at), "docs/012.md" in html(at)) == (True, False)
    click(at, "review.more")
    assert ("docs/061.md" in html(at), "docs/062.md" in html(at)) == (True, False)
    at.selectbox(key=effort_key(parse(at.text_area(key=TEXT).value), "docs/061.md")).set_value("high").run()
    press(at, "Review")
    assert Jobs(store).list("review")[0].job.efforts == {"docs/061.md": "high"}


def reviewed(store, pool):
    at = pasted()
    press(at, "Review")
    next_done(store, pool)
    at.run()
    return at


def test_a_finding_is_approved_rejected_and_undone(store, pool):
    at = reviewed(store, pool)
    kept = FindingLabels(store)
    yes = next(b.key for b in at.button if b.label == "Approve")
    assert at.button(key=yes).disabled
    at.text_input(key=BY).set_value("Ada").run()
    click(at, yes)
    (given,) = kept.all()
    assert (given.by, given.approved) == ("Ada", True)
    click(at, yes.replace(".yes.", ".no."))
    assert [la.approved for la in kept.all()] == [False]
    click(at, "review.undo")
    assert [la.approved for la in kept.all()] == [True]
    click(at, "review.undo")
    assert kept.all() == []
    assert at.button(key="review.undo").disabled
    assert "0 of 20 findings have a label" in str([p.proto for p in at.get("progress")])


def test_another_effort_is_a_review_of_its_own_and_is_compared(store, pool):
    """The model is taken out of the results, as the page never loads one."""
    jobs = Jobs(store)
    job = ReviewJob(diff=DIFF, model="smollm2", name="x")

    def finished(one: ReviewJob, effort: str, message: str) -> str:
        made = jobs.create(one)
        jobs.claim("w")
        said = {"file": "a.py", "line": 3, "side": "RIGHT", "severity": "low", "kind": "", "message": message, "by": ["candidate 1"]}
        file = {"path": "a.py", "effort": effort, "reason": "r", "budget": 9, "tokens": 5, "candidates": [], "findings": [said]}
        jobs.finish(made, RunStatus.FINISHED, "", {"diff": parse(DIFF).id, "model": "smollm2", "files": [file]})
        return made

    first = finished(job, "high", "alpha beta")
    at = opened("code_review")
    assert "has not been reviewed at another effort" in text(at)
    click(at, f"review.shift.-1.{first}")
    queued = jobs.list("review")[0]
    assert queued.job == replace(job, diff=parse(DIFF).id, efforts={"a.py": "medium"})
    jobs.cancel(queued.id)
    finished(queued.job, "medium", "gamma delta")
    at = opened("code_review")
    compared = next(r for r in rows(at) if r[0] == "a.py" and len(r) == 7 and r[3] == "high")
    assert compared[1:] == ["medium", "5", "high", "5", "1", "1"]
    assert "alpha beta" in html(at)
    assert "gamma delta" in html(at)


def test_a_connected_server_reviews_by_default_and_the_small_model_is_said_to_be_weak(store, monkeypatch):
    at = opened("code_review")
    assert at.selectbox(key=MODEL).value == "none"
    at.selectbox(key=MODEL).set_value("smollm2").run()
    assert "weak" in at.warning[0].value
    assert "448" in text(at)
    monkeypatch.setattr("pages.code_review.asked.connected", lambda: ["http://127.0.0.1:1/v1#m"])
    assert opened("code_review").selectbox(key=MODEL).value == "http://127.0.0.1:1/v1#m"
    assert connection.connected() == []


def labelled(store, files: int) -> None:
    """40 findings with labels, about alternately one and the other of two kinds, in so many files."""
    for i in range(40):
        found = Finding(f"f{i % files}.py", i, "RIGHT", "low", "", f"message {i}", parts={"about": float(i % 3 == 0)})
        FindingLabels(store).put(label(found, "d", i % 3 == 0, "Ada"))


def test_what_labels_teach_is_shown_with_its_gain_where_that_can_be_measured(store):
    labelled(store, files=10)
    at = opened("code_review")
    assert "95 % interval over files" in text(at)
    assert "Of 5 files." in text(at)
    assert row(at, "about the code")


def test_labels_of_one_file_teach_and_what_the_gain_needs_is_said(store):
    labelled(store, files=1)
    at = opened("code_review")
    assert "The gain is not measured yet" in text(at)
    assert "interval over files" not in text(at)
    assert row(at, "about the code")
