"""Problem sets in a real browser: a file is imported, and a link begins a sweep on it."""

from __future__ import annotations

from tests.problem_files import gsm8k


def test_a_file_is_imported_and_a_sweep_begun_on_it(page, site, tmp_path):
    file = tmp_path / "school_test.jsonl"
    file.write_bytes(gsm8k(7))
    page.goto(f"{site.url}/problems")
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_role("button", name="Import 6 rows").click()
    page.get_by_text("Imported 6 problems of school_test.jsonl as school_test.").wait_for()
    page.get_by_role("link", name="Measure on this set").click()
    page.get_by_text("6 problems × 2 strategies × 4 budgets").wait_for()
    page.get_by_text("6 problems of school_test.jsonl, split test").wait_for()
    page.get_by_role("cell", name="SmolLM2-135M-Instruct").first.wait_for()
    assert page.get_by_role("button", name="Start the sweep").is_enabled()
