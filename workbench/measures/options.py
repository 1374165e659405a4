"""What an option chain implies: the distribution of a price on the days that its options expire.

The smile of an expiry is the total variance at each strike, a parabola in log-moneyness fitted to
the options out of the money; between expiries total variance is linear in sessions. From the
smile follows the probability that the price ends below a strike, which is the slope of the put
price in its strike. It is risk-neutral: what insurance costs, not what is likely, and the two
differ most where losses hurt. Rates over a few weeks are left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from workbench.domain.calendars import Venue, to_datetime, to_numpy, venue
from workbench.domain.claims import Claim
from workbench.domain.instruments import Instrument
from workbench.domain.snapshots import Snapshot
from workbench.measures.lognormal import softened
from workbench.measures.prices import SESSIONS_A_YEAR, Array

SERIES = "options:"
LEAST = 5  # strikes that a smile needs
_FAR = 4.0  # deviations of the money beyond which quotes are noise
_FIELD = re.compile(r"(\d{4}-\d\d-\d\d) ([CP]) (\d+(?:\.\d+)?) (iv|bid|ask)")
_GRID = np.linspace(-6, 6, 241)  # deviations at which the law is tabulated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smile:
    """One expiry.

    Attributes:
        expiry: The session on which its options expire.
        sessions: From the quote to that session's close.
        coefficients: Of total variance a + b k + c k², k the log of strike over price.
        strikes: How many options it was fitted to.
    """

    expiry: dt.date
    sessions: int
    coefficients: tuple[float, float, float]
    strikes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """The smiles of one instrument as of one moment, by expiry.

    Attributes:
        symbol: The instrument.
        price: What strikes are measured from: its last close.
        at: When the newest quote is of.
        smiles: At least one, sessions increasing.
    """

    symbol: str
    price: float
    at: np.datetime64
    smiles: tuple[Smile, ...]

    def variance(self, sessions: int) -> tuple[float, float, float] | None:
        """Coefficients of total variance over so many sessions; None past the last expiry."""
        known = np.array([0, *(one.sessions for one in self.smiles)])
        if sessions > known[-1] or sessions < 1:
            return None
        table = np.array([(0.0, 0.0, 0.0), *(one.coefficients for one in self.smiles)])
        a, b, c = (float(np.interp(sessions, known, column)) for column in table.T)
        return a, b, c

    def below(self, moves: Array, sessions: int) -> Array | None:
        """Probability that the log move over so many sessions is at most each of these.

        Args:
            moves: Log moves, any shape; infinite ones are allowed.
            sessions: At least 1.

        Returns:
            In [0, 1], never falling in the move; None past the last expiry.

        Source:
            Breeden and Litzenberger (1978): the slope of the put price in its strike,
            N(-d2) + phi(d1) sqrt(w)' with w the total variance at log-moneyness k.
        """
        found = self.variance(sessions)
        if found is None:
            return None
        a, b, c = found
        k = _GRID * a**0.5
        floor = 0.05 * a  # far out a parabola may dip below any price of an option
        w = np.maximum(a + b * k + c * k**2, floor)
        root = np.sqrt(w)
        slope = np.where(w > floor, (b + 2 * c * k) / (2 * root), 0.0)
        d1 = -k / root + root / 2
        law = ndtr(root - d1) + np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi) * slope
        law = np.maximum.accumulate(np.clip(law, 0.0, 1.0))
        return np.interp(moves, k, law, left=0.0, right=1.0)


def chains(
    snapshot: Snapshot, prices: Mapping[str, float], instruments: Sequence[Instrument]
) -> dict[str, Chain]:
    """The chains that can be read, by symbol.

    Args:
        snapshot: With the series of chains, ``options:SYMBOL``.
        prices: Symbol to last close; an instrument without one has no chain.
        instruments: The desk's.

    Returns:
        One a symbol whose chain has a smile with quotes of its venue's last session or later:
        an older quote says what was thought, not what is.
    """
    found = {}
    for one in instruments:
        price = prices.get(one.symbol)
        made = None if price is None else _chain(snapshot, one, price)
        if made is not None:
            found[one.symbol] = made
    return found


def _chain(snapshot: Snapshot, one: Instrument, price: float) -> Chain | None:
    calendar = venue(one.venue)
    last = int(np.searchsorted(calendar.closes, to_numpy(snapshot.as_of), side="right")) - 1
    newest = calendar.opens[last]
    quotes: dict[dt.date, dict[tuple[str, float], dict[str, float]]] = {}
    moments = [newest]
    for (series, field), column in snapshot.columns.items():
        match = _FIELD.fullmatch(field) if series == f"{SERIES}{one.symbol}" else None
        if match is None or not len(column.at) or column.at[-1] < newest:
            continue
        expiry = dt.date.fromisoformat(match[1])
        quote = quotes.setdefault(expiry, {}).setdefault((match[2], float(match[3])), {})
        quote[match[4]] = float(column.value[-1])
        moments.append(column.at[-1])
    at = max(moments)
    smiles = [
        smile
        for expiry, options in sorted(quotes.items())
        if (smile := _smile(expiry, options, price, calendar, to_datetime(at))) is not None
    ]
    return Chain(symbol=one.symbol, price=price, at=at, smiles=tuple(smiles)) if smiles else None


def _smile(
    expiry: dt.date,
    options: Mapping[tuple[str, float], Mapping[str, float]],
    price: float,
    calendar: Venue,
    at: dt.datetime,
) -> Smile | None:
    """The parabola of one expiry, or None with too few quotes that can be true."""
    if not calendar.is_session(expiry):
        return None
    sessions = calendar.count(at, calendar.session(expiry).close)
    rows = [
        (np.log(strike / price), quote["iv"])
        for (side, strike), quote in options.items()
        if (side == "C") == (strike > price) and _is_true(quote)
    ]
    if sessions < 1 or len(rows) < LEAST:
        return None
    k, sigma = np.array(rows).T
    years = sessions / SESSIONS_A_YEAR
    near = np.abs(k) <= _FAR * np.median(sigma) * years**0.5
    if near.sum() < LEAST:
        return None
    c, b, a = np.polyfit(k[near], sigma[near] ** 2 * years, 2)
    if not a > 0:
        return None
    return Smile(
        expiry=expiry, sessions=sessions, coefficients=(float(a), float(b), float(max(c, 0.0))),
        strikes=int(near.sum()),
    )  # fmt: skip


def _is_true(quote: Mapping[str, float]) -> bool:
    """Whether an option has a volatility, and quotes that do not cross."""
    bid, ask = quote.get("bid", np.nan), quote.get("ask", np.nan)
    return quote.get("iv", 0.0) > 0 and not bid > ask and ask != 0


def probability(claim: Claim, chain: Chain) -> float | None:
    """What the chain says of a claim on its instrument.

    Args:
        claim: Counted from the chain's price.
        chain: Of the claim's subject.

    Returns:
        Strictly inside (0, 1); None for what the price at one close does not settle, and past
        the last expiry.
    """
    if claim.symbols[1:] or claim.given is not None or claim.window.mode != "sessions":
        return None
    lo, hi = (_move(claim, chain, strike) for strike in (claim.lo, claim.hi))
    up, down = np.inf, -np.inf
    match claim.kind:
        case "direction":
            rises = claim.op in {">", ">="} if claim.op else claim.side == "up"
            spans = [(0.0, up) if rises else (down, 0.0)]
        case "level" | "band":
            spans = [(down if lo is None else lo, up if hi is None else hi)]
        case "magnitude":
            fall = _move(claim, chain, -(claim.lo or 0.0))
            above, under = (lo if lo is not None else 0.0, up), (down, fall if fall else 0.0)
            spans = {"any": [above, under], "up": [above], "down": [under]}[claim.side or "any"]
        case _:
            return None
    law = 0.0
    for low, high in spans:
        found = chain.below(np.array([low, high]), claim.window.sessions)
        if found is None:
            return None
        law += float(found[1] - found[0])
    return float(softened(np.array(law)))


def _move(claim: Claim, chain: Chain, strike: float | None) -> float | None:
    """A strike as a log move from the chain's price; a fall of everything is minus infinity."""
    if strike is None:
        return None
    if claim.unit == "price":
        return float(np.log(strike / chain.price))
    change = strike / 100 if claim.unit == "pct" else strike / chain.price
    return float(np.log1p(change)) if change > -1 else float("-inf")
