"""Sentences of a text by their places, and a text without some of them.

Headings, list marks, emphasis and quotation marks are structure: they stay as long as something
that they hold stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence by its place.

    Attributes:
        start: First character, after a heading's or a list's mark.
        end: One past the last, with the quotation marks that close on it.
        paragraph: Number of its paragraph.
    """

    start: int
    end: int
    paragraph: int


_CLOSERS = "\"'”’)*_\\]»"
_END = re.compile(rf"[.!?…]+[{_CLOSERS}]*(?=\s+[^a-z\s])")
_SHORT = re.compile(
    r"(?:\b(?:U\.S|U\.K|vs|e\.g|i\.e|Mr|Ms|Mrs|Dr|St|Inc|Corp|Co|No|Jan|Feb|Mar|Apr|Jun|Jul|Aug"
    r"|Sept?|Oct|Nov|Dec|a\.m|p\.m|approx)|(?<![\w])[A-Z])\.$"
)
_MARK = re.compile(r"\s*(?:#{1,6}\s+|[-*•>]\s+|\d+[.)]\s+)?")
_WRAP = re.compile(r"[a-z,;:]\n[ \t]*[a-z]")
_PAIRS = {"“": "”", "«": "»", "(": ")", "[": "]"}


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order; a line that does not run on ends one."""
    found: list[Sentence] = []
    paragraph, cut = 0, 0
    breaks = [m.start() for m in re.finditer("\n", text)]
    runs_on = {m.start() + 1 for m in _WRAP.finditer(text)}
    for end in [*(at for at in breaks if at not in runs_on), len(text)]:
        line = text[cut:end]
        if not line.strip():
            paragraph += 1
        else:
            mark = _MARK.match(line)
            start = cut + (mark.end() if mark else 0)
            ends = [start, *_ends(text[start:end], start), end]
            for low, high in pairwise(ends):
                if (body := text[low:high]).strip():
                    first = low + len(body) - len(body.lstrip())
                    last = low + len(body.rstrip())
                    found.append(Sentence(start=first, end=last, paragraph=paragraph))
        cut = end + 1
    return found


def _ends(line: str, at: int) -> Iterable[int]:
    for stop in _END.finditer(line):
        head = line[max(0, stop.start() - 12) : stop.start() + 1]
        if not _SHORT.search(head):
            yield at + stop.end()


def without(text: str, gone: Iterable[Sentence]) -> str:
    """The text without these sentences: no empty quotation, emphasis, item or paragraph is left."""
    dropped = [False] * len(text)
    for one in gone:
        dropped[one.start : one.end] = [True] * (one.end - one.start)
    if not any(dropped):
        return text
    marks = set()
    for opened, closed in _held(text):
        inside = (i for i in range(opened[1], closed[0]) if not text[i].isspace())
        hurt = any(dropped[opened[0] : closed[1]])
        if hurt and any(not dropped[i] and text[i] not in '*_"”“' for i in inside):
            marks |= {*range(*opened), *range(*closed)}
        elif hurt:
            for i in (*range(*opened), *range(*closed)):
                dropped[i] = True
    lines, at = [], 0
    for line in text.split("\n"):
        lines.append(_kept(line, at, dropped, marks))
        at += len(line) + 1
    joined = "\n".join(one for one in lines if one is not None)
    return re.sub(r"\n{3,}", "\n\n", joined).strip("\n")


def _kept(line: str, at: int, dropped: list[bool], marks: set[int]) -> str | None:
    """What is left of a line, None when nothing of a line with words is."""
    mark = _MARK.match(line)
    head = mark.end() if mark else 0
    if not any(dropped[at : at + len(line)]):
        return line
    out = ""
    for i, letter in enumerate(line):
        place = at + i
        if not dropped[place]:
            fits = i < head or not letter.isspace() or not (_ends_open(out) or not out)
            out += letter if fits else ""
        elif place in marks:
            closing = letter in "”»)]" or (letter in '"*_' and _closes(line, i))
            out = out.rstrip() + letter if closing else out + letter
    return out.rstrip() if out[head:].strip(' *_"“”') else None


def _ends_open(out: str) -> bool:
    """True after a space or an opening mark, where no further space belongs."""
    return bool(re.search(r"(?:\s|(?:^|\s)[“\"«(\[*_]+)$", out))


def _closes(line: str, i: int) -> bool:
    before = line[:i].rstrip('"*_”')
    return bool(before) and not before[-1].isspace()


def _held(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of marks as ((start, end) of the opening one, the same of the closing one)."""
    found, at = [], 0
    for block in re.split(r"(\n\s*\n)", text):
        opened: dict[str, tuple[int, int]] = {}
        for m in re.finditer(r"\*\*|[*\"“”«»()\[\]]", block):
            span, mark = (at + m.start(), at + m.end()), m[0]
            if mark == "*" and re.match(r"\s*\*\s", block[m.start() - 1 : m.end() + 1]):
                continue  # a list's mark
            if mark in _PAIRS:
                opened[_PAIRS[mark]] = span
            elif mark in opened:
                found.append((opened.pop(mark), span))
            elif mark in {"**", "*", '"'}:
                opened[mark] = span
        at += len(block)
    return found
