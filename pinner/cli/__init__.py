"""Flags in, exit code out."""

from __future__ import annotations

from pinner.cli.application import main

__all__ = ["main"]
