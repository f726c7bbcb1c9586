"""All lessons as one folder that works without this program, a server and a network: `index.html` is opened from disk.

A lesson is a page, shown step by step; its runs are replayed by `figures/replay_page.py`, predictions are kept by the browser.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import plotly

from rlm_core.core.languages import lookup
from rlm_core.core.phrases import say, told
from rlm_core.figures import palette
from rlm_core.figures.replay_page import replay_html
from rlm_core.lessons import library, sources, tables
from rlm_core.lessons.reading import Block, Choice, Figure, Lesson, Prose, Step

_HERE = Path(__file__).parent
PLOTLY = "plotly.min.js"
CONSTANTS = [round(0.05 * i, 2) for i in range(61)]
"""The c of the slider: 0 to 3."""


def write_pack(folder: Path, languages: Sequence[str]) -> list[Path]:
    """Write the pack into a folder, which is made if it is not there; returns the pages of lessons.

    languages: codes; LessonError for one in which there are no lessons.
    """
    found = {code: library.lessons(code) for code in languages}
    folder.mkdir(parents=True, exist_ok=True)
    figures = [b for lessons in found.values() for lesson in lessons for s in lesson.steps for b in s.blocks if isinstance(b, Figure)]
    for run in sorted({f.of for f in figures if f.kind in ("run", "try")}):
        for code in found:
            _write(folder / code / "runs" / f"{run}.html", replay_html(run, sources.records(run), code))
    if any(f.kind == "curve" for f in figures):
        shutil.copyfile(Path(plotly.__file__).parent / "package_data" / PLOTLY, folder / PLOTLY)
    pages = []
    for code, lessons in found.items():
        for lesson in lessons:
            pages.append(folder / code / f"{lesson.name}.html")
            _write(pages[-1], told(lookup(code), _lesson_page, lesson, code))
    _write(folder / "index.html", _index(found))
    return pages


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _said(text: str, /, **values: object) -> str:
    """A text of the interface as HTML."""
    return html.escape(say(text, **values))


def _page(code: str, title: str, body: str, data: object = None, plot: bool = False) -> str:
    sheet, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("pack.css", "pack.js"))
    library_tag = f'<script src="../{PLOTLY}"></script>' if plot else ""
    given = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<!doctype html>\n<html lang="{code}">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(title)}</title>\n<style>{sheet}</style>{library_tag}\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n<script>lessons({given});</script>\n</body>\n</html>\n"
    )


def _index(found: dict[str, tuple[Lesson, ...]]) -> str:
    parts = []
    for code, lessons in found.items():
        parts.append(told(lookup(code), _list, code, lessons))
    return _page(next(iter(found)), "RLM Explorer", f"<main>{''.join(parts)}</main>")


def _list(code: str, lessons: Sequence[Lesson]) -> str:
    rows = "".join(
        f'<li><a href="{code}/{lesson.name}.html">{lesson.number} · {html.escape(lesson.title)}</a> '
        f"<small>{_said('{minutes} minutes, {steps} steps', minutes=lesson.minutes, steps=len(lesson.steps))}</small></li>"
        for lesson in lessons
    )
    return f'<section lang="{code}"><h1>{_said("Lessons")}</h1><ul class="list">{rows}</ul></section>'


def _lesson_page(lesson: Lesson, code: str) -> str:
    """The whole lesson; one step is seen at a time."""
    plots: dict[str, object] = {}
    sliders: dict[str, object] = {}
    steps = "".join(_step(lesson, number, step, plots, sliders) for number, step in enumerate(lesson.steps, 1))
    body = (
        f'<header><a href="../index.html">{_said("All lessons")}</a> <b>{lesson.number} · {html.escape(lesson.title)}</b> '
        f'<span id="place"></span><button id="back">{_said("Back")}</button><button id="next">{_said("Next")}</button></header>'
        f"<main>{steps}</main>"
    )
    words = {key: say(key) for key in ("You predicted right.", "It came out otherwise.", "your answer")}
    data = {"lesson": lesson.name, "steps": len(lesson.steps), "plots": plots, "sliders": sliders, "words": words}
    return _page(code, f"{lesson.title} – RLM Explorer", body, data, plot=bool(plots))


def _step(lesson: Lesson, number: int, step: Step, plots: dict[str, object], sliders: dict[str, object]) -> str:
    blocks = []
    for place, block in enumerate(step.blocks):
        key = f"{lesson.name}-{number}-{place}"
        if isinstance(block, Figure) and block.kind == "curve":
            plots[key] = json.loads(tables.curve_figure(block, theme=palette.LIGHT).to_json() or "{}")
        if isinstance(block, Figure) and block.kind == "uct":
            sliders[key] = _slider(block)
        blocks.append(_block(block, key))
    heading = _said("Presenter's guide")
    guide = f"<details><summary>{heading}</summary>{marked_up(step.presenter)}</details>" if step.presenter else ""
    return f'<section class="step" id="step-{number}" hidden><h2>{html.escape(step.title)}</h2>{"".join(blocks)}{guide}</section>'


def _slider(of: Figure) -> dict[str, object]:
    """The table and the formula at every c, worked out here."""
    event, level = of.whole("t") or 0, of.whole("level") or 0
    recorded, _ = sources.choice(of.of, event, level)
    made = [tables.at_constant(of.of, event, level, c) for c in CONSTANTS]
    start = min(range(len(CONSTANTS)), key=lambda i: abs(CONSTANTS[i] - recorded.constant))
    return {"c": CONSTANTS, "start": start, "rows": [m.rows for m in made], "formula": [m.formula for m in made]}


def _block(block: Block, key: str) -> str:
    if isinstance(block, Prose):
        return marked_up(block.text)
    if isinstance(block, Choice):
        return _choice(block, key)
    caption = marked_up(block.caption)
    if block.kind == "run":
        at = f"t={block.whole('t') or ''}" + (f"&amp;node={block.whole('node')}" if block.whole("node") is not None else "")
        return f'<iframe title="{html.escape(block.of)}" data-src="runs/{block.of}.html#{at}"></iframe>{caption}'
    if block.kind == "try":
        return f'<p><a href="runs/{block.of}.html#t={block.whole("t") or ""}" target="_blank">{_said("Open this run")}</a></p>'
    if block.kind == "curve":
        return f'<div class="plot" id="{key}"></div>{caption}'
    if block.kind == "uct":
        head = "".join(f"<th>{_said(h)}</th>" for h in ("node", "step", "N", "Q", "bonus", "total"))
        slider = f'<label>c = <output></output> <input type="range" min="0" max="{len(CONSTANTS) - 1}"></label>'
        return f'<div class="uct" id="{key}">{slider}<table><thead><tr>{head}</tr></thead><tbody></tbody></table><p></p></div>{caption}'
    return "".join(_table(made) for made in _tables(block)) + caption


def _tables(of: Figure) -> list[tables.Table]:
    match of.kind:
        case "steps":
            return [tables.step_scores(of.of, node) for node in of.several("nodes")]
        case "votes":
            return [tables.votes(of.of)]
        case "grpo":
            return [tables.group(of.of, of.whole("at") or 0, of.whole("group") or 0, of.whole("advantage") != 0)]
        case _:
            return [tables.stages(of.of)]


def _table(made: tables.Table) -> str:
    head = "".join(f"<th>{_said(h)}</th>" for h in made.head)
    rows = "".join(
        f'<tr class="{"chosen" if i == made.winner else ""}">{"".join(f"<td>{html.escape(c)}</td>" for c in row)}</tr>'
        for i, row in enumerate(made.rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _choice(asked: Choice, key: str) -> str:
    title = _said("Predict" if asked.kind == "predict" else "Question")
    options = "".join(
        f'<button class="option" data-right="{int(o.right)}" data-feedback="{html.escape(o.feedback)}">{_inline(o.text)}</button>'
        for o in asked.options
    )
    anyway = f'<button class="anyway">{_said("Show anyway")}</button>' if asked.kind == "predict" else ""
    return (
        f'<div class="choice" id="{key}"><p><b>{title}.</b> {_inline(asked.text)}</p>{options}{anyway}'
        f'<p class="said" hidden></p><div class="reveal" hidden>{marked_up(asked.reveal)}</div></div>'
    )


def marked_up(text: str) -> str:
    """Prose as HTML.

    >>> marked_up("A **b**.\\n\\n- `c`\\n- d")
    '<p>A <b>b</b>.</p><ul><li><code>c</code></li><li>d</li></ul>'
    """
    made = []
    for part in re.split(r"\n\s*\n", text.strip()) if text.strip() else []:
        lines = part.splitlines()
        if all(line.startswith("- ") for line in lines):
            made.append("<ul>" + "".join(f"<li>{_inline(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            made.append(f"<p>{_inline(' '.join(lines))}</p>")
    return "".join(made)


def _inline(text: str) -> str:
    escaped = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", escaped)
