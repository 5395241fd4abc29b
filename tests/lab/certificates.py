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
    return subprocess.run(command, input=content, capture_output=True, check=True, timeout=60).stdout


def make_certificate(folder: Path, name: str, *, address: str = "127.0.0.1") -> tuple[Path, Path]:
    """Make a key and a certificate that signs itself, for an address; return both files."""
    folder.mkdir(exist_ok=True)
    key, certificate = folder / f"{name}.key", folder / f"{name}.crt"
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}"),
        *("-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", certificate),
    )
    return key, certificate
