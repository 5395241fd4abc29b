"""Credential helpers: `docker-credential-NAME get` (docker-credential-helpers, credentials.go; AUTH-24).

A helper is a program of the user, named in the user's own configuration. It gets ten seconds and 64 KiB.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pinner.credentials.base import Credential, IdentityToken, Login
from pinner.credentials.config_document import TOKEN_USER
from pinner.errors import HelperError

if TYPE_CHECKING:
    from subprocess import Popen

TIME_LIMIT: Final = 10.0
MAXIMUM_OUTPUT: Final = 64 * 1024
LONGEST_MESSAGE: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
_CONTROL: Final = re.compile(r"[^\x20-\x7e]+")
# What helpers print on standard output, with exit code 1, when they know nothing.
_NOT_FOUND: Final = "credentials not found in native keychain"


class HelperMissingError(HelperError):
    """The helper's program is not installed."""


class Helper:
    """One helper; each server is asked for once a run, and failures are remembered like answers."""

    def __init__(self, name: str, *, environ: Mapping[str, str], time_limit: float = TIME_LIMIT) -> None:
        self.program = f"docker-credential-{name}"
        self._name = name
        self._environ = environ
        self._time_limit = time_limit
        self._answers: dict[str, Login | HelperError | None] = {}

    def get(self, server: str) -> Login | None:
        """Return the login for `server`, or None where the helper has none; raise `HelperError`."""
        if server not in self._answers:
            try:
                self._answers[server] = self._run(server)
            except HelperError as error:
                self._answers[server] = error
        answer = self._answers[server]
        if isinstance(answer, HelperError):
            raise answer
        return answer

    def _run(self, server: str) -> Login | None:
        if not _NAME.fullmatch(self._name):
            message = f"{self._name!r} is not the name of a credential helper"
            raise HelperError(message, hint="a name has letters, digits, '.', '_' and '-', and no path")
        path = shutil.which(self.program, path=self._environ.get("PATH"))
        if path is None:
            message = f"the credential helper {self.program!r} is not installed"
            raise HelperMissingError(message, hint=f"install it, or take it out of the configuration for {server}")
        code, output = self._talk(path, server)
        return self._read(server, code, output)

    def _talk(self, path: str, server: str) -> tuple[int, bytes]:
        from subprocess import DEVNULL, PIPE, Popen  # noqa: PLC0415 - start-up: only a helper needs processes

        try:
            process = Popen(  # noqa: S603 - no shell; the name was checked and comes from the user's configuration
                [path, "get"], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=dict(self._environ), start_new_session=True
            )
        except OSError as error:
            message = f"the credential helper {self.program!r} cannot be started: {error.strerror}"
            raise HelperError(message) from error
        with process:
            try:
                return self._exchange(process, server)
            except BaseException:
                _kill(process)
                raise

    def _exchange(self, process: Popen[bytes], server: str) -> tuple[int, bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        end = time.monotonic() + self._time_limit
        try:
            process.stdin.write(server.encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it may answer without reading
        output = self._drain(process.stdout.fileno(), end)
        from subprocess import TimeoutExpired  # noqa: PLC0415 - start-up: only a helper needs processes

        try:
            return process.wait(max(end - time.monotonic(), 0.1)), output
        except TimeoutExpired:
            raise self._too_slow() from None

    def _drain(self, descriptor: int, end: float) -> bytes:
        import select  # noqa: PLC0415 - start-up: only a helper needs it

        output = b""
        while len(output) <= MAXIMUM_OUTPUT:
            ready, _, _ = select.select([descriptor], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise self._too_slow()
            chunk = os.read(descriptor, 8192)
            if not chunk:
                return output
            output += chunk
        message = f"the credential helper {self.program!r} printed more than {MAXIMUM_OUTPUT} bytes"
        raise HelperError(message)

    def _too_slow(self) -> HelperError:
        message = f"the credential helper {self.program!r} did not answer within {self._time_limit:g} seconds"
        return HelperError(message, hint="it may wait for a password; unlock the keychain first")

    def _read(self, server: str, code: int, output: bytes) -> Login | None:
        text = output.decode("utf-8", errors="replace").strip()
        if code != 0:
            if text == _NOT_FOUND:
                return None
            # The error text stands on standard output, and only there; it holds no secret (credentials.go).
            reason = _CONTROL.sub(" ", text)[:LONGEST_MESSAGE].strip() or f"exit code {code}"
            message = f"the credential helper {self.program!r} failed for {server}: {reason}"
            raise HelperError(message)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            message = f"the credential helper {self.program!r} did not print a JSON object"
            raise HelperError(message) from None
        username, secret = document.get("Username"), document.get("Secret")
        if not isinstance(secret, str) or not secret or not isinstance(username, str) or not username:
            return None
        if username == TOKEN_USER:
            return IdentityToken(secret=secret, source=self.program)
        return Credential(username=username, secret=secret, source=self.program)


def _kill(process: Popen[bytes]) -> None:
    """End the helper and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
