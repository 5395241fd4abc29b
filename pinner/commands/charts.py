"""The Helm charts of a tree, for files that hold their values: formats read no other file than their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from pinner.context import Context
from pinner.formats.base import Format
from pinner.frozen import dataclass
from pinner.text import Source
from pinner.workspace.tree import Workspace

if TYPE_CHECKING:
    from pinner.syntax.charts import Chart

_CHART: Final = "Chart.yaml"
_DESCRIPTIONS: Final = (f"/{_CHART}", "/requirements.yaml")
_VALUES: Final = ("/values.yaml", "/values.yml")
_TEMPLATES: Final = (".yaml", ".yml", ".tpl")


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a tree; each is read once, and only where a file of it is taken."""

    workspace: Workspace
    _charts: dict[str, Chart] = field(default_factory=dict)

    def context_for(self, path: str, taken: Format, context: Context) -> Context:
        """Return the context for one file: with the chart that it belongs to, if there is one."""
        folder = self.workspace.find_above(path, _CHART) if taken.reads_charts else None
        if folder is None:
            return context
        if folder not in self._charts:
            self._charts[folder] = self._read(folder)
        return replace(context, chart=self._charts[folder])

    def _read(self, folder: str) -> Chart:
        from pinner.syntax.chart_files import read_chart  # noqa: PLC0415 - start-up: most trees have no chart

        return read_chart(
            self.workspace.read_texts(folder, _DESCRIPTIONS),
            self.workspace.read_texts(folder, _VALUES),
            self._read_templates(f"{folder}/templates"),
            self._read_templates(f"{folder}/charts"),
        )

    def _read_templates(self, folder: str) -> Iterator[Source]:
        texts = self.workspace.read_texts(folder, _TEMPLATES, is_deep=True)
        return (one for one in texts if "/templates/" in f"/{one.path}")
