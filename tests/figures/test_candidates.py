"""The candidates' chart: grouped by answer, what has no score never looks like a score of 0."""

from collections import Counter

import pytest

from rlm_core.core.events import Answered, Evaluated, NodeAdded, Vote
from rlm_core.core.tree import SearchTree, replay
from rlm_core.figures import palette
from rlm_core.figures.charts.candidate_rows import MAX_DRAWN, UNSCORED, fitted, groups, places, undrawn
from rlm_core.figures.charts.candidates import candidates_figure, votes_figure
from rlm_core.problems import make
from tests.helpers import Log, best_of_n_log, random_log


@pytest.mark.parametrize(("count", "large"), [(1, False), (16, False), (16, True), (64, False)])
def test_every_candidate_is_a_clickable_point(count: int, large: bool) -> None:
    tree = replay(best_of_n_log(1, count, 1))
    figure = candidates_figure(tree, theme=palette.LIGHT, selected=1, large=large)
    assert Counter(n for t in figure.data for n in t.customdata or ()) == Counter(c.id for c in tree.candidates())


def test_what_has_no_score_stands_apart_and_never_at_zero() -> None:
    log = Log(make("countdown:numbers=3,seed=1"))
    none, zero = log.add(0, "1+1=2<answer>2"), log.add(0, "1+1=2<answer>2")
    log.emit(Evaluated(zero, "orm", 0.0))
    figure = candidates_figure(log.tree, theme=palette.LIGHT)
    where = {n: (x, fill) for t in figure.data for n, x, fill in zip(t.customdata, t.x, t.marker.color, strict=True)}
    assert where[none] == (UNSCORED, palette.LIGHT.unscored)
    assert UNSCORED < -0.1
    assert where[zero] == (0.0, palette.value_colour(0.0))
    assert "not<br>scored" in figure.layout.xaxis.ticktext


def test_no_column_for_the_unscored_where_all_have_a_score() -> None:
    figure = candidates_figure(replay(best_of_n_log(1, 8)), theme=palette.LIGHT)
    assert "not<br>scored" not in figure.layout.xaxis.ticktext


def test_the_chosen_answer_comes_first_and_is_named() -> None:
    tree = replay(best_of_n_log(1, 16))
    assert groups(tree)[0].answer == tree.answered.answer
    figure = candidates_figure(tree, theme=palette.LIGHT)
    assert figure.layout.yaxis.ticktext[0].startswith("<b>✓ ")
    assert figure.layout.annotations[0].text == "chosen"


def test_no_two_candidates_of_a_row_hide_each_other_while_there_is_room() -> None:
    rows, lane = fitted(replay(best_of_n_log(1, 16, 2)), (480, 350), 1.0)
    spots = list(places(rows)[1].values())
    for i, (x, y) in enumerate(spots):
        for other_x, other_y in spots[i + 1 :]:
            assert abs(y - other_y) >= 0.99 or abs(x - other_x) * 480 / 1.4 >= 0.8 * lane


def test_as_many_candidates_are_seen_as_there_are_even_if_all_score_alike() -> None:
    log = Log(make("chain:seed=1"))
    for score in [0.9] * 13 + [0.4, 0.3, 0.2]:
        log.emit(Evaluated(log.add(0, f"1+1=2<answer>{int(10 * score)}"), "prm", score))
    rows, lane = fitted(log.tree, (480, 350), 1.0)
    spots = places(rows)[1].values()
    assert len(rows) == 4
    assert lane >= 13
    assert len(set(spots)) == 16


def test_sixty_candidates_of_one_score_are_all_inside_the_picture_which_grows_as_high_as_they_need() -> None:
    log = Log(make("chain:seed=1"))
    for i in range(60):
        log.emit(Evaluated(log.add(0, f"1+1=2<answer>{2 if i < 49 else i}"), "prm", 0.9))
    figure = candidates_figure(log.tree, theme=palette.LIGHT, height=430)
    bottom, top = figure.layout.yaxis.range
    spots = [(x, y) for t in figure.data for x, y in zip(t.x, t.y, strict=True)]
    assert len(set(spots)) == 60
    assert all(top < y < bottom for _, y in spots)
    assert figure.layout.height > 60 * 13
    assert figure.layout.xaxis.side == "top"


def test_few_candidates_keep_to_the_height_that_is_given() -> None:
    assert candidates_figure(replay(best_of_n_log(1, 16)), theme=palette.LIGHT, height=430).layout.height == 430


