"""What silence costs: by hand, by reason, and by how much is said."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.steps import abstention
from workbench.world.ledger import Ledger

Enter = Callable[..., list[str]]
SAID = {"climatology": 0.5, "scenario": 0.6}


@pytest.fixture
def ledger() -> Ledger:
    """An empty ledger."""
    return Ledger("sqlite://")


def silences(entry: Any, dates: int, p: float, verdict: str = "shut") -> list[Any]:
    """A shadow a date on a coin of the base rate .5 of which three in four come true."""
    return [
        entry(asked=n, settled=n + 1, said=SAID, outcome="no" if n % 4 == 0 else "yes",
              verdict=verdict, desk=(p, 0.5))
        for n in range(1, dates + 1)
    ]  # fmt: skip


def test_what_each_reason_has_cost_by_hand(ledger: Ledger, entry: Any, enter: Enter):
    """W - 1/2 of two shut claims said at .6 is (.25 - .16) / 2 and (.25 - .36) / 2."""
    enter(ledger, [
        entry(asked=1, settled=2, said=SAID, verdict="shut"),
        entry(asked=1, settled=2, said=SAID, verdict="shut", outcome="no"),
        entry(asked=1, settled=2, said=SAID, verdict="crowded", desk=(0.9, 0.5)),
        entry(asked=1, settled=2, said=SAID, verdict="passed", role="call", desk=(0.7, 0.5)),
        entry(asked=1, settled=2, said=SAID, verdict="shut", outcome="void"),
        entry(asked=1, said=SAID, verdict="shut"),
    ])  # fmt: skip
    found = abstention.abstention(abstention.decided(ledger, 2, "replay"))
    assert found["verdict"].tolist() == ["crowded", "shut", "silent", "spoken"]
    assert found["n"].tolist() == [1, 2, 3, 1]
    assert found["earned"].tolist() == pytest.approx([0.12, -0.01, 0.11, 0.08])
    assert found["low"].isna().all()
    assert "too few dates" in abstention.sentence(found)


def test_only_one_mode_and_what_was_known(ledger: Ledger, entry: Any, enter: Enter):
    """Later settlements and cycles of the other mode are no part of it."""
    enter(ledger, silences(entry, 20, 0.6), modes=dict.fromkeys(range(15, 30), "live"))
    assert len(abstention.decided(ledger, 10, "replay")) == 9
    assert len(abstention.decided(ledger, 99, "replay")) == 14
    assert len(abstention.decided(ledger, 99, "live")) == 6


@pytest.mark.parametrize(
    ("p", "says"),
    [
        (0.75, "That much silence has cost, +"),
        (0.25, "That much silence has saved."),
        (0.5001, "That can be luck, so I call silence neither dear nor cheap."),
        (0.5, "That can be luck, so I call silence neither dear nor cheap."),
    ],
)
def test_the_sentence_follows_the_interval(
    p: float, says: str, ledger: Ledger, entry: Any, enter: Enter
):
    """Three in four came true: saying .75 was worth it, .25 was not, and .5 is the base rate."""
    enter(ledger, silences(entry, 80, p))
    found = abstention.abstention(abstention.decided(ledger, 99, "replay"))
    assert says in abstention.sentence(found)
    assert "80 claims on 80 dates" in abstention.sentence(found)


def test_nothing_kept_silent(ledger: Ledger, entry: Any, enter: Enter):
    """A desk that said everything, or has settled nothing, has no silence to price."""
    none = abstention.decided(ledger, 9, "replay")
    assert "Nothing that I kept" in abstention.sentence(abstention.abstention(none))
    assert abstention.risk_coverage(none).empty
    enter(ledger, [entry(asked=1, settled=2, said=SAID, role="call", verdict="passed")])
    said = abstention.abstention(abstention.decided(ledger, 9, "replay"))
    assert said["verdict"].tolist() == ["spoken"]
    assert "Nothing that I kept" in abstention.sentence(said)


def test_the_curve_by_hand(ledger: Ledger, entry: Any, enter: Enter):
    """The claims of greatest expected gain are said first; full coverage is all of them."""
    far = silences(entry, 40, 0.9)
    near = silences(entry, 40, 0.55)
    enter(ledger, [one for pair in zip(near, far, strict=True) for one in pair])
    curve = abstention.risk_coverage(abstention.decided(ledger, 99, "replay"))
    assert curve["coverage"].tolist() == pytest.approx(np.arange(1, 21) / 20)
    assert curve["n"].tolist() == list(range(4, 81, 4))
    losses = {p: np.mean([(p - 1) ** 2] * 3 + [p**2]) for p in (0.9, 0.55)}
    half, whole = curve.iloc[9], curve.iloc[-1]
    assert half["brier"] == pytest.approx(losses[0.9])
    assert whole["brier"] == pytest.approx(np.mean(list(losses.values())))
    assert half["skill"] == pytest.approx(1 - losses[0.9] / 0.25)
    assert curve["skill"].isna().tolist() == [True] * 7 + [False] * 13
    assert (curve["spoken"] == 0).all()
    assert isinstance(curve, pd.DataFrame)


def test_few_claims_have_a_short_curve(ledger: Ledger, entry: Any, enter: Enter):
    """Three claims make three points, never twenty."""
    enter(ledger, silences(entry, 3, 0.6))
    curve = abstention.risk_coverage(abstention.decided(ledger, 99, "replay"))
    assert curve["n"].tolist() == [1, 2, 3]
