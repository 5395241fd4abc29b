"""The second opinion: what skopeo reads from the same registry."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import Final

from tests.lab.processes import find_program

_PREFIX: Final = "docker://"


def read_raw(image: str, *, credentials: str | None = None) -> bytes:
    """Return the bytes that `skopeo inspect --raw` prints for `host:port/repository:tag` (or `@digest`)."""
    program = find_program("skopeo")
    assert program is not None
    login = ["--no-creds"] if credentials is None else ["--creds", credentials]
    done = subprocess.run(
        [program, "inspect", "--raw", "--tls-verify=false", *login, f"{_PREFIX}{image}"],
        capture_output=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def digest_of(image: str, *, credentials: str | None = None) -> str:
    """Return `skopeo inspect --raw … | sha256sum` as a digest."""
    return f"sha256:{hashlib.sha256(read_raw(image, credentials=credentials)).hexdigest()}"
