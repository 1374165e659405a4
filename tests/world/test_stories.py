"""Stories: a user adds a file, and a fault in it is refused in one line."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.domain.errors import ParamsError
from workbench.domain.instruments import find
from workbench.world.params import open_desk, story
from workbench.world.stories import Lead, Together

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "params" / "stories").glob("*.md"))
PARAMS = "desk: tried\nfirst: 2018-01-29\ninstruments: [SPX, VIX]\nminds: [macro]\n"
LEAD = """\
---
story: told
title: One leads
test: lead
leader: [VIX]
follower: [SPX]
claims:
  - {kinds: [direction], subjects: [SPX], way: follows}
---
One moves and the
other follows.

Wrong if it does not.
"""
TOGETHER = """\
---
story: told
title: They fall
test: together
members: [A, B, C]
least: 2
---
They fall together.

Wrong if they do not.
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a story's file."""

    def written(text: str) -> Path:
        path = tmp_path / "told.md"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_story_as_written(write: Write):
    """A file gives its test, its thesis and what would prove it wrong, each on one line."""
    found = story(write(LEAD))
    assert isinstance(found.params, Lead)
    assert (found.name, found.params.sign, found.params.lags) == ("told", "same", 2)
    assert found.thesis == "One moves and the other follows."
    assert found.wrong == "Wrong if it does not."
    assert isinstance(story(write(TOGETHER)).params, Together)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (LEAD.replace("leader:", "leeder:"), ["unknown key 'leeder'", "'leader'"]),
        (LEAD.replace("---\nstory", "--\nstory"), ["no front matter"]),
        (LEAD.replace("way: follows", "way: follows, side: up"), ["claims.0.side", "unknown key"]),
        (LEAD.replace("test: lead", "test: leap"), ["test is lead or together", "'leap'"]),
        (LEAD.replace("test: lead\n", ""), ["test is lead or together"]),
        (LEAD.replace("test: lead", "test: [lead]"), ["test is lead or together"]),
        (LEAD.replace("[direction]", "[sideways]"), ["claims.0.kinds.0", "'sideways'"]),
        (LEAD.replace("[direction]", "[]"), ["claims.0.kinds"]),
        (LEAD.replace("way: follows", "way: sometimes"), ["claims.0.way", "'sometimes'"]),
        (LEAD.replace("leader: [VIX]", "leader: []"), ["leader"]),
        (LEAD.replace("leader: [VIX]", "leader: [SPX]"), ["SPX would lead itself"]),
        (LEAD.replace("leader: [VIX]", "leader: [VIX, VIX]"), ["VIX is named twice"]),
        (LEAD.replace("test: lead", "test: lead\nlags: 0"), ["lags", "got 0"]),
        (LEAD.replace("test: lead", "test: lead\nmaterial: 1"), ["material"]),
        (LEAD.replace("test: lead", "test: lead\nmaterial: .nan"), ["material"]),
        (LEAD.replace("story: told", "story: other"), ["'other'", "one name"]),
        (LEAD.replace("title: One leads", "title: ''"), ["title"]),
        (LEAD.replace("One moves and the\nother follows.\n", ""), ["empty thesis"]),
        (LEAD.replace("Wrong if it does not.", "Nothing can."), ["'Wrong if'"]),
        (LEAD.split("---\n", 2)[2], ["no front matter"]),
        (TOGETHER.replace("least: 2", "least: 4"), ["4 of 3"]),
        (TOGETHER.replace("[A, B, C]", "[A, B]"), ["members"]),
        (
            TOGETHER.replace(
                "least: 2", "least: 2\nclaims: [{kinds: [direction], subjects: [A], way: follows}]"
            ),
            ["these members have none"],
        ),
    ],
)
def test_a_fault_is_refused_in_one_line(text: str, parts: list[str], write: Write):
    """Unknown keys, tests and kinds, an empty thesis, and bounds: what is wrong is named."""
    with pytest.raises(ParamsError) as refused:
        story(write(text))
    said = str(refused.value)
    assert "\n" not in said
    assert said.startswith("told.md")
    assert all(part in said for part in parts), said


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    """A story in params without its file is refused with what to do."""
    with pytest.raises(ParamsError, match="Add it or take the story out of 'stories'"):
        story(tmp_path / "absent.md")


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_stories_are_sound(path: Path):
    """Every story that ships opens, and names only instruments that are built in."""
    found = story(path).params
    named = (*found.leader, *found.follower) if isinstance(found, Lead) else found.members
    named += tuple(symbol for one in found.claims for symbol in (*one.subjects, *one.versus))
    assert {find(symbol).symbol for symbol in named} == set(named)


def test_the_seeds_stories_ship():
    """The two stories of the seeds ship as examples."""
    titles = {story(path).params.title for path in SHIPPED}
    assert {"Crypto lags equities", "Mega-cap synchronized decline"} <= titles


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    shutil.copytree(ROOT / "params" / "minds", tmp_path / "params" / "minds")
    (tmp_path / "params" / "stories").mkdir()
    (tmp_path / "params" / "stories" / "told.md").write_text(LEAD, encoding="utf-8")
    (tmp_path / "params" / "tried.yaml").write_text(PARAMS, encoding="utf-8")
    return tmp_path / "params"


def test_a_desk_opens_its_stories(project: Path):
    """A desk has the stories that its params name, and another hash for each of them."""
    path = project / "tried.yaml"
    without = open_desk(path)
    path.write_text(PARAMS + "stories: [told]\n", encoding="utf-8")
    told = open_desk(path)
    (project / "stories" / "told.md").write_text(LEAD.replace("does not", "did not"))
    retold = open_desk(path)
    assert without.stories == ()
    assert [one.name for one in told.stories] == ["told"]
    assert len({without.hash, told.hash, retold.hash}) == 3


def test_a_desk_without_stories_is_the_desk_it_was(project: Path):
    """An empty list of stories leaves a desk's hash alone, so that its cycles can go on."""
    path = project / "tried.yaml"
    before = open_desk(path).hash
    path.write_text(PARAMS + "stories: []\n", encoding="utf-8")
    assert open_desk(path).hash == before
