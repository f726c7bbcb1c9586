"""Explore in a real browser: a run that grows, clicks on the picture, and keys."""

from __future__ import annotations

import re

from pages.navigation import OWN_PAGES
from rlm_core.core.config import RunConfig
from tests.browser.acts import DRAWN, NODES, SLIDER, TREE, click_node, moment, pitch, wait_for_answer, wait_for_moment, zoom_in
from tests.helpers import best_of_n_log
from tests.saved import save

COUNT = f"document.querySelectorAll('{NODES}').length"


def test_a_run_grows_a_tree_and_no_button_of_the_picture_leads_to_another_server(page, site):
    page.goto(site.url)
    page.locator(".st-key-run button").click()
    page.wait_for_function(f"() => {DRAWN} > 0")
    page.get_by_text("ended because").wait_for()
    page.wait_for_function(f"() => {DRAWN} > 5")
    assert "64 of 64 simulations" in page.inner_text("body").replace("\n", " ")
    page.locator("[data-testid=stButtonGroup]").get_by_text("Candidates", exact=True).click()
    page.locator(".rlm-plot[data-version]").wait_for()
    buttons = page.locator(".rlm-plot .modebar-btn").evaluate_all("all => all.map(b => b.getAttribute('data-title'))")
    assert buttons
    assert not [b for b in buttons if re.search("share|cloud|studio|plotly", b, re.I)]


def test_candidates_are_drawn_in_a_picture_that_began_without_any(page, site):
    page.goto(f"{site.url}/?run={save(site.store, best_of_n_log(2, 10), RunConfig(search='best_of_n'))}&t=1")
    page.locator(".rlm-plot[data-version]").wait_for()
    assert page.evaluate(COUNT) == 0
    page.keyboard.press("End")
    page.wait_for_function(f"() => {COUNT} >= 10")


def test_on_a_low_screen_picture_timeline_and_sentence_are_in_sight_together(page, run):
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_function(
        """() => ['.rlm-player', '.rlm-sentence'].every((part) => {
            const box = document.querySelector(part).getBoundingClientRect();
            return box.height > 0 && box.top > 0 && box.bottom <= innerHeight;
        })"""
    )
    page.wait_for_function(
        """() => {
            const tree = document.querySelector('.rlm-tree canvas').getBoundingClientRect();
            return tree.height >= 250 && tree.bottom <= document.querySelector('.rlm-player').getBoundingClientRect().top;
        }"""
    )


def test_the_address_is_a_link_to_the_node_and_the_moment(page, browser, run):
    click_node(page, 2)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(r"t=\d+"))
    wait_for_moment(page, int(re.search(r"t=(\d+)", page.url)[1]))
    sentence = page.locator(".rlm-sentence").inner_text()
    other = browser.new_page()
    other.goto(page.url)
    other.get_by_text("Node 2 ·").wait_for()
    assert other.locator(".rlm-sentence").inner_text() == sentence
    other.close()


def test_twenty_quick_presses_are_twenty_events(page, run):
    last = moment(page)
    for pause in (0, 100):
        for key, shown in (("ArrowLeft", last - 20), ("ArrowRight", last)):
            for _ in range(20):
                page.keyboard.press(key, delay=pause)
            wait_for_moment(page, shown)
    page.get_by_role("button", name="One step back").click(click_count=10, delay=20)
    wait_for_moment(page, last - 10)
    wait_for_answer(page)
    assert moment(page) == last - 10  # no late message of the server takes it back


FOCUS = {
    "slider": SLIDER,
    "tab": "[data-testid=stTabs] [role=tab] >> nth=1",
    "button": ".rlm-player button >> nth=0",
    "picture": "[data-testid=stSegmentedControl] button, [data-testid=stButtonGroup] button",
    "run": ".st-key-run button",
    "tree": ".rlm-tree canvas",
}


