"""Workbench: a research desk in notebooks whose every call settles itself."""

__version__ = "0.2.0"
