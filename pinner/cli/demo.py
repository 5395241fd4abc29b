"""`pinner demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinner.cli import options

Keep = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the sample project in this new folder.")]


def demo(keep: Keep = None, color: options.Colour = options.ColourChoice.AUTO) -> None:
    """Pin a sample project against a registry on loopback."""
    import sys

    from pinner.cli import session
    from pinner.demo.story import tell

    session.finish(tell(sys.stdout.write, keep=keep, paint=session.Terminal(color).paint_for(sys.stdout)))
