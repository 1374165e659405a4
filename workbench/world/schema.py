"""What a params file and a mind's file may say: every key, its type and its bounds.

Validated before anything runs; unknown keys are refused.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from workbench.domain import intraday
from workbench.domain.errors import ClaimRefused, ParamsError
from workbench.domain.instruments import Instrument, Theme, find, indicator
from workbench.domain.records import Terms

FeedName = Literal[
    "bundled",
    "yahoo", "cboe", "fred", "earnings", "weights", "cftc",
    "kraken", "kraken_futures", "coinbase", "bitstamp", "gemini", "binance", "binance_futures",
    "bybit", "okx", "deribit",
    "hyperliquid", "coingecko", "mempool", "ethereum", "etherscan", "blockchair", "fear_greed",
    "sec", "github", "news", "polymarket", "kalshi", "manifold",
]  # fmt: skip
HOUSE = "house"
_MODEL = r"claude-[a-z0-9][a-z0-9.-]{0,60}"


class Strict(BaseModel):
    """Refuses keys that it does not know, and is never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class InstrumentParams(Strict):
    """One instrument: a symbol of the built-in table, with what the desk changes about it."""

    symbol: str
    name: Annotated[str, Field(min_length=1)] | None = None
    venue: Literal["XNYS", "24/7"] | None = None
    theme: Theme | None = None
    unit: str | None = None
    tick: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    lag_minutes: Annotated[int, Field(ge=0)] | None = None
    aliases: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    intraday: dict[str, tuple[str, ...]] | None = None

    def instrument(self) -> Instrument:
        """The built-in row with these changes, or a new row when all of it is given."""
        changes = {k: v for k, v in self.model_dump().items() if v is not None}
        named = (self.symbol, *(self.intraday or ()))
        if short := next((one for one in named if intraday.length(one) is not None), ""):
            raise ParamsError(
                f"Instrument {self.symbol!r}: {short!r} is how the archive names bars shorter "
                f"than a session. Write {intraday.plain(short)!r}."
            )
        if self.intraday is not None:
            changes["intraday"] = tuple(self.intraday.items())
        try:
            base = find(self.symbol)
        except ClaimRefused:
            missing = [k for k in ("name", "venue", "theme") if k not in changes]
            if missing:
                raise ParamsError(
                    f"Instrument {self.symbol!r} is not built in, so its {', '.join(missing)} "
                    "must be given under 'instruments'."
                ) from None
            return Instrument(**changes)
        whole = {name: getattr(base, name) for name in Instrument.__dataclass_fields__}
        return Instrument(**(whole | changes | {"symbol": base.symbol}))


def _symbol(value: object) -> object:
    return {"symbol": value} if isinstance(value, str) else value


class Clock(Strict):
    """When a cycle looks: so many minutes after each close of a venue."""

    venue: Literal["XNYS", "24/7"] = "XNYS"
    after_close: Annotated[int, Field(ge=0, le=600)] = 60


class Warmup(Strict):
    """Sessions replayed on first use; without ``to``, up to the first cycle."""

    first: dt.date = Field(alias="from")
    last: dt.date | None = Field(alias="to", default=None)

    @model_validator(mode="after")
    def _forward(self) -> Warmup:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"ends {self.last}, before it begins on {self.first}")
        return self


class GateParams(Strict):
    """What the gate asks for; see ``domain.records.Terms``."""

    material: Annotated[float, Field(gt=0, lt=1)] = Terms().material
    trivial: Annotated[float, Field(gt=0, lt=0.5)] = Terms().trivial

    def terms(self) -> Terms:
        """The same as a plain record."""
        return Terms(material=self.material, trivial=self.trivial)


