"""`--pull-secret FILE`: Kubernetes pull secrets, matched as kubelet matches them.

Kubelet shows one matching login after the other until one gets in. pinner shows the first and no other: refused
credentials count against an address on some registries (RATE-06), and another login would hide the wrong one (AUTH-34).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pinner.credentials.config_document import ConfigDocument
from pinner.credentials.kubelet import matching_entries
from pinner.credentials.kubernetes_secret import parse_pull_secrets
from pinner.credentials.once import Once
from pinner.credentials.private_file import read_private_file
from pinner.credentials.steps import Broken, Found, Nothing, Silent, Source, Step, Why
from pinner.credentials.surroundings import Surroundings
from pinner.errors import ConfigError

FLAG: Final = "--pull-secret"


class PullSecretSource(Source):
    """All pull secrets that were named, as one keyring."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self._paths = paths
        self._documents = Once(self._load)
        self._warnings: list[str] = []

    @property
    def place(self) -> str:
        """The flag with the files."""
        return f"{FLAG} {' '.join(map(str, self._paths))}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd but no reason to stop."""
        return tuple(self._warnings)

    def look(self, registry: str, repository: str | None = None) -> tuple[Step, ...]:
        """Return what the pull secrets say about `registry`."""
        try:
            documents = self._documents.get()
        except ConfigError as error:
            return (Broken(place=self.place, error=error),)
        entries = [entry for document in documents for entry in document.entries]
        first, *others = matching_entries(entries, registry, repository) or (None,)
        if first is None:
            return (Nothing(place=self.place, why=Why.NO_ENTRY),)
        place = first.login.source
        return (Found(place=place, key=first.key, login=first.login, others=len(others)),)

    def _load(self) -> tuple[ConfigDocument, ...]:
        documents: list[ConfigDocument] = []
        for path in self._paths:
            file = read_private_file(path, str(path))
            if file is None:
                message = f"{path}: there is no such pull secret"
                raise ConfigError(message, hint=f"{FLAG} takes the file of a Secret, or its decoded JSON")
            found = parse_pull_secrets(file.text, str(path))
            self._warnings += (*file.warnings, *(warning for one in found for warning in one.warnings))
            documents += found
        return tuple(documents)


def find_pull_secrets(around: Surroundings) -> Source:
    """Return the source for `--pull-secret`."""
    return PullSecretSource(around.pull_secrets) if around.pull_secrets else Silent(FLAG)
