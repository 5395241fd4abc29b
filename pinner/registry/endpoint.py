"""A host that is asked for manifests and lists: the registry or one of its mirrors, and what was learned about it.

What is learned lives for one run and never weakens a check (RES-08).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar
from urllib.parse import quote

from pinner.errors import UnreachableError
from pinner.oci.documents import MAXIMUM_SIZE
from pinner.oci.hosts import HUB_API, host_identity, traits_of
from pinner.oci.media_types import ACCEPT, OCI_INDEX
from pinner.oci.reference import DOCKER_HUB
from pinner.oci.tags import MAXIMUM_SIZE as TAGS_SIZE
from pinner.registry.access import Access
from pinner.registry.connections import leads_to_loopback
from pinner.registry.exchange import Answer, Ask, Kind
from pinner.registry.failures import speaks_no_tls
from pinner.registry.origin import Origin, is_local_name, is_loopback, split_port
from pinner.registry.places import API_ROOT, Place
from pinner.registry.settings import Registries
from pinner.registry.traits import LearnedTraits
from pinner.registry.trust import Trust

T = TypeVar("T")

BLOB_SIZE: Final = 4 * MAXIMUM_SIZE
# Artifactory refuses a list of tags to whoever asks for manifests (RES-04).
_ACCEPTS: Final[Mapping[Kind, str]] = {"blob": "*/*", "tags": "application/json", "referrers": OCI_INDEX}
_LIMITS: Final[Mapping[Kind, int]] = {"blob": BLOB_SIZE, "tags": TAGS_SIZE}
# What nginx and Go's server say to plain http on their TLS port (NET-06).
_TLS_PORT_WORDS: Final = (b"plain HTTP request was sent to HTTPS port", b"HTTP request to an HTTPS server")
_BAD_REQUEST: Final = 400


class Endpoint:
    """One API host. Mutable: scheme, access, what was learned."""

    def __init__(self, place: Place, registries: Registries, *, access: Access | None = None) -> None:
        self.place = place
        self.registry = host_identity(place.host)
        settings = registries.for_host(self.registry)
        # What the user's own file says of a host goes before another tool's.
        self.settings = settings if settings.trust != Trust() else replace(settings, trust=place.trust or Trust())
        self.traits = traits_of(self.registry)
        self.learned = LearnedTraits()
        self._authority = HUB_API if self.registry == DOCKER_HUB else self.registry
        self._lock = threading.Lock()
        self._scheme, self.is_undecided = self._first_scheme()
        self._has_given_up_tls = False
        self.access = access or Access(scopes_per_token=self.settings.scopes_per_token)

    def _first_scheme(self) -> tuple[str, bool]:
        """Return the scheme to begin with, and whether it is a guess: only loopback may be guessed (NET-06)."""
        if self.place.scheme is not None:
            return "http" if self.place.scheme == "http" else "https", False
        if self.settings.plain_http:
            return "http", False
        host, port = split_port(self._authority)
        is_local = is_loopback(host) or (is_local_name(host) and leads_to_loopback(host))
        if port not in {None, 443} and is_local:
            return "http", True
        return "https", False

    @property
    def origin(self) -> Origin:
        """Scheme, host and port of the API."""
        return Origin.of(f"{self._scheme}://{self._authority}")

    @property
    def host(self) -> str:
        """What to call this host in messages."""
        return self._authority

    def __str__(self) -> str:
        root = "" if self.place.root == API_ROOT else self.place.root
        return "/".join(part for part in (str(self.origin), root.strip("/"), self.place.prefix) if part)

    def repository(self, path: str) -> str:
        """Return the name under which this host knows a repository."""
        return self.place.repository(path)

    def ask(self, kind: Kind, path: str) -> Ask:
        """Return the request for `/v2/<path>`; where only GETs of manifests count, they have a lane of their own."""
        is_metered = self.traits.is_metered and kind == "get"
        # What the port said to TLS ended the lane, so plain http has one of its own.
        lane = "pulls" if is_metered else "plain" if self._has_given_up_tls else ""
        joint = "&" if "?" in path else "?"
        query = f"{joint}ns={quote(self.place.namespace, safe='')}" if self.place.namespace and path else ""
        return Ask(
            kind=kind,
            url=f"{self.origin}{self.place.root}/{path}{query}",
            host=self.host,
            lane=f"{self.host} {lane}".rstrip(),
            is_metered=is_metered,
            accept=_ACCEPTS.get(kind, ACCEPT),
            limit=_LIMITS.get(kind, MAXIMUM_SIZE),
            trust=self.settings.trust,
        )

    def gives_up_tls(self, error: Exception) -> bool:
        """Move to plain http after `error` where a file allows it and the port does not speak TLS; return whether so.

        A certificate that is not trusted is no such reason: whoever could fake one could read what we send. Whoever
        failed while another worker was moving is told to try again as well. A port that has answered over TLS speaks
        it: what says otherwise later stands between us.
        """
        if self.place.scheme != "either" or not speaks_no_tls(error):
            return False
        with self._lock:
            if self.access.is_known and not self._has_given_up_tls:
                return False
            self._scheme, self._has_given_up_tls = "http", True
        return True

    def moved_to_scheme(self, ask: Ask) -> Ask:
        """Return `ask` with the scheme that is now known."""
        return replace(ask, url=f"{self._scheme}://{ask.url.partition('://')[2]}")

    def decide(self, answer: Answer) -> bool:
        """Settle a guessed scheme by the first answer; return whether the guess was wrong."""
        with self._lock:
            self.is_undecided = False
            if answer.status == _BAD_REQUEST and any(words in answer.content for words in _TLS_PORT_WORDS):
                self._scheme = "https"
                return True
            return False


def read_by_either_scheme(endpoint: Endpoint, read: Callable[[Endpoint], T]) -> T:
    """Read from an endpoint, and once more where its port turns out to speak plain http and a file allows that."""
    try:
        return read(endpoint)
    except UnreachableError as error:
        if not endpoint.gives_up_tls(error):
            raise
    return read(endpoint)
