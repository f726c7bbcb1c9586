"""The templates of the finished sentences that the core hands to pages: errors, and what jobs and runs report.

They are read from the source: every text given to an error that a person can meet, or to what reports progress. An f-string is a template
whose fields are numbered; a conditional gives two. A text in a field, be it of a conditional, a variable, a function or an argument, is a
template of its own, except a whole clause that a conditional leaves out, which makes the sentence two.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from rlm_core.core.paths import ROOT

CORE = ROOT / "rlm_core"
LEFT_OUT = (
    "cli/",  # the command line
    "api.py",  # what programs call
    "figures/ranks/",  # told by `say`
    "lessons/facts.py",  # what only the writer of a lesson meets, as in the other three
    "lessons/reading.py",
    "lessons/sources.py",
    "lessons/tables.py",
    "review/report.py",  # exported reports
)
"""Modules whose own sentences no page shows as they stand."""
DEVELOPERS = {"RecordingError"}
"""Errors that only who writes a recorder meets."""
OTHER_ERRORS = {"Unknowable", "_Refused", "OutOfTokens", "LessonError"}
"""Exceptions whose text a page shows, and that are no RlmError or are defined in a module left out."""
REPORTS = {"report", "_report", "tell", "progress"}
"""Functions and methods whose texts are a report."""
ANSWERS = {
    "core/parameters.py": ("allowed",),
    "evaluation/sweep_progress.py": ("message",),
    "jobs/label.py": ("_message",),
    "labels/files.py": ("_refusal", "_sentences"),
    "models/remote/server.py": ("sentence",),
    "models/remote/trial.py": ("rows",),
    "problems/tables.py": ("sentence",),
    "runs/formats/base.py": ("note",),
    "runs/laws/costs.py": ("_wrong_prior", "_wrong_sum"),
    "runs/missing.py": ("missing",),
    "training/recipe.py": ("disk_sentence", "memory_sentence", "time_sentence"),
}
"""Functions whose text a page shows itself, or that are called as methods of something else."""
SHOWN = {
    "Backtracked": (2,),
    "Corrected": (2,),
    "Decision": (1,),
    "EffortChosen": (2,),
    "Failure": (1,),
    "Finding": (1,),
    "Flip": (4,),
    "Forced": (2,),
    "LoggedRun": (1,),
    "Note": (1,),
    "Pruned": (1,),
    "Stage": (1, 3),
    "Unread": (1,),
    "_Trouble": (0,),
    "_say": (2,),
    "add_log": (5,),
    "backtrack": (2,),
    "because": (0,),
    "claim": (3,),
    "correct": (2,),
    "finish": (1,),
    "give_up": (0,),
    "prune": (1,),
    "retire": (1,),
    "set_status": (2,),
}
"""Functions and methods of which the arguments at these places are shown."""
ALSO = {
    "{0} % ({1} of {2} {3})",  # a stage of loading
    "loss {0}, {1} tokens/s",  # lines of a training in a process of its own, without the number of the step
    "loss {0}, {1} tokens/s, held-out loss {2}",
    "; ",  # between two parts of a sentence
    "completions that were not chosen, with their ratings",  # of labels.prm800k
    "goes on",  # what became of a node, of runs.what_if.decisions
    "dropped",
    "accepted",
    "explored",
    "{n} recorded Q",  # of laws.tree_search
    "{n} backup",
    "check {0}",  # who found something in a code review
    "No such file or directory",  # of the operating system
    "Is a directory",
    "Permission denied",
}
"""Templates that no expression holds as a whole."""
KEYWORDS = {"message", "detail", "reason"}
"""Arguments by name that are shown as they stand."""
NAMES = {"nano", "train", "test", "first", "seed", "problems", "rewards", "searches", "base", "sft", "grpo", "rejection"}
"""Values that are written in the same way in every language."""
CODE = re.compile(r'[^ ]*[_:=./\0][^ ]*|"[^ ]*"')
"""Names of files, specs and the like."""
FEW = 4
"""Letters of its own below which a template with a colon has no entry: its parts have theirs."""
MOST = 8
"""Sentences that one place may make; where there would be more, the clauses are templates of their own."""
FIELD = "\0"
"""A field of a template before it is numbered."""


Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """A file of the core, read once.

    functions: by name; of one name there may be several.
    constants: values of the module's own names.
    imports: module and name by the name here.
    calls: each with the function that it stands in.
    errors: what is assigned to an attribute `error`.
    """

    name: str
    functions: dict[str, list[Function]] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    classes: list[ast.ClassDef] = field(default_factory=list)
    calls: list[tuple[Function | None, ast.Call]] = field(default_factory=list)
    errors: list[ast.Assign] = field(default_factory=list)

    def read(self, node: ast.AST, function: Function | None = None) -> None:
        """Note what is below a node, which stands in a function or in none."""
        for child in children(node):
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.functions.setdefault(child.name, []).append(child)
                    HOMES[id(child)] = self, function
                    self.read(child, child)
                    continue
                case ast.ClassDef():
                    self.classes.append(child)
                case ast.Call():
                    self.calls.append((function, child))
                case ast.ImportFrom(module=str(home), names=names):
                    self.imports |= {a.asname or a.name: (home, a.name) for a in names}
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if isinstance(node, ast.Module):
                    self.constants[name] = value
                case ast.Assign(targets=[ast.Attribute(attr="error")]):
                    self.errors.append(child)
            self.read(child, function)


HOMES: dict[int, tuple[Module, Function | None]] = {}
"""The module of each function and the function around it, by the function's id."""


