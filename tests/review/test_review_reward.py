"""The process reward of a review, candidates and their merging, and the whole review by a scripted model."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
import pytest

from rlm_core.core.errors import ModelError, ReviewError, RewardError
from rlm_core.core.usage import Usage
from rlm_core.review.candidates import best, candidate, merged
from rlm_core.review.findings import Finding
from rlm_core.review.report import as_json, comments, markdown
from rlm_core.review.reward import judged, review_score, score_of, scored
from rlm_core.review.whole import Settings, check_settings, difference, review
from tests.review.making import diff_of, file_of
from tests.speaker import speaking

FILE = file_of("a.py", "total = price + quantity\nshown = total", before="import shop")
GOOD = "2 | high | operator | price and quantity should be multiplied | Use `price * quantity`."


def finding(line: int | None, message: str, suggestion: str = "", by: str = "candidate 1", **more) -> Finding:
    return Finding("a.py", line, "RIGHT", more.pop("severity", "medium"), more.pop("kind", ""), message, suggestion, (by,), **more)


@dataclass
class Scripted:
    """A `ChatModel` that says what its script holds by the last number of the seed. yes: probability of Yes."""

    replies: tuple[str, ...]
    yes: float = 0.9
    no: float = 0.1
    longest: int | None = None
    asked: list[tuple[str, tuple[int, ...], int]] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)

    async def chat(self, request, seed, sampling):
        self.asked.append((request, seed, sampling.max_solution_tokens))
        reply = self.replies[(seed[-1] - 1) % len(self.replies)]
        return reply, len(reply)

    async def first_token_probabilities(self, request, words):
        self.asked.append((request, (), 1))
        return self.yes, self.no


def test_each_part_of_the_score():
    good, elsewhere, empty = scored(
        [
            finding(2, "price and quantity are added", "Use `price * quantity`."),
            finding(1, "Something about weather"),
            finding(None, "All is bad"),
        ],
        FILE,
    )
    assert good.parts == {"on_change": 1.0, "about": 1.0, "actionable": 1.0, "fresh": 1.0}
    assert good.score == 1.0
    assert elsewhere.parts["on_change"] == 0.5
    assert elsewhere.parts["about"] == 0.0
    assert elsewhere.parts["actionable"] == 0.0
    assert empty.parts["on_change"] == 0.0


def test_a_finding_is_about_the_lines_around_it_and_a_judge_sees_them():
    """In a new file all lines are of one hunk."""
    file = file_of("a.py", "\n".join(f"item{i}x = {i}" for i in range(400)))
    near, far = (finding(line, "item200x is not 200") for line in (202, 302))
    assert [f.parts["about"] for f in scored([near, far], file)] == [1.0, 0.5]
    judge = Scripted(())
    asyncio.run(judged(judge, "judge", near, file))
    assert "202 +item200x = 200" in judge.asked[0][0]
    assert len(judge.asked[0][0]) < 4000


def test_a_repetition_is_not_fresh():
    one, again = scored([finding(2, "price plus quantity"), finding(2, "price plus quantity")], FILE)
    assert (one.parts["fresh"], again.parts["fresh"]) == (1.0, 0.0)
    assert again.score < one.score


def test_parts_that_are_not_there_do_not_count():
    assert score_of({"on_change": 1.0}) == 1.0
    assert score_of({"on_change": 1.0, "judged": 0.0}) == round(0.3 / 0.8, 4)
    assert score_of({}) == 0.0


def test_a_review_of_nothing_is_better_than_one_of_nonsense_and_worse_than_a_good_one():
    nonsense = candidate(1, "Line 3: Weather\nLine 3: Weather", 4, FILE)
    nothing = candidate(2, "NONE", 1, FILE)
    good = candidate(3, GOOD, 9, FILE)
    assert nonsense.score < nothing.score == 0 < good.score
    assert best([nonsense, nothing, good]) is good
    assert review_score(good.findings) == good.score


def test_findings_at_the_same_place_in_similar_words_are_one_with_all_who_said_it():
    groups = [
        [finding(2, "price and quantity are added", by="check x", severity="low")],
        [finding(3, "price and quantity are added, not multiplied", by="candidate 1", severity="high")],
        [finding(2, "weather", by="candidate 2")],
        [finding(2, "price quantity added", by="candidate 3")],
    ]
    one, other = merged(groups, FILE, 3)
    assert one.by == ("check x", "candidate 1", "candidate 3")
    assert one.severity == "high"
    assert one.message == "price and quantity are added"
    assert one.parts["agreed"] == round(2 / 3, 4)
    assert other.by == ("candidate 2",)


def test_findings_far_apart_or_in_other_words_stay_two():
    long = file_of("a.py", "\n".join(f"price_{i} = quantity" for i in range(9)))
    assert len(merged([[finding(2, "price quantity"), finding(4, "price quantity")]], long, 1)) == 2


def test_a_judge_adds_a_part_and_one_that_does_not_answer_is_an_error():
    (one,) = scored([finding(2, "price and quantity are added")], FILE)
    told = asyncio.run(judged(Scripted((), 0.6, 0.2), "judge", one, FILE))
    assert told.parts["judged"] == 0.75
    with pytest.raises(RewardError, match="does not answer as a judge"):
        asyncio.run(judged(Scripted((), 0.01, 0.01), "judge", one, FILE))


DIFF = diff_of("a.py", "total = price + quantity\nvalue = eval(total)", before="import shop")


def test_a_whole_review_counts_tokens_and_keeps_what_was_unread():
    model = Scripted((GOOD, "NONE", "rambling"))
    found = asyncio.run(review(DIFF, Settings("scripted", seed=7), model))
    (file,) = found.files
    assert [s for _, s, _ in model.asked] == [(7, 0, 1), (7, 0, 2), (7, 0, 3)]
    assert {limit for *_, limit in model.asked} == {448}
    assert file.budget == 3 * 448
    assert file.tokens == len(GOOD) + len("NONE") + len("rambling") == found.tokens
    assert file.unread == 1
    assert [(f.line, f.by) for f in file.findings] == [(2, ("candidate 1",)), (2, ("check untested",)), (3, ("check eval",))]


def test_the_best_candidate_alone():
    found = asyncio.run(review(DIFF, Settings("scripted", keep="best"), Scripted(("3 | low | nit | weather |", GOOD, "NONE"))))
    assert found.files[0].kept == 2
    assert {by for f in found.findings for by in f.by} == {"candidate 2", "check eval", "check untested"}


def test_a_model_that_fails_leaves_the_checks_and_says_why():
    class Failing(Scripted):
        async def chat(self, request, seed, sampling):
            raise ModelError("The server is gone.")

    found = asyncio.run(review(DIFF, Settings("scripted"), Failing(())))
    assert found.errors == ["a.py: The server is gone."]
    assert {f.kind for f in found.findings} == {"eval", "untested"}


def test_a_local_model_reviews_and_one_that_reads_too_few_tokens_says_so():
    model = speaking(lambda prompt: GOOD + "\0")
    found = asyncio.run(review(DIFF, Settings("speaker"), model))
    assert next(f.by for f in found.findings if f.line == 2) == ("candidate 1", "candidate 2", "candidate 3")
    assert found.tokens == 3 * (len(GOOD) + 1)
    model.session.max_length = 100
    assert "speaker reads at most 100 tokens" in asyncio.run(review(DIFF, Settings("speaker"), model)).errors[0]


def test_a_prompt_leaves_a_small_model_room_for_its_reply():
    large = diff_of("a.py", "\n".join(f"name_{i} = {i}" for i in range(2000)))
    wide, small = Scripted(("NONE",)), Scripted(("NONE",), longest=1000)
    cut = [asyncio.run(review(large, Settings("scripted", effort="high"), model)).files[0].cut for model in (wide, small)]
    assert cut[1] > cut[0] > 0
    assert len(small.asked[0][0]) <= (1000 - 448) * 3 + 100 < len(wide.asked[0][0])


def test_a_judge_that_fails_is_said_and_gives_no_score():
    found = asyncio.run(review(DIFF, Settings("scripted", judge="j"), Scripted((GOOD,)), Scripted((), 0.0, 0.0)))
    assert "does not answer as a judge" in found.errors[0]
    assert all("judged" not in f.parts for f in found.findings)


def test_an_effort_for_a_file_that_is_not_there():
    with pytest.raises(ReviewError, match=r"no file 'b\.py'"):
        check_settings(DIFF, Settings(efforts={"b.py": "low"}))


def test_what_appears_and_disappears_between_two_reviews():
    first = asyncio.run(review(DIFF, Settings("scripted"), Scripted((GOOD,))))
    second = asyncio.run(review(DIFF, Settings("scripted"), Scripted(("2 | low | name | a poor name | Rename it.",))))
    found = difference(first, second)
    assert [f.kind for f in found.disappear] == ["operator"]
    assert [f.kind for f in found.appear] == ["name"]
    assert found.stay == 2
    assert difference(first, first) == msgspec.structs.replace(found, appear=[], disappear=[], stay=len(first.findings))


def test_reports_place_comments_at_lines_of_the_diff():
    found = asyncio.run(review(DIFF, Settings("scripted"), Scripted((GOOD, "1 | low | nit | ask @someone about <b>shop</b> | *Do* it."))))
    made = comments(found, DIFF)
    assert made["event"] == "COMMENT"
    assert len(made["comments"]) == len(found.findings)
    for one in made["comments"]:
        assert one.keys() == {"path", "line", "side", "body"}
        assert (one["side"], one["line"]) in DIFF.file(one["path"]).places
    text = markdown(found)
    assert "- **high**, line 3: eval: eval and exec run any code" in text
    assert "@someone" not in text
    assert "<b>" not in text.replace(r"\<b", "")
    assert msgspec.json.decode(as_json(found))["worst"] == "high"
