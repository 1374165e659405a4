"""A local service that answers like a mind: ``python -m tests.bench.messages --port 8421``.

It reads rows and slate out of the prompt and answers in the schema that was asked for, always the
same to the same bytes. A desk runs against it with ``ANTHROPIC_BASE_URL=http://127.0.0.1:8421`` and
``ANTHROPIC_API_KEY=no-real-key``; a shorter key would be taken for words and cut out of replies.

Each mind moves the reference a little, by the claim's id; it proposes one claim that joins and one
that is refused, and writes one figure without a source, which Macro does not take back.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from typing import Any

from tests.bench.wire import Asked, Service, good, message

_CLAIM = re.compile(r"^([0-9a-f]{16}) \| (.+?) \| \S+Z((?: \| \S+)+)$", re.MULTILINE)
_UNSOURCED = "Turnover reached 987,654 contracts."
_EMPTY = "Nothing that I was shown speaks against the reference, so I say what it says."


def slate(prompt: str) -> list[tuple[str, str, float]]:
    """The claims of a prompt: id, sentence, and the reference's probability (1/2 where none)."""
    found = []
    for claim, sentence, columns in _CLAIM.findall(prompt):
        told = columns.split(" | ")[2].strip("<>%")
        found.append((claim, sentence, float(told) / 100 if told != "–" else 0.5))
    return found


def shown(prompt: str) -> list[list[str]]:
    """The rows of a prompt: name, value, unit, what it is, and two moments."""
    part = prompt.partition("Rows of your slice")[2].partition("\n\n")[0]
    return [line.split(" | ") for line in part.splitlines()[1:] if line.count(" | ") == 5]


def answer(body: dict[str, Any]) -> str:
    """The text of the answer to one request."""
    schema = body["output_config"]["format"]["schema"]
    prompt = body["messages"][0]["content"]
    names = set(schema["properties"])
    if names == {"chances"}:
        told: Any = {"chances": [{"claim": c, "probability": _near(c, p, "plain")}
                                 for c, _, p in slate(prompt)]}  # fmt: skip
    elif "opinions" in names:
        told = _opinions(body, prompt, first="proposed" in names)
    else:
        told = _essay(prompt, again=len(body["messages"]) > 1)
    return json.dumps(told)


def _opinions(body: dict[str, Any], prompt: str, *, first: bool) -> dict[str, Any]:
    system = body["system"][0]["text"]
    found = re.search(r"Your name is ([\w-]+)\.", system)
    mind = found[1] if found else ""
    rows, claims = shown(prompt), slate(prompt)
    if not first:
        due = prompt.partition("New on the slate")[2].partition("\n\n")[0].split()
        claims = [one for k, one in enumerate(claims) if one[0] in due or k == 1]
    told = [_opinion(mind, k, one, rows) for k, one in enumerate(claims)]
    stubborn = mind == "Macro" or len(body["messages"]) == 1
    if first and told and stubborn:
        told[0]["argument"] += f" {_UNSOURCED}"
    paragraph = f"{_sentence(rows, mind)} {_EMPTY}"
    if not first:
        return {"argument": f"I have heard the others and keep to my rows. {paragraph}",
                "opinions": told}  # fmt: skip
    level = next((float(r[1].replace(",", "")) for r in rows if r[0] == "vix_close"), 15.0)
    proposed = [f"VIX closes above {round(1.15 * level)} tomorrow", "ZZZZ closes higher tomorrow"]
    return {"argument": paragraph, "opinions": told, "proposed": proposed}


def _opinion(
    mind: str, k: int, claim: tuple[str, str, float], rows: list[list[str]]
) -> dict[str, Any]:
    name, _, reference = claim
    p = _near(name, reference, mind)
    row = rows[(k + len(mind)) % len(rows)] if rows else None
    return {
        "claim": name, "direction": "yes" if p > 0.5 else "no" if p < 0.5 else "even",
        "probability": p, "argument": _told(row) if row else _EMPTY,
        "cited": [row[0]] if row else [], "change": "A week that is wider than its habit.",
    }  # fmt: skip


def _near(claim: str, reference: float, mind: str) -> float:
    """The reference, moved by up to six points by the claim and the mind."""
    turn = (int(claim[:6], 16) + 7_919 * sum(map(ord, mind))) % 121 - 60
    return round(min(max(reference + turn / 1_000, 0.015), 0.985), 3)


