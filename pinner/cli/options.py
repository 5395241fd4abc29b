"""The flags that several verbs share, each with its environment variable (contract, "Verbs")."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from pinner.cli.terminal import Chosen


class OutputFormat(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


class ColourChoice(StrEnum):
    """When messages have colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class TemplatesChoice(StrEnum):
    """What is done with files that are YAML only after a template has been rendered."""

    SKIP = "skip"
    BEST_EFFORT = "best-effort"


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATH|-]...", help="Files or folders; '-' is standard input. Without one: the whole tree."),
]
Files = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH]...", help="Files or folders. Without one: the whole tree.")
]
StdinFilename = Annotated[
    str | None, typer.Option(metavar="NAME", help="The name that tells the format of standard input.")
]
Config = Annotated[Path | None, typer.Option(metavar="FILE", envvar="PINNER_CONFIG", help="The configuration to use.")]
NoConfig = Annotated[bool, typer.Option("--no-config", help="Use no configuration file.")]
Lockfile = Annotated[
    Path | None, typer.Option(metavar="FILE", envvar="PINNER_LOCKFILE", help="The lockfile.  [default: pinner.lock]")
]
Templates = Annotated[
    TemplatesChoice | None,
    typer.Option(
        "--templates", envvar="PINNER_TEMPLATES", help="Templates of YAML: leave them alone, or take what is literal."
    ),
]
Format = Annotated[OutputFormat, typer.Option("--format", envvar="PINNER_FORMAT", help="The form of the report.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report here, not to standard output.")
]
Schema = Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the report and stop.")]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if anything would change.")]
Diff = Annotated[bool, typer.Option("--diff", help="Write nothing; print a patch that `git apply` takes.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing; report what would be done.")]
Offline = Annotated[bool, typer.Option("--offline", envvar="PINNER_OFFLINE", help="Open no connection.")]
Registries = Annotated[
    Path | None,
    typer.Option(metavar="FILE", envvar="PINNER_REGISTRIES", help="Mirrors, certificates and trust, per registry."),
]
Auth = Annotated[
    list[str] | None,
    typer.Option(
        "--auth",
        metavar="HOST=env:VARIABLE",
        envvar="PINNER_AUTH",
        help="Log in to HOST with the user:password that the variable holds; may be repeated.",
    ),
]
PullSecret = Annotated[
    list[Path] | None,
    typer.Option(
        "--pull-secret",
        metavar="FILE",
        envvar="PINNER_PULL_SECRETS",
        help="Log in with this Kubernetes pull secret; may be repeated.",
    ),
]
Platform = Annotated[
    str | None,
    typer.Option(metavar="OS/ARCH", envvar="PINNER_PLATFORM", help="Pin this platform's manifest, not the index."),
]
DEFAULT_JOBS: Final = 32
Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", metavar="N", min=1, max=64, envvar="PINNER_JOBS", help="Look-ups at the same time."),
]
ScanJobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        max=64,
        envvar="PINNER_SCAN_JOBS",
        help="Processes that read files.  [default: by their number]",
    ),
]
Timeout = Annotated[
    float, typer.Option(min=1, metavar="SECONDS", envvar="PINNER_TIMEOUT", help="Time for all look-ups together.")
]

MaxAge = Annotated[
    str,
    typer.Option(metavar="AGE", envvar="PINNER_MAX_AGE", help="Use again what a registry said this long ago: 15m, 6h."),
]


def _tell_colour(context: typer.Context, choice: ColourChoice) -> ColourChoice:
    """Tell the program as a whole too: it prints the error that ends a run."""
    context.ensure_object(Chosen).colour = choice.value
    return choice


Colour = Annotated[
    ColourChoice,
    typer.Option("--color", envvar="PINNER_COLOR", callback=_tell_colour, help="When to use colour."),
]
Stats = Annotated[
    bool, typer.Option("--stats", envvar="PINNER_STATS", help="Say at the end what was asked of which registry.")
]
NoProgress = Annotated[bool, typer.Option("--no-progress", envvar="PINNER_NO_PROGRESS", help="Show no progress.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say also what was left alone, and why.")]
