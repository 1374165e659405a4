"""Params and minds: read once, refused in one line before anything runs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.domain.errors import ParamsError
from workbench.world.params import Desk, locate, open_desk, root_of

PARAMS = """\
desk: tried
first: 2018-01-29
instruments: [SPX, VIX]
minds: [macro]
"""
MIND = """\
---
mind: Macro
model: house
series: [SPX]
---
You read closes.
"""
CLAUDE = """\
---
mind: Bull
model: claude-sonnet-5-5
series: [SPX]
fields: [close]
---
You read closes.
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a project with a params file and one mind; each text may be replaced."""

    def written(params: str | bytes = PARAMS, mind: str | bytes | None = MIND) -> Path:
        folder = tmp_path / "params"
        (folder / "minds").mkdir(parents=True)
        (tmp_path / "notebooks").mkdir()
        for path, text in ((folder / "tried.yaml", params), (folder / "minds/macro.md", mind)):
            if text is not None:
                path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder / "tried.yaml"

    return written


def refusal(path: Path | str) -> str:
    """What is said when this desk is opened: one line, and never a path of the machine."""
    with pytest.raises(ParamsError) as refused:
        open_desk(path)
    said = str(refused.value)
    assert "\n" not in said
    assert str(Path(path).parent) not in said or str(path) in said
    assert refused.value.exit_code == 2
    return said


def test_a_desk_as_written(write: Write, tmp_path: Path):
    """A short params file opens with the stated defaults, its minds, and folders of the project."""
    desk = open_desk(write())
    assert desk.params.horizons == (1, 5)
    assert [one.symbol for one in desk.instruments] == ["SPX", "VIX"]
    assert [(one.params.mind, one.mandate) for one in desk.minds] == [("Macro", "You read closes.")]
    assert (desk.root, desk.name) == (tmp_path, "params/tried.yaml")
    assert desk.outputs == tmp_path / "outputs"
    assert desk.archive == tmp_path / "outputs" / "archive"


@pytest.mark.parametrize(
    ("params", "parts"),
    [
        (PARAMS + "horizon: [1]\n", ["unknown key 'horizon'", "Did you mean 'horizons'?"]),
        (PARAMS + "zzz: 1\n", ["unknown key 'zzz'", "Known keys: desk, zone, feeds"]),
        (PARAMS + "gate: {matirial: 0.1}\n", ["gate.matirial", "Did you mean 'material'"]),
        (PARAMS + "gate: {material: much}\n", ["gate.material", "'much'"]),
        (PARAMS + "gate: {material: 0}\n", ["gate.material", "greater than 0"]),
        (PARAMS + "gate: {material: .nan}\n", ["gate.material"]),
        (PARAMS + "horizons: [one]\n", ["horizons.0", "'one'"]),
        (PARAMS + "horizons: [0]\n", ["horizons.0", "greater than or equal to 1"]),
        (PARAMS + "horizons: []\n", ["horizons"]),
        (PARAMS + "pool_weight: 0.05\n", ["pool_weight", "Known keys"]),
        (PARAMS + "paper: {}\n", ["paper.tradable", "required"]),
        (PARAMS + "paper: {tradable: []}\n", ["paper.tradable"]),
        (PARAMS + "paper: {tradable: [SPX, SPX]}\n", ["SPX is named twice"]),
        (PARAMS + "paper: {tradable: [COMP]}\n", ["'COMP'", "no symbol of this desk: SPX, VIX"]),
        (PARAMS + "paper: {tradable: [VIX]}\n", ["VIX", "nobody can hold it"]),
        (PARAMS + "paper: {tradable: [SPX], gross: 1.5}\n", ["paper.gross", "1.5"]),
        (PARAMS + "paper: {tradable: [SPX], kely: 1}\n", ["'paper.kely'", "Did you mean 'kelly'"]),
        (PARAMS + "paper: {tradable: [SPX], capital: .inf}\n", ["paper.capital"]),
        (PARAMS + "paper: {tradable: [SPX], cost_bps: -1}\n", ["paper.cost_bps", "-1"]),
        (PARAMS + "feeds: [yahoos]\n", ["feeds.0", "'yahoos'"]),
        (PARAMS + "feeds: [{feed: fred, base: 'http://example.org'}]\n", ["feeds.0.base", "https"]),
        (PARAMS + "feeds: [{feed: fred, base: 'https://a:b@c.org'}]\n", ["feeds.0.base", "user"]),
        (
            PARAMS + "feeds: [{feed: fred, series: [A, A]}]\n",
            ["feeds.0.series", "A is named twice"],
        ),
        (PARAMS + "zone: America/New_Yrok\n", ["zone", "New_Yrok"]),
        (PARAMS + "indicators: [GOLD]\n", ["indicators.0", "'GOLD'"]),
        (PARAMS + "warmup: {to: 2018-01-26}\n", ["warmup", "from"]),
        (PARAMS + "warmup: {from: 2018-01-26, to: 2018-01-02}\n", ["warmup"]),
        (PARAMS.replace("2018-01-29", "soon"), ["first", "'soon'"]),
        (PARAMS.replace("first: 2018-01-29\n", ""), ["first", "needs the session"]),
        (PARAMS.replace("[SPX, VIX]", "[]"), ["instruments"]),
        (PARAMS.replace("[SPX, VIX]", "[SPX, SPX]"), ["instruments", "SPX"]),
        (PARAMS.replace("[SPX, VIX]", "[SPX, spx]"), ["SPX is named twice"]),
        (
            PARAMS.replace(
                "[SPX, VIX]", "[SPX, {symbol: ABC, name: s&p 500, venue: XNYS, theme: index}]"
            ),
            ["SPX and ABC", "'s&p 500'"],
        ),
        (PARAMS.replace("[SPX, VIX]", "[{symbol: SPX, name: ''}]"), ["name"]),
        (PARAMS + "horizons: [1, 1]\n", ["horizons", "1 is named twice"]),
        (PARAMS + "horizons: [true]\n", ["horizons.0"]),
        (PARAMS + "indicators: [WTI, WTI]\n", ["WTI is named twice"]),
        (PARAMS.replace("[SPX, VIX]", "[ABC]"), ["'ABC'", "name, venue, theme"]),
        (
            PARAMS.replace("[SPX, VIX]", "[{symbol: ABC, name: Abc, theme: index}]"),
            ["'ABC'", "venue must be given"],
        ),
        (
            PARAMS.replace("[SPX, VIX]", "[{symbol: SPX, venue: XLON}]"),
            ["instruments.0", "venue", "'XLON'"],
        ),
        (PARAMS.replace("[SPX, VIX]", "[{symbol: SPX, tick: -1}]"), ["tick", "-1"]),
        (PARAMS.replace("[SPX, VIX]", "[{symbol: SPX, tick: .inf}]"), ["tick"]),
        (PARAMS.replace("[SPX, VIX]", "[{symbol: SPX, tik: 1}]"), ["tik", "'tick'"]),
        (PARAMS.replace("[SPX, VIX]", "SPX"), ["instruments"]),
        (PARAMS + "clock: {venue: XLON}\n", ["clock.venue", "'XLON'"]),
        (PARAMS + "clock: {after_close: -5}\n", ["clock.after_close", "-5"]),
        (PARAMS.replace("[macro]", "[macro, bull]"), ["'bull'", "minds/bull.md", "'minds'"]),
        (PARAMS.replace("[macro]", "[macro, macro]"), ["minds", "macro"]),
        ("desk: [unclosed\n", ["tried.yaml is not YAML", "line"]),
        ("a\tb: {\n", ["tried.yaml is not YAML"]),
        ("- a\n- b\n", ["tried.yaml holds no keys"]),
        ("", ["tried.yaml holds no keys"]),
        (b"desk: \xff\xfe\n", ["tried.yaml"]),
    ],
    ids=str,
)
def test_a_mistake_in_params(write: Write, params: str | bytes, parts: list[str]):
    """One line says which file, which key, what it holds and what would do."""
    said = refusal(write(params))
    for part in parts:
        assert part in said


@pytest.mark.parametrize(
    ("mind", "parts"),
    [
        (MIND.replace("model: house", "modle: house"), ["macro.md", "'modle'", "'model'"]),
        (MIND.replace("model: house", "model: gpt"), ["macro.md", "model", "'gpt'", "claude-"]),
        (CLAUDE.replace("fields", "feilds"), ["macro.md", "'feilds'", "'fields'"]),
        (CLAUDE.replace("You read closes.", " "), ["macro.md", "empty mandate"]),
        (CLAUDE.replace("Bull", "Bull & Bear"), ["macro.md", "mind", "'Bull & Bear'"]),
        (CLAUDE.replace("Bull", "Synthesis"), ["macro.md", "'Synthesis'", "another forecaster"]),
        (CLAUDE.replace("Bull", "plain_median"), ["macro.md", "another forecaster"]),
        (MIND.replace("model: house\n", ""), ["macro.md", "model", "required"]),
        (MIND.replace("You read closes.", " "), ["macro.md", "empty mandate"]),
        (MIND.replace("---", ""), ["macro.md", "front matter"]),
        ("You read closes.\n", ["macro.md", "front matter"]),
        ("", ["macro.md", "front matter"]),
        (MIND.replace("[SPX]", "[SPX"), ["macro.md is not YAML"]),
        (MIND.replace("mind: Macro", "mind: Bull"), ["macro.md", "'Bull'", "Macro"]),
        (b"---\nmind: \xff\n---\nx\n", ["macro.md"]),
        (None, ["minds/macro.md", "take the mind out"]),
    ],
    ids=str,
)
def test_a_mistake_in_a_mind(write: Write, mind: str | bytes | None, parts: list[str]):
    """A mind's file is refused as a params file is, before the desk opens."""
    said = refusal(write(mind=mind))
    for part in parts:
        assert part in said