class ClaudeParams(Strict):
    """What asking Claude minds may cost and take; without such minds nobody is asked.

    ``plain`` names the model of the plain calls, which get no mandate, memory or debate; empty
    for none.
    """

    cycle_usd: Annotated[Decimal, Field(ge=0, le=1_000, allow_inf_nan=False)] = Decimal("1.0")
    day_usd: Annotated[Decimal, Field(ge=0, le=10_000, allow_inf_nan=False)] = Decimal("5.0")
    mind_seconds: Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)] = 120.0
    cycle_seconds: Annotated[float, Field(gt=0, le=7_200, allow_inf_nan=False)] = 300.0
    plain: Annotated[str, Field(pattern=rf"^({_MODEL})?$")] = ""
    plain_calls: Annotated[int, Field(ge=1, le=9, strict=True)] = 3


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name} is no time zone of the IANA database")
    return name


def distinct(names: tuple[object, ...]) -> tuple[object, ...]:
    """The names, none of them twice; a validator."""
    said = [getattr(one, "symbol", one) for one in names]
    twice = sorted({str(name) for name in said if said.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is named twice")
    return names


def _mapped(value: object) -> object:
    if not isinstance(value, list | tuple):
        return value
    if any(not isinstance(one, str) for one in value):
        raise ValueError("series are named by texts, or by a mapping of id to the source's name")
    distinct(tuple(value))
    return {one: one for one in value}


def _address(text: str) -> str:
    if not text:
        return text
    found = urlsplit(text)
    near = found.hostname in {"127.0.0.1", "::1", "localhost"}
    if not found.hostname or (found.scheme != "https" and not (near and found.scheme == "http")):
        raise ValueError("an address is https://…, or http:// on this machine itself")
    if found.username or found.password or found.query:
        raise ValueError("an address here holds no user, password or query")
    return text.rstrip("/")


class PaperParams(Strict):
    """A paper account: its capital, how much of it a prediction may move, and what trading costs.

    Attributes:
        capital: Paid in at the start, in the unit of the prices.
        kelly: Fraction of the Kelly stake that is held.
        cost_bps: Fees of a side, basis points of its value.
        slippage_bps: What a side is filled worse than the price, the same.
        gross: Most that all positions together may be of the equity; no borrowing.
        tradable: Instruments that may be held.
    """

    capital: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] = 100_000.0
    kelly: Annotated[float, Field(gt=0, le=1)] = 0.25
    cost_bps: Annotated[float, Field(ge=0, le=1000)] = 1.0
    slippage_bps: Annotated[float, Field(ge=0, le=1000)] = 2.0
    gross: Annotated[float, Field(gt=0, le=1)] = 1.0
    tradable: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(distinct)]


BUNDLED: FeedName = "bundled"


class FeedParams(Strict):
    """One feed of a desk.

    Attributes:
        feed: Its adapter, a module of ``world.feeds``.
        series: Series ids, or a mapping of series ids to the names by which the source knows
            them; empty for all that the adapter brings without being told.
        base: Address that stands for the source's own: https, or http on this machine.
        options: What the adapter's own page says that it takes.
    """

    feed: FeedName
    series: Annotated[dict[str, str], BeforeValidator(_mapped)] = {}
    base: Annotated[str, AfterValidator(_address)] = ""
    options: dict[str, str] = {}


def _feed(value: object) -> object:
    return {"feed": value} if isinstance(value, str) else value


def _indicated(symbol: str) -> str:
    try:
        indicator(symbol)
    except ParamsError as error:
        raise ValueError(str(error).removesuffix(".")) from error
    return symbol


class PullParams(Strict):
    """How a desk asks its feeds.

    Attributes:
        seconds: What all feeds together may take.
        history: First date that a feed's first pull asks for.
    """

    seconds: Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)] = 120.0
    history: dt.date = dt.date(2015, 1, 1)


class IndicatorParams(Strict):
    """One slow series: its symbol, and its accepted sources where the archive has several."""

    symbol: Annotated[str, AfterValidator(_indicated)]
    sources: Annotated[tuple[str, ...], AfterValidator(distinct)] = ()


def _home(text: str) -> str:
    return f"{_address(text)}/" if text else text