def children(node: ast.AST) -> Iterator[ast.AST]:
    """As `ast.iter_child_nodes`, and quicker: without signs and contexts, which hold nothing."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from (v for v in value if isinstance(v, ast.AST))
        elif isinstance(value, ast.expr | ast.stmt | ast.arguments):
            yield value


@cache
def modules() -> dict[str, Module]:
    """Every module of the core, except those left out, by its dotted name."""
    found = {}
    for path in sorted(p for p in CORE.rglob("*.py") if not p.relative_to(CORE).as_posix().startswith(LEFT_OUT)):
        dotted = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        found[dotted] = Module(path.relative_to(CORE).as_posix())
        found[dotted].read(ast.parse(path.read_text(encoding="utf-8")))
    return found


@cache
def errors() -> frozenset[str]:
    """The names of the errors that a person may meet."""
    found = {"RlmError"}
    classes = [c for m in modules().values() for c in m.classes]
    while more := {c.name for c in classes if c.name not in found and any(isinstance(b, ast.Name) and b.id in found for b in c.bases)}:
        found |= more
    return frozenset((found - DEVELOPERS) | OTHER_ERRORS)


class Collector:
    """Gathers the templates of one module after the other; `places` says where each was found first."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self._seen: set[tuple[int, str]] = set()
        self._filled: list[str] = []  # variables that are asked for not being empty

    def all(self) -> dict[str, str]:
        for module in modules().values():
            for function, call in module.calls:
                for text in shown(call):
                    self.keep(self.read(text, module, function), module, text)
            for function in (f for name in ANSWERS.get(module.name, ()) for f in module.functions[name]):
                for returned in (n for n in own_nodes(function) if isinstance(n, ast.Return) and n.value is not None):
                    self._items(returned.value, module, function)
            for node in module.errors:
                self.keep(self.read(node.value, module, None), module, node)
        return self.places

    def keep(self, made: Iterable[str], module: Module, node: ast.AST) -> None:
        for line in (line.strip().lstrip(";,. ") for text in made for line in text.split("\n")):
            letters = len(re.findall(r"[^\W\d_]", line))
            if letters > 1 and line not in NAMES and not CODE.fullmatch(line) and not (letters < FEW and f"{FIELD}: " in line):
                self.places.setdefault(numbered(line), f"{module.name}:{getattr(node, 'lineno', 0)}")

    def read(self, node: ast.expr, module: Module, function: Function | None) -> list[str]:
        """The templates that an expression may come to; [FIELD] where it is no text of its own."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=values):
                return self._joined(values, module, function)
            case ast.BinOp(op=ast.Add(), left=left, right=right) if not {
                type(n.value) for n in (left, right) if isinstance(n, ast.Constant)
            } - {str}:
                return self._product([self.read(left, module, function), self.read(right, module, function)], [left, right], module)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self._filled.append(test.id if isinstance(test, ast.Name) else "")
                said = self.read(body, module, function)
                self._filled.pop()
                return [*said, *self.read(orelse, module, function)]
            case ast.BoolOp(values=[*values, last]):
                return [*(t for v in values for t in self.read(v, module, function) if t), *self.read(last, module, function)]
            case ast.Lambda(body=body):
                return self.read(body, module, function)
            case ast.NamedExpr(value=value):
                return self.read(value, module, function)
            case ast.Name(id=name):
                return self._name(name, module, function)
            case ast.Call():
                return self._call(node, module, function)
            case ast.Subscript(value=ast.Dict(values=values)):
                return [t for v in values for t in self.read(v, module, function)]
            case ast.Subscript(value=ast.Name(id=name)) if function is not None:
                found = [v for each in assignments(function, name) if isinstance(each, ast.Dict) for v in each.values]
                return [t for v in found for t in self.read(v, module, function)] or [FIELD]
        return [FIELD]

    def _joined(self, values: list[ast.expr], module: Module, function: Function | None) -> list[str]:
        parts, nodes = [], []
        for value in values:
            inner = value.value if isinstance(value, ast.FormattedValue) else value
            if isinstance(value, ast.FormattedValue) and (value.format_spec is not None or value.conversion != -1):
                parts.append([FIELD])
            elif isinstance(inner, ast.Call):
                self.keep(self.read(inner, module, function), module, inner)
                parts.append([FIELD])
            else:
                made = self.read(inner, module, function)
                quoted = bool(nodes) and isinstance(nodes[-1], ast.Constant) and str(nodes[-1].value)[-1:] in "“'("
                parts.append([t for t in made if t] if quoted else made)
            nodes.append(inner)
        return self._product(parts, nodes, module)

    def _product(self, parts: list[list[str]], nodes: list[ast.expr], module: Module) -> list[str]:
        parts = [list(dict.fromkeys(part)) for part in parts]
        while len(list(itertools.product(*parts))) > MOST:
            longest = max(range(len(parts)), key=lambda i: len(parts[i]))
            self.keep(parts[longest], module, nodes[longest])
            parts[longest] = [FIELD]
        return ["".join(made) for made in itertools.product(*parts)]

    def _name(self, name: str, module: Module, function: Function | None) -> list[str]:
        if function is not None:
            key = (id(function), name)
            if key in self._seen:
                return [FIELD]
            assigned = list(assignments(function, name))
            names = parameter_names(function)
            if name in names and not assigned:
                self._seen.add(key)
                self._arguments(function, name)
                return [FIELD]
            if assigned:
                self._seen.add(key)
                found = [t for value in assigned for t in self.read(value, module, function)]
                self._seen.discard(key)
                return [t for t in found if t] if name in self._filled or asked_for(function, name) else found
            around = HOMES[id(function)][1]
            if around is not None:
                return self._name(name, module, around)
        if name in module.constants and name.isupper():
            found = self.read(module.constants[name], module, None)
            return found
        if name.isupper() and name in module.imports:
            home = modules().get(module.imports[name][0])
            if home and module.imports[name][1] in home.constants:
                return self.read(home.constants[module.imports[name][1]], home, None)
        return [FIELD]

    def _arguments(self, function: Function, name: str) -> None:
        """Texts that are handed to a function, which puts them into its sentence."""
        names = parameter_names(function)
        for module, around, call in calls_by_name().get(function.name, []):
            if function not in self._functions(call, module):
                continue
            place = names.index(name) - (names[0] in ("self", "cls"))
            for value in [k.value for k in call.keywords if k.arg == name] or call.args[place : place + 1]:
                self.keep(self.read(value, module, around), module, value)

    def _functions(self, call: ast.Call, module: Module) -> list[Function]:
        match call.func:
            case ast.Name(id=name):
                if name in module.functions:
                    return module.functions[name]
                home = modules().get(module.imports.get(name, ("", ""))[0])
                return home.functions.get(module.imports[name][1], []) if home else []
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return module.functions.get(name, [])
            case ast.Attribute(value=ast.Name(id=base), attr=name) if base in module.imports:
                home = modules().get(".".join(module.imports[base]))
                return home.functions.get(name, []) if home else []
        return []

    def _call(self, call: ast.Call, module: Module, function: Function | None) -> list[str]:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "join" and call.args:
            self._items(call.args[0], module, function)
            return [FIELD]
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("capitalize", "removesuffix", "rstrip", "strip", "removeprefix"):
            self.keep(self.read(call.func.value, module, function), module, call)
            return [FIELD]
        if isinstance(call.func, ast.Attribute) and call.func.attr == "get" and isinstance(call.func.value, ast.Dict):
            return [t for v in [*call.func.value.values, *call.args[1:]] for t in self.read(v, module, function)]
        if called(call) == "say":  # its templates are found by its name
            return [FIELD]
        if isinstance(call.func, ast.Name) and call.func.id == "counted" and len(call.args) > 1:
            if isinstance(call.args[1], ast.Constant):
                self.places.setdefault(f"{{n}} {call.args[1].value}", f"{module.name}:{call.lineno}")
            return [FIELD]
        if isinstance(call.func, ast.Name) and call.func.id in ("listed", "duration", "first_line", "number"):
            for given in call.args if call.func.id == "listed" else ():
                self._items(given, module, function)
            return [FIELD]
        return [t for f in self._functions(call, module) for t in self._returned(f)] or [FIELD]

    def _returned(self, function: Function) -> list[str]:
        key = (id(function), "return")
        if key in self._seen or not is_text(function):
            return []
        self._seen.add(key)
        nodes = [n for n in own_nodes(function) if isinstance(n, ast.Return | ast.Yield) and n.value is not None]
        found = [t for n in nodes if n.value is not None for t in self.read(n.value, HOMES[id(function)][0], function)]
        self._seen.discard(key)
        return found

    def _items(self, node: ast.expr, module: Module, function: Function | None) -> None:
        """Texts in a row, which are templates of their own."""
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                for each in elements:
                    self._items(each.value if isinstance(each, ast.Starred) else each, module, function)
            case ast.GeneratorExp(elt=element, generators=[first, *_]) | ast.ListComp(elt=element, generators=[first, *_]):
                same = isinstance(element, ast.Name) and ast.unparse(element) == ast.unparse(first.target)
                self._items(first.iter if same else element, module, function)
            case ast.Call(func=ast.Name(id="filter"), args=[_, given]):
                self._items(given, module, function)
            case ast.IfExp(body=body, orelse=orelse) if isinstance(body, ast.List | ast.Tuple):
                self._items(body, module, function)
                self._items(orelse, module, function)
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)) if function is not None and name not in parameter_names(
                function
            ):
                key = (id(function), f"{name}[]")
                if key not in self._seen:
                    self._seen.add(key)
                    for value in assignments(function, name):
                        if isinstance(value, ast.List | ast.ListComp | ast.Tuple | ast.IfExp | ast.Dict):
                            self._items(value, module, function)
                    self._seen.discard(key)
            case ast.Dict(keys=keys, values=values):
                for each in (*keys, *values):
                    if each is not None:
                        self._items(each, module, function)
            case _:
                self.keep(self.read(node, module, function), module, node)


def is_text(function: Function) -> bool:
    """Does it return text, as far as its annotation says?"""
    return function.returns is not None and re.search(r"\bstr\b", ast.unparse(function.returns)) is not None


def own_nodes(function: Function) -> list[ast.AST]:
    """What is in a function and not in one inside it."""
    if id(function) not in _OWN:
        _OWN[id(function)] = list(_below(function))
    return _OWN[id(function)]


_OWN: dict[int, list[ast.AST]] = {}


def _below(node: ast.AST) -> Iterator[ast.AST]:
    for child in children(node):
        yield child
        if not isinstance(child, Function | ast.Lambda):
            yield from _below(child)


def parameter_names(function: Function) -> list[str]:
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def assignments(function: Function, name: str) -> Iterator[ast.expr]:
    """What a function assigns to a variable."""
    for node in own_nodes(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                yield from (v for t, v in zip(targets, values, strict=True) if isinstance(t, ast.Name) and t.id == name)
            case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Tuple(elts=rows)):
                for row in rows:
                    if isinstance(row, ast.Tuple):
                        yield from (v for t, v in zip(targets, row.elts, strict=True) if isinstance(t, ast.Name) and t.id == name)
            case (
                ast.AugAssign(target=ast.Name(id=target), value=value)
                | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
            ):
                if target == name:
                    yield value


def asked_for(function: Function, name: str) -> bool:
    """Does the function have an `if` that asks for nothing but the variable?"""
    return any(isinstance(n, ast.If) and isinstance(n.test, ast.Name) and n.test.id == name for n in own_nodes(function))


@cache
def calls_by_name() -> dict[str, list[tuple[Module, Function | None, ast.Call]]]:
    """Every call of the core by the name that is called."""
    found: dict[str, list[tuple[Module, Function | None, ast.Call]]] = {}
    for module in modules().values():
        for function, call in module.calls:
            found.setdefault(called(call), []).append((module, function, call))
    return found


def called(call: ast.Call) -> str:
    """The name of the function or method that is called; `partial(f, …)` calls f."""
    func = call.args[0] if isinstance(call.func, ast.Name) and call.func.id == "partial" and call.args else call.func
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""


def shown(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that are shown to a person as they stand."""
    name = called(call)
    given = call.args[1:] if call.args and isinstance(call.func, ast.Name) and call.func.id == "partial" else call.args
    if name in errors() or (name == "ValueError" and given and ast.unparse(given[0]).lstrip("f")[1:2].islower()):
        return given[:1]
    if name in REPORTS:
        return list(given)
    if name == "append" and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) in ("refused", "unknown"):
        return list(given)
    found = [given[i] for i in SHOWN.get(name, ()) if i < len(given)]
    return found + [k.value for k in call.keywords if k.arg in KEYWORDS and name != "filterwarnings"]


def numbered(text: str) -> str:
    """The template with its fields numbered in order."""
    parts = [part.replace("{", "{{").replace("}", "}}") if FIELD in text else part for part in text.split(FIELD)]
    return "".join(part + (f"{{{i}}}" if i < len(parts) - 1 else "") for i, part in enumerate(parts)).strip()


@cache
def templates() -> dict[str, str]:
    """Every template with the place where it was found."""
    return Collector().all() | dict.fromkeys(ALSO, "")