def test_a_mind_that_a_model_answers_for(write: Write):
    """Any name that nobody else has, and a model that need not be in the price table."""
    desk = open_desk(write(mind=CLAUDE.replace("sonnet-5-5", "nowhere-9")))
    assert [one.name for one in desk.claude] == ["Bull"]
    assert desk.house == ()


def test_two_minds_of_one_name_are_refused(write: Write):
    """The record could not tell them apart, however they are spelt."""
    path = write(PARAMS.replace("[macro]", "[macro, other]"), CLAUDE)
    other = CLAUDE.replace("mind: Bull", "mind: BULL")
    (path.parent / "minds" / "other.md").write_text(other, encoding="utf-8")
    assert "Two minds are called 'bull'" in refusal(path)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("{cycle_usd: -1}", "claude.cycle_usd"),
        ("{day_usd: .inf}", "claude.day_usd"),
        ("{mind_seconds: 0}", "claude.mind_seconds"),
        ("{cycle_seconds: .nan}", "claude.cycle_seconds"),
        ("{plain: gpt}", "claude.plain"),
        ("{plain_calls: 0}", "claude.plain_calls"),
        ("{budget: 1}", "claude.budget"),
    ],
)
def test_a_mistake_in_what_asking_may_cost(write: Write, given: str, where: str):
    """Caps and deadlines are finite and cap something."""
    assert where in refusal(write(PARAMS + f"claude: {given}\n"))


