"""How figures are written: the patterns that find them, tried in ``mentions``."""

from __future__ import annotations

import re

_SPACES = "\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}"
_SAME = dict.fromkeys("−﹣－‑", "-") | dict.fromkeys(_SPACES, "\u2009") | {"’": "'"}
SAME = str.maketrans(_SAME)
COUNTED = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "hundred": 100, "one": 1, "thirteen": 13,
    "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
ORDINALS = {
    "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10,
}  # fmt: skip
PARTS = {"third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "thirds": 2 / 3, "quarters": 0.75}
SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9,
          "billion": 1e9, "trillion": 1e12, "": 1.0}  # fmt: skip
TIME = r"h|hrs?|hours?|days?|weeks?|months?|years?|sessions?|minutes?|min|trading days?"
UNITS = (
    ("%", r"%|per ?cent\b|pct\b|percent\b"),
    ("bp", r"bps?\b|basis[ -]points?\b"),
    ("points", r"points?\b|pts?\b|pp\b|percentage points?\b"),
    ("σ", r"σ|sigmas?\b|standard deviations?\b"),
    ("x", r"times\b|x\b|-?fold\b"),
)
_UNIT = "|".join(pattern for _, pattern in UNITS) + rf"|(?:{TIME})\b"
_DIGITS = r"(?:\d{1,3}(?:[,\u2009]\d{3})+|\d+)(?:\.\d+)?|\.\d+"


def _amount(name: str) -> str:
    return (
        rf"(?P<sign{name}>(?<![\w)])[+\-±])?(?P<dollar{name}>[$€£])?(?P<minus{name}>-)?"
        rf"(?P<digits{name}>{_DIGITS})"
        rf"(?:\s?(?P<scale{name}>thousand|million|billion|trillion|bn|k|m|b)(?![\w]))?"
        rf"(?P<plus{name}>\+(?!\d))?(?:[\s-]?(?P<unit{name}>{_UNIT}))?"
    )


