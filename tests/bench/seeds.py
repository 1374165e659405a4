"""The desk of the seeds on its own two days: ``python -m tests.bench.seeds --outputs O``.

Imports the series and headlines beside the project, runs the desk as of the minutes at which the
seeds were written, and prints what it published.
"""

import argparse
import hashlib
import json
import re
import tempfile
from pathlib import Path

import pandas as pd

from workbench.desk import cycle
from workbench.desk.progress import Meter
from workbench.domain.calendars import iso, moment
from workbench.world import importing
from workbench.world.archive import Archive
from workbench.world.params import Desk, open_desk

PARAMS = Path(__file__).parents[1] / "desks" / "params" / "seeds.yaml"
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "series"
FILES = ("equity_daily_ohlcv", "equity_daily_adj", "vix_daily", "crypto_daily", "fred",
         "onchain_daily", "github_repo_daily")  # fmt: skip
MOMENTS = ("2026-03-29T16:17:30Z", "2026-04-03T17:44:00Z", "2026-04-03T17:51:27Z")
_SPACED = ((r"\s+([,.;:!?%)])", r"\1"), (r"([($])\s+", r"\1"), (r"(\d\.) (?=\d)", r"\1"))


def headlines(path: Path) -> pd.DataFrame:
    """The recorded headlines as a long file of items; known when they were published.

    Their source wrote a space around every mark, which is taken out again.
    """
    rows = pd.read_parquet(path)
    titles = rows["headline"].map(_joined)
    keys = [hashlib.sha256(f"{p} {t}".encode()).hexdigest()[:24]
            for p, t in zip(rows["publisher"], titles, strict=True)]  # fmt: skip
    first = pd.to_datetime(rows["first_fetched_utc"], utc=True)
    return pd.DataFrame(
        {
            "series": "news:recorded", "key": keys, "kind": "headline",
            "published": pd.to_datetime(rows["ts"], utc=True), "known_at": first,
            "title": titles, "source": rows["source"],
            "detail": [json.dumps({"source": one}) for one in rows["publisher"]],
        }
    ).drop_duplicates("key")  # fmt: skip


def _joined(text: str) -> str:
    for pattern, to in _SPACED:
        text = re.sub(pattern, to, text)
    return re.sub(r"\s+", " ", text).strip()


def filled(desk: Desk) -> Archive:
    """The desk's archive with the series and headlines beside the project."""
    archive = Archive(desk.archive)
    if archive.end() is None:
        with tempfile.TemporaryDirectory() as folder:
            for name in FILES:
                (Path(folder) / f"{name}.parquet").symlink_to(SHARED / f"{name}.parquet")
            items = headlines(SHARED / "news_headlines.parquet")
            items.to_parquet(Path(folder) / "headlines.parquet")
            importing.append(archive, importing.read(Path(folder), desk.instruments))
    return archive


def main() -> None:
    """Runs both days and prints where their pages are."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--outputs", required=True)
    desk = open_desk(PARAMS, told.parse_args().outputs)
    filled(desk)
    for text in MOMENTS:
        with Meter() as meter:
            done = cycle.run(desk, given={}, as_of=moment(text), told=meter.told)
        print(f"{iso(done.as_of)}  {done.title}\n  {done.call}\n  {done.page}")


if __name__ == "__main__":
    main()