def test_a_mistake_between_keys_does_not_repeat_the_file(write: Write):
    """What two keys say together is told in one line, without all that the file holds."""
    told = refusal(write(PARAMS + "paper: {tradable: [BTC]}\n"))
    assert "yaml: paper.tradable names 'BTC', which is no symbol of this desk" in told
    assert "got" not in told


def test_the_desk_of_claude_minds_opens():
    """The example that ships names three minds of its own, and no key is needed to read it."""
    root = Path(__file__).parents[2]
    desk = Desk(root / "params" / "claude.yaml", root / "outputs", root / "outputs" / "archive")
    assert [one.name for one in desk.claude] == ["Macro", "Flow", "Contrarian"]
    assert all(len(one.mandate) > 500 for one in desk.claude)


def test_a_mind_from_a_machine_that_ends_its_lines_otherwise(write: Write):
    """Line ends of another system do not hide the front matter."""
    desk = open_desk(write(mind=MIND.replace("\n", "\r\n")))
    assert desk.minds[0].params.mind == "Macro"


def test_a_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A params file that is not there is named as it was given, with what to do."""
    monkeypatch.chdir(tmp_path)
    said = refusal("params/nowhere.yaml")
    assert "'params/nowhere.yaml'" in said
    assert "-f" in said
    (tmp_path / "params").mkdir()
    assert "'params'" in refusal("params")  # a folder is no params file


def test_a_relative_path_is_found_from_below(write: Write, monkeypatch: pytest.MonkeyPatch):
    """JupyterLab works in the notebooks' folder; the desk is found from there and from deeper."""
    path = write()
    deep = path.parent.parent / "notebooks" / "a" / "b"
    deep.mkdir(parents=True)
    for folder in (deep, deep.parent, path.parent.parent):
        monkeypatch.chdir(folder)
        assert locate("params/tried.yaml") == path.resolve()
        assert open_desk("params/tried.yaml").outputs == path.parent.parent / "outputs"
    assert root_of(path) == path.parent.parent


