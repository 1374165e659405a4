"""What a warm kernel has imported before it is asked for: all that the desk's notebooks import.

Importing starts no thread and opens no socket, file or database, so that a fork is a fresh start.
"""

from __future__ import annotations

import ipykernel.debugger
import ipykernel.ipkernel
import ipykernel.kernelapp
import ipykernel.subshell_manager
import ipykernel.zmqshell
import IPython.core.completer
import nbformat
import plotly.graph_objects as go
import plotly.io
import statsmodels.tsa.regime_switching.markov_regression

from workbench.desk import charts
from workbench.steps import debate, opening, paper, predict, pull, regime, rules, score, write

MODULES = (
    IPython.core.completer, charts, debate, ipykernel.debugger, ipykernel.ipkernel,
    ipykernel.kernelapp, ipykernel.subshell_manager, ipykernel.zmqshell, nbformat, opening, paper,
    predict, pull, regime, rules, score, statsmodels.tsa.regime_switching.markov_regression, write,
)  # fmt: skip


def touch() -> None:
    """Does once what a library puts off until its first use and then keeps."""
    figure = go.Figure([go.Scatter(y=[1, 2]), go.Bar(y=[1])])
    figure.update_layout(title={"text": "x"})
    plotly.io.to_json(figure)
    nbformat.validate({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
