"""One notation for answers: what only typesets them is taken off, and Unicode and calculator forms become the LaTeX that says the same."""

from __future__ import annotations

import re
import unicodedata

from rlm_core.problems.checking.final_answer import closing

_WRAPPED = tuple(
    re.compile(p, re.S)
    for p in (r"\*\*?([^*]*)\*?\*", r"`([^`]*)`", r"[\"“]([^\"“”]*)[\"”]", r"'([^']*)'", r"\$+([^$]*)\$+", r"\\\((.*)\\\)", r"\\\[(.*)\\\]")
)
_TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|normal|tt)?|mathrm|mathbf|mathit|mathsf|mbox|hbox|underline|boldsymbol|bm|(?:text)?color\{[^{}]*\}|operatorname\*?)\s*\{([^{}]*)\}"
)
_SPACING = re.compile(
    r"\\left *\.|(?<!\\)\\[,;: ]|~|\\(?:q?quad|displaystyle|left|right|"
    r"[bB]igg?[lr]?|limits|large|Large|textstyle|color\{[^{}]*\}|hspace\{[^{}]*\})(?![a-zA-Z])"
)
_THOUSANDS = re.compile(r"(?<=\d)\s*(?:\{,\}|,\s*\\!|\\!\s*,|[\u2009\u202f\u00a0'’_](?=\d{3}))\s*(?=\d{3}(?!\d))")
_DEGREES = re.compile(r"\^\s*(?:\\circ|\{\s*\\circ\s*\})|\\degrees?(?![a-z])|°")

