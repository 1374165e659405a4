"""Archives in object stores: the same as in a folder, against an S3 of our own on loopback."""

import datetime as dt
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from moto.server import ThreadedMotoServer
from upath import UPath

from workbench.domain.calendars import moment
from workbench.domain.deliveries import COLUMNS, ITEM_COLUMNS
from workbench.domain.errors import ParamsError
from workbench.world import compaction
from workbench.world.archive import Archive
from workbench.world.files import Place, names, place, remove, write_atomic, write_new

BEGIN, END = moment("2020-01-01T00:00Z"), moment("2020-03-01T00:00Z")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@pytest.fixture(params=["memory", "s3", "local"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    name = f"desk-{uuid.uuid4().hex}"
    if request.param == "memory":
        return UPath(f"memory://{name}/archive")
    if request.param == "local":
        return tmp_path
    options = {"endpoint_url": request.getfixturevalue("s3"), "key": "a", "secret": "b"}
    bucket = UPath(f"s3://{name}", **options)
    bucket.fs.mkdir(name)
    return bucket / "archive"


def rows(day: int) -> pd.DataFrame:
    at = pd.Timestamp(BEGIN) + pd.Timedelta(days=day)
    row = ("GDP", "value", at, at + pd.Timedelta(days=1), float(day), "%", "a", "rule")
    return pd.DataFrame([row], columns=list(COLUMNS)).astype(
        dict.fromkeys(("at", "known_at"), "datetime64[us, UTC]")
    )


def values(archive: Archive) -> list[float]:
    return archive.as_of(END, {"GDP": ()}).columns["GDP", "value"].value.tolist()


def test_an_archive_anywhere(folder: Place):
    """Append, merge, read and note work in memory, in S3 and here; another reader sees it."""
    writer, reader = Archive(folder), Archive(folder)
    assert reader.end() is None
    for day in range(3):
        assert writer.append(rows(day), origin=f"file {day}", through=END) == 1
        assert values(reader) == [float(one) for one in range(day + 1)]
    assert writer.append(rows(0), origin="again", through=END) == 0
    assert writer.compact()
    assert values(reader) == values(writer) == [0.0, 1.0, 2.0]
    assert len(reader.parts()) == 1
    assert reader.has("file 1", END)
    now = END + dt.timedelta(days=1)
    late = rows(59).assign(known_at=pd.Series(pd.NaT, [0], dtype="datetime64[us, UTC]"))
    assert writer.arrive(late, origin="feed", now=now) == (1, ())
    text = ("GDP", "1", "headline", END, END, "Growth", "", "a", "{}", "stated")
    items = pd.DataFrame([text], columns=list(ITEM_COLUMNS))
    assert writer.items.arrive(items, origin="feed", now=now) == 1
    status = reader.status()
    assert (status.rows, status.items, status.parts, status.loose) == (4, 1, 2, 1)
    assert status.bytes > 0


def test_of_two_writers_one_merges_anywhere(folder: Place):
    """The manifest can be written once, so that a slower merge loses nothing."""
    one, other = Archive(folder), Archive(folder)
    for day in range(3):
        one.append(rows(day), origin="file", through=END)
    stale = other._parts.listed()
    assert one.compact()
    assert not compaction.merge(other._parts, stale, ())
    assert values(Archive(folder)) == [0.0, 1.0, 2.0]


def test_files_are_written_whole_or_not_at_all(folder: Place):
    """What stands there is replaced, or left alone where it must be new; nothing else is left."""
    path = place(folder) / "some" / "file.bin"
    assert names(path.parent) == []
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert not write_new(path, b"three")
    assert path.read_bytes() == b"two"
    remove(path)
    remove(path)
    assert write_new(path, b"four")
    assert names(path.parent) == ["file.bin"]


def test_an_address_may_be_a_text():
    """``memory://`` and ``file://`` are understood where a path is."""
    assert place("file:///srv/archive") == Path("/srv/archive")
    assert place("archive") == Path("archive")
    name = uuid.uuid4().hex
    Archive(f"memory://{name}").append(rows(1), origin="file", through=END)
    assert values(Archive(UPath(f"memory://{name}"))) == [1.0]


def test_an_address_of_no_known_kind():
    """An unknown kind is refused with the forms that there are."""
    with pytest.raises(ParamsError, match=r"'nope://x' cannot be reached: .* Give a path, or an"):
        Archive("nope://x")


@pytest.mark.parametrize("address", ["http://127.0.0.1/desk", "https://desk.example", "://"])
def test_an_address_that_nothing_can_be_kept_at(address: str):
    """A web page is no folder, and an address without a kind becomes none of that name."""
    with pytest.raises(ParamsError, match=r"cannot be written: .* Give a path, or an"):
        place(address)


def test_without_its_library_an_address_names_the_extra():
    """Where s3fs is not installed, one line says what to install."""
    code = (
        "import sys; sys.modules['s3fs'] = None\n"
        "from workbench.domain.errors import ParamsError\n"
        "from workbench.world.archive import Archive\n"
        "try: Archive('s3://bucket/desk')\n"
        "except ParamsError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'s3://bucket/desk' cannot be reached" in done.stdout
    assert "pip install workbench-desk[s3]" in done.stdout
    assert done.stdout.count("\n") == 1
