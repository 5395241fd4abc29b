"""The configuration of a repository: validated text, as values.

Nothing here may read the disk, and nothing that a repository says here may weaken transport or reach for credentials:
those settings live with the user. (contract, "Configuration")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pinner.context import NO_CONTEXT, Context
from pinner.errors import ConfigError, InputError
from pinner.forms import Form
from pinner.frozen import dataclass
from pinner.oci.platform import Platform
from pinner.path_filter import PathFilter, refuse_pattern
from pinner.syntax.toml_places import Route, TomlDocument, format_route, raise_together, read_toml, show

if TYPE_CHECKING:
    from pinner.config_forms import FormRule

VERSION: Final = 1
_KEYS: Final = (
    *("version", "include", "exclude", "platforms", "templates", "forms", "rules", "aliases"),
    *("images", "update"),
)
_OF_CONTEXT: Final = frozenset({"templates", "rules", "aliases"})
_LATER: Final = frozenset({"policy"})
# What other tools named pinner have in a file of the same name.
_FOREIGN: Final = frozenset({"ecosystems", "settings", "toolchain", "sources", "provider", "providers"})
_SYNTAX: Final = "the configuration is TOML 1.0 and begins with `version = 1`"
_PATTERNS: Final = "patterns follow the syntax of .gitignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a repository asks for; empty means no wish. `platforms` are the ones that are run here.

    `required_platforms` are those that every image must have. `context` is what formats get; `min_age` is how old a
    digest must be for `update` to accept it, in seconds.
    """

    version: int = VERSION
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    platforms: tuple[Platform, ...] = ()
    forms: tuple[FormRule, ...] = ()
    context: Context = NO_CONTEXT
    required_platforms: tuple[Platform, ...] = ()
    min_age: int = 0

    def form_of(self, path: str) -> Form:
        """Return the form in which the digests of a file are written: of the first table that takes its path."""
        return next((rule.form for rule in self.forms if rule.paths.accepts(path)), Form.TAG_AND_DIGEST)

    @property
    def paths(self) -> PathFilter:
        """Return which files pinner looks at."""
        return PathFilter(self.include, self.exclude)


def parse_config(text: str, path: str, *, table: tuple[str, ...] = ()) -> Config:
    """Read a configuration; `table` is where it stands in the file, `("tool", "pinner")` in pyproject.toml.

    Raise `ConfigError` with `path:line` and the key for each thing that is wrong.
    """
    document = read_toml(text, path, error=ConfigError, hint=_SYNTAX)
    content = _enter(document, table)
    _refuse_foreign(document, table, content)
    reading = _Reading(document, table, content, [])
    reading.check_keys()
    config = Config(
        version=reading.read_version(),
        include=reading.read_patterns("include"),
        exclude=reading.read_patterns("exclude"),
        platforms=reading.read_platforms(),
        forms=reading.read_forms(),
        context=reading.read_context(),
        required_platforms=reading.read_required_platforms(),
        min_age=reading.read_min_age(),
    )
    if reading.problems:
        raise_together(reading.problems)
    return config


def _enter(document: TomlDocument, table: tuple[str, ...]) -> Mapping[str, object]:
    """Return the table that holds the configuration."""
    content: object = document.content
    for length, name in enumerate(table, start=1):
        content = content.get(name) if isinstance(content, dict) else None
        if content is None:
            message = f"{document.path}: there is no [{format_route(table)}] table"
            raise ConfigError(message, hint=f"add the table, or name another file: {_SYNTAX}")
        if not isinstance(content, dict):
            raise document.problem(table[:length], f"must be a table, not {show(content)}")
    assert isinstance(content, dict)
    return content


def _refuse_foreign(document: TomlDocument, table: tuple[str, ...], content: Mapping[str, object]) -> None:
    foreign = next((name for name in content if name in _FOREIGN), None)
    if foreign is not None and "version" not in content:
        hint = "name pinner's own configuration with --config, or read none with --no-config"
        raise document.problem((*table, foreign), "this is the configuration of another tool named pinner", hint=hint)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One pass over the table; what is wrong is collected, so that all of it is said at once."""

    document: TomlDocument
    table: tuple[str, ...]
    content: Mapping[str, object]
    problems: list[InputError]

    def complain(self, route: Route, message: str, hint: str | None = None) -> None:
        self.problems.append(self.document.problem((*self.table, *route), message, hint=hint))

    def check_keys(self) -> None:
        """Complain of keys that pinner does not know, with the one that was meant."""
        for name in self.content:
            if name in _LATER:
                self.complain(
                    (name,), "not supported by this version of pinner", "leave the table out, or upgrade pinner"
                )
            elif name not in _KEYS:
                from pinner.config_reading import suggest  # noqa: PLC0415 - start-up: only a mistake comes here

                self.complain((name,), "unknown key", suggest(name, _KEYS))

    def read_version(self) -> int:
        version = self.content.get("version")
        if version is None:
            self.complain((), "version is missing", f"write `version = {VERSION}`")
        elif not isinstance(version, int) or isinstance(version, bool) or version < 1:
            self.complain(("version",), f"must be the number {VERSION}, not {show(version)}")
        elif version > VERSION:
            hint = f"this pinner reads version {VERSION}; upgrade it: pip install -U oci-pinner"
            self.complain(("version",), f"needs a newer pinner: configuration version {version}", hint)
        return VERSION

    def read_patterns(self, name: str) -> tuple[str, ...]:
        patterns = self._read_strings(name)
        for index, pattern in patterns:
            reason = refuse_pattern(pattern)
            if reason:
                self.complain((name, index), f"{pattern!r} {reason}", _PATTERNS)
        return tuple(pattern for _, pattern in patterns)

    def read_forms(self) -> tuple[FormRule, ...]:
        if "forms" not in self.content:
            return ()
        from pinner.config_forms import read_forms  # noqa: PLC0415 - start-up: few projects have them

        return read_forms(self.content, self.complain)

    def read_context(self) -> Context:
        if _OF_CONTEXT.isdisjoint(self.content):
            return NO_CONTEXT
        from pinner.config_places import read_context  # noqa: PLC0415 - start-up: few projects have such keys

        return read_context(self.content, self.complain)

    def read_required_platforms(self) -> tuple[Platform, ...]:
        if "images" not in self.content:
            return ()
        from pinner.config_images import read_required_platforms  # noqa: PLC0415 - start-up: few projects have it

        return read_required_platforms(self.content["images"], self.complain)

    def read_min_age(self) -> int:
        if "update" not in self.content:
            return 0
        from pinner.config_update import read_min_age  # noqa: PLC0415 - start-up: few projects have it

        return read_min_age(self.content["update"], self.complain)

    def read_platforms(self) -> tuple[Platform, ...]:
        platforms: list[Platform] = []
        for index, written in self._read_strings("platforms"):
            try:
                platforms.append(Platform.parse(written))
            except InputError as error:
                self.complain(("platforms", index), error.message, error.hint)
        return tuple(dict.fromkeys(platforms))

    def _read_strings(self, name: str) -> list[tuple[int, str]]:
        """Return the strings of a list with their index, and complain of everything else."""
        value = self.content.get(name, [])
        if not isinstance(value, list):
            self.complain((name,), f"must be a list of strings, not {show(value)}")
            return []
        for index, one in enumerate(value):
            if not isinstance(one, str):
                self.complain((name, index), f"must be a string, not {show(one)}")
        return [(index, one) for index, one in enumerate(value) if isinstance(one, str)]