def test_where_outputs_and_archive_lie(write: Write, monkeypatch: pytest.MonkeyPatch):
    """What is given wins over the environment, and the environment over the project's folder."""
    path = write()
    home = path.parent.parent
    monkeypatch.setenv("WORKBENCH_OUTPUTS", str(home / "a"))
    assert open_desk(path).outputs == home / "a"
    assert open_desk(path).archive == home / "a" / "archive"
    assert open_desk(path, outputs=home / "b").archive == home / "b" / "archive"
    monkeypatch.setenv("WORKBENCH_ARCHIVE", str(home / "c"))
    assert open_desk(path, outputs=home / "b").archive == home / "c"
    assert open_desk(path, archive=home / "d").archive == home / "d"


def test_the_hash_is_of_what_it_says(write: Write):
    """Comments and layout do not make another desk; a term, a mandate or an instrument does."""
    path = write()
    mind = path.parent / "minds" / "macro.md"
    first = open_desk(path).hash

    def now(params: str, mandate: str = MIND) -> str:
        path.write_text(params, encoding="utf-8")
        mind.write_text(mandate, encoding="utf-8")
        return open_desk(path).hash

    assert now("# a comment\n" + PARAMS.replace("[SPX, VIX]", "\n  - SPX\n  - VIX")) == first
    others = [
        now(PARAMS + "zone: UTC\n"),
        now(PARAMS.replace("[SPX, VIX]", "[SPX]")),
        now(PARAMS, MIND.replace("closes", "the tape")),
    ]
    assert len({first, *others}) == 4
    assert now(PARAMS) == first


def test_our_own_desk_opens():
    """The desk that ships opens without a network, from wherever the tests run."""
    root = Path(__file__).parents[2]
    desk = Desk(root / "params" / "default.yaml", root / "outputs", root / "outputs" / "archive")
    assert [one.symbol for one in desk.instruments] == ["SPX", "COMP", "VIX"]
    assert {one.params.mind for one in desk.minds} == {"Macro", "Flow", "Contrarian"}
    assert os.fspath(desk.path).endswith(desk.name)


