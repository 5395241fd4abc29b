"""Which keys of pull secrets match an image, as kubelet decides it (kubernetes, `pkg/credentialprovider`).

Host labels may hold `*`, `?` and `[…]`, each label for itself, so that `*.example.com` is no host below
`a.example.com`; ports are equal; a path counts for what stands below it. In one thing pinner is stricter: `/acme` does
not match `/acmecorp`, which kubelet lets it do (SEC-21).
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from pinner.credentials.config_document import Entry
from pinner.credentials.keys import without_scheme
from pinner.oci.hosts import host_identity


def matching_entries(entries: Iterable[Entry], registry: str, repository: str | None) -> tuple[Entry, ...]:
    """Return the entries that match, in kubelet's order: by key, backwards, so that longer paths go first.

    Of equal keys the first one stands first.
    """
    matches = [entry for entry in entries if _is_match(pattern_of(entry.key), registry, repository)]
    return tuple(sorted(matches, key=lambda entry: pattern_of(entry.key), reverse=True))


def pattern_of(key: str) -> str:
    """Return a key as `host[:port][/path]`; `/v1/` and `/v2/` count for nothing, with or without a path behind them."""
    host, _, path = without_scheme(key).partition("/")
    path = path.strip("/")
    version, _, rest = path.partition("/")
    if version in {"v1", "v2"}:
        path = rest
    return f"{host_identity(host)}/{path}" if path else host_identity(host)


def _is_match(pattern: str, registry: str, repository: str | None) -> bool:
    host, _, path = pattern.partition("/")
    is_below = not path or f"{repository or ''}/".startswith(f"{path}/")
    return is_below and _is_host_match(host, host_identity(registry))


def _is_host_match(pattern: str, host: str) -> bool:
    if pattern == host:
        return True
    wanted, _, wanted_port = pattern.partition(":")
    name, _, port = host.partition(":")
    wanted_labels, labels = wanted.split("."), name.split(".")
    return wanted_port == port and len(wanted_labels) == len(labels) and all(map(fnmatchcase, labels, wanted_labels))