class SiteParams(Strict):
    """Where a desk's site is read: an address that ends in a slash, or none yet.

    With one, the feed's links are whole and there is a sitemap. Nothing is sent there.
    """

    address: Annotated[str, AfterValidator(_home)] = ""


class Params(Strict):
    """One desk."""

    desk: str
    zone: Annotated[str, AfterValidator(_zone)] = "America/New_York"
    feeds: tuple[Annotated[FeedParams, BeforeValidator(_feed)], ...] = (FeedParams(feed=BUNDLED),)
    clock: Clock = Clock()
    first: dt.date | None = None
    warmup: Warmup | None = None
    pull: PullParams = PullParams()
    instruments: Annotated[
        tuple[Annotated[InstrumentParams, BeforeValidator(_symbol)], ...],
        Field(min_length=1),
        AfterValidator(distinct),
    ]
    indicators: Annotated[
        tuple[Annotated[IndicatorParams, BeforeValidator(_symbol)], ...],
        AfterValidator(distinct),
    ] = ()
    horizons: Annotated[
        tuple[Annotated[int, Field(ge=1, le=22, strict=True)], ...],
        Field(min_length=1),
        AfterValidator(distinct),
    ] = (1, 5)
    minds: Annotated[tuple[str, ...], AfterValidator(distinct)] = ("macro", "flow", "contrarian")
    stories: Annotated[tuple[str, ...], AfterValidator(distinct)] = ()
    gate: GateParams = GateParams()
    paper: PaperParams | None = None
    claude: ClaudeParams = ClaudeParams()
    synthesis: str = ""
    site: SiteParams = SiteParams()

    @property
    def asked(self) -> tuple[FeedParams, ...]:
        """The feeds that a pull asks: all but the bundled history."""
        return tuple(one for one in self.feeds if one.feed != BUNDLED)

    @model_validator(mode="after")
    def _begins(self) -> Params:
        if self.first is None and not self.asked:
            raise ValueError(
                "first: a desk without feeds to pull needs the session of its first cycle"
            )
        return self

    @model_validator(mode="after")
    def _tradable(self) -> Params:
        named = self.paper.tradable if self.paper else ()
        own = {one.symbol: one for one in (row.instrument() for row in self.instruments)}
        for symbol in named:
            if symbol not in own:
                raise ValueError(
                    f"paper.tradable names {symbol!r}, which is no symbol of this desk: "
                    f"{', '.join(own)}"
                )
            if own[symbol].theme == "volatility":
                raise ValueError(
                    f"paper.tradable names {symbol}, an index of implied volatility: nobody can "
                    "hold it, and its futures are other prices"
                )
        return self


class WriterParams(Strict):
    """The front matter of Synthesis' file."""

    mind: Literal["Synthesis"]
    model: Annotated[str, Field(pattern=r"^claude-[a-z0-9.-]+$")]


class SynthesisFile(Strict):
    """Who writes title and essay: the model, and its prompt."""

    params: WriterParams
    mandate: str


def _asked(model: str) -> str:
    if model != HOUSE and not re.fullmatch(_MODEL, model):
        raise ValueError("'house', or the name of a Claude model such as claude-sonnet-5-5")
    return model


class MindParams(Strict):
    """The front matter of a mind's file; ``instruments`` in ``series`` means all of the desk's.

    ``items`` names series of headlines, filings and events, ``*`` standing for any text. Only
    minds that are models read words.
    """

    mind: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]
    model: Annotated[str, AfterValidator(_asked)]
    series: tuple[str, ...]
    fields: tuple[str, ...] = ("close",)
    items: tuple[str, ...] = ()


class Mind(Strict):
    """One mind: what it may see, and its mandate."""

    params: MindParams
    mandate: str

    @property
    def name(self) -> str:
        """How forecasts and pages call it."""
        return self.params.mind

    @property
    def is_house(self) -> bool:
        """Whether it is one of the small statistical forecasters, which no model answers for."""
        return self.params.model == HOUSE
