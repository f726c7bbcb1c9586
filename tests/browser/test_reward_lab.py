"""A person labels steps, trains a reward from them, and sees it judge a search; and compares rewards on the same solutions."""

from __future__ import annotations

import re

from test_labels import desk, press, settle, upload

from rlm_core.problems import make, task


def solved(seed: int, wrong: bool) -> dict:
    """A solution of a chain of two, as a line of a file; a wrong one errs in its second step."""
    spec = f"chain:steps=2,seed={seed}"
    first, second = task("chain").solution(make(spec))
    left, value = second.split("<answer>")[0].split("=")
    answer = int(value) + wrong
    return {"problem": spec, "steps": [first, f"{left}={answer}<answer>{answer}"]}


def choose(page, label: str, words: str) -> None:
    """Pick the option of a drop-down that ends with some words, by typing them, once the page is still."""
    page.wait_for_timeout(500)  # an answer under way would close the list again
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.get_by_role("combobox", name=label, exact=True).last.click()
    page.keyboard.type(words)
    page.get_by_role("option").filter(has_text=re.compile(f"{words}$")).first.click()
    page.wait_for_timeout(500)
    page.wait_for_selector("[data-test-script-state=notRunning]")


def test_a_person_labels_steps_trains_a_reward_and_sees_it_judge(page, address):
    upload(page, address, "chains.jsonl", [solved(seed, wrong=seed % 2 == 1) for seed in range(6)])
    page.get_by_text("Took 6 solutions (6 new)").wait_for()
    desk(page, address, "chains.jsonl", "Grace")
    for seed in range(6):
        press(page, "g", f"Step 2 of 2 · solution {seed + 1} of 6")
        if seed < 5:
            press(page, "b" if seed % 2 else "g", f"Step 1 of 2 · solution {seed + 2} of 6")
    settle(page)
    page.keyboard.press("b")
    page.get_by_text("You have labelled all 6 solutions here.").wait_for()
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("textbox", name="Name").fill("grace")
    page.get_by_role("textbox", name="Measured on").fill("")
    page.keyboard.press("Tab")
    page.wait_for_timeout(1_000)  # both fields have told the server before the button does
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.get_by_role("button", name="Train").click()
    page.get_by_text("can now be chosen as a reward for nano").wait_for()
    assert int(re.search(r"learned from (\d+) human labels", page.inner_text("body"))[1]) >= 12  # this book holds other tests' too

    page.goto(address)
    page.locator(".st-key-run button").wait_for()
    choose(page, "Reward", "grace")
    page.get_by_text(re.compile(r"trained on \d+ human labels of \d+ problems")).wait_for()
    page.locator(".st-key-run button").click()
    page.get_by_text("ended because").wait_for()
    assert "Process reward model · grace" in page.inner_text(".rlm-facts")
    page.get_by_role("tab", name="Events").click()
    assert "reward passes" in page.inner_text("body")


def test_several_rewards_judge_the_same_solutions_and_a_click_shows_the_step(page, address):
    page.goto(f"{address}/rewards")
    page.locator("[class*=st-key-rewards-score-rewards-settings] button").first.click()
    choose(page, "Reward", "prm:nano")
    choose(page, "Step scores become one by", "prod")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("prm:nano (aggregate=prod)").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Score").click()
    page.locator(".rlm-plot .hm image, .rlm-plot .heatmaplayer image").first.wait_for()
    body = page.inner_text("body")
    assert "prm:nano" in body and "Mean log-probability" in body and "sees the truth" in body
    page.get_by_text("prm:nano (aggregate=prod) · 12 reward passes").wait_for()
    plot = page.locator(".rlm-plot").first
    box = plot.bounding_box()
    page.mouse.click(box["x"] + 0.35 * box["width"], box["y"] + 60)
    page.get_by_role("heading", name="Solution 1").or_(page.get_by_role("heading", name="Solution 2")).first.wait_for()
    assert "Of the whole solution" in page.inner_text("body")


def test_a_set_of_problems_without_a_number_is_one_clear_sentence(page, address):
    page.goto(f"{address}/rewards")
    page.get_by_role("tab", name="Quality").click()
    box = page.get_by_role("textbox", name="Problems")
    box.fill("chain")
    box.press("Tab")
    page.get_by_role("button", name="Measure").click()
    page.get_by_text("'chain' does not say how many problems; write for example chain:n=200").wait_for()
    assert box.input_value() == "chain"  # nothing is lost


def test_the_first_link_into_a_page_shows_the_apps_own_navigation(browser, fresh):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{fresh}/rewards")
    page.get_by_role("tab", name="Step scores").wait_for()
    page.get_by_role("link", name="Saved runs").wait_for()
    assert page.get_by_role("link", name="app", exact=True).count() == 0
    page.close()
