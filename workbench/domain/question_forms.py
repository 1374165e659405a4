"""How prediction markets word their questions: what makes it another question, levels, times."""

from __future__ import annotations

import re

# What makes another question of it: a code, how it is worded, and what is said of it. Order
# matters only for what is said first.
OTHER: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "path",
        (
            r"hits?", r"reach(?:es)?", r"touch(?:es)?", r"dips?", r"(?:drops?|falls?|rises?) to",
            r"trades? at", r"at any (?:time|point)", r"any 1", r"intraday", r"during",
            r"(?:high|low)(?:est)? (?:price|of|value)", r"all[- ]time", r"first", r"ever",
            r"stays?", r"remains?", r"or earlier", r"through",
        ),
        "asks what a price does on the way",
    ),
    (
        "average",
        (
            r"averaged?", r"averages", r"mean", r"median", r"twap", r"vwap", r"60 rti",
            r"sixty seconds", r"settlement (?:price|value)",
        ),
        "settles on an average",
    ),
    ("candle", (r"candles?",), "settles on a candle, whose end is not the time that names it"),
    (
        "open",
        (r"open(?:s|ing)?", r"pre-?market", r"after[- ]?hours", r"overnight", r"extended"),
        "settles on another price than the close",
    ),
    (
        "change",
        (
            r"per ?cent", r"percentage", r"up or down", r"higher or lower", r"gains?",
            r"change[sd]?", r"previous", r"prior", r"last (?:close|trading)",
        ),
        "compares with another close",
    ),
    ("futures", (r"futures?", r"perpetual", r"options?"), "settles on a derivative"),
    (
        "span",
        (
            r"(?:this|next|the) (?:week|month|quarter|year)", r"week of", r"before", r"no later",
            r"by (?!the (?:nasdaq|nyse|exchange)|yahoo|nasdaq|nyse|coinbase|kraken|s&p)\w+",
            r"until", r"end of",
        ),
        "has a span of time, or is decided by somebody",
    ),
    ("proportion", (r"50[-/ ]?50", r"proportional\w*", r"scalar", r"prorat\w*"), "may pay a part"),
    (
        "condition",
        (
            r"unless", r"except", r"excluding", r"adjusted", r"consecutive", r"both", r"either",
            r"splits?",
        ),
        "has a condition of its own",
    ),
)  # fmt: skip
ELSEWHERE = re.compile(
    r"\b(?:usdt|usdc|tether|binance|chainlink|pyth|cf benchmarks|brti|rti|index price|mark price"
    r"|coingecko|coinmarketcap|tradingview)\b",
    re.IGNORECASE,
)
SPOT = re.compile(r"\b(?:coinbase|kraken|bitstamp|gemini)\b", re.IGNORECASE)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY = re.compile(
    rf"\b({'|'.join(MONTHS)})[a-z]*\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}}))?"
    r"|\b(\d{4})-(\d{2})-(\d{2})\b",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"\b(\d{1,2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?\s*\(?(et|est|edt|utc|gmt|eastern)\b"
    r"|\b(noon|midnight|\d{1,2}(?::\d{2})?\s*(?:am|pm|a\.m\.|p\.m\.)|\d{1,2}:\d{2})",
    re.IGNORECASE,
)
# The price's close, not that of the wager; a value at 4 pm is not yet the official close.
CLOSE = re.compile(r"(?<!market )(?<!market will )\bclos(?:e|es|ed|ing)\b(?! early)", re.IGNORECASE)
OTHER_UNIT = re.compile(
    r"\s*(?:bps?\b|basis|cents?\b|%|million|billion|trillion|[mb]\b|points? (?:higher|lower))",
    re.IGNORECASE,
)
_FIGURE = r"(?<![\d.,])\$?(?<![\d.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(k?)"
_MORE, _LESS = "(?:greater|higher|more)", "(?:less|lower)"
LEVELS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (sign, re.compile(pattern, re.IGNORECASE))
    for sign, pattern in (
        (
            ">=",
            rf"(?:at or above|equal to or (?:above|{_MORE} than)|{_MORE} than or equal(?: to)?"
            rf"|above or equal to|at least|no less than)\s+{_FIGURE}",
        ),
        (">=", rf"{_FIGURE}\s+or (?:above|{_MORE})"),
        (
            "<=",
            rf"(?:at or below|equal to or (?:below|{_LESS} than)|{_LESS} than or equal(?: to)?"
            rf"|below or equal to|at most|no more than)\s+{_FIGURE}",
        ),
        ("<=", rf"{_FIGURE}\s+or (?:below|{_LESS})"),
        (">", rf"(?:above|over|{_MORE} than|exceeds?|in excess of)\s+{_FIGURE}"),
        ("<", rf"(?:below|under|{_LESS} than)\s+{_FIGURE}"),
    )
)


def other(text: str) -> tuple[str, str] | None:
    """Code and sentence of what makes another question of it, or None."""
    for code, words, said in OTHER:
        found = re.search(rf"(?<![\w-])(?:{'|'.join(words)})(?![\w-])", text, re.IGNORECASE)
        if found:
            return code, f"It {said} ({found[0]!r})."
    return ("change", "It is of per cent.") if "%" in text else None
