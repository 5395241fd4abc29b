"""The programs that people would use instead: where they come from, and how they are asked to do the same work.

They are installed into a cache folder outside of the repository, at the versions below. One that cannot be installed is
listed as absent, with the reason; nothing is guessed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CACHE = Path(os.environ.get("PINNER_BENCH_CACHE") or Path.home() / ".cache" / "pinner-bench")
_VERSION = re.compile(r"v?\d+\.\d+\.\d+[-.\w]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program: its version as wanted, how it is installed, and what it is asked for its version."""

    name: str
    version: str
    install: Callable[[Peer], None]
    place: Path
    tell: tuple[str, ...] = ()
    module: str = ""
    package: str = ""
    requires: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Present:
    """A peer that is here."""

    name: str
    version: str
    program: Path


@dataclass(frozen=True, slots=True)
class Absent:
    """A peer that is not here, and why."""

    name: str
    reason: str


def find(peer: Peer, *, install: bool = True) -> Present | Absent:
    """Return where a peer stands, installed if need be."""
    if not peer.place.exists() and install:
        try:
            peer.install(peer)
        except (OSError, subprocess.SubprocessError) as error:
            return Absent(peer.name, _explain(error))
    if not peer.place.exists():
        return Absent(peer.name, "not installed")
    return Present(peer.name, _tell_version(peer), peer.place)


def _explain(error: Exception) -> str:
    said = getattr(error, "stderr", None) or b""
    lines = [line for line in said.decode(errors="replace").splitlines() if "downloading" not in line]
    return re.sub(r"https?://\S+", "…", lines[-1])[:160] if lines else str(error)[:160]


def _tell_version(peer: Peer) -> str:
    if not peer.tell:
        return peer.version
    done = subprocess.run([peer.place, *peer.tell], capture_output=True, check=False, timeout=60)
    found = _VERSION.search((done.stdout + done.stderr).decode(errors="replace"))
    return found[0] if found else peer.version


def _run(*command: str | Path, cwd: Path, environ: dict[str, str] | None = None) -> None:
    subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env={**os.environ, **(environ or {})},
        check=True,
        capture_output=True,
        timeout=1800,
    )


def _with_go(peer: Peer) -> None:
    """Build a program in a module of its own: some modules are there by version only, and not by list."""
    folder = CACHE / "go" / peer.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").unlink(missing_ok=True)
    _run("go", "mod", "init", f"bench/{peer.name}", cwd=folder)
    for requirement in (f"{peer.module}@{peer.version}", *peer.requires):
        _run("go", "mod", "edit", f"-require={requirement}", cwd=folder)
    (folder / "tools.go").write_text(f'package main\n\nimport _ "{peer.package}"\n', encoding="utf-8")
    peer.place.parent.mkdir(parents=True, exist_ok=True)
    _run("go", "build", "-o", peer.place, peer.package, cwd=folder, environ={"GOFLAGS": "-mod=mod"})


def _with_pip(peer: Peer) -> None:
    folder = CACHE / "python" / peer.name
    _run("python3", "-m", "venv", folder, cwd=Path("/"))
    _run(folder / "bin" / "pip", "install", "--quiet", f"{peer.package}=={peer.version}", cwd=folder)


def _with_npm(peer: Peer) -> None:
    folder = CACHE / "node" / peer.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}", encoding="utf-8")
    wanted = f"{peer.package}@{peer.version}"
    _run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", wanted, cwd=folder)


def _with_apt(peer: Peer) -> None:
    raise FileNotFoundError(f"install Debian's {peer.package}")


def _go(name: str, version: str, module: str, package: str = "", *tell: str, requires: tuple[str, ...] = ()) -> Peer:
    return Peer(
        name=name,
        version=version,
        install=_with_go,
        place=CACHE / "bin" / name,
        tell=tell,
        module=module,
        package=f"{module}{package}",
        requires=requires,
    )


PEERS = (
    Peer(
        name="skopeo",
        version="Debian",
        install=_with_apt,
        place=Path(shutil.which("skopeo") or "/usr/bin/skopeo"),
        tell=("--version",),
        package="skopeo",
    ),
    _go("crane", "v0.21.9", "github.com/google/go-containerregistry", "/cmd/crane"),
    _go("regctl", "v0.11.7", "github.com/regclient/regclient", "/cmd/regctl"),
    # Its own requirement of vendir has no entry in the checksum database.
    _go("kbld", "v0.44.0", "carvel.dev/kbld", "/cmd/kbld", requires=("carvel.dev/vendir@v0.43.0",)),
    _go("frizbee", "v0.1.7", "github.com/stacklok/frizbee"),
    _go("ratchet", "v0.11.4", "github.com/sethvargo/ratchet"),
    _go("docker-lock", "v0.8.10", "github.com/safe-waters/docker-lock", "/cmd/docker-lock"),
    _go("yq", "v4.45.4", "github.com/mikefarah/yq/v4"),
    Peer(
        name="pindock",
        version="1.1.3",
        install=_with_pip,
        place=CACHE / "python" / "pindock" / "bin" / "pindock",
        package="pindock",
    ),
    Peer(
        name="renovate",
        version="39.264.1",
        install=_with_npm,
        place=CACHE / "node" / "renovate" / "node_modules" / "renovate" / "dist" / "renovate.js",
        package="renovate",
    ),
)


def find_all(*, install: bool = True) -> dict[str, Present | Absent]:
    """Return every peer by name."""
    return {peer.name: find(peer, install=install) for peer in PEERS}


def main() -> None:
    for found in find_all().values():
        match found:
            case Present(name, version, program):
                print(f"{name:12} {version:12} {program}")
            case Absent(name, reason):
                print(f"{name:12} absent: {reason}")


if __name__ == "__main__":
    main()