SCROLLED_AT_REST = """async () => {
    const main = document.querySelector('[data-testid=stMain]');
    for (let still = 0, at = main.scrollTop; still < 10; at = main.scrollTop) {
        await new Promise(requestAnimationFrame);
        still = main.scrollTop === at ? still + 1 : 0;
    }
    return main.scrollTop;
}"""
"""Where the page is scrolled to, once scrolling to what got the focus has ended."""


def test_keys_play_and_step_with_any_focus_except_in_a_field_of_text(page, run):
    last = moment(page)
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    for name, where in FOCUS.items():
        part = page.locator(where).first
        part.click(position={"x": 5, "y": 5}) if name in ("tree", "tab", "slider") else part.focus()
        page.get_by_role("button", name="To the end").dispatch_event("click")
        wait_for_moment(page, last)
        before = page.evaluate(SCROLLED_AT_REST)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        wait_for_moment(page, last - 2)
        page.keyboard.press("Space")
        wait_for_moment(page, last)  # it played to the end
        assert page.evaluate(scrolled) == before, name
    page.get_by_role("spinbutton", name="Seed").first.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    wait_for_moment(page, last - 1)  # the only one of the last three presses that the timeline took
    wait_for_answer(page)
    assert moment(page) == last - 1
    page.keyboard.press("Home")
    wait_for_moment(page, 1)


def test_a_clock_goes_on_by_itself_and_never_back(page, site):
    page.goto(site.url)
    page.wait_for_function("() => window.rlmClock")
    shown = page.evaluate("""async () => {
        const wait = (ms) => new Promise((done) => setTimeout(done, ms));
        const place = document.body.appendChild(document.createElement('div')), shown = [];
            const words = 'data-short="{s} s" data-long="{min} min {s} s"';
        const draw = (s) => { place.innerHTML = `<span class="rlm-clock" data-of="test" data-seconds="${s}" ${words}></span>`; };
        const note = async (least) => {  // as soon as this is shown, however busy the machine is
            for (let i = 0; i < 600 && !(parseInt(place.textContent) >= least); i++) await wait(50);
            shown.push(parseInt(place.textContent));
        };
        draw('7.90'); await note(8); await note(8);
        draw('7.20'); await note(8);
        draw('31.00'); await note(31);
        place.remove();
        return shown;
    }""")
    assert shown[0] >= 8  # it ticks by itself: 7.9 s were drawn
    assert shown == sorted(shown)  # a late update of the server does not set it back
    assert shown[-1] >= 31  # a real jump is followed


def test_zoom_survives_a_step_in_time(page, run):
    zoom_in(page)
    zoomed = pitch(page)
    last = moment(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"(event) => {TREE}.dataset.moment === String(event)", arg=last - 1)
    assert pitch(page) == zoomed


def test_the_keys_are_listed_and_lead_to_the_glossary_and_to_the_problem(page, run):
    page.wait_for_function("() => window.rlmKeys")  # the page listens
    page.keyboard.press("?")
    page.locator(".rlm-keys").get_by_text("Go to the problem").wait_for()
    page.get_by_role("button", name="Glossary").click()
    page.get_by_test_id("stDialog").get_by_text("Best-of-N").wait_for()
    page.locator(".rlm-keys").wait_for(state="hidden")
    page.keyboard.press("Escape")
    page.get_by_test_id("stDialog").wait_for(state="hidden")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.closest('.st-key-task') !== null")
    page.keyboard.type("?")  # in a field of text it is a character
    assert page.locator(".rlm-keys").count() == 0


def test_text_of_a_person_is_shown_as_text_never_as_markup(page, site):
    page.goto(f"{site.url}/?run=%21%5Bx%5D%28http%3A%2F%2F127.0.0.1%3A9%2Fx.png%29%3Cb%3Ebold%3C%2Fb%3E")
    page.get_by_text("There is no run '![x](http://127.0.0.1:9/x.png)<b>bold</b>'").wait_for()
    assert page.locator("img[src*='127.0.0.1:9']").count() == 0


def test_the_first_visitor_sees_the_apps_own_navigation(site):
    assert site.first_links == [page.title for page in OWN_PAGES]