def test_a_candidate_that_was_cut_off_is_drawn_in_a_row_of_its_own() -> None:
    log = Log(make("chain:seed=1"))
    log.emit(Evaluated(log.add(0, "1+1=2<answer>2"), "prm", 0.9))
    cut = len(log.tree.nodes)
    log.emit(NodeAdded(cut, 0, "well then let us think", cut=True))
    figure = candidates_figure(log.tree, theme=palette.LIGHT)
    assert figure.layout.yaxis.ticktext[-1] == "cut off ×1"
    assert [n for t in figure.data for n in t.customdata or ()] == [1, cut]


def test_candidates_stand_under_the_answer_they_were_counted_for() -> None:
    log = Log(make("chain:seed=1"))
    half, decimal = log.add(0, "1/2<answer>1/2"), log.add(0, "0.5<answer>0.5")
    log.emit(Answered("majority", "0.5", decimal, None, (Vote("0.5", 2.0, (half, decimal)),)))
    assert [(g.answer, [n.id for n in g.nodes]) for g in groups(log.tree)] == [("0.5", [half, decimal])]


def test_of_thousands_the_best_of_every_answer_are_drawn_and_all_are_counted() -> None:
    log = Log(make("chain:seed=1"))
    for i in range(MAX_DRAWN + 400):
        log.emit(Evaluated(log.add(0, f"1+1=2<answer>{i % 3}"), "prm", i / 2000))
    rows, _ = fitted(log.tree, (480, 350), 1.0)
    assert undrawn(log.tree) == 400
    assert sum(len(r.nodes) for r in rows) == MAX_DRAWN
    assert all("×33" in r.label for r in rows)
    assert min(n.score or 0 for n in rows[0].nodes) > 0.19  # the best ones


def test_before_any_candidate_there_is_a_sentence() -> None:
    for tree in (SearchTree(), replay(random_log(2, 5))):
        assert "No candidate" in candidates_figure(tree, theme=palette.DARK).layout.annotations[0].text


def test_an_answer_that_looks_like_markup_is_shown_as_text() -> None:
    vote = Vote("<b>7</b>", 1.0, (1,), None)
    figure = votes_figure(Answered("vote", "<b>7</b>", 1, None, (vote,)), theme=palette.LIGHT)
    assert "&lt;b&gt;7" in figure.layout.yaxis.ticktext[0]


def test_votes_are_told_by_mark_and_the_winner_by_weight_of_ink() -> None:
    answered = replay(best_of_n_log(1, 16)).answered
    assert answered is not None
    figure = votes_figure(answered, theme=palette.LIGHT)
    colours = list(figure.data[0].marker.color)
    assert colours[-1] == palette.LIGHT.ink
    assert colours.count(palette.LIGHT.ink) == 1
    assert all(t.removeprefix("<b>")[0] in "✓✕" for t in figure.layout.yaxis.ticktext)
    assert sum(figure.data[0].x) == pytest.approx(sum(v.weight for v in answered.votes))


def test_the_chosen_answer_is_named_where_another_has_the_longest_bar() -> None:
    votes = (Vote("11", 42.0, (1, 2), False), Vote("12", 34.0, (3,), True))
    figure = votes_figure(Answered("visits", "12", 3, True, votes), theme=palette.LIGHT)
    assert figure.data[0].text == ("42 · 2 candidates", "<b>34 · 1 candidate · chosen</b>")  # the last one is on top
    assert "visits" in figure.layout.xaxis.title.text


def test_weights_have_decimals_unless_all_are_counts() -> None:
    votes = (Vote("11", 2.5, (1, 2), False), Vote("12", 1.0, (3,), True))
    figure = votes_figure(Answered("weighted", "11", 1, False, votes), theme=palette.LIGHT)
    assert figure.data[0].text == ("1.00 · 1 candidate", "<b>2.50 · 2 candidates · chosen</b>")


def test_the_chosen_answer_has_a_bar_however_many_outweigh_it() -> None:
    votes = tuple(Vote(str(i), 50.0 - i, (i,), False) for i in range(40))
    figure = votes_figure(Answered("visits", "39", 39, False, votes), theme=palette.LIGHT)
    assert figure.layout.yaxis.ticktext[-1] == "<b>✕ 39</b>  "
    assert len(figure.layout.yaxis.ticktext) == 12


def test_a_vote_says_for_how_many_samples_its_candidates_stand() -> None:
    tree = replay(best_of_n_log(1, 16))
    assert tree.answered is not None
    vote = tree.answered.votes[0]
    tree.nodes[vote.nodes[0]].samples += 11
    figure = votes_figure(tree.answered, tree, theme=palette.LIGHT)
    assert f"sampled {len(vote.nodes) + 11} times" in figure.data[0].text[-1]
