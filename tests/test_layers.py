"""Layers: imports only point left, never circle within a layer, and measures stay pure."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "workbench"

# Who may import whom: domain <- measures, domain <- world, all three <- steps <- desk <- cli.
MAY: Mapping[str, frozenset[str]] = {
    "domain": frozenset({"domain"}),
    "measures": frozenset({"domain", "measures"}),
    "world": frozenset({"domain", "world"}),
    "steps": frozenset({"domain", "measures", "world", "steps"}),
    "desk": frozenset({"domain", "measures", "world", "steps", "desk"}),
    "cli": frozenset({"domain", "measures", "world", "steps", "desk", "cli"}),
}

# What reaches outside: files, clocks, sockets, processes, chance without a seed.
_MODULES = """
    os io pathlib shutil tempfile glob fileinput socket ssl http urllib httpx httpx2 requests
    aiohttp subprocess threading multiprocessing asyncio time random secrets sqlite3 sqlalchemy
    pyarrow duckdb fsspec yaml pickle logging sys importlib anthropic yfinance feedparser
"""
_CALLS = """
    read_csv read_parquet read_json read_pickle read_sql read_excel to_csv to_parquet to_json
    to_pickle to_sql loadtxt savetxt fromfile tofile read_text write_text read_bytes write_bytes
"""
IMPURE, READS = frozenset(_MODULES.split()), frozenset(_CALLS.split())
ACTS = frozenset({"open", "print", "input", "exec", "eval", "__import__"})
CLOCKS = frozenset({"now", "today", "utcnow", "fromtimestamp"})


def sources() -> dict[str, str]:
    """Module name to its source, for every module of the package."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text("utf-8")
    return found


@cache
def imports(source: str) -> tuple[tuple[str, str], ...]:
    """(module, name) of every import, wherever it stands; the name is empty for a plain import."""
    return tuple(_imports(source))


def _imports(source: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            yield from ((dots + (node.module or ""), alias.name) for alias in node.names)


def layer(module: str) -> str:
    """The layer of a module of the package; empty for the package itself."""
    return [*module.split("."), ""][1]


def edges(found: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """(importer, imported module, imported name) within the package."""
    for module, source in found.items():
        for target, name in imports(source):
            if target.split(".")[0] != "workbench" and not target.startswith("."):
                continue
            whole = f"{target}.{name}"
            yield (module, whole, "") if whole in found else (module, target, name)


def wrong(found: Mapping[str, str]) -> list[str]:
    """Imports that point the wrong way, as text."""
    return [
        f"{module} imports {target} {name}".strip()
        for module, target, name in edges(found)
        if target.startswith(".")
        or (layer(target) and layer(module) and layer(target) not in MAY.get(layer(module), ()))
        or (not layer(module) and layer(target))
    ]


def circles(found: Mapping[str, str]) -> list[str]:
    """Modules from which imports lead back to themselves."""
    next_to: dict[str, set[str]] = {module: set() for module in found}
    for module, target, _ in edges(found):
        if target in found and target.count(".") >= 1:
            next_to[module].add(target)
    reached = {module: set(direct) for module, direct in next_to.items()}
    for _ in found:
        for module in found:
            reached[module] |= {far for near in next_to[module] for far in next_to[near]}
        next_to = {module: set(far) for module, far in reached.items()}
    return sorted(module for module, far in reached.items() if module in far)


def impure(source: str) -> list[str]:
    """What a pure module must not do, each with its line."""
    found = [f"imports {target}" for target, _ in imports(source) if target.split(".")[0] in IMPURE]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            act = isinstance(node.func, ast.Name) and name in ACTS
            clock = isinstance(node.func, ast.Attribute) and name in CLOCKS
            unseeded = name == "default_rng" and not (node.args or node.keywords)
            if act or clock or unseeded or name in READS:
                found.append(f"line {node.lineno} calls {name}")
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("np.random."):
            found += [] if node.attr in {"default_rng", "Generator"} else [ast.unparse(node)]
    return found


def test_imports_only_point_left():
    """domain <- measures, domain <- world, all three <- steps <- desk <- cli, and nothing else."""
    assert wrong(sources()) == []


def test_every_module_has_a_layer():
    """A module outside the layers would be checked by nobody."""
    outside = {module for module in sources() if layer(module) and layer(module) not in MAY}
    assert outside == set()


def test_no_import_circles():
    """Within a layer, too, imports have a direction."""
    assert circles(sources()) == []


@pytest.mark.parametrize("name", [m for m in sources() if layer(m) in {"domain", "measures"}])
def test_nouns_and_measures_never_touch_the_world(name: str):
    """No file, clock, socket or unseeded chance is reached from domain and measures."""
    assert impure(sources()[name]) == []


# The checks themselves


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("workbench.domain.planted", "from workbench.measures import prices"),
        ("workbench.domain.planted", "import workbench.world.archive"),
        ("workbench.measures.planted", "from workbench.world.archive import Archive"),
        ("workbench.measures.planted", "from workbench import world"),
        ("workbench.measures.planted", "from workbench.world import archive"),
        ("workbench.world.planted", "from workbench.measures.gate import Terms"),
        ("workbench.world.params", "from workbench.measures.gate import evidence"),
        ("workbench.steps.planted", "from workbench.desk import site"),
        ("workbench.desk.planted", "from workbench.cli import main"),
        ("workbench.measures.planted", "def late():\n    from workbench.steps import pull"),
        ("workbench.measures.planted", "if TYPE_CHECKING:\n    import workbench.desk.site"),
        ("workbench.measures.planted", "from . import prices"),
        ("workbench", "from workbench.steps import pull"),
    ],
)
def test_a_planted_import_is_caught(module: str, line: str):
    """Each import that points right is found, at the top, within a function, or for types only."""
    # `from workbench import world` names a layer itself.
    package = {"workbench": "", "workbench.world": ""} | {module: line}
    assert wrong(sources() | package) != []


def test_right_imports_are_let_through():
    """The checker does not cry at what is allowed."""
    fine = {
        "workbench.steps.planted": "from workbench import __version__\nimport numpy as np",
        "workbench.measures.planted": "from workbench.domain.claims import Claim",
        "workbench.cli": "from workbench.desk import site",
    }
    assert wrong(fine) == []


def test_a_planted_circle_is_caught():
    """Two modules that import each other, or three in a ring, are found."""
    ring = {
        "workbench.measures.a": "from workbench.measures import b",
        "workbench.measures.b": "def late():\n    from workbench.measures.c import x",
        "workbench.measures.c": "import workbench.measures.a",
        "workbench.measures.d": "from workbench.measures import a",
    }
    assert circles(ring) == [f"workbench.measures.{name}" for name in "abc"]


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "from pathlib import Path",
        "def f():\n    import socket",
        "import urllib.request",
        "text = open('x').read()",
        "now = dt.datetime.now(dt.UTC)",
        "today = dt.date.today()",
        "frame = pd.read_csv('x')",
        "rng = np.random.default_rng()",
        "x = np.random.normal()",
        "print('x')",
    ],
)
def test_a_planted_impurity_is_caught(line: str):
    """Each way of touching the world is found in the source of a measure."""
    assert impure(line) != []
    assert impure("rng = np.random.default_rng(7)\nopens = calendar.opens") == []
