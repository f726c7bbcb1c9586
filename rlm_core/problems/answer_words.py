"""The words by which texts announce an answer, in several languages, and how the answer's own words end."""

from __future__ import annotations

import re

_KIND = r"(?:(?:final|correct|right|required|desired|numerical|exact|simplified|short) +)*"
_NOUN = (
    rf"{_KIND}answers?|ans(?=\.? *[:：=])|antwort(?:en)?|r[ée]ponse(?: finale)?|respuesta(?: final)?|resposta(?: final)?|"
    r"risposta(?: finale)?|ответ|відповідь|odpowied[źz]|odpov[eě]ď|antwoord|svar|vastaus|cevap|yanıt|jawaban|đáp (?:án|số)|"
    r"απάντηση|válasz|răspuns"
)
_UNSPACED_NOUN = r"(?:最终|最終|最后|最後|正确|正確)?(?:答案|答え|答(?=[:：])|回答|解答)|정답|답|उत्तर|คำตอบ|الإجابة|الجواب|תשובה"
_OF = r"(?: (?:to|of|for|in) [^\n.:：=$]{1,60}?| here| then| therefore)?"
_IS = (
    r"(?:(?:is|are|equals|should be|must be|will be|would be|comes out to|turns out to be|"
    r"ist|lautet|est|es|é|è|jest|är|adalah|là|равен)(?![^\W_])(?P<not> *(?:not\b|n['’]t))?|=|是|为|為|は|은|는)"
)
_MARKS = r"[ \t*_`]*"

CUE = re.compile(
    rf"(?:(?<![^\W_])(?P<noun>{_NOUN})(?!\w*['’])|(?P<unspaced>{_UNSPACED_NOUN}))"
    rf"(?:{_OF}{_MARKS}(?P<is>{_IS})|(?![^\W_]))?{_MARKS}(?P<colon>[:：](?!:))?{_MARKS}",
    re.I,
)
"""A word for the answer, with "is" or a colon after it or without."""

OPENING = re.compile(
    r"(?:.*[.!?;:,。]['\"”)*]* +)?[\s>#*_`~•–—-]*(?:\(?\d+[.)]\s*)?(?:step +\d+ *[-–—:.)]+ *)?[*_`]*"
    r"(?:(?:so|thus|hence|therefore|then|finally|and|in conclusion|in summary|consequently|donc|also|daher|итак)[,:]? +)*"
    r"(?:(?:the|my|our|your|an?|this|here is|here's|die|la|le|unsere|ma|mi|a|l')[ *]*)*[*_`]*",
    re.I | re.S,
)
"""What may stand in a line before "answer:"; "let me check the" may not."""

DOUBTED = re.compile(
    r"\b(?:if|whether|suppos\w+|assum\w+|unless|until|once|check\w*|verif\w+|claim\w*|guess\w*|wrong|previous|what|why|how|when)\b"
    r"(?:(?! then| so|, the)[^.,;:!?])*$",
    re.I,
)
"""What before "the answer is" makes it no statement."""

REASON = re.compile(
    r"[ ,;(–—-]*[ ,;(](?:because|since|which|as (?:expected|required|desired|we|the|it|this|shown)|therefore|given that|due to|I hope|"
    r"so (?:that|we|the|it)|and (?:this|that|it|we|I|the proof)|i\.e\.|that is|not)\b"
    r"|[,;] *(?:so|as|thus|hence|and so|where)\b| [–—] (?=[A-Za-z]{2})"
    r"| - (?=(?:the|this|that|it|we|i|so|as|because|since|which)\b)|;(?= [a-z])",
    re.I,
)
"""Where an answer is over and its reasons begin."""

_NUMBERS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million dozen half third quarter infinity
"""
NUMBER_WORDS = frozenset(_NUMBERS.split())

_SAY_NOTHING = """
a an the as in to of at by on for with not here there below above clear obvious known unknown unclear given found needed near close
simple simply easy right correct incorrect wrong therefore thus hence now just only also then expected required this that it its what
supposed going likely probably possibly either one
answer answers solution solutions step steps case cases explanation conclusion verification calculation calculations check checking
analysis approach summary result results proof problem question introduction background example examples note notes overview setup
reasoning method discussion simplify simplification substitution details definitions final finally
"""
NO_VALUE = frozenset(_SAY_NOTHING.split())
"""Single words behind "the answer is" or "####" that are no answer but speak about one, or head a section."""
