"""What a ledger holds: its tables, and how a row is hashed into the chain.

Each row's hash covers the hash before it and the row's content; ``seq``, the hash itself and the
wall-clock ``registered_at`` stand beside the content, outside the hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

Row = Mapping[str, Any]
GENESIS = "0" * 64
SCHEMA = sa.MetaData()


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name,
        SCHEMA,
        sa.Column("seq", sa.Integer, nullable=False, unique=True),
        sa.Column("cycle", sa.Integer, nullable=False, index=True),
        *columns,
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("registered_at", sa.String(32), nullable=False),
    )


def _key(name: str, kind: Any = sa.String) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True)


def _text(name: str, *, index: bool = False, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, index=index, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Float, nullable=nullable)


cycles = _table(
    "cycles", _key("number", sa.Integer), _text("desk"), _text("mode"), _text("as_of"),
    _text("params"), _text("code"), _text("snapshot"),
)  # fmt: skip
claims = _table(
    "claims", _key("id"), _text("kind"), _text("subject"), sa.Column("horizon", sa.Integer),
    _text("theme"), _text("deadline", index=True), _text("sentence"), _text("content"),
)  # fmt: skip
forecasts = _table("forecasts", _key("claim"), _key("forecaster"), _number("probability"))
absences = _table("absences", _key("of", sa.Integer), _key("mind"), _key("scope"), _text("reason"))
regimes = _table(
    "regimes", _key("of", sa.Integer), _text("name"), _text("since"),
    _number("turbulent", nullable=True), _text("fitted", nullable=True),
)  # fmt: skip
decisions = _table(
    "decisions", _key("claim"), _text("role", index=True), _number("probability"),
    _number("base_rate"), _number("gain"), _text("verdict"), _text("reason"),
)  # fmt: skip
settlements = _table(
    "settlements", _key("claim"), _text("outcome"), _text("reason"),
    _number("value", nullable=True), _text("observations"), _text("known_at"),
)  # fmt: skip
dispatches = _table(
    "dispatches", _key("of", sa.Integer), _text("slug"), _text("title"),
    _text("call", nullable=True), _text("plan"),
)  # fmt: skip
voices = _table(
    "voices", _key("of", sa.Integer), _key("mind"), _text("model"),
    sa.Column("in_sample", sa.Integer), _text("usd"), _number("seconds"), _text("replies"),
    _text("note"),
)  # fmt: skip
lessons = _table("lessons", _key("claim"), _text("text"))
rules = _table(
    "rules", _key("rule"), _key("of", sa.Integer), _text("state"), _text("category"),
    _text("evidence"), _text("reason"),
)  # fmt: skip
rulings = _table(
    "rulings", _key("of", sa.Integer), _key("mind"), _key("category"), _text("state"),
    _text("evidence"),
)  # fmt: skip
stories = _table(
    "stories", _key("story"), _key("of", sa.Integer), _text("status"), _text("evidence"),
    _text("reason"),
)  # fmt: skip
postings = _table(
    "postings", _key("entry"), _key("line", sa.Integer), _text("account"), _number("amount"),
    _number("units", nullable=True), _text("memo"),
)  # fmt: skip
TABLES = (
    cycles, claims, forecasts, absences, regimes, decisions, settlements, dispatches,
    voices, lessons, rules, rulings, stories, postings,
)  # fmt: skip
heads = sa.Table(
    "head",
    SCHEMA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)
BOOKKEEPING = {"seq", "hash", "registered_at"}


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; the same value always gives the same text.

    Raises:
        ValueError: A NaN or infinity, which JSON does not have.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def chained(previous: str, table: str, row: Row) -> str:
    """SHA-256 over the previous hash, the table's name and the row's content."""
    content = {name: value for name, value in row.items() if name not in BOOKKEEPING}
    return hashlib.sha256(f"{previous}{table}{canonical(content)}".encode()).hexdigest()
