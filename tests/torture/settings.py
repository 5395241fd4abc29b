"""Settings, locks and secrets in their right form, from which mutation starts, and the verbs that read them."""

from __future__ import annotations

import base64
import json
from typing import Final

Verb = tuple[str, ...]
PLAIN: Final = b"version = 1\n"
CONFIG: Final = b"""\
version = 1
exclude = ["vendor/**"]
include = ["**"]

[[forms]]
paths = ["**/values.yaml"]
form = "digest-key"

[[forms]]
paths = ["deploy/**"]
form = "digest"

[[rules]]
files = ["**/*.yaml"]
route = "spec.sidecar.image"

[[rules]]
files = ["**/*.txt"]
pattern = '^image (\\S+)'

[aliases]
"$CI_REGISTRY" = "registry.example.com"
"""
_REGISTRIES: Final = b"""\
mirror-tags = "fallback"
read = ["registries.conf", "hosts.toml"]

[registries."docker.io"]
mirrors = ["https://mirror.corp.example", { url = "https://spegel.example", ns = true }]
blocked = false

[registries."registry.corp.example:5000"]
plain-http = true
allow-insecure-auth = true
ca = ["corp.pem"]
client-cert = "client.pem"
client-key = "client.key"
trusted-realms = ["auth.corp.example"]
max-connections = 8
"""
_AUTHS: Final = {"auths": {"ghcr.io": {"auth": base64.b64encode(b"user:secret").decode()}}}
_DOCKER: Final = {**_AUTHS, "credsStore": "none-such", "credHelpers": {"gcr.io": "none-such-either"}}
_PULL_SECRET: Final = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: pull}}
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: {base64.b64encode(json.dumps(_AUTHS).encode()).decode()}
"""
_EXPLAIN: Final = ("auth", "explain", "ghcr.io")

# Files of the user's own, beside the project: each with its right text and the verbs that read it.
OF_THE_USER: Final[dict[str, tuple[bytes, tuple[Verb, ...]]]] = {
    "registries.toml": (
        _REGISTRIES,
        (
            (*_EXPLAIN, "--registries", "../registries.toml"),
            ("pin", "--offline", "--registries", "../registries.toml"),
            ("update", "--offline", "--registries", "../registries.toml"),
        ),
    ),
    "docker/config.json": (
        json.dumps(_DOCKER, indent=1).encode(),
        (_EXPLAIN, ("auth", "explain", "gcr.io", "--format", "json"), ("pin", "--offline")),
    ),
    "pull-secret.yaml": (
        _PULL_SECRET.encode(),
        (
            (*_EXPLAIN, "--pull-secret", "../pull-secret.yaml"),
            ("pin", "--offline", "--pull-secret", "../pull-secret.yaml"),
        ),
    ),
}
READS: Final[tuple[Verb, ...]] = (
    ("check",),
    ("check", "--format", "json"),
    ("images", "--format", "json"),
    ("files",),
    ("diff", "../theirs.lock", "pinner.lock"),
    ("lock", "fmt", "--check"),
    ("pin", "--frozen", "--diff"),
    ("unpin", "--check"),
)
WRITES: Final[tuple[Verb, ...]] = (
    ("pin", "--frozen"),
    ("pin", "--offline"),
    ("update", "--offline"),
    ("unpin",),
    ("lock", "fmt"),
    ("lock", "resolve", "--take", "ours"),
    ("lock", "merge", "../base.lock", "pinner.lock", "../theirs.lock"),
)
OF_THE_LOCK: Final = tuple(verb for verb in (*READS, *WRITES) if verb[0] in {"lock", "diff"})


def conflict(lock: bytes) -> bytes:
    """Return a lock as a merge of two that both moved its first image leaves it."""
    lines = lock.splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith(b"digest"))
    theirs = lines[place].replace(b"sha256:", b"sha256:0")[:-3] + b'"\n'
    sides = [b"<<<<<<< ours\n", lines[place], b"=======\n", theirs, b">>>>>>> theirs\n"]
    return b"".join([*lines[:place], *sides, *lines[place + 1 :]])
