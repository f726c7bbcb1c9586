"""The tables of the documents that are made from the descriptions in the code: `python -m tests.document_tables` writes them anew."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from statistics import fmean
from typing import Any

from rlm_core import catalogue
from rlm_core.core.parameters import Description, Parameter
from rlm_core.core.paths import ASSETS, ROOT, VARIABLE
from rlm_core.core.sampling import OPTIONS
from rlm_core.core.wording import interval
from rlm_core.evaluation.scaling import curve
from rlm_core.evaluation.statistics import Estimate, pass_curve
from rlm_core.evaluation.sweep import budget_title
from rlm_core.jobs.sweep_results import read_parquet
from rlm_core.models.checkpoints import bundled_folder, card
from rlm_core.models.listed import MODELS
from rlm_core.runs.formats import formats
from rlm_core.runs.formats.base import Format
from rlm_core.runs.training_files import TrainingFolder
from rlm_core.search.breakpoints import KINDS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The text of a document with every generated block as the code has it now. KeyError for a block that is not known."""
    return BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[3]}", text)


def reference(descriptions: Iterable[Description[Any]]) -> str:
    """A section per choice: what it is, its source, and a table of its settings."""
    return "\n".join(map(_section, descriptions)) + "\n"


def _section(d: Description[Any]) -> str:
    source = f" [{d.paper}]({d.url})." if d.url else f" {d.paper}." if d.paper else ""
    lines = ["", f"### {d.title}: `{d.name}`", "", f"{d.sentence}{source}"]
    if d.parameters:
        lines += ["", _table(d)]
    return "\n".join(lines)


def _table(d: Description[Any]) -> str:
    return "\n".join(["| setting | default | allowed | meaning |", "|---|---|---|---|", *map(_row, d.parameters)])


def _row(p: Parameter) -> str:
    formerly = f" Formerly `{p.formerly}`." if p.formerly else ""
    return f"| `{p.name}` | {_default(p)} | {_cell(p.allowed)} | {_cell(p.help)}{formerly} |"


def _default(p: Parameter) -> str:
    return _value(p.default) + (f" (with {p.default_with[0]} {p.default_with[1]}: {_value(p.default_with[2])})" if p.default_with else "")


def _value(value: object) -> str:
    if value == "":
        return "–"
    return _cell(f"{value:.6g}" if isinstance(value, float) else str(value))


