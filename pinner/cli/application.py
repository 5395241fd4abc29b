"""The command line as a whole, and how every run ends.

Each verb is a module of its own with a signature and a few lines; what it does lives in `commands`.
"""

# Nothing from `__future__`: typer would compile every annotation again.
import os
import sys
from typing import Annotated

import typer

from pinner import __version__
from pinner.cli.streams import guard_streams
from pinner.cli.terminal import Chosen, paint, say, wants_colour
from pinner.cli.verbs import Verbs
from pinner.errors import PinnerError

INTERRUPTED = 130
BUG = 70

app = typer.Typer(
    name="pinner",
    cls=Verbs,
    help="Pin container image references to digests, in the files you already have.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"pinner {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version and stop.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    """Take the flags that belong to no verb."""
    # Here an error still becomes a sentence; at Python's own end it would be a trailer and the exit code 120.
    context.call_on_close(sys.stdout.flush)


def main() -> None:
    """Run the command line and end the process with the exit code of the contract."""
    guard_streams()
    chosen = Chosen()
    try:
        app(prog_name="pinner", obj=chosen)
    except PinnerError as error:
        from pinner.report.text import plain, render_error

        _print_traceback()
        say(render_error(error, paint=paint if wants_colour(sys.stderr, chosen.colour) else plain))
        sys.exit(error.exit_code)
    except SystemExit as end:
        # typer has turned Ctrl-C into this, and says nothing.
        if end.code == INTERRUPTED:
            say("interrupted")
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets a sentence, not a traceback
        from pinner.report.text import escape

        _print_traceback()
        what = f"{type(error).__name__}: {escape(str(error))}"
        say(f"a bug in pinner: {what}\n  please report it with what PINNER_DEBUG=1 shows")
        sys.exit(BUG)


def _print_traceback() -> None:
    """Print where the error came from, for those who asked (`PINNER_DEBUG`)."""
    if os.environ.get("PINNER_DEBUG"):
        import traceback

        traceback.print_exc()
