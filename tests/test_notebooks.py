"""Notebooks: one question each, a page to read, and nothing that hides or defines."""

import ast
import io
import re
import tokenize
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

FOLDER = Path(__file__).parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
TAGS = {"parameters", "question", "hide"}
CELL_LINES = 8
KNOBS = 5  # parameters of a notebook's own, beside desk, as_of and cycle
BANNED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.AsyncFor,
    ast.While, ast.If, ast.IfExp, ast.Match, ast.Try, ast.With, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.Global, ast.Delete,
)  # fmt: skip


def faults_of_code(source: str) -> list[str]:
    """What a code cell must not hold."""
    tree = ast.parse(source)
    found = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, BANNED)]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found += ["print" for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    if len(source.splitlines()) > CELL_LINES:
        found.append(f"{len(source.splitlines())} lines")
    if re.search(r"^\s*[%!]", source, re.MULTILINE):
        found.append("magic")
    return found


def figures_of_prose(text: str) -> list[str]:
    """Digits typed into prose, outside backticks."""
    return re.findall(r"\S*\d\S*", re.sub(r"`[^`]*`", "", text))


def notebook(path: Path) -> NotebookNode:
    found: NotebookNode = nbformat.read(path, as_version=4)
    return found


def cells(path: Path, kind: str) -> list[NotebookNode]:
    return [cell for cell in notebook(path).cells if cell.cell_type == kind]


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_the_six_are_there():
    """One cycle runs six notebooks, in the order of their numbers."""
    names = [path.stem for path in PATHS]
    assert names == ["1_pull", "2_score", "3_regime", "4_debate", "5_predict", "6_dispatch"]


@each
def test_it_is_a_valid_notebook(path: Path):
    """Every file is a notebook by nbformat's own schema."""
    nbformat.validate(notebook(path))


@each
def test_one_question(path: Path):
    """The first cell is the only `#` heading, it asks, and one paragraph below says what of."""
    first, second, *_ = notebook(path).cells
    assert re.fullmatch(r"# [^\n]+\?", first.source)
    headings = [
        line for cell in cells(path, "markdown") for line in cell.source.splitlines()
        if line.startswith("# ")
    ]  # fmt: skip
    assert headings == [first.source]
    assert (second.cell_type, tags(second)) == ("markdown", ["question"])
    assert "\n\n" not in second.source.strip()


@each
def test_it_says_what_would_prove_it_wrong(path: Path):
    """The question's paragraph says as of when it asks, and what would prove it wrong."""
    text = notebook(path).cells[1].source
    assert "prove" in text
    assert "moment" in text


@each
def test_parameters(path: Path):
    """The first code cell has desk, as_of, cycle and few more, all typed, each with its unit."""
    cell = cells(path, "code")[0]
    assert tags(cell) == ["parameters"]
    assert sum("parameters" in tags(one) for one in notebook(path).cells) == 1
    body = ast.parse(cell.source).body
    assert all(isinstance(line, ast.AnnAssign) for line in body)
    names = [line.target.id for line in body]
    types = [line.annotation.id for line in body]
    assert names[:3] == ["desk", "as_of", "cycle"]
    assert types[:3] == ["str", "str", "int"]
    assert len(names) <= 3 + KNOBS
    assert set(types) <= {"str", "int", "float", "bool"}
    for line, kind in zip(body, types, strict=True):
        assert type(ast.literal_eval(line.value)).__name__ == kind
    tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
    commented = {t.start[0] for t in tokens if t.type == tokenize.COMMENT and len(t.string) > 4}
    assert commented == {line.lineno for line in body}


@each
def test_a_parameter_is_used(path: Path):
    """A knob that turns nothing is no parameter."""
    first, *rest = cells(path, "code")
    names = {line.target.id for line in ast.parse(first.source).body}
    read = {
        n.id for cell in rest for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Name)
    }
    assert names - read == set()


@each
def test_cells_are_sentences(path: Path):
    """A cell calls the package: eight lines at most, no definition, loop, branch or print."""
    faults = {cell.source: faults_of_code(cell.source) for cell in cells(path, "code")}
    assert {source: found for source, found in faults.items() if found} == {}


@each
def test_no_figure_in_prose(path: Path):
    """A number typed into prose is stale tomorrow: numbers arrive as results of a cell."""
    assert [f for cell in cells(path, "markdown") for f in figures_of_prose(cell.source)] == []


@each
def test_tags_are_known(path: Path):
    """A misspelt tag would publish what it was meant to hide."""
    assert {tag for cell in notebook(path).cells for tag in tags(cell)} <= TAGS


@each
def test_nothing_has_run(path: Path):
    """A source notebook holds no output, no execution count and no trace of who ran it."""
    found = notebook(path)
    assert [c for c in cells(path, "code") if c.outputs or c.execution_count is not None] == []
    assert set(found.metadata) <= {"kernelspec", "language_info"}
    assert {key for cell in found.cells for key in cell.metadata} <= {"tags"}


@each
def test_it_ends_with_what_is_not_known(path: Path):
    """The last section is *What we do not know*, and the last cell is the package's footer."""
    *_, last = notebook(path).cells
    headings = [
        line for cell in cells(path, "markdown") for line in cell.source.splitlines()
        if re.match(r"#+ ", line)
    ]  # fmt: skip
    assert headings[-1] == "## What we do not know"
    assert last.cell_type == "code"
    assert re.fullmatch(r"\w+\.footer\(bench\)", last.source)


@each
def test_only_the_package_is_imported(path: Path):
    """Cells import modules of the package and nothing else: the work is done there."""
    modules = [
        node.module for cell in cells(path, "code") for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.ImportFrom)
    ]  # fmt: skip
    plain = [
        cell.source for cell in cells(path, "code") for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Import)
    ]  # fmt: skip
    assert {str(module).split(".")[0] for module in modules} == {"workbench"}
    assert plain == []


# The checks themselves


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return 1",
        "class A:\n    x = 1",
        "for i in x:\n    i",
        "while x:\n    pass",
        "if x:\n    y",
        "y = 1 if x else 2",
        "f = lambda: 1",
        "[x for x in y]",
        "print(x)",
        "\n".join("abcdefghi"),
    ],
)
def test_a_planted_fault_is_caught(source: str):
    """The checker sees each kind of fault, and no fault in a plain call."""
    assert faults_of_code(source) != []
    assert faults_of_code("bench = opening.bench(desk, as_of, cycle)\nlen(bench)") == []


def test_a_planted_figure_is_caught():
    """A digit in prose is seen, one in backticks is code."""
    assert figures_of_prose("at least 60 dates of `horizon: int = 5`") == ["60"]
