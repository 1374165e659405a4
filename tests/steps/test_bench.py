"""The bench: what a cycle keeps for its later steps, and for whom."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from workbench.domain.errors import UserMistake
from workbench.steps import debate, pull, regime
from workbench.steps.bench import Bench, kept_part
from workbench.steps.opening import after_close
from workbench.world import entries as book
from workbench.world.archive import Archive
from workbench.world.feeds import bundled
from workbench.world.ledger import Ledger
from workbench.world.params import open_desk

Open = Callable[[dt.date], Bench]


@pytest.fixture
def on(new_project: Callable[..., Path], bundle: Archive, tmp_path: Path) -> Open:
    """Opens the first cycle, on a ledger of its own, after the session of a date."""
    root = new_project(tmp_path / "project")
    desk = open_desk(root / "params" / "small.yaml", root / "outputs")

    def open_one(date: dt.date) -> Bench:
        return Bench(desk, bundle, Ledger("sqlite://"), number=1, as_of=after_close(desk, date),
                     mode="replay", keep=True)  # fmt: skip

    return open_one


def test_a_part_of_another_snapshot_is_none_of_ours(on: Open):
    """What an earlier desk left in the same folder, of other data, is never taken for ours."""
    before, now = on(dt.date(2018, 1, 26)), on(dt.date(2018, 1, 29))
    before.remember("evidence", ["of the 26th"])
    assert on(dt.date(2018, 1, 26)).recall("evidence") == ["of the 26th"]
    assert now.recall("evidence") is None
    assert kept_part(now.folder, "evidence", now.stamp) is None
    assert kept_part(now.folder, "nothing", now.stamp) is None


@pytest.mark.parametrize("field", ["snapshot", "params"])
def test_a_cycle_goes_on_only_with_what_it_began_with(field: str, on: Open):
    """Data imported or params changed since refuse at once, before two halves are made one."""
    bench = on(dt.date(2018, 1, 29))
    bench.agree()  # nothing is on record yet
    pull.observe(bench)
    bench.agree()
    other = Bench(bench.desk, bench.archive, Ledger("sqlite://"), number=1, as_of=bench.as_of,
                  mode="replay", keep=False)  # fmt: skip
    row = {"number": 1, "desk": "small", "mode": "replay", "as_of": "2018-01-29T22:00:00Z"}
    other.ledger.append(1, [(book.cycles, row | bench.stamp | {field: "another"})])
    with pytest.raises(UserMistake, match="fresh --outputs"):
        other.agree()


def test_lost_opinions_are_heard_again(on: Open):
    """A cycle whose folder lost its opinions does not go on as if no mind had spoken."""
    bench = on(dt.date(2018, 1, 29))
    pull.observe(bench)
    heard = [one.mind for one in debate.hold(bench) if hasattr(one, "argument")]
    (bench.folder / "opinions.json").write_text(
        json.dumps(bench.stamp | {"code": "older", "part": []})
    )
    again = Bench(bench.desk, bench.archive, bench.ledger, number=1, as_of=bench.as_of,
                  mode="replay", keep=True)  # fmt: skip
    assert [one.mind for one in debate.opinions(again)] == heard
    assert heard


@pytest.mark.parametrize("torn", [b"", b'{"part": [', b"\xff\xfe", b"[]", b"null"])
def test_a_part_that_cannot_be_read_is_made_again(torn: bytes, on: Open):
    """A disk's fault in a cycle's folder does not stop the cycle for ever."""
    on(dt.date(2018, 1, 29)).remember("heard", ["kept"])
    bench = on(dt.date(2018, 1, 29))
    (bench.folder / "heard.json").write_bytes(torn)
    assert bench.recall("heard") is None
    bench.remember("heard", ["again"])
    assert on(dt.date(2018, 1, 29)).recall("heard") == ["again"]


def test_an_unread_regime_shows_no_number(on: Open):
    """With too little history for a model, its evidence is a dash, not 'nan%'."""
    young = on(dt.date(2000, 6, 1))
    pull.observe(young)
    found = regime.read(young)
    assert found.name == "unknown"
    shown = dict(regime.evidence(found).itertuples(index=False))
    assert shown["probability of turbulence, filtered"] == "–"
    assert not any("nan" in str(value) for value in shown.values())


def test_what_cannot_be_true_is_not_seen_and_the_snapshot_stays(
    new_project: Callable[..., Path], tmp_path: Path
):
    """A hundredfold bar is in no bars and no slice; the cycle's hash is of what was delivered."""
    root = new_project(tmp_path / "project")
    desk = open_desk(root / "params" / "small.yaml", root / "outputs")
    frame = bundled.observations()
    bad = (frame["series"] == "COMP") & (frame["at"] == pd.Timestamp("2018-01-23T21:00Z"))
    bad &= frame["field"] != "volume"
    made = frame.assign(value=frame["value"].where(~bad, frame["value"] * 100))
    archive = Archive(tmp_path / "archive")
    archive.append(made, origin=bundled.ORIGIN, through=bundled.THROUGH)
    bench = Bench(desk, archive, Ledger("sqlite://"), number=1,
                  as_of=after_close(desk, dt.date(2018, 1, 29)), mode="replay",
                  keep=False)  # fmt: skip
    assert bad.any()
    assert ("COMP", "UNIT_100X", "note") in {(f.series, f.check, f.severity) for f in bench.flags}
    day = dt.date(2018, 1, 23)
    assert day not in {date.item() for date in bench.bars["COMP"].dates}
    assert len(bench.seen.columns["COMP", "close"].at) + 1 == len(
        bench.snapshot.columns["COMP", "close"].at
    )
    assert bench.seen.hash != bench.snapshot.hash
    assert bench.stamp["snapshot"] == bench.snapshot.hash


def test_the_bundled_history_is_seen_whole(on: Open):
    """Nothing of the default desk's own history is left out, or it would settle differently."""
    bench = on(dt.date(2018, 1, 29))
    assert bench.examined.faults == ()
    assert bench.seen is bench.snapshot


def test_sources_that_are_not_preferred_are_asked_too(
    new_project: Callable[..., Path], tmp_path: Path
):
    """A close that a desk's other source puts two per cent away is withheld from every claim."""
    root = new_project(tmp_path / "project")
    path = root / "params" / "small.yaml"
    named = "{symbol: COMP, sources: [arch.nasdaq, other]}"
    path.write_text(path.read_text("utf-8").replace("COMP", named, 1), encoding="utf-8")
    desk = open_desk(root / "params" / "small.yaml", root / "outputs")
    frame = bundled.observations()
    own = frame[(frame["series"] == "COMP") & (frame["field"] == "close")]
    archive = Archive(tmp_path / "archive")
    other = own.assign(source="other", value=own["value"] * 1.02)
    both = pd.concat([frame.astype({"source": str}), other.astype({"source": str})])
    archive.append(both, origin=bundled.ORIGIN, through=bundled.THROUGH)
    bench = Bench(desk, archive, Ledger("sqlite://"), number=1,
                  as_of=after_close(desk, dt.date(2018, 1, 29)), mode="replay",
                  keep=False)  # fmt: skip
    assert bench.withheld == {"COMP"}
    assert "COMP" not in bench.bars