_SIGNS = {
    **dict.fromkeys("−–—‐‑﹣－", "-"), "×": r"\times ", "⋅": r"\cdot ", "·": r"\cdot ", "∙": r"\cdot ", "÷": "/", "⁄": "/", "∕": "/",
    "π": r"\pi ", "∞": r"\infty ", "±": r"\pm ", "∓": r"\mp ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ", "∪": r"\cup ", "∩": r"\cap ",
    "∈": r"\in ", "∅": r"\emptyset ", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "φ": r"\phi ", "λ": r"\lambda ",
    "ω": r"\omega ", "σ": r"\sigma ", "μ": r"\mu ", "ρ": r"\rho ", "δ": r"\delta ", "ε": r"\epsilon ", "∠": r"\angle ", "°": "",
    "√": r"\sqrt ", "∛": r"\sqrt[3]", "ℝ": r"\mathbb{R}", "“": '"', "”": '"', "¢": " cents",
}  # fmt: skip
_TRIG = re.compile(
    rf"((?:sin|cos|tan|cot|sec|csc)\s*(?:\^\s*\{{?\d\}}?)?\s*)(?:(\d+(?:\.\d+)?)\s*(?:{_DEGREES.pattern})|"
    rf"[({{]\s*(\d+(?:\.\d+)?)\s*(?:{_DEGREES.pattern})\s*[)}}])"
)
"""Only of a function the degrees change the value."""
_ABOUT = re.compile(r"^(?:≈|≃|\\(?:approx|simeq)(?![a-z])) *")
_OPTION = re.compile(r"^(?:option|choice) (?=\(?[A-Z]\)?(?:$|[.:] ))", re.I)
_MINUS = re.compile(r"^(?:minus|negative) (?=[\d$])", re.I)
_UP_TO_NINETEEN = """
one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_BY_TENS = """
twenty thirty forty fifty sixty seventy eighty ninety
"""
_ONES: list[str] = list(_UP_TO_NINETEEN.split())
_TENS: list[str] = list(_BY_TENS.split())
_SPELLED = re.compile(
    rf"(?:({'|'.join(_TENS)})[- ]?)?\b({'|'.join(_ONES)})?\b(?=$| (?:hundred|thousand|million|billion|dozen|percent)$)", re.I
)
_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾", "0123456789+-n()")
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾]+")
_LOWERED = re.compile("[₀-₉]+")
_SUBSCRIPT_SIGN = re.compile(r"(?<=\w)_(\d+|[A-Za-z])")
_HALF_DAY = re.compile(r"(?<=\d)\s?([AaPp])\.?[Mm](?![A-Za-z])\.?")
_NAMES = "sin|cos|tan|cot|sec|csc|arcsin|arccos|arctan|sinh|cosh|tanh|log|ln|exp|pi|theta|alpha|beta|gamma|lambda|infty"
_NAMED = re.compile(rf"(?<![\\A-Za-z])({_NAMES})(?![a-z])")
_OTHER_NAMES = {
    r"\\(?:dfrac|tfrac|cfrac)(?![A-Za-z])": r"\\frac", r"\\leq(?:slant)?(?![A-Za-z])|<=": r"\\le ",
    r"\\geq(?:slant)?(?![A-Za-z])|>=": r"\\ge ",
    r"\\neq(?![A-Za-z])|!=": r"\\ne ", r"\*\*": "^", r"(?<![\\A-Za-z])(?:infinity|inf|oo)(?![A-Za-z])": r"\\infty ",
    r"(?<![\\A-Za-z])sqrt(?![A-Za-z])": r"\\sqrt", r"\\lbrace(?![A-Za-z])": r"\\{", r"\\rbrace(?![A-Za-z])": r"\\}",
    r"\\(?:lvert|rvert|vert)(?![A-Za-z])": "|", r"\\varnothing(?![A-Za-z])": r"\\emptyset ", r"\\ldots|\\dots|\\cdots|…": "...",
    r"(?<=\d) +[xX] +(?=\$?\d[^=]*=)": r"\\times ",
}  # fmt: skip
_ARGUMENTS = {"frac": 2, "sqrt": 1, "binom": 2}
_ARGUMENT = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})*|\d|[A-Za-z]")


def tidy(text: str) -> str:
    r"""The text without what only typesets it: dollar signs around it, bold, \text{}, spacing, degree signs, a full stop.

    >>> tidy(r"$\left(3,\,4\right)$."), tidy(r"\text{Evelyn}"), tidy("**1{,}200**"), tidy(r"\$42.50")
    ('(3, 4)', 'Evelyn', '1,200', '$42.50')
    """
    before = None
    while before != text:
        before = text
        text = re.sub(r"(?:\\\\)+$", "", text.strip().rstrip(".").strip()).strip()
        for pattern in _WRAPPED:
            found = pattern.fullmatch(text)
            text = found[1].strip() if found else text
        text = _TEXT.sub(r"\1", _THOUSANDS.sub(",", text))
        text = _SPACING.sub(" ", text.replace(r"\!", "")).replace("−", "-")
        text = _DEGREES.sub("", text).replace(r"\%", "%").replace(r"\$", "$")
        text = re.sub(r"(?<=[(\[{]) | (?=[)\]}])", "", " ".join(text.split()))
    return text


def normal(text: str) -> str:
    r"""The text in LaTeX's own words, on one line; to be compared, not shown.

    >>> normal("2½"), normal("√3·x²"), normal("–５"), normal(r"\dfrac12"), normal("sqrt(2)/2"), normal("x^(1/2)"), normal("3 x 4 = 12")
    ('2 1/2', '\\sqrt{3}\\cdot x^{2}', '-5', '\\frac{1}{2}', '\\sqrt{2}/2', 'x^{1/2}', '3\\times 4= 12')
    """
    text = _TRIG.sub(lambda m: f"{m[1]}({m[2] or m[3]}\\pi/180)", text)
    text = _spelled(_MINUS.sub("-", _ABOUT.sub("", _OPTION.sub("", tidy(_THOUSANDS.sub("", text))))))
    text = _RAISED.sub(lambda m: f"^{{{m[0].translate(_SUPERSCRIPT)}}}", text)
    text = _LOWERED.sub(lambda m: f"_{{{m[0].translate(_SUBSCRIPT)}}}", text)
    text = "".join(_SIGNS.get(c, c) for c in _plain_fractions(text))
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<!\\)\\[()]", "", text)
    if text.count("$") > 1:
        text = re.sub(r"(?<!\\)\$", "", text)
    text = _NAMED.sub(r"\\\1 ", _SUBSCRIPT_SIGN.sub(r"_{\1}", text))
    text = _HALF_DAY.sub(lambda m: f" {m[1].lower()}m", text)
    for pattern, name in _OTHER_NAMES.items():
        text = re.sub(pattern, name, text)
    return re.sub(r"(?<=[-+*/^=(,]) (?=\\)| (?=[+*/^=(),{}])|(?<=[{(]) ", "", " ".join(_braced(text).split()))


def _spelled(text: str) -> str:
    """A number in words in digits, up to ninety-nine, and before "hundred" and the like."""
    found = _SPELLED.match(text)
    if found is None or not found[0]:
        return text
    ones = _ONES.index(found[2].lower()) + 1 if found[2] else 0
    tens = 10 * (_TENS.index(found[1].lower()) + 2) if found[1] else 0
    return f"{tens + ones}{text[found.end() :]}" if not (tens and ones > 9) else text


def _plain_fractions(text: str) -> str:
    """½ as 1/2, and 2½ as 2 1/2."""

    def written(found: re.Match[str]) -> str:
        top, _, bottom = unicodedata.normalize("NFKC", found[2]).partition("⁄")
        return f"{found[1]} {top}/{bottom}".strip() if bottom else found[0]

    return re.sub("(\\d?)\\s*([\u00bc-\u00be\u2150-\u215e])", written, text)


def _braced(text: str) -> str:
    r"""Braces around every argument: \frac12 and \sqrt(2) as \frac{1}{2} and \sqrt{2}; x^(1/2) as x^{1/2}."""
    at = 0
    while found := re.compile(r"\\(frac|sqrt|binom)(?![a-zA-Z])(\s*\[\w+\])?|\^(?=\()").search(text, at):
        done = text[: found.start()] + found[0].replace(" ", "")
        rest = text[found.end() :]
        name = found[1] or "^"
        for _ in range(_ARGUMENTS.get(name, 1)):
            given, rest = _argument(rest.lstrip(), name)
            done += given
        text, at = done + rest, len(text[: found.start()] + found[0].replace(" ", ""))
    return text


def _argument(rest: str, name: str) -> tuple[str, str]:
    """The next argument in braces, and what follows it."""
    if rest.startswith("{"):
        end = closing(rest, 0)
        return (rest, "") if end is None else (rest[: end + 1], rest[end + 1 :])
    if rest.startswith("(") and name in ("sqrt", "^"):
        depth = 0
        for i, sign in enumerate(rest):
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if not depth:
                return f"{{{rest[1:i]}}}", rest[i + 1 :]
    number = re.match(r"\d+(?:\.\d+)?" if name == "sqrt" else r"\d", rest)
    token = number or _ARGUMENT.match(rest)
    return (f"{{{token[0]}}}", rest[token.end() :]) if token else ("", rest)
