"""The main job in a real browser: press Run, watch the tree, go back in time, ask a node why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import TimeoutError

from tests.patience import PATIENCE, until

NODES = ".rlm-plot .scatterlayer path.point"
GREW = "() => document.querySelectorAll('.rlm-plot .scatterlayer path.point').length"


SLIDER = ".rlm-player input"


def moment(page) -> int:
    """The event that the page says it shows."""
    return int(re.search(r"Event ([\d,]+) of", page.inner_text("body"))[1].replace(",", ""))


def wait_for_moment(page, event: int) -> None:
    page.wait_for_function("(said) => document.body.innerText.includes(said)", arg=f"Event {event:,} of ")


def run_to_the_end(page) -> None:
    page.locator(".st-key-run button").click()
    page.wait_for_selector(NODES)
    page.get_by_text("ended because").wait_for()
    page.wait_for_selector(".rlm-sentence")


WHERE = """(node) => {
    const plot = document.querySelector('.rlm-plot');
    for (const t of plot._fullData) {
        const i = t.customdata ? Array.from(t.customdata).indexOf(node) : -1;
        if (i < 0) continue;
        const l = plot._fullLayout, box = plot.getBoundingClientRect();
        return [box.left + l._size.l + l.xaxis.d2p(t.x[i]), box.top + l._size.t + l.yaxis.d2p(t.y[i])];
    }
}"""


def click_node(page, node: int) -> None:
    """Click a node where it is drawn, as a person does; again if the picture was still being laid out."""
    for _ in range(8):
        at = page.evaluate(WHERE, node)
        page.mouse.move(*at)
        page.wait_for_timeout(200)
        page.mouse.click(*at)
        try:
            return page.wait_for_url(re.compile(rf"node={node}\b"), timeout=4_000)
        except TimeoutError:
            page.mouse.move(5, 5)
    raise AssertionError(f"clicking node {node} never selected it: {page.url}")


def at_rest(page, value: str) -> object:
    """The value of a function of the page once it has been the same for a second."""
    seen = [page.evaluate(value)]

    def still() -> bool:
        page.wait_for_timeout(1000)
        seen.append(page.evaluate(value))
        return seen[-1] == seen[-2]

    until(still)
    return seen[-1]


def test_run_grows_a_tree_and_the_answer_is_explained(page):
    run_to_the_end(page)
    assert page.evaluate(GREW) > 5
    assert "64 of 64 simulations" in page.inner_text("body").replace("\n", " ")
    assert re.search(r"\d+ tokens", page.inner_text("body"))


def test_a_clicked_node_shows_its_arithmetic_with_numbers_filled_in(page):
    run_to_the_end(page)
    formula = page.locator(".rlm-formula").first
    formula.wait_for()
    numbers = re.search(r"= (\d\.\d\d) \+ (\d\.\d\d) ([=≈]) (\d\.\d\d)$", formula.inner_text())
    assert numbers, formula.inner_text()
    q, bonus, total = (round(100 * float(numbers[i])) for i in (1, 2, 4))
    # the page says ≈ exactly where the rounded parts do not add up to the rounded sum
    assert (numbers[3] == "=") == (q + bonus == total) and abs(q + bonus - total) <= 1
    click_node(page, 1)
    page.get_by_text("Node 1 ·").wait_for()


def test_stepping_back_shows_the_statistics_of_that_moment(page):
    run_to_the_end(page)
    final = int(page.locator(".rlm-figures b").first.inner_text())
    for _ in range(12):
        before = page.locator(".rlm-sentence").inner_text()
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("(old) => document.querySelector('.rlm-sentence')?.innerText !== old", arg=before)
    assert "t=" in page.url
    earlier = int(page.locator(".rlm-figures b").first.inner_text())
    assert earlier < final == 64


def test_the_slider_reaches_the_first_event(page):
    run_to_the_end(page)
    grown = page.evaluate(GREW)
    page.locator(SLIDER).focus()
    page.keyboard.press("Home")
    page.get_by_text("The run begins on").wait_for()
    page.wait_for_url(re.compile(r"t=1\b"))
    page.wait_for_function(f"(grown) => ({GREW})() < grown", arg=grown)
    assert moment(page) == 1


def test_twenty_quick_presses_are_twenty_events(page):
    run_to_the_end(page)
    last = moment(page)
    for pause in (0, 50, 200):
        for key, shown in (("ArrowLeft", last - 20), ("ArrowRight", last)):
            for _ in range(20):
                page.keyboard.press(key)
                page.wait_for_timeout(pause)
            wait_for_moment(page, shown)
    page.get_by_role("button", name="One event back").click(click_count=10, delay=20)
    wait_for_moment(page, last - 10)
    page.wait_for_timeout(1500)  # nothing that the page was told late takes it back
    assert moment(page) == last - 10


FOCUS = {
    "slider": SLIDER,
    "tab": "[data-testid=stTabs] [role=tab] >> nth=1",
    "button": ".rlm-player button >> nth=0",
    "picture": "[data-testid=stSegmentedControl] button, [data-testid=stButtonGroup] button",
    "run": ".st-key-run button",
    "tree": ".rlm-plot",
}


def test_keys_play_and_step_whatever_has_the_focus(page):
    run_to_the_end(page)
    last = moment(page)
    for name, where in FOCUS.items():
        part = page.locator(where).first
        part.click(position={"x": 5, "y": 5}) if name in ("tree", "tab", "slider") else part.focus()
        page.get_by_role("button", name="To the end").dispatch_event("click")
        wait_for_moment(page, last)
        scrolled = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        wait_for_moment(page, last - 2)
        page.keyboard.press("Space")
        wait_for_moment(page, last)  # it played to the end
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == scrolled, name
        assert page.url.count("run=") == 1


def test_keys_are_letters_in_a_field_of_text(page):
    run_to_the_end(page)
    last = moment(page)
    page.get_by_role("spinbutton", name="Seed").first.focus()
    for key in ("ArrowLeft", "Space"):
        page.keyboard.press(key)
    page.wait_for_timeout(1000)
    assert moment(page) == last
    assert page.locator(".rlm-player [data-act=play]").get_attribute("aria-pressed") == "false"


def test_the_answer_comes_first_and_a_moment_of_the_replay_is_not_called_finished(page):
    run_to_the_end(page)
    assert re.search(r"^Answer\n.*(right|wrong)", page.locator(".rlm-verdict").inner_text(), re.S)
    assert "Finished" in page.locator(".rlm-status").inner_text()
    page.keyboard.press("Home")
    wait_for_moment(page, 1)
    assert page.locator(".rlm-verdict").inner_text().startswith("Final answer")
    status = page.locator(".rlm-status").inner_text()
    assert "Finished" not in status and "Event 1 of" in status and "no answer yet" in status
    page.get_by_text("The tree is still empty").wait_for()


def test_a_clock_goes_on_by_itself_and_never_back(page):
    page.wait_for_function("() => window.rlmClock")
    said = page.evaluate("""async () => {
        const wait = (ms) => new Promise((done) => setTimeout(done, ms));
        const place = document.body.appendChild(document.createElement('div')), said = [];
        const draw = (s) => { place.innerHTML = `<span class="rlm-clock" data-of="test" data-seconds="${s}"></span>`; };
        const note = async (least) => {  // as soon as so much is said, however busy the machine is
            for (let i = 0; i < 600 && !(parseInt(place.textContent) >= least); i++) await wait(50);
            said.push(parseInt(place.textContent));
        };
        draw('7.90'); await note(8); await note(8);
        draw('7.20'); await note(8);
        draw('31.00'); await note(31);
        place.remove();
        return said;
    }""")
    # it ticks by itself (7.9 s were said); a late word of the server does not set it back; a real jump is followed
    assert said[0] >= 8 and said == sorted(said) and said[-1] >= 31


def test_a_link_shows_the_same_moment_and_node_again_in_another_session(page, browser):
    run_to_the_end(page)
    click_node(page, 2)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(r"t=\d+"))
    page.wait_for_timeout(500)
    said, link = page.locator(".rlm-sentence").inner_text(), page.url
    other = browser.new_page(viewport={"width": 1280, "height": 900})
    other.set_default_timeout(1000 * PATIENCE)
    other.goto(link)
    other.get_by_text("Node 2 ·").wait_for()
    other.wait_for_function("(said) => document.querySelector('.rlm-sentence')?.innerText === said", arg=said)
    other.close()


def test_zoom_survives_a_step_in_time(page):
    run_to_the_end(page)
    shown = "() => document.querySelector('.rlm-plot')._fullLayout.xaxis.range.slice()"
    whole = at_rest(page, shown)
    box = page.locator(".rlm-plot").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        page.mouse.wheel(0, -400)
        page.wait_for_timeout(300)
    page.wait_for_function(f"(whole) => {{ const [a, b] = ({shown})(); return b - a < 0.9 * (whole[1] - whole[0]); }}", arg=whole)
    zoomed = at_rest(page, shown)
    assert zoomed[1] - zoomed[0] < 0.9 * (whole[1] - whole[0])
    said = page.locator(".rlm-sentence").inner_text()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("(old) => document.querySelector('.rlm-sentence')?.innerText !== old", arg=said)
    page.wait_for_timeout(1000)
    assert page.evaluate(shown) == pytest.approx(zoomed)


def test_no_button_of_the_picture_leads_to_another_server(page):
    run_to_the_end(page)
    buttons = page.locator(".rlm-plot .modebar-btn").evaluate_all("all => all.map(b => b.getAttribute('data-title'))")
    assert buttons and not [b for b in buttons if re.search("share|cloud|studio|plotly", b, re.I)]


def test_saved_runs_are_listed_and_an_unknown_run_is_one_clear_sentence(page, address):
    run_to_the_end(page)
    page.goto(f"{address}/runs")
    listed = page.get_by_text(re.compile(r"\d+ runs?, kept in"))
    assert int(listed.inner_text().split()[0]) >= 1
    page.goto(f"{address}/?run=nosuchrun")
    page.get_by_text("There is no run 'nosuchrun'").wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    page.get_by_role("button", name="Back to the start").click()
    page.get_by_text("See a language model reason").wait_for()
    assert "run=" not in page.url


def test_a_budget_of_zero_is_refused_in_words_and_run_is_not_offered(page):
    field = page.get_by_role("spinbutton", name="Simulations")
    field.fill("0")
    field.press("Enter")
    page.get_by_text("A budget of 0 simulations allows nothing").wait_for()
    assert page.locator(".st-key-run button").is_disabled()


def test_text_of_a_person_is_shown_as_text_never_as_markup(page, address):
    page.goto(f"{address}/?run=%21%5Bx%5D%28http%3A%2F%2F127.0.0.1%3A9%2Fx.png%29%3Cb%3Ebold%3C%2Fb%3E")
    page.get_by_text("There is no run '![x](http://127.0.0.1:9/x.png)<b>bold</b>'").wait_for()
    assert page.locator("img[src*='127.0.0.1:9']").count() == 0


def test_the_keys_are_listed_and_lead_to_the_problem(page, address):
    page.wait_for_function("() => window.rlmKeys")  # the page listens
    page.keyboard.press("?")
    page.locator(".rlm-keys").get_by_text("Go to the problem").wait_for()
    page.keyboard.press("Escape")
    page.locator(".rlm-keys").wait_for(state="hidden")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('.st-key-task') !== null")
    page.keyboard.type("?")  # a sign in a box of text is not a key
    assert page.locator(".rlm-keys").count() == 0


def test_candidates_are_drawn_while_they_come_and_the_run_is_there_again_after_another_page(page):
    page.get_by_role("combobox", name="Strategy", exact=True).click()
    page.get_by_role("option", name=re.compile("^Best-of-N")).click()
    page.get_by_text("Writes N whole solutions").wait_for()
    page.locator(".st-key-run button").click()
    page.get_by_text("ended because").wait_for()
    page.wait_for_function(f"() => document.querySelectorAll('{NODES}').length >= 16")  # it began with no candidate at all
    assert "16 of 16 candidates" in page.inner_text("body")
    question = page.locator("h4").first.inner_text()
    page.get_by_role("link", name="Saved runs").click()
    page.get_by_text("Tick one to open").wait_for()
    page.get_by_role("link", name="Explore").click()
    page.get_by_text("ended because").wait_for()
    assert page.locator("h4").first.inner_text() == question and "run=" in page.url


def test_a_deleted_run_is_not_come_back_to(page):
    run_to_the_end(page)
    run = re.search(r"run=(\w+)", page.url)[1]
    page.get_by_role("link", name="Saved runs").click()
    counted = page.get_by_text("Tick one to open").inner_text()
    table = page.locator("[data-testid=stDataFrame] canvas").first
    table.wait_for()
    box = table.bounding_box()
    page.mouse.click(box["x"] + 14, box["y"] + 52)  # the box before the newest run
    page.locator(".st-key-delete button:enabled").click()
    page.get_by_test_id("stDialog").get_by_role("button", name="Delete").click()
    page.wait_for_function("(counted) => !document.body.innerText.includes(counted)", arg=counted)
    page.get_by_role("link", name="Explore").click()
    page.get_by_text("See a language model reason").wait_for()
    assert run not in page.url
