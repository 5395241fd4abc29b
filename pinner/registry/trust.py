"""Who is believed and what is shown, as a value: file names of certificates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """File names of additional authorities and of a client certificate; an empty one leaves it to `certs.d`."""

    cas: tuple[str, ...] = ()
    client_cert: str | None = None
    client_key: str | None = None
