"""Docker's `config.json` and podman's `auth.json` on disk: read once, when the first host is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pinner.credentials.base import Login
from pinner.credentials.config_document import ConfigDocument, NamedHelper, parse_config
from pinner.credentials.helper import HelperMissingError, Helpers
from pinner.credentials.keys import helper_key
from pinner.credentials.once import Once
from pinner.credentials.private_file import read_private_file
from pinner.credentials.steps import Broken, Found, Nothing, Source, Step, Why
from pinner.errors import ConfigError, HelperError
from pinner.oci.hosts import traits_of

Parse = Callable[[str, str], ConfigDocument]


class DockerConfigSource(Source):
    """One file: `credHelpers` of the host, then `credsStore`, then `auths` (AUTH-30)."""

    def __init__(self, path: Path, *, name: str | None = None, helpers: Helpers, parse: Parse = parse_config) -> None:
        self._path = path
        self._place = name or str(path)
        self._helpers = helpers
        self._parse = parse
        self._document = Once(self._load)
        self._asked: dict[str, None] = {}
        self._warnings: list[str] = []

    @property
    def place(self) -> str:
        """The file's name."""
        return self._place

    @property
    def names(self) -> tuple[str, ...]:
        """The file's name, and the helpers that it sent us to."""
        return (self._place, *self._asked)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return tuple(self._warnings)

    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:
        """Return what the file and the helpers that it names say about `registry`."""
        try:
            document = self._document.get()
        except ConfigError as error:
            return (Broken(place=self._place, error=error),)
        if document is None:
            return (Nothing(place=self._place, why=Why.ABSENT),)
        named = document.helper_for(registry)
        if named is None:
            return (self._read(document, registry, repository),)
        step = self._ask(named, registry)
        if named.is_store and isinstance(step, Nothing):
            return (step, self._read(document, registry, repository))
        return (step,)

    def renewed(self, registry: str, repository: str | None, refused: Login) -> Login | None:  # noqa: ARG002 - the Protocol's shape
        """Ask the registry's helper once more; what stands in the file itself stays what it is. See `Renewable`."""
        document = self._document.get() if refused.source in self._asked else None
        named = None if document is None else document.helper_for(registry)
        return None if named is None else self._helpers.named(named.name).renewed(helper_key(registry), refused)

    def stop(self) -> None:
        """End the helpers that are under way; see `Stoppable`."""
        self._helpers.stop()

    def _read(self, document: ConfigDocument, registry: str, repository: str | None) -> Step:
        entry = document.entry_for(registry, repository)
        if entry is None:
            return Nothing(place=self._place, why=Why.NO_ENTRY)
        return Found(place=self._place, key=entry.key, login=entry.login)

    def _ask(self, named: NamedHelper, registry: str) -> Step:
        helper = self._helpers.named(named.name)
        self._asked[helper.program] = None
        try:
            login = helper.get(helper_key(registry))
        except HelperMissingError as error:
            # Public images need no login, so a helper that is not installed must not stand in the way (AUTH-21).
            if not traits_of(registry).is_public:
                return self._broken(error)
            self._warnings.append(f"{self._place}: {error.message}; {registry} is asked without credentials")
            return Nothing(place=self._place, why=Why.HELPER_MISSING, key=named.key, helper=helper.program)
        except HelperError as error:
            return self._broken(error)
        if login is None:
            return Nothing(place=self._place, why=Why.HELPER_EMPTY, key=named.key, helper=helper.program)
        return Found(place=self._place, key=named.key, helper=helper.program, login=login)

    def _broken(self, error: HelperError) -> Broken:
        hint = f"{error.hint}; {self._place} names it" if error.hint else f"named by {self._place}"
        return Broken(place=self._place, error=type(error)(error.message, hint=hint))

    def _load(self) -> ConfigDocument | None:
        file = read_private_file(self._path, self._place)
        if file is None:
            return None
        self._warnings += file.warnings
        document = self._parse(file.text, self._place)
        self._warnings += document.warnings
        return document
