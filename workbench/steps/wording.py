"""How facts become sentences: the slots of ``voice.yaml``, in the wording used longest ago.

A sentence writes no number that is no finding, and as HTML links each to the finding's row.
Quotations stand as they were said; only what the voice itself says is given capitals.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from string import Formatter
from typing import cast

import yaml

from workbench.domain.errors import WorkbenchError
from workbench.domain.figures import opened
from workbench.domain.records import Finding
from workbench.steps.essay import anchor
from workbench.steps.facts import Facts, Plan, Speech

TODAY = re.compile(
    r"\b(today|tonight|now|currently|this (morning|afternoon|evening)|on the day)\b", re.I
)
_ENDED = re.compile(r"(^|[.?!…][’”]* )$")


@lru_cache(maxsize=1)
def voice() -> dict[str, list[str]]:
    """Slot to its variants, from ``voice.yaml``."""
    text = resources.files("workbench.steps").joinpath("voice.yaml").read_text("utf-8")
    return cast(dict[str, list[str]], yaml.safe_load(text))


class Writer:
    """Fills slots with facts.

    Args:
        facts: What may be said, with what earlier dispatches said.
        turn: A number that differs from dispatch to dispatch; it breaks ties between wordings.
        voice: Slot to its variants.
    """

    def __init__(self, facts: Facts, turn: int, voice: Mapping[str, Sequence[str]]) -> None:
        self.facts, self.turn, self.voice = facts, turn, voice
        self.plan: Plan = {}
        self.cited: dict[str, Finding] = {}

    def say(self, slot: str, link: bool = True) -> str:
        """One sentence of a slot, as HTML with linked numbers, or as plain text.

        Raises:
            WorkbenchError: No wording of the slot can be filled.
        """
        variants = self.voice[slot]
        usable = [i for i, text in enumerate(variants) if self._known(text)]
        if "dated" in self.facts.has:  # the last session is not today's
            usable = [i for i in usable if not TODAY.search(variants[i])]
        if not usable:
            raise WorkbenchError(f"No wording of {slot!r} can be filled from this cycle's facts.")
        used = [plan[slot] for plan in self.facts.past if slot in plan]  # latest first
        age = {i: used.index(i) if i in used else len(used) + 1 for i in usable}
        chosen = max(usable, key=lambda i: (age[i], (i * 7 + self.turn * 3) % 11, -i))
        self.plan[slot] = chosen
        return self._filled(variants[chosen], link)

    def stalest(self, slots: Sequence[str], n: int) -> list[str]:
        """The n of these slots that were said longest ago."""
        return sorted(slots, key=lambda slot: -self.facts.ago(slot))[:n]

    def _known(self, text: str) -> bool:
        facts, known = self.facts, True
        for name in (name for _, name, _, _ in Formatter().parse(text) if name):
            if name in facts.phrases:
                known = known and self._known(facts.phrases[name])
            else:
                known = known and (
                    name in facts.findings or name in facts.words or name in facts.speeches
                )
        return known

    def _filled(self, template: str, link: bool) -> str:
        said = plain = ""
        for literal, name, _, _ in Formatter().parse(self._spread(template)):
            said += html.escape(literal, quote=False) if link else literal
            plain += literal
            if name is not None:
                shown, text = self._shown(name, link, opens=_ENDED.search(plain) is not None)
                said, plain = said + shown, plain + text
        return said

    def _spread(self, template: str) -> str:
        """The template with each phrase written out."""
        for _, name, _, _ in list(Formatter().parse(template)):
            if name in self.facts.phrases:
                said = self._spread(self.facts.phrases[name])
                template = template.replace(f"{{{name}}}", said)
        return template

    def _shown(self, name: str, link: bool, *, opens: bool) -> tuple[str, str]:
        """What stands for a name, as asked for and as plain text."""
        if name in self.facts.speeches:
            speech = self.facts.speeches[name]
            return self._speech(speech) if link else speech.text, speech.text
        finding = self.facts.findings.get(name)
        text = self.facts.words[name] if finding is None else finding.text
        shown = opened(text) if opens else text
        if finding is None:
            return html.escape(shown, quote=False) if link else shown, shown
        if link and shown != text:  # a link shows its row's very text
            finding = replace(finding, name=f"{name}_first", text=shown)
        self.cited[finding.name] = finding
        return anchor(finding) if link else shown, shown

    def _speech(self, speech: Speech) -> str:
        """A quotation whose numbers link to what the mind cites; one link if any has no source."""
        by_text: dict[str, list[Finding]] = {}
        for finding in speech.evidence:
            by_text.setdefault(finding.text, []).append(finding)
        texts = "|".join(re.escape(text) for text in sorted(by_text, key=len, reverse=True) if text)
        matches = re.finditer(rf"(?<![\w.,+−-])(?:{texts})(?!\w|[.,]\d)", speech.text)
        parts, place, cited = [], 0, {}
        for match in matches if texts else ():
            same = by_text[match[0]]
            finding = same.pop(0) if len(same) > 1 else same[0]
            cited[finding.name] = finding
            parts += [speech.text[place : match.start()], anchor(finding)]
            place = match.end()
        parts.append(speech.text[place:])
        if re.search(r"\d", "".join(parts[::2])):
            self.cited[speech.whole.name] = speech.whole
            return anchor(speech.whole)
        self.cited |= cited
        parts[::2] = [html.escape(text, quote=False) for text in parts[::2]]
        return "".join(parts)
