"""Running the six notebooks under papermill, trusting none of its own verdicts.

A run is good only when every code cell was executed, no output is an error, and the last cell
emitted the footer. The output is written beside its place and renamed into it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.domain.errors import CycleFailed, ParamsError
from workbench.world.files import write_atomic

NAMES = ("1_pull", "2_score", "3_regime", "4_debate", "5_predict", "6_dispatch")
QUESTIONS: Mapping[str, str] = {
    "1_pull": "What do I know, and what can I not trust?",
    "2_score": "What came due, and what did it teach?",
    "3_regime": "What state is the market in?",
    "4_debate": "Who expects what, and who is absent?",
    "5_predict": "What goes on record, and what is refused?",
    "6_dispatch": "What do I say today?",
}
OWN = frozenset({"desk", "as_of", "cycle"})
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_ENGINE = "workbench"
_CELL_SECONDS = 600
_RUN_SECONDS = 1800
_MOST_BYTES = 10_000_000
_MOST_COUNTED = 100_000  # sessions and the like: more than any history has


def declared(folder: Path) -> dict[str, dict[str, str]]:
    """The parameters that each notebook declares: notebook to name to type.

    Raises:
        ParamsError: A notebook is missing or has no parameters cell.
    """
    import papermill

    found = {}
    for name in NAMES:
        path = folder / f"{name}.ipynb"
        if not path.is_file():
            raise ParamsError(f"Notebook {name}.ipynb is missing from {folder.name}/. Restore it.")
        try:
            cells = json.loads(path.read_text("utf-8"))["cells"]
        except (ValueError, KeyError, TypeError) as error:
            raise ParamsError(f"Notebook {name}.ipynb is not a notebook: {error}.") from error
        if not any("parameters" in cell["metadata"].get("tags", ()) for cell in cells):
            raise ParamsError(
                f"Notebook {name}.ipynb has no cell tagged 'parameters'. Tag the cell that sets "
                "desk, as_of and cycle."
            )
        inspected: dict[str, dict[str, Any]] = papermill.inspect_notebook(str(path))
        found[name] = {k: str(v["inferred_type_name"]) for k, v in inspected.items()}
    return found


def knobs(given: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Parameters from the command line with the type that the notebooks declare.

    Raises:
        ParamsError: A name that no notebook declares, or a value of another type or size.
    """
    types = {name: kind for notebook in known.values() for name, kind in notebook.items()}
    free = sorted(set(types) - OWN)
    result: dict[str, Any] = {}
    for name, text in given.items():
        if name not in free:
            raise ParamsError(f"No notebook has a parameter {name!r}. Known: {', '.join(free)}.")
        try:
            result[name] = {"int": int, "float": float, "str": str}[types[name]](text)
        except (KeyError, ValueError) as error:
            raise ParamsError(f"Parameter {name} is {types[name]}, not {text!r}.") from error
        if isinstance(result[name], int) and not 1 <= result[name] <= _MOST_COUNTED:
            raise ParamsError(
                f"Parameter {name} counts something: give 1 to {_MOST_COUNTED:,}, not {text}."
            )
    return result


def run(
    source: Path, output: Path, parameters: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    """Executes one notebook into its place.

    Args:
        source: The notebook, never changed.
        output: Where the executed copy goes; a failed one is kept there too, with its error.
        parameters: Values for its parameters cell.
        environment: Set for the kernel on top of this process's, less anything secret.

    Raises:
        CycleFailed: It raised, or what it left is no evidence of a good run.
    """
    import papermill
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillException

    from workbench.desk.kernels.engine import WarmEngine

    papermill_engines.register(_ENGINE, WarmEngine)  # also where nothing is installed
    output.parent.mkdir(parents=True, exist_ok=True)
    reason = ""
    try:
        papermill.execute_notebook(
            str(source), str(output), parameters=dict(parameters), engine_name=_ENGINE,
            progress_bar=False, log_output=False, kernel_cwd=str(source.parent),
            kernel_env=_without_secrets(os.environ) | dict(environment),
            execution_timeout=_CELL_SECONDS, deadline=_RUN_SECONDS, most_bytes=_MOST_BYTES,
            extra_arguments=["--log-level=40"],  # ipykernel warns of loopback TCP at each start
        )  # fmt: skip
    except PapermillException as error:
        reason = _last_line(str(error))
    except Exception as error:  # noqa: BLE001  # a dead kernel raises what it likes; it is a failed run
        reason = f"{type(error).__name__}: {_last_line(str(error))}"
    if output.is_file():
        write_atomic(output, output.read_bytes())  # for good, where each cell was just written
    reason = reason or verdict(output)
    if reason:
        raise CycleFailed(
            f"Notebook {source.stem} failed: {reason} Its executed copy is "
            f"{output.parent.parent.name}/{output.parent.name}/{output.name} under cycles/. Mend "
            "the notebook or its -p, and run 'workbench cycle' again to resume there."
        )


def verdict(path: Path) -> str:
    """Why an executed notebook is no evidence of a good run; empty when it is good."""
    if not path.is_file():
        return "it left no file."
    if path.stat().st_size > _MOST_BYTES:
        return f"its file is over {_MOST_BYTES // 1_000_000} MB."
    try:
        cells = json.loads(path.read_text("utf-8"), parse_constant=_refuse)["cells"]
    except ValueError as error:
        return f"its file is not strict JSON ({error})."
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for cell in code:
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                return f"{output['ename']}: {_last_line(output['evalue'])}"
    if not code or any(cell["execution_count"] is None for cell in code):
        return "not every cell was executed."
    last = "".join(
        "".join(output.get("data", {}).get("text/plain", "")) for output in code[-1]["outputs"]
    )
    return "" if last.startswith("Footer(") else "its last cell left no footer."


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _last_line(text: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return (lines[-1] if lines else "no message")[:300]


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a kernel may see."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)}
