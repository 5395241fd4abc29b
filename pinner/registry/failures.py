"""What a failed exchange means, in the words of `errors` (RES-31, RATE-15).

Messages name the host, what was tried and the next step; never a secret, a query or a raw byte of the registry.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import httpx

from pinner.errors import (
    RateLimitedError,
    ResolutionError,
    UnreachableError,
)
from pinner.oci.words import sanitised
from pinner.registry.exchange import EXCHANGE_SECONDS, Answer, Ask
from pinner.registry.transport import DeadlineExceeded, ProxyDown
from pinner.registry.wording import duration, error_text

E = TypeVar("E", bound=ResolutionError)

_NO_SUCH_NAME: Final = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})


def prefixed(error: E, prefix: str) -> E:
    """Return a new error of the same class that begins with `prefix`: what went wrong for whom."""
    return reworded(error, f"{prefix}: {error.message}")


def repeated(error: E) -> E:
    """Return the same error anew, because an exception that two threads raise mixes their tracebacks."""
    return reworded(error, error.message)


def bare(error: E) -> E:
    """Return the same error without causes and frames: they hold whole answers, and what was shown for them (SEC-29).

    The frames that it came through are let go at once; some name the error itself, and would wait for the collector.
    """
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one.__traceback__ is not None:
            one.__traceback__ = None
            waiting += [one.__cause__, one.__context__]
    again = repeated(error)
    again.__cause__ = None
    return again


def reworded(error: E, message: str) -> E:
    """Return a new error of the same class with its hint and its wait, and another message."""
    again = type(error)(message, hint=error.hint)
    if isinstance(error, RateLimitedError) and isinstance(again, RateLimitedError):
        again.seconds, again.until = error.seconds, error.until
    again.__cause__ = error.__cause__
    return again


def rate_limited(answer: Answer, ask: Ask, seconds: float | None) -> RateLimitedError:
    """Return the error for a registry that asks to wait longer than pinner may, and until when that is (RATE-03)."""
    said = error_text(answer.content, answer.hidden)
    until = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
    wait = "" if until is None else f" and asks to wait {duration(seconds or 0)}, until {until:%Y-%m-%d %H:%M} UTC"
    message = f"{ask.host} limits the rate ({answer.status}){wait}{f': {said}' if said else ''}"
    hint = "run again later, log in for a higher limit, or use a mirror"
    return RateLimitedError(message, hint=hint, seconds=seconds, until=until)


def gave_up(answer: Answer, ask: Ask, attempts: int) -> UnreachableError:
    """Return the error for a server that kept failing."""
    said = error_text(answer.content, answer.hidden)
    message = f"{ask.host} answered {answer.status} to {attempts} tries of {ask.method}{f': {said}' if said else ''}"
    return UnreachableError(message, hint="the registry has a problem; run again later")


def no_answer(error: Exception, ask: Ask, *, run_limit: float | None = None) -> UnreachableError:
    """Return the error for an exchange that brought no answer at all, explained by its first cause.

    `run_limit` is the time limit of the run in seconds where that one was used up, None where there is time left.
    """
    where = ask.host
    if isinstance(error, ProxyDown | httpx.ProxyError):
        return _proxy_failure(error, where)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = sanitised(cause.verify_message)
            return UnreachableError(
                f"the certificate of {where} is not trusted: {reason}",
                hint=f'name its authority: [registries."{where}"] ca = "…" in registries.toml',
            )
        if isinstance(cause, ssl.SSLError):
            return _tls_failure(cause, where)
        if isinstance(cause, socket.gaierror | UnicodeError | httpx.InvalidURL):
            return UnreachableError(f"the name of {where} cannot be resolved", hint="check the name and the network")
    if isinstance(error, httpx.TimeoutException) and run_limit is not None:
        failed = "cannot be connected to" if isinstance(error, httpx.ConnectTimeout) else "did not finish its answer"
        message = f"{where} {failed} within the time limit of {run_limit:g} seconds"
        return UnreachableError(message, hint="give more time with --timeout")
    if isinstance(error, DeadlineExceeded):
        message = f"{where} did not finish its answer within {EXCHANGE_SECONDS:g} seconds"
        return UnreachableError(message, hint="run again later")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        reason = "in time" if isinstance(error, httpx.TimeoutException) else "at all"
        return UnreachableError(f"{where} cannot be connected to {reason}", hint="check the network and the address")
    if isinstance(error, httpx.TimeoutException):
        return UnreachableError(f"{where} did not answer in time", hint="run again later")
    return UnreachableError(f"{where} broke off its answer: {sanitised(str(error))}", hint="run again later")


def is_final(error: Exception) -> bool:
    """Return whether a second try cannot help: certificates, TLS, names that do not exist, our own mistakes."""
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | httpx.ProxyError):
        return True
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return True
        if isinstance(cause, socket.gaierror) and cause.errno in _NO_SUCH_NAME:
            return True
        if isinstance(cause, UnicodeError):  # a name that cannot even be asked for (IDNA)
            return True
    return False


def speaks_no_tls(error: BaseException) -> bool:
    """Return whether what answered to TLS was something else, such as plain http."""
    return any(isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS for cause in _causes(error))


def is_refused_connection(error: BaseException) -> bool:
    """Return whether nobody listens at the address."""
    return any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error))


def _proxy_failure(error: httpx.TransportError, host: str) -> UnreachableError:
    if isinstance(error, ProxyDown):
        return UnreachableError(f"{host} cannot be reached: {error}", hint="check HTTPS_PROXY and NO_PROXY")
    return UnreachableError(f"the proxy refused to connect to {host}", hint="check HTTPS_PROXY and NO_PROXY")


def _tls_failure(error: ssl.SSLError, host: str) -> UnreachableError:
    reason = getattr(error, "reason", None) or "the handshake failed"
    if reason in _NOT_TLS:
        return UnreachableError(
            f"{host} does not speak https", hint=f'if it is yours: [registries."{host}"] plain-http = true'
        )
    if "CERTIFICATE_REQUIRED" in reason:
        return UnreachableError(f"{host} asks for a client certificate", hint="set client-cert in registries.toml")
    return UnreachableError(f"no secure connection to {host}: {sanitised(reason)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