def test_finer_bars_of_an_instrument(write: Write):
    """A desk says which series speak for an instrument within a day, and from which sources."""
    text = "[SPX, {symbol: BTC-USD, intraday: {BTCUSDC: [], BTC-USD: [b, a]}}, ETH-USD]"
    spx, btc, eth = open_desk(write(PARAMS.replace("[SPX, VIX]", text))).instruments
    assert spx.quotes == (("SPX", ()),)
    assert btc.quotes == (("BTCUSDC", ()), ("BTC-USD", ("b", "a")))
    assert [quote for quote, _ in eth.quotes] == ["ETH-USD", "ETHUSDT"]


@pytest.mark.parametrize(
    "text",
    ["{symbol: SPX@1h, name: x, venue: XNYS, theme: index}",
     "{symbol: BTC-USD, intraday: {SPX@1h: []}}"],
)  # fmt: skip
def test_no_instrument_is_named_like_finer_bars(write: Write, text: str):
    """An id that the archive gives to bars of an hour names no instrument and no quote of one."""
    said = refusal(write(PARAMS.replace("[SPX, VIX]", f"[{text}]")))
    assert "'SPX@1h' is how the archive names bars shorter than a session. Write 'SPX'." in said


WRITER = "---\nmind: Synthesis\nmodel: claude-sonnet-5-5\n---\nYou write.\n"


def test_a_desk_may_name_who_writes(write: Write):
    """Its file is read with the desk, and another prompt makes another desk."""
    path = write(PARAMS + "synthesis: pen\n")
    for text in (WRITER, WRITER.replace("You write.", "You write less.")):
        (path.parent / "minds" / "pen.md").write_text(text, encoding="utf-8")
        desk = open_desk(path)
        assert desk.synthesis is not None
        assert (desk.synthesis.params.model, desk.synthesis.mandate) == (
            "claude-sonnet-5-5", text.split("---\n")[2].strip(),
        )  # fmt: skip
        assert desk.hash != open_desk(_without(path)).hash
    assert open_desk(_without(path)).synthesis is None


def _without(path: Path) -> Path:
    other = path.with_name("ruled.yaml")
    other.write_text(PARAMS, encoding="utf-8")
    return other


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (None, ["'pen'", "minds/pen.md", "rules write"]),
        (WRITER.replace("model:", "modle:"), ["pen.md", "'modle'", "'model'"]),
        (WRITER.replace("claude-sonnet-5-5", "house"), ["pen.md", "model", "'house'"]),
        (WRITER.replace("Synthesis", "Macro"), ["pen.md", "mind", "'Macro'"]),
        (WRITER.replace("You write.", ""), ["pen.md", "empty mandate"]),
        ("You write.\n", ["pen.md", "front matter"]),
    ],
    ids=str,
)
def test_a_mistake_in_the_writer_s_file(write: Write, text: str | None, parts: list[str]):
    """It is refused as a mind's file is."""
    path = write(PARAMS + "synthesis: pen\n")
    if text is not None:
        (path.parent / "minds" / "pen.md").write_text(text, encoding="utf-8")
    said = refusal(path)
    for part in parts:
        assert part in said


def test_an_indicator_may_name_its_sources(write: Write):
    """A text is its symbol alone; where the archive has several sources, a mapping prefers some."""
    path = write(PARAMS + "indicators: [DGS10, {symbol: IWM.close_adj, sources: [L, J]}]\n")
    said = [(one.symbol, one.sources) for one in open_desk(path).params.indicators]
    assert said == [("DGS10", ()), ("IWM.close_adj", ("L", "J"))]
    for wrong in ("{symbol: DGS10, sources: [A, A]}", "{symbol: DGS10, source: [A]}", "{name: x}"):
        path.write_text(PARAMS + f"indicators: [{wrong}]\n", encoding="utf-8")
        assert "indicators.0" in refusal(path)
