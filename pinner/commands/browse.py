"""`tags` and `referrers`: what a registry has, beyond what one tag means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn, Protocol

from pinner.errors import OfflineError, UsageError
from pinner.oci.reference import Reference
from pinner.oci.referrers import ReferrerList
from pinner.oci.tags import TagList


class Browser(Protocol):
    """Lists what a registry has; never asks a mirror, which would know a part only."""

    def list_tags(self, reference: Reference) -> TagList:
        """Return the tags of the repository of `reference`; raise a `ResolutionError` that names it."""

    def list_referrers(self, reference: Reference, *, artifact_type: str | None = None) -> ReferrerList:
        """Return what refers to the digest that `reference` means; raise a `ResolutionError` that names it."""


OpenBrowser = Callable[[], AbstractContextManager[Browser]]


def read_repository(text: str) -> Reference:
    """Read a repository; raise `UsageError` for one with a tag or a digest, which would mean nothing here."""
    reference = Reference.parse(text)
    if reference.tag is not None or reference.digest is not None:
        message = f"{text!r} names one image, and the tags of a repository are listed"
        raise UsageError(message, hint=f"run `pinner tags {reference.name}`")
    return reference


def list_tags(repository: Reference, open_browser: OpenBrowser) -> TagList:
    """Return the tags of a repository, in the registry's order; raise a `ResolutionError`."""
    with open_browser() as browser:
        return browser.list_tags(repository)


def list_referrers(image: Reference, open_browser: OpenBrowser, *, artifact_type: str | None = None) -> ReferrerList:
    """Return what refers to the digest of an image; raise a `ResolutionError`."""
    with open_browser() as browser:
        return browser.list_referrers(image, artifact_type=artifact_type)


@contextmanager
def offline_browser() -> Iterator[Browser]:
    """Give a browser that opens no connection (`--offline`)."""
    yield _OfflineBrowser()


class _OfflineBrowser:
    """Lists nothing and says why."""

    def list_tags(self, reference: Reference) -> NoReturn:
        """Raise the refusal."""
        raise _offline(reference.name)

    def list_referrers(self, reference: Reference, *, artifact_type: str | None = None) -> NoReturn:  # noqa: ARG002 - the Protocol's shape
        """Raise the refusal."""
        raise _offline(str(reference))


def _offline(subject: str) -> OfflineError:
    return OfflineError(f"{subject} must be asked for, but the network is off", hint="run again without --offline")