_ABOUT = r"(?P<about>~|≈|\b(?:about|around|roughly|nearly|almost|maybe|some|approximately)\s)?\s?"
RANGE = re.compile(
    rf"{_ABOUT}(?<![\w.,$%])(?=[+\-±$€£\d.]){_amount('1')}(?:\s?[–—-]\s?|\sto\s|(?P<and>\sand\s))"
    rf"(?=[+\-±$€£\d.]){_amount('2')}(?![\w%])",
    re.IGNORECASE,
)
NUMBER = re.compile(
    rf"{_ABOUT}(?<![\w.$])(?=[+\-±$€£\d.]){_amount('1')}(?!\w)(?![.,]\d)", re.IGNORECASE
)
_SMALL = "|".join(COUNTED)
WORD = re.compile(
    rf"\b(?P<words>(?:{'|'.join(TENS)})(?:[ -](?:{_SMALL}))?|{_SMALL})[ -]"
    r"(?P<noun>percent|per cent|(?:percentage |basis )?points?|times|straight|consecutive|in a row"
    rf"|{TIME}|predictions?|minds?|calls?|misses|dates|closes)\b",
    re.IGNORECASE,
)
MULTIPLE = re.compile(r"\b(?:twice|thrice|doubled?|tripled?|tenfold)\b", re.IGNORECASE)
MULTIPLES = {"tw": 2, "th": 3, "do": 2, "tr": 3, "te": 10}
PART = re.compile(
    r"\b(?:(?:a|one)[ -](?P<one>third|quarter|fifth)\b(?! (?:straight|of the year))"
    r"|two[ -](?P<two>thirds)|three[ -](?P<three>quarters)"
    r"|(?<!first )(?<!second )(?<!other )(?P<half>half)"
    r"(?: an?| of| the| its| their)(?: an?)?(?P<of> percent| point)?|(?<=by )half)\b",
    re.IGNORECASE,
)
ORDINAL = re.compile(
    rf"\b(?P<nth>\d+(?=st|nd|rd|th)|{'|'.join(ORDINALS)})(?:st|nd|rd|th)?[ -]"
    r"(?=straight|consecutive|session|day|week|month|time|close|loss|gain)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
    r"|JAN|FEB|MAR|APR|MAY|JUNE?|JULY?|AUG|SEPT?|OCT|NOV|DEC)\b(?:\.(?=\s\d))?"
)
_WEEKDAY = (
    r"(?:Mon(?:day)?|Tue(?:s|sday)?|Wed(?:nesday)?|Thu(?:rs|rsday)?|Fri(?:day)?"
    r"|Sat(?:urday)?|Sun(?:day)?)\b"
)
DATE = re.compile(
    rf"(?:\b{_WEEKDAY},? )?(?:\b\d{{4}}-\d\d-\d\d\b"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:[–-]\d{{1,2}})?\b(?:,? (?:19|20)\d\d)?(?![.,]?\d|%)"
    rf"|(?<![\d.,–-])\b\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?:,? (?:19|20)\d\d)?"
    rf"|\b{_MONTH} (?:19|20)\d\d\b)"
    r"|\b(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
    r"|(?i:\b(?:today|yesterday|tomorrow|tonight|this (?:morning|afternoon|evening))\b)"
    rf"|(?<=(?i:since) ){_MONTH}|(?<=(?i:late) ){_MONTH}|(?<=(?i:early) ){_MONTH}"
    rf"|(?<=[Ii]n ){_MONTH}"
    r"|(?:(?<=[Ii]n )|(?<=[Ss]ince )|(?<=of )|(?<=by ))(?:19|20)\d\d\b(?![.,]?\d|%)"
)
CLOCK = re.compile(r"\b\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp]\.?[Mm]\b\.?)?(?: (?:UTC|GMT|ET)\b)?")
NO_FIGURE = re.compile(
    r"https?://\S+|\b(?:8-K|10-K|10-Q|6-K|20-F|13F|S-1)s?\b|\b24/7\b|(?m:^[ \t]*(?:\d+[.)]|#+)\s)"
)
UP = (
    "rose|rises?|rising|risen|gained|gains?|gaining|climb(?:ed|s|ing)?|jump(?:ed|s)?|advanced?"
    "|rall(?:y|ied|ies)|rebound(?:ed|s)?|added|adds|up|higher|surged?|increased?|recovered"
)
DOWN = (
    "fell|falls?|falling|fallen|drop(?:ped|s|ping)?|declin(?:ed?|es|ing)|lost|loses?|losing|loss"
    "|shed|sheds|slid|slides?|slip(?:ped|s)?|sank|down|lower|tumbled?|decreased?|retreated|eased"
)
DIRECTION = re.compile(rf"\b(?:(?P<up>{UP})|(?:{DOWN}))\b(?! to\b(?! [$\d]))", re.IGNORECASE)
_SUPER = (
    "highest|lowest|most|least|best|worst|biggest|largest|smallest|deepest|steepest|strongest"
    "|weakest|widest"
)
_SPAN = (
    rf"(?:more than |over |nearly |almost )?(?:an?|\d+|{'|'.join(COUNTED)}) (?:trading )?"
    r"(?:session|day|week|month|year)s?"
)
COMPARISON = re.compile(
    rf"\b(?:{_SUPER})\b[^.;:!?\n]{{0,40}}?\b(?:since\b|in {_SPAN}\b|on record\b|ever\b|of all time"
    r"\b|of the (?:day|week|month|year)\b|among\b)"
    rf"|\b(?:record|all-time|{_SPAN.replace(' (?:trading', '[ -](?:trading')}) (?:highs?|lows?)\b"
    r"|\b(?:a|another|new) record(?=[.,;:!?)]|$)|\brecord (?:close|level)s?\b"
    r"|\b(?:above|below|over|under|beneath|(?:higher|lower|more|less|greater) than"
    r"|at (?:least|most))"
    rf"(?= (?:the |about )?[$€£+-]?\d[\d,.]*(?!\d)(?![–-]?\d*[\s-]?(?:{TIME})\b))"
    r"|\b(?:outperform|underperform|lag|beat|trail)(?:s|ed|ged|ging|ing)?\b",
    re.IGNORECASE,
)
_TO = (
    r"(?:(?:by|of|about|around|another|maybe|some|nearly|almost|roughly|a|an|more than|less than"
    r"|just|only|between) ){0,3}[~≈]?"
)
BEFORE = re.compile(rf"\b(?:(?P<up>{UP})|(?:{DOWN})) {_TO}$", re.IGNORECASE)
AFTER = re.compile(
    rf"^(?:-ish)?(?: (?:\w+ )?|-)(?:(?P<up>{UP}|above)|(?:{DOWN}|below|under|short of))\b",
    re.IGNORECASE,
)
