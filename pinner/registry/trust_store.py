"""One TLS context for each set of certificates, built once and shared by all workers.

A context takes 27 ms to build; verification can never be switched off here.
"""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Mapping

import certifi

from pinner.errors import ConfigError
from pinner.registry.certs_d import CertificateFolders
from pinner.registry.origin import Origin
from pinner.registry.trust import Trust


class TrustStore:
    """Builds contexts on demand; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the usual authorities (NET-01).

    The variables of other programs, `REQUESTS_CA_BUNDLE` and `CURL_CA_BUNDLE`, are not read.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, *, folders: CertificateFolders | None = None) -> None:
        self._environ = os.environ if environ is None else environ
        self._folders = folders or CertificateFolders(self._environ)
        self._lock = threading.Lock()
        self._contexts: dict[Trust, ssl.SSLContext] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd about certificates, but no reason to stop."""
        return self._folders.warnings

    def effective(self, trust: Trust, origin: Origin) -> Trust:
        """Return whom to believe at `origin`: what the user's settings say, or else what `certs.d` has (NET-02)."""
        return self._folders.find(origin) if trust == Trust() and origin.scheme == "https" else trust

    def context(self, trust: Trust) -> ssl.SSLContext:
        """Return the context for `trust`; raise `ConfigError` naming a file that cannot be used."""
        with self._lock:
            if trust not in self._contexts:
                self._contexts[trust] = self._build(trust)
            return self._contexts[trust]

    def _build(self, trust: Trust) -> ssl.SSLContext:
        file, folder = self._environ.get("SSL_CERT_FILE") or None, self._environ.get("SSL_CERT_DIR") or None
        try:
            context = ssl.create_default_context(cafile=file, capath=folder)
        except OSError as error:
            message = f"the authorities of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {error}"
            raise ConfigError(message) from error
        context.set_alpn_protocols(["http/1.1"])
        if file is None and folder is None:
            context.load_verify_locations(certifi.where())
        for ca in trust.cas:
            try:
                context.load_verify_locations(ca)
            except OSError as error:
                message = f"ca {ca!r} cannot be used: {error}"
                raise ConfigError(message, hint="it must be a file of PEM certificates") from error
        if trust.client_cert is not None:
            try:
                # An encrypted key must fail, not ask a terminal that is not there.
                context.load_cert_chain(trust.client_cert, trust.client_key, password=lambda: b"")
            except (OSError, ValueError) as error:
                message = f"client-cert {trust.client_cert!r} cannot be used: {error}"
                raise ConfigError(message, hint="it must be PEM, with its key beside it or in client-key") from error
        return context
