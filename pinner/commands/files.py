"""`files`: for every file of the tree, which format took it, or why none did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pinner.commands.charts import Charts
from pinner.commands.families import context_of
from pinner.commands.listing import list_files
from pinner.commands.project import Project
from pinner.commands.scanning import read_source
from pinner.context import Context
from pinner.formats import candidates, detect, has_needle, load_format
from pinner.formats.base import ScannedFile
from pinner.formats.table import FORMATS
from pinner.report.files import FileFate
from pinner.syntax.marks import find_marks
from pinner.text import Source
from pinner.workspace.listing import Listed, ListedFile


def explain_files(project: Project, paths: Sequence[Path] = ()) -> tuple[FileFate, ...]:
    """Return the fate of the files at `paths`, or of the whole tree; what git ignores is not looked at."""
    listed = tuple(list_files(project, paths, accepts=lambda _: True))
    context = context_of(project, listed, paths)
    charts = Charts(project.workspace)
    return tuple(_explain(project, one, context, charts) for one in listed)


def _explain(project: Project, listed: Listed, context: Context, charts: Charts) -> FileFate:
    path = listed.path
    if not isinstance(listed, ListedFile):
        return FileFate(path=path, reason=listed.reason, detail=listed.detail)
    if not listed.is_explicit and not project.config.paths.accepts(path):
        return FileFate(path=path, reason="excluded", detail="excluded by the configuration")
    if not candidates(path) and not context.rules_for(path) and not context.family_of(path):
        return FileFate(path=path, reason="unknown-name", detail="no format knows this name")
    source = read_source(project, path)
    if isinstance(source, ScannedFile):
        (skipped,) = source.skipped
        return FileFate(path=path, reason=skipped.reason, detail=skipped.detail)
    return _explain_text(source, context, charts)


def _explain_text(source: Source, context: Context, charts: Charts) -> FileFate:
    taken = detect(source, context)
    if taken is None:
        return _refused(source)
    found = taken.find(source, charts.context_for(source.path, taken, context))
    scanned = ScannedFile(source=source, format=taken, found=found)
    return FileFate(
        path=source.path,
        format=taken.name,
        images=len(scanned.occurrences),
        skipped=len(scanned.skipped),
        rules=tuple(rule.name for rule in context.rules_for(source.path)),
        marks=sum(mark.is_alone for mark in find_marks(source.text)),
    )


def _refused(source: Source) -> FileFate:
    """Say why the formats that know the name do not want the file; those that looked closest decide."""
    expected = {load_format(module).name: module for module in candidates(source.path)}
    closest = [name for name, module in expected.items() if has_needle(module, source.text)]
    if closest:
        detail = f"by its name it may be of {' or '.join(closest)}, by its text it is not"
        return FileFate(path=source.path, reason="not-ours", detail=detail)
    wanted = (
        f"{name} looks for {' or '.join(map(repr, FORMATS[module].needles))}"
        for name, module in expected.items()
        if FORMATS[module].needles
    )
    return FileFate(path=source.path, reason="no-needle", detail=f"{', '.join(wanted)}; nothing of it stands there")
