"""What state is the market in."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from workbench.domain.figures import day, share
from workbench.domain.records import Regime
from workbench.measures import regimes
from workbench.measures.prices import Array, correlation, drawdown, ewma_volatility
from workbench.steps.bench import Bench
from workbench.world import entries as book


def read(bench: Bench) -> Regime:
    """Reads the lead's regime and puts its name on the ledger."""
    grown = len(bench.lead_bars) >= regimes.MIN_SESSIONS
    found = regimes.read(bench.lead_bars, turbulence(bench) if grown else None)
    row = {
        "of": bench.number,
        "name": found.name,
        "since": found.since.isoformat(),
        "turbulent": None if math.isnan(found.turbulent) else found.turbulent,
        "fitted": found.fitted and found.fitted.isoformat(),
    }
    bench.ledger.append(bench.number, [(book.regimes, row)])
    return found


def named(bench: Bench) -> str:
    """The regime's name as this cycle put it on record, read first if need be."""
    query = sa.select(book.regimes.c.name).where(book.regimes.c.of == bench.number)
    rows = bench.ledger.read(query)
    return str(rows[0]["name"]) if rows else read(bench).name


def turbulence(bench: Bench, sessions: int = regimes.SHOWN) -> tuple[Array, int | None]:
    """``regimes.turbulent`` of the lead, kept in the cycle's folder: its fits take seconds."""
    kept = cast(dict[str, Any] | None, bench.recall("turbulence"))
    if kept is not None and len(kept["probability"]) >= sessions:
        return np.array(kept["probability"][-sessions:], float), kept["fitted"]
    probability, fitted = regimes.turbulent(bench.lead_bars.close, sessions)
    told = [None if math.isnan(value) else value for value in probability.tolist()]
    bench.remember("turbulence", {"probability": told, "fitted": fitted})
    return probability, fitted


def evidence(found: Regime) -> pd.DataFrame:
    """What the name follows from: one row each for name, since, evidence and the rule."""
    rows = [
        ("regime", found.name),
        ("since", day(found.since)),
        (
            "probability of turbulence, filtered",
            "–" if math.isnan(found.turbulent) else share(found.turbulent),
        ),
        ("volatility a day, EWMA", _shown(found.volatility, ".2%")),
        ("trend over 63 sessions, in expected deviations", _shown(found.trend, "+.2f")),
        ("below the highest close", _shown(abs(found.drawdown), ".1%")),
        ("parameters fitted on data to", "–" if found.fitted is None else day(found.fitted)),
        ("the rule", found.rule),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])


def _shown(value: float, form: str) -> str:
    return "–" if math.isnan(value) else format(value, form)


def history(bench: Bench, sessions: int) -> pd.DataFrame:
    """The lead's last sessions with what the regime is read from.

    Returns:
        Indexed by session date: ``close, volatility, drawdown, turbulent, regime``; filtered
        values only, volatility a fraction a day.
    """
    own = bench.lead_bars
    grown = len(own) >= regimes.MIN_SESSIONS
    unread = np.full(min(sessions, len(own)), np.nan)
    probability = turbulence(bench, sessions)[0] if grown else unread
    frame = pd.DataFrame(
        {
            "close": own.close,
            "volatility": ewma_volatility(own.close),
            "drawdown": drawdown(own.close),
        },
        index=pd.DatetimeIndex(own.dates, name="session"),
    ).iloc[-len(probability) :]
    frame["turbulent"] = probability
    frame["regime"] = regimes.names(own, probability) if grown else "unknown"
    return frame.iloc[-sessions:]


def correlations(bench: Bench, window: int, sessions: int) -> pd.DataFrame:
    """Rolling correlation of the lead's daily log returns with each other instrument's.

    Returns:
        Indexed by session date, one column an instrument, in [-1, 1].
    """
    lead = bench.lead_bars
    others = {s: own for s, own in bench.bars.items() if s != lead.symbol and len(own) > window}
    frame = pd.DataFrame({s: correlation(lead, own, window) for s, own in others.items()})
    return frame.iloc[-sessions:]
