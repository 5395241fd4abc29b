"""The second opinion: what skopeo reads from the same registry."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
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
        timeout=300,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def digest_of(image: str, *, credentials: str | None = None) -> str:
    """Return `skopeo inspect --raw … | sha256sum` as a digest."""
    return f"sha256:{hashlib.sha256(read_raw(image, credentials=credentials)).hexdigest()}"


def copy_all(image: str, folder: Path) -> None:
    """Copy all images of `host:port/repository@digest` into a folder, which reads and checks every part of them."""
    program = find_program("skopeo")
    assert program is not None
    done = subprocess.run(
        [program, "--insecure-policy", "copy", "--all", "--src-tls-verify=false", f"{_PREFIX}{image}", f"oci:{folder}"],
        capture_output=True,
        check=False,
        timeout=300,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
    )
    assert done.returncode == 0, done.stderr.decode()


def list_tags(repository: str) -> list[str]:
    """Return what `skopeo list-tags` prints for `host:port/repository`."""
    program = find_program("skopeo")
    assert program is not None
    done = subprocess.run(
        [program, "list-tags", "--tls-verify=false", "--no-creds", f"{_PREFIX}{repository}"],
        capture_output=True,
        check=False,
        timeout=300,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]},
    )
    assert done.returncode == 0, done.stderr.decode()
    tags: list[str] = json.loads(done.stdout)["Tags"]
    return tags