def _cell(text: str) -> str:
    """Text that keeps its place in a table's cell."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", " ")


def strategies(descriptions: Mapping[str, Description[Any]]) -> str:
    """One line: the title of every strategy."""
    return " · ".join(d.title for d in descriptions.values()) + "\n"


def foreign_formats(offered: Mapping[str, Format]) -> str:
    """A table of the formats of other programs: their names, which are written too, and what they cannot carry."""
    lines = ["| format | | what it cannot carry |", "|---|---|---|"]
    for name, f in offered.items():
        lines.append(f"| {f.description.title}, `{name}` | {'read, written' if f.write else 'read'} | {_cell(f.description.sentence)} |")
    return "\n".join(lines) + "\n"


FIVE_MINUTES, LEAKY = "five-minutes-0", "leaky-reward-0"
"""The bundled trainings."""


def training_stages() -> str:
    """A row per stage of the bundled training."""
    found = TrainingFolder(FIVE_MINUTES, ASSETS).stages()
    lines = ["| stage | pass@1 | pass@8 | tokens per answer | format | language | seconds |", "|---|---|---|---|---|---|---|"]
    for row in found:
        m = row.measures
        cells = [
            row.title,
            interval(m.pass_at_1, 3),
            interval(m.pass_at_k, 3),
            f"{m.length[0]:.1f}",
            f"{m.format[0]:.3f}",
            f"{m.language[0]:.3f}",
        ]
        lines.append(f"| {' | '.join(cells)} | {row.seconds:.0f} |")
    m, seconds = found[0].measures, sum(row.seconds for row in found)
    change = Estimate.of([b - a for a, b in zip(m.rates, found[-1].measures.rates, strict=True)])
    lines += [
        "",
        f"{m.problems} problems, {m.samples} answers to each. The whole took {seconds:.0f} s. The change of pass@1 from first to last, "
        f"problem by problem: {change.value:+.3f} [{change.low:+.3f}, {change.high:+.3f}].",
    ]
    return "\n".join([*lines, "", *(f"- {row.title}: {row.data}" for row in found)]) + "\n"


def passes() -> str:
    """pass@k of the stages of the bundled training, by k."""
    folder = TrainingFolder(FIVE_MINUTES, ASSETS)
    titles = {row.stage: row.title for row in folder.stages()}
    curves = {titles[row.stage]: pass_curve(row.samples, row.right) for row in folder.passes()}
    ks = [k for k, _ in next(iter(curves.values()))]
    lines = [f"| stage | {' | '.join(f'pass@{k}' for k in ks)} |", "|---" * (len(ks) + 1) + "|"]
    lines += [f"| {title} | {' | '.join(interval(found.as_list()) for _, found in points)} |" for title, points in curves.items()]
    return "\n".join(lines) + "\n"


def leaky_reward() -> str:
    """What the leaky reward did: answers that satisfied it in the first and the last tenth of the steps, and what was measured."""
    folder = TrainingFolder(LEAKY, ASSETS)
    rows = [row for row in folder.curve() if row.stage == "reasoning_rl"]
    some = max(1, round(0.1 * len(rows)))
    first, last = rows[:some], rows[-some:]
    before, after = (row.measures for row in folder.stages()[-2:])
    return (
        "| | first tenth of stage 2 | last tenth |\n|---|---|---|\n"
        f"| reward | {fmean(r.reward or 0 for r in first):.3f} | {fmean(r.reward or 0 for r in last):.3f} |\n"
        f"| ends in the target | {fmean(r.parts['stated'] for r in first):.3f} | {fmean(r.parts['stated'] for r in last):.3f} |\n"
        "| **on held-out problems** | **before stage 2** | **after it** |\n"
        f"| pass@1 | {interval(before.pass_at_1, 3)} | {interval(after.pass_at_1, 3)} |\n"
        f"| tokens per answer | {before.length[0]:.1f} | {after.length[0]:.1f} |\n"
    )


def training_and_search() -> str:
    """Accuracy of every strategy with the models before and after training, by budget."""
    _, sweep, results = read_parquet(ASSETS / "training" / FIVE_MINUTES / "search.parquet", "search.parquet")
    labels = [budget_title(b) for b in sweep.budgets]
    lines = [f"| accuracy on {len(sweep.problems)} problems | {' | '.join(labels)} |", "|---" * (len(labels) + 1) + "|"]
    for place, strategy in enumerate(sweep.strategies):
        points = {p.label: p for p in curve(sweep, results, place, labels)}
        cells = [interval((p.accuracy, p.low, p.high), 3) for p in (points[label] for label in labels)]
        lines.append(f"| {strategy.title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def adapter() -> str:
    """pass@1 of SmolLM2 with the bundled adapter and without it."""
    facts = card(bundled_folder() / "smollm2-words")
    lines = ["| pass@1 on held-out problems | SmolLM2 | with the adapter |", "|---|---|---|"]
    for spec, after in facts.measures.items():
        before = facts.base_measures.get(spec)
        lines.append(f"| `{spec}` | {interval(before['pass@1'], 3) if before else 'not measured'} | {interval(after['pass@1'], 3)} |")
    return "\n".join([*lines, "", f"Made by `{facts.command}`."]) + "\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "searches": lambda: reference(catalogue.searches().values()),
    "rewards": lambda: reference(catalogue.reward_models().values()),
    "problems": lambda: reference(catalogue.tasks().values()),
    "models": lambda: reference(MODELS.values()),
    "sampling": lambda: _table(OPTIONS) + "\n",
    "formats": lambda: foreign_formats(formats()),
    "breakpoints": lambda: reference(kind.description for kind in KINDS.values()),
    "strategies": lambda: strategies(catalogue.searches()),
    "training_stages": training_stages,
    "passes": passes,
    "leaky_reward": leaky_reward,
    "training_and_search": training_and_search,
    "adapter": adapter,
}
"""The text of each block by its name."""


def main() -> None:
    with tempfile.TemporaryDirectory() as empty:
        os.environ[VARIABLE] = empty  # reward heads of your own are not part of the documents
        for path in DOCUMENTS:
            before = path.read_text(encoding="utf-8")
            if (now := renewed(before)) != before:
                path.write_text(now, encoding="utf-8")
                print(f"{path.relative_to(ROOT)} was written anew.")


if __name__ == "__main__":
    main()
