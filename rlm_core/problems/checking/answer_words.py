"""The words by which texts announce an answer, in several languages, and how the answer's own words end."""

from __future__ import annotations

import re

_KIND = r"(?:(?:final|correct|right|required|desired|numerical|exact|simplified|short) +)*"
_NOUN = (
    rf"{_KIND}answers?|(?:correct|right) (?:option|choice)|ans(?=\.? *[:：=])|antwort(?:en)?|r[ée]ponse(?: finale| correcte)?|"
    r"respuesta(?: final| correcta)?|resposta(?: final| correta)?|risposta(?: finale| corretta)?|"
    r"(?:(?:окончательный|правильный|итоговый) )?ответ|відповідь|odpowied[źz]|odpov[eě]ď|antwoord|svar(?:et)?|vastaus|cevap|yanıt|"
    r"jawaban(?:nya)?|đáp (?:án|số)|"
    r"απάντηση|válasz|răspuns"
)
_UNSPACED_NOUN = (
    r"(?:最终|最終|最后|最後|正确|正確)?(?:答案|答え|答(?=[:：])|回答|解答)|正解(?=は|[:：])|"
    r"(?:故|应)选(?=[:：])|정답|답|उत्तर|คำตอบ|الإجابة|الجواب|תשובה"
)
_OF = r"(?: (?:to|of|for|in) [^\n.:：=$]{1,60}?| here| then| therefore)?"
_IS = (
    r"(?:(?:is|are|equals|should be|must be|will be|would be|comes out to|turns out to be|"
    r"ist|lautet|est|es|é|è|jest|är|er|adalah|là|равен|هي|هو)(?![^\W_])"
    r"(?P<not> *(?:(?:not|never|no longer|nicht|niet|pas|inte|ikke)\b|n['’]t))?|=|是|为|為|は|은|는|คือ)"
)
_MARKS = r"[ \t*_`]*"

CUE = re.compile(
    rf"(?:(?<![^\W_])(?P<noun>{_NOUN})(?!\w*['’])|(?P<unspaced>{_UNSPACED_NOUN}))"
    rf"(?:{_OF}{_MARKS}(?P<is>{_IS})|(?![^\W_]))?{_MARKS}(?P<colon>[:：】](?!:))?{_MARKS}",
    re.I,
)
"""A word for the answer, with "is" or a colon after it or without."""

OPENING = re.compile(
    r"(?:.*[.!?;:,。]['\"”)*]* +)?[\s>#*_`~•【–—\u2600-\u27bf\U0001f300-\U0001faff\ufe0f-]*"
    r"(?:\(?\d+[.)]\s*)?(?:step +\d+ *[-–—:.)]+ *)?[*_`]*"
    r"(?:(?:so|thus|hence|therefore|then|finally|and|in conclusion|in summary|consequently|donc|also|daher|итак)[,:]? +)*"
    r"(?:(?:the|my|our|your|an?|this|here is|here's|die|la|le|unsere|ma|mi|a|l')[ *]*)*[*_`]*",
    re.I | re.S,
)
"""Text allowed in a line before "answer:"; "let me check the" is not."""

DOUBTED = re.compile(
    r"\b(?:if|whether|suppos\w+|assum\w+|unless|until|once|check\w*|verif\w+|claim\w*|guess\w*|maybe|perhaps|"
    r"possibly|(?<!\ba )(?<!\bno )doubt|wrong|previous|what|why|how|when)\b"
    r"(?:(?! then| so|, the)[^.,;:!?])*$",
    re.I,
)
"""Words before "the answer is" after which it states nothing."""

REASON = re.compile(
    r"[ ,;(–—-]*[ ,;(](?:because|since|which|as (?:expected|required|desired|we|the|it|this|shown)|therefore|given that|due to|I hope|"
    r"rather than|instead of|respectively|"
    r"so (?:that|we|the|it)|and (?:this|that|it|we|I|the proof)|i\.e\.|that is|not)\b"
    r"|[,;] *(?:so|as|thus|hence|and so|where)\b| [–—] (?=[A-Za-z]{2})"
    r"| - (?=(?:the|this|that|it|we|i|so|as|because|since|which)\b)|;(?= [a-z])",
    re.I,
)
"""Where an answer is over and its reasons begin."""

