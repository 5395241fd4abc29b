"""Credential helpers: `docker-credential-NAME get` (docker-credential-helpers, credentials.go; AUTH-24).

A helper is a program of the user, named in the user's own configuration. It gets ten seconds and 64 KiB. What it prints
may hold a secret, whatever its exit code: it is compared with phrases that are known, and never shown (AUTH-23).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from pinner.credentials.base import Login
from pinner.credentials.entries import login_of
from pinner.errors import HelperError

if TYPE_CHECKING:
    from subprocess import Popen

TIME_LIMIT: Final = 10.0
MAXIMUM_OUTPUT: Final = 64 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)
# What helpers print on standard output, with exit code 1, when they know nothing (credentials/error.go).
_NOT_FOUND: Final = "credentials not found in native keychain"
# The other phrases of the protocol, then of well-known keychains, each with what we say in its place.
_REASONS: Final = (
    ("no credentials server url", "it was given no server"),
    ("no credentials username", "its entry has no user name"),
    ("user interaction is not allowed", "its keychain is locked"),
    ("is locked", "its keychain is locked"),
    ("not logged in", "nobody is logged in to it"),
)


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
        self._renewed: set[str] = set()
        self._breakdown: HelperError | None = None
        # One question at a time: a helper may ask its user something. `_lock` is held for moments only, for `stop`.
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._process: Popen[bytes] | None = None
        self._is_stopped = False

    def get(self, server: str) -> Login | None:
        """Return the login for `server`, or None where the helper has none; raise `HelperError`.

        One that was too slow once is not asked again in this run.
        """
        with self._turn:
            if self._breakdown is not None:
                self._answers.setdefault(server, self._breakdown)
            if server not in self._answers:
                try:
                    self._answers[server] = self._run(server)
                except HelperError as error:
                    self._answers[server] = error
            answer = self._answers[server]
        if isinstance(answer, HelperError):
            # A new error: the frames that the first one came through hold what the helper printed (AUTH-23).
            raise type(answer)(answer.message, hint=answer.hint)
        return answer

    def renewed(self, server: str, refused: Login) -> Login | None:
        """Ask again, once for a server, after a registry refused the answer; return None where nothing else comes.

        A helper that fails now keeps its first answer: that one was refused, which says more.
        """
        with self._turn:
            answer = self._answers.get(server)
            if answer == refused and server not in self._renewed and self._breakdown is None:
                self._renewed.add(server)
                try:
                    answer = self._answers[server] = self._run(server) or refused
                except HelperError:
                    return None
        is_another = answer != refused and refused.source == self.program
        return answer if is_another and not isinstance(answer, HelperError) else None

    def stop(self) -> None:
        """End the program that is under way, with all it started, and start none any more; from any thread."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None and self._process.poll() is None:
                _kill(self._process)

    def _run(self, server: str) -> Login | None:
        if not _NAME.fullmatch(self._name):
            message = f"{self._name!r} is not the name of a credential helper"
            raise HelperError(message, hint="a name has letters, digits, '.', '_' and '-', and no path")
        path = shutil.which(self.program, path=_search_path(self._environ))
        if path is None:
            message = f"the credential helper {self.program!r} is not installed"
            raise HelperMissingError(message, hint=f"install it, or take it out of the configuration for {server}")
        code, output = self._talk(path, server)
        return self._read(server, code, output)

    def _talk(self, path: str, server: str) -> tuple[int, bytes]:
        from subprocess import DEVNULL, PIPE, Popen  # noqa: PLC0415 - start-up: only a helper needs processes

        with self._lock:
            if self._is_stopped:
                message = f"the credential helper {self.program!r} was not started: the run is over"
                raise HelperError(message)
            try:
                process = Popen(  # noqa: S603 - no shell; the name was checked and comes from the user's configuration
                    [path, "get"],
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=DEVNULL,
                    env=dict(self._environ),
                    start_new_session=True,
                )
            except OSError as error:
                message = f"the credential helper {self.program!r} cannot be started: {error.strerror}"
                raise HelperError(message) from error
            self._process = process
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
        self._breakdown = HelperError(message, hint="it may wait for a password; unlock the keychain first")
        return self._breakdown

    def _read(self, server: str, code: int, output: bytes) -> Login | None:
        text = output.decode("utf-8", errors="replace").strip()
        by_hand = f"run it by hand: echo {server} | {self.program} get"
        if code != 0:
            if text == _NOT_FOUND:
                return None
            message = f"the credential helper {self.program!r} failed for {server}: {_reason(code, text)}"
            raise HelperError(message, hint=by_hand)
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            message = f"the credential helper {self.program!r} did not print a JSON object for {server}"
            raise HelperError(message, hint=by_hand)
        username, secret = document.get("Username"), document.get("Secret")
        if not isinstance(secret, str) or not secret or not isinstance(username, str) or not username:
            return None
        return login_of(username, secret, self.program)


class Helpers:
    """The helpers of one run, each there once: files that name the same one share its answers and its turn."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = threading.Lock()
        self._helpers: dict[str, Helper] = {}
        self._is_stopped = False

    def named(self, name: str) -> Helper:
        """Return the helper of that name; after the end of the run it starts nothing."""
        with self._lock:
            helper = self._helpers.setdefault(name, Helper(name, environ=self._environ))
            is_stopped = self._is_stopped
        if is_stopped:
            helper.stop()
        return helper

    def stop(self) -> None:
        """End the helpers that are under way; from any thread."""
        with self._lock:
            self._is_stopped = True
            helpers = tuple(self._helpers.values())
        for helper in helpers:
            helper.stop()


def _reason(code: int, text: str) -> str:
    """Return why a helper failed in words of ours; nothing of `text` is part of them."""
    ended = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
    said = text.casefold()
    known = next((words for phrase, words in _REASONS if phrase in said), None)
    return f"{known} ({ended})" if known else ended


def _search_path(environ: Mapping[str, str]) -> str:
    """Return the folders to look in: a relative or empty part would mean the folder we happen to stand in (SEC-34)."""
    parts = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if os.path.isabs(part))  # noqa: PTH117 - a Path would make '' a '.'


def _kill(process: Popen[bytes]) -> None:
    """End the helper and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
