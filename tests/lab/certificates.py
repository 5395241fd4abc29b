"""Keys and certificates, made by the `openssl` program for one run of the tests; none is ever committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.lab.processes import find_program


def openssl(*arguments: str | Path, content: bytes = b"") -> bytes:
    """Run `openssl` and return what it prints."""
    program = find_program("openssl")
    assert program is not None
    command = [program, *map(str, arguments)]
    return subprocess.run(command, input=content, capture_output=True, check=True, timeout=300).stdout


def make_certificate(
    folder: Path, name: str, *, address: str = "127.0.0.1", authority: tuple[Path, Path] | None = None
) -> tuple[Path, Path]:
    """Make a key and a certificate for an address or a host name; return both files.

    It is signed by `authority`, the key and certificate of another one, or else by itself.
    """
    folder.mkdir(exist_ok=True)
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    kind = "IP" if address.replace(".", "").isdigit() or ":" in address else "DNS"
    signer: tuple[str | Path, ...] = () if authority is None else ("-CAkey", authority[0], "-CA", authority[1])
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}", *signer),
        *("-addext", f"subjectAltName={kind}:{address}", "-keyout", key, "-out", certificate),
    )
    return key, certificate
