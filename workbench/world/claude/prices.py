"""What a call costs: at most, before it is made, and in fact, from its usage. USD, exact decimals.

Prices come from the dated ``prices.yaml`` beside this file; a model that is not in it is not asked.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workbench.domain.errors import ParamsError
from workbench.world.claude.faults import Unheard

_Rate = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]  # USD per million tokens
# What the service adds to a prompt by itself (schemas, tools): some hundred tokens in its own
# documentation; the rest is margin.
_ADDED = 3_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rates(_Strict):
    """Prices in USD per million tokens."""

    input: _Rate
    output: _Rate
    cache_write_5m: _Rate
    cache_write_1h: _Rate
    cache_read: _Rate


class Band(Rates):
    """The rates of prompts longer than so many tokens."""

    tokens: Annotated[int, Field(ge=1)]


class Price(Rates):
    """One model: its rates, and the last day that its training data may contain."""

    cutoff: dt.date
    note: str = ""
    above: Band | None = None


class Table(_Strict):
    """The price table, as of a date."""

    as_of: dt.date
    source: str
    models: dict[str, Price]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call; ``input`` excludes what was read from or written to the cache."""

    input: int
    output: int
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt."""
        return self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read


@cache
def shipped() -> Table:
    """The table that comes with the package."""
    file = resources.files("workbench.world.claude").joinpath("prices.yaml")
    return table(file.read_text("utf-8"), "prices.yaml")


def table(text: str, name: str) -> Table:
    """A price table from YAML.

    Raises:
        ParamsError: Not YAML, an unknown key, a price that is missing, negative or not finite.
    """
    try:
        return Table.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ParamsError(f"{name} is not YAML: {' '.join(str(error).split())}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ParamsError(f"{name}: {where}: {first['msg']}.") from None


def same_model(asked: str, told: str) -> bool:
    """Whether a reply's model is the one asked for, or a dated release of it."""
    return told == asked or re.fullmatch(re.escape(asked) + r"-20\d{6}", told) is not None


def price(prices: Table, model: str) -> Price:
    """The price of a model, or of the name that it is a dated release of.

    Raises:
        Unheard: ``no_price``.
    """
    for name, found in prices.models.items():
        if same_model(name, model):
            return found
    raise Unheard(
        "no_price",
        f"{model} is not in the price table of {prices.as_of}, so what it may cost is unknown. "
        f"Add it to prices.yaml or ask one of {', '.join(prices.models)}.",
    )


def cost(found: Price, usage: Usage) -> Decimal:
    """What a call cost, USD, by its usage."""
    rates: Rates = found
    if found.above is not None and usage.prompt > found.above.tokens:
        rates = found.above
    parts = (
        rates.input * usage.input,
        rates.output * usage.output,
        rates.cache_write_5m * usage.cache_write_5m,
        rates.cache_write_1h * usage.cache_write_1h,
        rates.cache_read * usage.cache_read,
    )
    return sum(parts, Decimal(0)) / 1_000_000


def bound(found: Price, request: bytes, max_tokens: int) -> Decimal:
    """What a call may cost at most, USD.

    A token is at least one byte, so a request has no more tokens than bytes; three thousand more
    are for what the service adds. All of them at the dearest rate of a prompt, and the answer at
    its full length. Three to four times too much for English, and never too little.
    """
    tokens = len(request) + _ADDED
    bands = [found, *([found.above] if found.above and tokens > found.above.tokens else [])]
    return max(
        (tokens * max(one.input, one.cache_write_5m, one.cache_write_1h) + max_tokens * one.output)
        / 1_000_000
        for one in bands
    )


def in_sample(found: Price, as_of: dt.datetime) -> bool:
    """Whether a model may have read what followed a moment: it lies before its cut-off's end."""
    return as_of.astimezone(dt.UTC).date() <= found.cutoff
