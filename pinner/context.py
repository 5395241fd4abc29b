"""What a repository's configuration says about places, in the form in which formats get it: one frozen value.

Nothing here may say how a registry is reached; an alias only tells which name a variable stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pinner.frozen import dataclass

if TYPE_CHECKING:  # start-up: few projects have rules or charts
    from pinner.path_filter import PathFilter
    from pinner.syntax.charts import Chart
    from pinner.syntax.line_patterns import LinePattern
    from pinner.syntax.routes import Route
    from pinner.text import Source


class Templates(StrEnum):
    """What is done with files that are YAML only after a template has been rendered."""

    SKIP = "skip"
    # What stands there literally, whatever the template does, is found and edited.
    BEST_EFFORT = "best-effort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Places of the user's own, in the files that `paths` takes.

    With `route`, the values there; with `pattern`, the parts that it tells in them, or without a route in every line.
    With `is_embedded`, each value is a YAML document itself: what its format knows in it, or the values at `inside`.
    `name` is how messages call the rule.
    """

    paths: PathFilter
    route: Route | None = None
    pattern: LinePattern | None = None
    is_embedded: bool = False
    inside: Route | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Files of one format of the table that are read as one: some have its name, the others are taken in by these."""

    format: str
    sources: tuple[Source, ...]
    _by_path: dict[str, Source] = field(default_factory=dict, init=False, repr=False)

    def has(self, path: str) -> bool:
        """Return whether a file belongs to it."""
        return self.source_of(path) is not None

    def source_of(self, path: str) -> Source | None:
        """Return the file of this path, if it belongs to it."""
        if not self._by_path:
            self._by_path.update((one.path, one) for one in self.sources)
        return self._by_path.get(path)

    def with_texts(self, after: Mapping[str, Source]) -> Family:
        """Return the same files, some of them with another text."""
        return Family(self.format, tuple(after.get(one.path, one) for one in self.sources))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The rules and aliases of one project, and what is to be done with templates.

    An alias is a variable, as it stands in front of a name (`$CI_REGISTRY`), with the registry, or the registry and the
    first parts of the repository, that it means. The text is kept; look-ups ask for what it means. `chart` is the Helm
    chart around the file that is looked at, where there is one. `families` are the files that are read together.
    """

    rules: tuple[Rule, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    templates: Templates = Templates.SKIP
    chart: Chart | None = None
    families: tuple[Family, ...] = ()

    def rules_for(self, path: str) -> tuple[Rule, ...]:
        """Return the rules for a file, in the order in which they were written."""
        return tuple(rule for rule in self.rules if rule.paths.accepts(path))

    def family_of(self, path: str) -> Family | None:
        """Return the files that a file is read together with."""
        return next((one for one in self.families if one.has(path)), None)


NO_CONTEXT: Final = Context()