PARTIAL = re.compile(r"\b(?:first|step|sub-?\w+|part \(?[aA]\b)|\(a\)", re.I)
"""Words in "the answer to …" that make it the answer to something else."""

DESCRIBED = re.compile(
    r"(?:an? (?:\w+ ){0,2}(?:integer|number|multiple|fraction|decimal|percentage|factor|divisor)s?\b(?! \d)|"
    r"the (?:sum|product|difference|quotient|number|total|value|ratio|result|same)\b(?! [\d$\\])(?![^=]*=)|"
    r"(?:in|of) (?:the|a|this) form\b|(?:very )?(?:close|near) to\b|between\b|divisible\b|"
    r"(?:at (?:least|most)|(?:no )?(?:greater|larger|bigger|more|less|"
    r"smaller|fewer|higher|lower) than)\b|(?:given|obtained|found|determined|calculated|computed) (?:by|from|as)\b|obtained\b|to [a-z]+\b)",
    re.I,
)
"""How words behind "the answer is" begin that tell something about the answer, and do not give it."""

TAKEN_BACK = re.compile(
    r"\b(?:no|hmm|wait),? (?:wait|no\b|that|this|it)|\b(?:that|this|it|which)(?:['’]s| is| was| seems) "
    r"(?:wrong|incorrect|not right|not correct)|"
    r"\? *no\b|\bhold on\b|ではない|ではありません|じゃない|아니|아닙",
    re.I,
)
"""Words that retract an answer before them in the same line."""

CHECKED = re.compile(
    r"\blet(?: me|['’]s| us) (?:just |now |quickly )?(?:re-?)?(?:check|verify|double|compute|calculate|think|see|make sure)|"
    r"\b(?:need|want|have) to (?:check|verify)",
    re.I,
)
"""Words after an answer in its line which say that the text goes on."""

DENIED = re.compile(r"[^\w\n]{0,6}(?:(?:is|was|can)(?: ?not\b|n['’]t\b)|(?:is|was|seems|looks) (?:wrong|incorrect)\b)", re.I)
"""Words directly after a box which say that it is no answer."""

BEHIND = re.compile(
    r"(?:(?<=\s)|^)(?P<value>\$[^$\n]+\$|\\\([^\n]+?\\\)|\*\*[^*\n]+\*\*|[-+−]?[$€£]?\d[\d,./]*%?(?: [a-z]+)?) "
    r"(?:is|are)(?: (?!not\b|never\b)\w+,?)? "
    r"(?:the|our|my) (?:(?:final|correct|right|desired|required) )*answer\b(?! (?:to|of|for)\b)(?! *\?)",
    re.I | re.M,
)
"""A value with "is the answer" behind it."""

COPULA = re.compile(r"\s*(?:です|でした|である|だ|となる|となります|になります|입니다|이다|이에요|예요)[。.]?$")
"""How a sentence ends behind its answer in Japanese and Korean."""

SPECIAL = re.compile(r"<\|[^|<>\n]*\|>|<｜[^｜\n]*｜>|</s>|<eos>|<end_of_turn>")
"""Tokens by which models end a turn."""

_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen half third quarter infinity
"""
NUMBER_WORDS = frozenset(_NUMBERS.split())

_SAY_NOTHING = """
a an the as in to of at by on for with not here there below above clear obvious known unknown unclear given found needed near close
simple simply easy right correct incorrect wrong therefore thus hence now just only also then expected required this that it its what
supposed going likely probably possibly either one positive negative
answer answers solution solutions step steps case cases explanation conclusion verification calculation calculations check checking
analysis approach summary result results proof problem question introduction background example examples note notes overview setup
reasoning method discussion simplify simplification substitution details definitions final finally
"""
NO_VALUE = frozenset(_SAY_NOTHING.split())
"""Single words behind "the answer is" or "####" that are no answer but speak about one, or head a section."""
