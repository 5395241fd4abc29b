"""Image references: grammar, normalisation and spelling (distribution/reference, in ASCII).

A `Reference` keeps both the canonical parts and the text as written, because pinning must never change the spelling.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from pinner.errors import InvalidReferenceError
from pinner.frozen import dataclass
from pinner.oci.digest import Digest
from pinner.patterns import compile_later

DOCKER_HUB: Final = "docker.io"
DEFAULT_TAG: Final = "latest"
MAXIMUM_REPOSITORY_LENGTH: Final = 255
MAXIMUM_PORT: Final = 65535

_ALNUM = r"[a-z0-9]+"
_SEPARATOR = r"(?:[._]|__|-+)"
_COMPONENT = rf"{_ALNUM}(?:{_SEPARATOR}{_ALNUM})*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_DOMAIN_COMPONENT = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_DOMAIN_COMPONENT}(?:\.{_DOMAIN_COMPONENT})*|\[[a-fA-F0-9:]+\])"
_DOMAIN = rf"{_HOST}(?::[0-9]+)?"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
# Python's `$` accepts a newline before the end and `\w` accepts `ü`: always fullmatch, always ASCII.
_REFERENCE: Final = compile_later(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?", re.ASCII
)
_NAME: Final = compile_later(rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_PATH})", re.ASCII)
_IMAGE_ID: Final = compile_later(r"[a-f0-9]{64}", re.ASCII)
_TAG_ONLY: Final = compile_later(_TAG, re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image reference: canonical registry and repository, tag and digest where given, and the text as written."""

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None
    written: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `[registry/]repository[:tag][@digest]` by Docker's rules.

        Raise `InvalidReferenceError` with the reason, or `InvalidDigestError` for the part behind the `@`.
        """
        domain, remainder = _split_registry(text)
        name = remainder.split("@", 1)[0].split(":", 1)[0]
        if name != name.lower():
            message = f"invalid reference {text!r}: the repository must be lowercase"
            raise InvalidReferenceError(message, hint=f"registries know it as {name.lower()!r}")
        match = _REFERENCE.fullmatch(f"{domain}/{remainder}")
        if match is None:
            raise _invalid_format(text)
        name_match = _NAME.fullmatch(match["name"])
        if name_match is None or name_match["domain"] is None:
            # Go's parser reads `foo_bar.com/baz` as a repository on no registry at all (REF-09).
            message = f"invalid reference {text!r}: {domain!r} is not a registry host"
            raise InvalidReferenceError(message)
        _check_port(text, name_match["domain"])
        if len(name_match["path"]) > MAXIMUM_REPOSITORY_LENGTH:
            message = (
                f"invalid reference {text[:40]!r}…: the repository has more than {MAXIMUM_REPOSITORY_LENGTH} letters"
            )
            raise InvalidReferenceError(message)
        return cls(
            registry=name_match["domain"],
            repository=name_match["path"],
            tag=match["tag"],
            digest=Digest.parse(match["digest"]) if match["digest"] else None,
            written=text,
        )

    @property
    def name(self) -> str:
        """The canonical `registry/repository`."""
        return f"{self.registry}/{self.repository}"

    @property
    def tagged(self) -> str:
        """The key of the lockfile: `registry/repository:tag`, with `latest` where no tag is written."""
        return f"{self.name}:{self.tag or DEFAULT_TAG}"

    @property
    def is_digest_only(self) -> bool:
        """Whether the reference has a digest and no tag, so that its tag is known only to the lockfile."""
        return self.tag is None and self.digest is not None

    @property
    def familiar(self) -> str:
        """The short form that Docker shows: without `docker.io/` and, for official images, without `library/`."""
        name = self.name
        if self.registry == DOCKER_HUB:
            name = self.repository
            prefix, _, rest = name.partition("/")
            if prefix == "library" and rest and "/" not in rest:
                name = rest
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def pinned_to(self, digest: Digest) -> Reference:
        """Return this reference with `digest`; name, tag and spelling stay as written (REF-05)."""
        spelling = self.written.partition("@")[0]
        return replace(self, digest=digest, written=f"{spelling}@{digest}")

    def unpinned(self) -> Reference:
        """Return this reference without its digest, otherwise as written."""
        return replace(self, digest=None, written=self.written.partition("@")[0])

    def untagged(self) -> Reference:
        """Return this reference without its tag, otherwise as written."""
        spelling, at, digest = self.written.partition("@")
        return replace(self, tag=None, written=spelling.removesuffix(f":{self.tag}") + at + digest)

    def tagged_as(self, tag: str) -> Reference:
        """Return this reference, which is written without a tag, with one, otherwise as written."""
        spelling, at, digest = self.written.partition("@")
        return replace(self, tag=tag, written=f"{spelling}:{tag}{at}{digest}")

    def with_tag(self, tag: str | None) -> Reference:
        """Return the canonical, undigested reference to `tag` in the same repository."""
        return replace(self, tag=tag, digest=None, written=self.name + (f":{tag}" if tag else ""))

    def __str__(self) -> str:
        return self.written


def is_tag(text: str) -> bool:
    """Return whether `text` follows the grammar of a tag (distribution-spec, "Pulling manifests")."""
    return _TAG_ONLY.fullmatch(text) is not None


def _split_registry(text: str) -> tuple[str, str]:
    """Return registry and remainder: the first component is a registry only by REF-01."""
    if _IMAGE_ID.fullmatch(text):
        message = f"{text!r} is an image id, not a reference"
        raise InvalidReferenceError(message, hint="image ids are local to one machine; name the repository")
    if not text.isascii():
        message = f"invalid reference {text!r}: only ASCII letters are allowed"
        raise InvalidReferenceError(message, hint="write an international host name in its xn-- form")
    head, slash, rest = text.partition("/")
    if not slash:
        return DOCKER_HUB, f"library/{text}"
    if head == "index.docker.io":
        head = DOCKER_HUB
    elif head != "localhost" and "." not in head and ":" not in head and head.lower() == head:
        head, rest = DOCKER_HUB, text
    if head == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    return head, rest


def _check_port(text: str, domain: str) -> None:
    """Reject ports that the grammar lets through (REF-10)."""
    _, colon, port = domain.rpartition(":")
    if colon and not domain.endswith("]") and (port.startswith("0") or not 1 <= int(port[:6]) <= MAXIMUM_PORT):
        message = f"invalid reference {text!r}: {port[:6]} is not a port"
        raise InvalidReferenceError(message, hint=f"ports go from 1 to {MAXIMUM_PORT}, without zeros in front")


def _invalid_format(text: str) -> InvalidReferenceError:
    """Explain the mistakes that people make most."""
    message = f"invalid reference {text!r}"
    if not text:
        return InvalidReferenceError("the reference is empty")
    if text != text.strip():
        return InvalidReferenceError(f"{message}: white space around the reference")
    if "://" in text:
        return InvalidReferenceError(message, hint="an image reference has no scheme; leave out everything up to ://")
    if "+" in text.partition("@")[0]:
        return InvalidReferenceError(message, hint="a tag cannot hold '+'; Helm and others write '_' instead")
    return InvalidReferenceError(message, hint="a reference reads [registry/]repository[:tag][@digest]")
