"""The review as a job: by the checks and by a model, with progress, and going on where it was interrupted."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from sqlalchemy import select, update

from rlm_core.core.errors import ReviewError, RlmError
from rlm_core.jobs import review as review_job
from rlm_core.jobs.queue import Jobs
from rlm_core.jobs.review import ReviewJob, of_result
from rlm_core.review.labels import FindingLabels, label
from rlm_core.review.planted import planted_text
from rlm_core.review.reading import parse
from rlm_core.review.whole import FileReview, Settings, review
from rlm_core.runs.schema import JOBS
from tests.review.making import diff_of
from tests.runs.at_once import done, next_done

DIFF = diff_of("a.py", "value = eval(text)").text + diff_of("docs/b.md", "Words.").text


def test_a_review_by_the_checks_is_kept_with_its_files(store, pool):
    found = of_result(done(ReviewJob(diff=DIFF), store, pool))
    assert [f.path for f in found.files] == ["a.py", "docs/b.md"]
    assert [f.effort for f in found.files] == ["high", "low"]
    assert {f.kind for f in found.findings} == {"eval", "untested"}
    assert found.tokens == 0


def test_the_table_of_jobs_holds_no_diff(store, pool):
    """It is read whenever a page is drawn."""
    jobs, large = Jobs(store), DIFF + diff_of("docs/c.md", "Words.\n" * 20_000).text
    made = jobs.create(ReviewJob(diff=large))
    kept = store.row(select(JOBS.c.job).where(JOBS.c.id == made)).job
    assert len(kept) < 1000
    assert review_job.diff_of(jobs.get(made).job, store).text == large
    again = jobs.create(jobs.get(made).job)
    assert jobs.get(again).job == jobs.get(made).job
    assert [f["path"] for f in next_done(store, pool)["files"]] == ["a.py", "docs/b.md", "docs/c.md"]
    assert [row.result for row in jobs.list("review", results=False)] == [{}, {}]
    assert jobs.list("review")[1].result == jobs.get(made).result != {}


def test_a_job_of_an_earlier_version_has_its_diff_in_itself(store, pool):
    jobs = Jobs(store)
    made = jobs.create(ReviewJob(diff=DIFF))
    with store.write() as db:
        db.execute(update(JOBS).where(JOBS.c.id == made).values(job=msgspec.json.encode(ReviewJob(diff=DIFF)).decode()))
    assert [f["path"] for f in next_done(store, pool)["files"]] == ["a.py", "docs/b.md"]


def test_a_diff_that_is_not_kept_is_one_sentence(store):
    with pytest.raises(ReviewError, match="There is no diff '0123456789ab' in"):
        review_job.diff_of(ReviewJob(diff="0123456789ab"), store)


def test_a_review_by_the_checks_can_be_cancelled(store):
    """No check waits for anything, but between two files there is a pause."""

    async def cancelled() -> int:
        seen: list[int] = []
        task = asyncio.create_task(review(parse(planted_text()), Settings(), after=lambda files, total: seen.append(len(files))))
        while len(seen) < 3:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return len(seen)

    assert asyncio.run(cancelled()) < len(parse(planted_text()).files)


def test_progress_goes_by_file(store, pool, monkeypatch):
    told = []
    monkeypatch.setattr(Jobs, "report_progress", lambda self, job, message, done=0, total=0: told.append((message, done, total)))
    done(ReviewJob(diff=planted_text()), store, pool)
    assert told[-1][1] == told[-1][2] >= 8
    assert told[0][0] == f"reviewing {parse(planted_text()).files[0].path}"
    assert all(message == "all files reviewed" for message, made, total in told if made == total > 0)


def test_files_that_were_reviewed_are_not_reviewed_again(store, pool, monkeypatch):
    jobs = Jobs(store)
    job = jobs.create(ReviewJob(diff=DIFF))
    jobs.claim("w")
    first = FileReview("a.py", "low", "earlier", 0, 0, [], [])
    jobs.save_partial(
        job,
        {
            "diff": "x",
            "model": "none",
            "files": [{"path": "a.py", "effort": "low", "reason": "earlier", "budget": 0, "tokens": 0, "candidates": [], "findings": []}],
        },
    )
    store.retire("w", "it died")
    jobs.resume(job)
    found = of_result(next_done(store, pool))
    assert found.files[0] == first
    assert found.files[1].path == "docs/b.md"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (ReviewJob(diff=""), "The diff is empty"),
        (ReviewJob(diff="--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n"), "Line 4 of the diff"),
        (ReviewJob(diff=DIFF, model="nano"), "answers requests in words"),
        (ReviewJob(diff=DIFF, judge="nano"), "answers requests in words"),
        (ReviewJob(diff=DIFF, efforts={"c.py": "low"}), r"no file 'c\.py'"),
    ],
)
def test_what_cannot_be_reviewed_is_refused_before_it_is_queued(store, job, said):
    with pytest.raises(RlmError, match=said):
        Jobs(store).create(job)
    assert Jobs(store).list("review") == []


def test_scores_by_labels_need_enough_of_them_and_then_follow_them(store, pool):
    with pytest.raises(RlmError, match="20 more findings need a label"):
        done(ReviewJob(diff=DIFF, scored_by=review_job.LABELS), store, pool)
    kept, found = FindingLabels(store), of_result(done_plain(store, pool)).findings
    for i in range(24):
        one = found[i % len(found)]
        kept.put(label(one, f"d{i}", one.kind == "untested", "Ada"))
    by_kind = {f.kind: f.score for f in of_result(done(ReviewJob(diff=DIFF, scored_by=review_job.LABELS), store, pool)).findings}
    assert by_kind["untested"] > by_kind["eval"]


def done_plain(store, pool):
    """A review by the checks, after the one that failed was put aside."""
    jobs = Jobs(store)
    for row in jobs.list("review"):
        jobs.finish(row.id, row.status.FAILED, "put aside")
    return done(ReviewJob(diff=DIFF), store, pool)


@pytest.mark.slow
def test_a_review_by_smollm2_counts_its_tokens(store, pool, smollm2):
    found = of_result(done(ReviewJob(diff=DIFF, model="smollm2", effort="low", candidates=2), store, pool))
    assert found.errors == []
    for file in found.files:
        assert len(file.candidates) == 2
        assert 0 < file.tokens <= file.budget == 2 * 96
        assert file.tokens == sum(c.tokens for c in file.candidates)
    assert all((f.side, f.line) in {("RIGHT", 1), ("RIGHT", 2)} for f in found.findings)
