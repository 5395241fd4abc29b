"""Gitpod workspaces (gitpod.io/docs, "Configure workspace image"): an image, or a Dockerfile that is read itself."""

from __future__ import annotations

from typing import Final

from pinner.formats.routed import routed_format

FORMAT: Final = routed_format(name="gitpod", places=("image",))