def _told(row: list[str]) -> str:
    """A row as a sentence that repeats it."""
    return f"The {row[3]} stands at {row[1]}."


def _sentence(rows: list[list[str]], mind: str) -> str:
    return _told(rows[len(mind) % len(rows)]) if rows else ""


# What the scripted Synthesis would say of a day: a sentence is said when the prompt shows all that
# it names. One figure has no source, and the second answer takes it back.
_ESSAY: dict[str, tuple[tuple[str, ...], ...]] = {
    "opening": (
        ("“{due_claim}” came due. I had it at {due_p}, history at {due_base}, and it scores "
         "{due_score}.", "Nothing of mine came due since the last dispatch."),
        ("Over {rec_n} the record stands at {rec_skill} against history, with an interval from "
         "{rec_low} to {rec_high}.",),
    ),
    "question": (("VIX is at {vix} and the S&P 500 moved {change}. Is that a forecast or a price?",
                  "The S&P 500 moved {change}. How wide is the next session?"),),
    "evidence": (
        ("The S&P 500 {change_fell} {change} and closed at {close}.",),
        ("Its closes of late have been {vol} wide a day. My scenarios put the next session at "
         "{ahead}.",),
        ("They are {episodes} past episodes since {begin}, rescaled to today’s width.",),
    ),
    "call": (
        ("My call is “{call_claim}”. I give it {call_p}; history alone gives {call_base}.",
         "I sit this one out. “{near_claim}” came nearest, at {near_p} against {near_base}."),
    ),
    "debate": (
        ("The minds lie {spread} apart on it.",),
        ("Turnover reached 987,654 contracts, and nobody at the table looked.",),
    ),
    "change": (("I am wrong if {wrong_if}. A session of the S&P 500 beyond {two_sigma} would make "
                "me doubt the width before that.",),),
    "unknown": (("The sign of the next move. On {dir_n} past dates, my skill at direction is "
                 "{dir_skill}, between {dir_low} and {dir_high}.",
                 "The sign of the next move, which no series of mine has ever told."),),
}  # fmt: skip
_NAME = re.compile(r"{(\w+)}")


def _essay(prompt: str, *, again: bool) -> dict[str, Any]:
    """An essay from the findings that the prompt lists."""
    table = prompt.split("| of\n")[1].split("\n\n", maxsplit=1)[0]
    known = {row[0]: row[1] for row in (line.split(" | ") for line in table.splitlines())}
    known |= {"change_fell": "rose" if known.get("change_signed", "").startswith("+") else "fell"}

    def said(texts: tuple[str, ...]) -> list[str]:
        able = (one for one in texts if set(_NAME.findall(one)) <= known.keys())
        found = next(able, "")
        return [] if not found or (again and "987,654" in found) else [found]

    def filled(text: str) -> str:
        return _NAME.sub(lambda name: known[name[1]], text)

    essay: dict[str, Any] = {
        section: [
            filled(" ".join(one)) for one in [[t for texts in parts for t in said(texts)]] if one
        ]
        for section, parts in _ESSAY.items()
    }
    decided = "{deadline} decides: {call_p} with me, {call_base} with history."
    able = set(_NAME.findall(decided)) <= known.keys()
    return essay | {
        "title": filled("{close}, and a width to be named"),
        "dek": filled(decided) if able else "I sit this one out.",
    }


def serve(seconds: float = 0.0) -> Service:
    """The service, not started, that takes so long for each answer."""

    def reply(link: Any, asked: Asked) -> None:
        time.sleep(seconds)
        text = answer(asked.json)
        usage = {"input_tokens": len(asked.body) // 4, "output_tokens": len(text) // 4}
        good(message(text, model=asked.json["model"], usage=usage))(link, asked)

    return Service(replies=[reply])


def main() -> None:
    """Serves until it is interrupted."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.messages", description=__doc__)
    asked.add_argument("--port", type=int, default=8421)
    asked.add_argument("--seconds", type=float, default=0.5, help="time of each answer")
    given = asked.parse_args()
    running = serve(given.seconds)
    print(f"ANTHROPIC_BASE_URL={running.start(given.port)}", flush=True)
    try:
        running.ended.wait()
    except KeyboardInterrupt:
        running.stop()


if __name__ == "__main__":
    main()
