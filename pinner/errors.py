"""Every error that pinner raises on purpose.

The command line knows two things of an error: its text and its exit code::

    PinnerError                      message, hint, exit_code
    ├── InputError                   exit 2: pinner was given something it cannot read
    │   ├── UsageError               flags and arguments that do not fit together
    │   ├── InvalidReferenceError    an image reference outside the grammar
    │   ├── InvalidDigestError       a digest outside the grammar
    │   ├── InvalidRouteError        a route to places in a document, outside the grammar
    │   ├── InvalidPatternError      a regular expression outside of what is allowed in a rule
    │   ├── ConfigError              pinner.toml, registries.toml, docker's config.json
    │   ├── LockError                pinner.lock
    │   │   └── MergeConflictError   a merge has left its markers in it
    │   └── SourceError              a file that is not text, or cannot be read or written
    ├── AmbiguousTagError            exit 1: a digest without a tag belongs to several tags that moved apart
    ├── UnknownTagError              exit 1: nobody knows the tag of a digest that stands alone
    ├── ContradictionError           exit 1: one tag has several digests, and nobody may choose
    ├── ForeignEntryError            exit 1: an entry of another tool's lockfile that says no digest of a tag
    ├── FormError                    exit 2: a place that cannot be written in the form that the configuration wants
    ├── EditError                    exit 70: an edit that could not be proven; the file stays as it was
    ├── ProcessLostError             exit 3: a process that read files ended before its work was done
    └── ResolutionError              exit 3: pinner could not find out
        ├── NotFoundError            the tag or repository does not exist
        ├── RateLimitedError         the registry asks to wait longer than pinner may
        ├── UnreachableError         no usable HTTP answer, after all retries
        ├── UnsupportedError         schema 1, an unknown media type, a page where a manifest should be
        ├── IntegrityError           bytes and digest disagree, or an ambiguous document
        ├── BlockedError             a realm, redirect, address or scheme that is not allowed
        ├── OfflineError             the look-up was needed but the network is off
        ├── NotLockedError           exit 1: the lock lacks the image, and --frozen forbids to ask
        ├── PlatformLostError        exit 1: the new digest lacks a platform that every image must have
        ├── MisconfiguredError       exit 2: a file of the user that this look-up needs cannot be used
        ├── InternalError            exit 70: a bug met while one image was looked up
        └── AuthenticationError      exit 4: credentials missing or refused
            ├── UnauthorizedError    credentials were refused (401)
            ├── DeniedError          known, but not allowed (403)
            ├── AmbiguousAccessError does not exist, or is private and no credentials were given
            └── HelperError          a credential helper failed
"""

from __future__ import annotations

import re
from datetime import datetime


class PinnerError(Exception):
    """Base of all errors pinner raises on purpose; `hint` says what to do next."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def code(self) -> str:
        """The stable word that documents use: `not-found`, `rate-limited`, `unauthorized`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__.removesuffix("Error")).lower()


class InputError(PinnerError):
    """The user gave something that pinner cannot read."""

    exit_code = 2


class UsageError(InputError):
    """Flags or arguments do not fit together."""


class InvalidReferenceError(InputError):
    """An image reference does not follow the grammar."""


class InvalidDigestError(InputError):
    """A digest does not follow the grammar, or its algorithm is not registered."""


class InvalidRouteError(InputError):
    """A route to places in a document does not follow the grammar; `column` counts letters from 1."""

    def __init__(self, message: str, *, hint: str | None = None, column: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.column = column


class InvalidPatternError(InputError):
    """A regular expression of a rule is none, or could be too slow; `column` counts letters from 1."""

    def __init__(self, message: str, *, hint: str | None = None, column: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.column = column


class ConfigError(InputError):
    """A configuration file is wrong; the message names the file and the key."""


class LockError(InputError):
    """The lockfile is wrong; the message names the line."""


class MergeConflictError(LockError):
    """The lockfile holds the markers of a merge that is not finished."""


class SourceError(InputError):
    """A file cannot be read, decoded or written."""


class AmbiguousTagError(PinnerError):
    """A digest without a tag belongs to several tags, which no longer mean the same."""

    exit_code = 1


class UnknownTagError(PinnerError):
    """Nobody knows which tag a digest without one was written for."""

    exit_code = 1


class ContradictionError(PinnerError):
    """One tag has several digests, and nobody may choose between them."""

    exit_code = 1


class ForeignEntryError(PinnerError):
    """An entry of another tool's lockfile says no digest of a tag."""

    exit_code = 1


class FormError(PinnerError):
    """A place cannot be written in the form that the configuration wants."""

    exit_code = 2


class EditError(PinnerError):
    """An edit could not be proven to change its reference and nothing else."""


class ProcessLostError(PinnerError):
    """A process that read files ended early, so that nobody knows what stands in them."""

    exit_code = 3


class ResolutionError(PinnerError):
    """A registry, a token server or the network did not give an answer."""

    exit_code = 3


class NotFoundError(ResolutionError):
    """The tag or the repository does not exist."""


class RateLimitedError(ResolutionError):
    """The registry asks to wait: `seconds` long, until the moment `until` (with a time zone), where it said so."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        seconds: float | None = None,
        until: datetime | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds
        self.until = until


class UnreachableError(ResolutionError):
    """No usable HTTP answer came, after all retries."""


class UnsupportedError(ResolutionError):
    """The registry answered with something that has no stable digest."""


class IntegrityError(ResolutionError):
    """Bytes and digest disagree, or a document can be read in two ways."""


class BlockedError(ResolutionError):
    """A realm, redirect, address or scheme is not allowed."""


class OfflineError(ResolutionError):
    """A look-up was needed, but the network is off."""


class NotLockedError(ResolutionError):
    """The lock lacks the image, and only the lock may be used."""

    exit_code = 1


class PlatformLostError(ResolutionError):
    """A new digest lacks a platform that every image must have, and that the recorded one has."""

    exit_code = 1


class MisconfiguredError(ResolutionError):
    """A file of the user that one look-up needs, such as docker's config.json, cannot be used."""

    exit_code = 2


class InternalError(ResolutionError):
    """A bug was met while one image was looked up; the cause is kept."""

    exit_code = 70


class AuthenticationError(ResolutionError):
    """Credentials are missing or were refused."""

    exit_code = 4


class UnauthorizedError(AuthenticationError):
    """The registry or its token server refused the credentials."""


class DeniedError(AuthenticationError):
    """The registry knows the caller and says no."""


class AmbiguousAccessError(AuthenticationError):
    """The image does not exist, or is private and no credentials were given."""


class HelperError(AuthenticationError):
    """A credential helper failed."""
