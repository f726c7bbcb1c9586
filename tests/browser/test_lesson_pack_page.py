"""A lesson of the offline pack, opened from disk: a prediction, its answer, the slider, and the replayed run."""

from __future__ import annotations

from rlm_core.lessons import library
from rlm_core.lessons.pack import write_pack


def test_a_lesson_is_predicted_and_replayed_from_disk(page, tmp_path):
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    write_pack(tmp_path, ["ja"])
    page.goto((tmp_path / "index.html").as_uri())
    lesson = library.lesson("ja", "mcts")
    page.get_by_text(lesson.title).click()
    for _ in range(3):
        page.locator("#next").click()
    choice = page.locator("#step-4 .choice")
    assert not choice.locator(".reveal").is_visible()
    run = page.frame_locator("#step-4 iframe")
    run.locator("#when").get_by_text("イベント 32 / 131").wait_for()
    assert not run.locator("#sentence").is_visible()
    choice.locator(".option").nth(lesson.steps[3].choices[0].right).click()
    run.locator("#sentence").wait_for(state="visible")
    choice.locator(".reveal").wait_for(state="visible")
    assert choice.locator(".option.right").count() == 1
    page.frame_locator("#step-4 iframe").locator("#when").get_by_text("イベント 32 / 131").wait_for()
    page.locator("#next").click()
    page.locator("#step-5 .uct input").fill("0")
    assert "1.00 + 0.00 = 1.00" in page.locator("#step-5 .uct p").inner_text()
    page.reload()
    page.locator("#back").click()
    assert page.locator("#step-4 .option.right").is_visible()
    assert wrong == []
    assert [url for url in asked if not url.startswith("file://")] == []


def test_what_is_correct_is_shown_once_it_was_predicted(page, tmp_path):
    write_pack(tmp_path, ["en"])
    page.goto(f"{(tmp_path / 'en' / 'best-of-n.html').as_uri()}#step=2")
    legend = page.frame_locator("#step-2 iframe").locator(".rlm-tree-legend")
    legend.get_by_text("finished").wait_for()
    assert "wrong" not in legend.inner_text()
    page.locator("#step-2 .choice .option").first.click()
    legend.get_by_text("wrong").wait_for()


def test_a_curve_is_drawn_from_disk(page, tmp_path):
    write_pack(tmp_path, ["en"])
    page.goto(f"{(tmp_path / 'en' / 'more-compute.html').as_uri()}#step=3")
    page.locator("#step-3 .plot .main-svg").first.wait_for()
