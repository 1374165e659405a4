"""Examples in docstrings, of whatever module: what they show is so."""

import doctest
import importlib

import pytest

from tests.test_layers import sources

MODULES = sorted(name for name, text in sources().items() if ">>> " in text)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str):
    """A reader who types an example gets what stands below it."""
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert not found.failed
