"""Labelling in a real browser: by keyboard, kept at once, undone, exported; a bad file is one sentence a line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PLACE = ".rlm-place"


def settle(page) -> None:
    """Wait until the desk, or the word that all is done, is drawn and nothing is being drawn again."""
    page.locator(f"{PLACE}, [data-testid=stAlert]").first.wait_for()
    page.wait_for_selector("[data-test-script-state=notRunning]")


def say_name(page, name: str) -> None:
    """Type a name into the annotator's box, as a person does, and wait until the desk is that person's."""
    settle(page)
    box = page.locator("[data-testid=stSelectbox] input").first
    box.click()
    box.type(name)
    box.press("Enter")
    page.locator(PLACE).get_by_text(f"by {name}").wait_for()


def press(page, key: str, place: str) -> None:
    """Press a key once the page is still and no field holds it, and wait until the desk says where one is."""
    settle(page)
    page.wait_for_function("() => ['BODY', 'BUTTON'].includes(document.activeElement.tagName)")
    page.keyboard.press(key)
    page.wait_for_function("(text) => document.querySelector('.rlm-place')?.innerText.includes(text)", arg=place)


def upload(page, address: str, name: str, lines: list) -> None:
    page.goto(f"{address}/labels")
    page.get_by_role("tab", name="Import and export").click()
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    page.locator(".st-key-labels_files_file input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/jsonl", "buffer": text.encode()}
    )
    page.locator(".st-key-labels_files_import button").click()


def desk(page, address: str, source: str, who: str) -> None:
    """The solutions of one source before an annotator."""
    page.goto(f"{address}/labels")
    say_name(page, who)
    settle(page)
    page.locator("[data-testid=stMultiSelect] input").first.click()
    page.get_by_role("option", name=source).click()
    page.locator(".rlm-origin").get_by_text(source).wait_for()


@pytest.fixture
def exported(page):
    """Reads what the export button gives."""

    def read() -> list[dict]:
        page.get_by_role("tab", name="Import and export").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download labels.jsonl").click()
        return [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]

    return read


def plain(question: str, *steps: str) -> dict:
    return {"problem": question, "steps": list(steps), "reference": "42"}


def test_candidates_of_a_run_are_labelled_by_keyboard_and_kept(page, address, exported):
    page.locator(".st-key-run button").click()
    page.get_by_text("ended because").wait_for()
    page.goto(f"{address}/labels")
    page.locator(".st-key-label_latest button").click()
    page.locator(PLACE).get_by_text("Step 1 of 3").wait_for()
    assert page.locator(".st-key-rate_good button").first.is_disabled()
    solutions = re.search(r"solution 1 of (\d+)", page.locator(PLACE).inner_text())
    assert solutions
    say_name(page, "Ada")
    press(page, "g", f"Step 2 of 3 · solution 1 of {solutions[1]} · 1 label by Ada")
    press(page, "b", f"Step 1 of 3 · solution 2 of {solutions[1]} · 2 labels by Ada")
    press(page, "u", f"Step 2 of 3 · solution 1 of {solutions[1]} · 1 label by Ada")
    press(page, "n", f"Step 3 of 3 · solution 1 of {solutions[1]} · 2 labels by Ada")
    page.reload()
    page.locator(PLACE).wait_for()
    say_name(page, "Ada")
    page.locator(PLACE).get_by_text(f"Step 3 of 3 · solution 1 of {solutions[1]} · 2 labels by Ada").wait_for()
    for step, word in enumerate(("good", "neutral")):
        assert word in page.locator(f".st-key-labelstep_{step} .stMarkdownBadge").inner_text()
    (line,) = [line for line in exported() if line["labeler"] == "Ada"]
    assert [s["completions"][0]["rating"] for s in line["label"]["steps"]] == [1, 0]
    assert len(line["question"]["pre_generated_steps"]) == 3 and line["rlm_explorer"]["model"] == "nano"


def test_a_bad_step_ends_the_solution_unless_one_goes_on(page, address, exported):
    upload(page, address, "ends.jsonl", [plain("What is 6*7?", "6*7=41", "so", "Answer: 41"), plain("What is 40+2?", "42", "Answer: 42")])
    page.get_by_text("Took 2 solutions (2 new) and 0 labels.").wait_for()
    desk(page, address, "file ends.jsonl", "Bob")
    page.get_by_text("A bad step ends the solution").click()
    press(page, "b", "Step 2 of 3 · solution 1 of 2 · 1 label by Bob")
    press(page, "s", "Step 3 of 3")
    press(page, "ArrowRight", "Step 1 of 2 · solution 2 of 2")
    press(page, "g", "Step 2 of 2")
    page.keyboard.press("g")
    page.get_by_text("You have labelled all 2 solutions here.").wait_for()
    press(page, "u", "Step 2 of 2 · solution 2 of 2 · 2 labels by Bob")
    press(page, "ArrowLeft", "Step 2 of 3 · solution 1 of 2")
    kept = [[s["completions"][0]["rating"] for s in line["label"]["steps"]] for line in exported() if line["labeler"] == "Bob"]
    assert kept == [[-1], [1]]


def test_the_verdict_and_other_peoples_labels_are_shown_only_when_asked_for(page, address):
    upload(page, address, "bias.jsonl", [plain("What is 7*6?", "7*6=42", "Answer: 42")])
    page.get_by_text("Took 1 solution").wait_for()
    desk(page, address, "file bias.jsonl", "Gbn")  # the letters are keys, but not in a box of text
    assert "0 labels by Gbn" in page.locator(PLACE).inner_text()
    press(page, "n", "Step 2 of 2 · solution 1 of 1 · 1 label by Gbn")
    say_name(page, "Eve")
    assert page.get_by_text("The answer is right: 42").count() == 0 and page.get_by_text("neutral · Gbn").count() == 0
    page.get_by_text("Show whether the answer is right").click()
    page.get_by_text("The answer is right: 42").wait_for()
    page.get_by_text("Show all labels, by whom and when").click()
    page.get_by_text("neutral · Gbn").wait_for()
    press(page, "g", "Step 2 of 2 · solution 1 of 1 · 1 label by Eve")  # the key works although a switch was pressed last


def test_a_bad_file_says_what_is_wrong_line_by_line_and_the_good_lines_are_taken(page, address):
    upload(
        page,
        address,
        "mixed.jsonl",
        ["{oops", plain("Is <b>42</b> right?", "<img src=x>", "Answer: 42"), {"problem": "chain:steps=99", "steps": ["1"]}],
    )
    page.get_by_text("Took 1 solution (1 new) and 0 labels.").wait_for()
    page.get_by_text("Line 1 of mixed.jsonl was not taken: it is not JSON.").wait_for()
    page.get_by_text(
        "Line 3 of mixed.jsonl was not taken: steps=99 is not allowed for chain; it must be a whole number from 2 to 10."
    ).wait_for()
    desk(page, address, "file mixed.jsonl", "Mal")
    page.get_by_text("Is <b>42</b> right?").wait_for()
    assert page.locator("[data-testid=stMainBlockContainer] img").count() == 0 and "<img src=x>" in page.inner_text("body")


def test_agreement_is_shown_with_the_reason_where_it_is_undefined(page, address):
    def labelled(by: str, *ratings: int) -> dict:
        steps = [{"completions": [{"text": f"step {i}", "rating": r}], "chosen_completion": 0} for i, r in enumerate(ratings)]
        question = {"problem": "How many?", "ground_truth_answer": "42"}
        return {
            "labeler": by,
            "timestamp": "2023-01-22T04:34:27",
            "question": question,
            "label": {"steps": steps, "finish_reason": "solution"},
        }

    upload(page, address, "two.jsonl", [labelled("Xi", 1, 1, -1, 0), labelled("Yo", 1, -1, -1, 0)])
    page.get_by_text("8 labels.").wait_for()
    page.get_by_role("tab", name="Agreement").click()
    row = page.locator("tr", has_text="Xi and Yo")
    row.wait_for()
    # p_o = 3/4; p_e = (2·1 + 1·2 + 1·1)/16 = 5/16; (12 − 5)/(16 − 5) = 7/11
    assert row.inner_text().split("\t") == ["Xi and Yo", "4", "75%", "0.64"]
    page.get_by_text("labelled no step in common").wait_for()
