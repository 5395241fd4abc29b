"""Pipes, devices, sockets, links in circles and names in bytes: whatever stands in a tree, a run ends (C11, SEC-31)."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import pytest

from tests.support.program import run
from tests.torture.scale import PATIENCE, chance, rounds
from tests.torture.trees import FILES, make_frozen

pytestmark = pytest.mark.timeout(PATIENCE)

NAMES: Final = ("compose.yaml", "pod.yaml", ".gitlab-ci.yml", "Dockerfile", "values.yaml")
Make = Callable[[Path], object]


def make_device(place: Path) -> None:
    """Make one that never ends, where the user may; a pipe elsewhere."""
    try:
        os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        os.mkfifo(place)


def make_socket(place: Path) -> None:
    """Make one by a short name: the whole path may be longer than a socket's may be."""
    here = os.open(place.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"/proc/self/fd/{here}/{place.name}")
    finally:
        os.close(here)


def make_sparse(place: Path) -> None:
    """Make a file that says it has a terabyte."""
    with place.open("wb") as file:
        file.truncate(2**40)


def make_odd_name(place: Path) -> None:
    Path(os.fsdecode(os.fsencode(place.parent) + b"/\xff\xfe" + os.fsencode(place.name))).write_text("FROM a:1\n")


MAKERS: Final[dict[str, Make]] = {
    "pipe": os.mkfifo,
    "device": make_device,
    "socket": make_socket,
    "sparse": make_sparse,
    "odd name": make_odd_name,
    "folder": Path.mkdir,
    "link to nothing": lambda place: place.symlink_to("nothing"),
    "link to itself": lambda place: place.symlink_to(place.name),
    "link to its folder": lambda place: place.symlink_to("."),
    "link to a device": lambda place: place.symlink_to("/dev/zero"),
    "link to a process": lambda place: place.symlink_to("/proc/self/mem"),
    "link to the system": lambda place: place.symlink_to("/etc/passwd"),
    "link to the root": lambda place: place.symlink_to("/"),
    "link out of the tree": lambda place: place.symlink_to("../" * 40 + str(place)),
    "file without a word": Path.touch,
    "bytes": lambda place: place.write_bytes(bytes(range(256)) * 9),
    "line of a megabyte": lambda place: place.write_bytes(b"image: " + b"a" * 2**20),
}


def scatter(root: Path, here: Random) -> dict[str, tuple[int, int]]:
    """Put odd files into a tree; return each one's kind and number on the disk."""
    odd: dict[str, tuple[int, int]] = {}
    for number in range(40):
        folder = root / f"odd{number % 7}" / str(number)
        folder.mkdir(parents=True)
        here.choice(sorted(MAKERS.items()))[1](folder / here.choice(NAMES))
        for place in folder.iterdir():
            status = place.lstat()
            odd[os.fspath(place)] = (stat.S_IFMT(status.st_mode), status.st_ino)
    return odd


@pytest.mark.parametrize("number", range(rounds(quick=3, full=200)))
def test_odd_files_stay_and_the_others_are_pinned(tmp_path: Path, number: int) -> None:
    tree = make_frozen(tmp_path / "tree")
    odd = scatter(tree.root, chance("odd", number))
    for verb in (("images",), ("check",), ("files",), ("pin", "--frozen")):
        ran = run(*verb, cwd=tree.root)
        assert ran.code in {0, 1}, ran.stderr
        assert "Traceback" not in ran.stderr
    assert all((tree.root / path).read_bytes() == tree.after[path] for path in tree.changed)
    after = {place: Path(place).lstat() for place in odd}
    assert {place: (stat.S_IFMT(status.st_mode), status.st_ino) for place, status in after.items()} == odd


def test_one_file_by_many_names_is_written_once(tmp_path: Path) -> None:
    tree = make_frozen(tmp_path / "tree")
    here = chance("names")
    links = {}
    for number in range(60):
        path = here.choice(sorted(tree.changed))
        place = tree.root / path
        link = place.with_name(f"{number}-{place.name}" if place.suffix else f"{place.name}.{number}")
        if number % 2:
            link.symlink_to(place.name)
        else:
            os.link(place, link)
        links[link] = path
    ran = run("pin", "--frozen", cwd=tree.root)
    assert ran.code == 0, ran.stderr
    assert all((tree.root / path).read_bytes() == tree.after[path] for path in tree.changed)
    assert all(link.read_bytes() == tree.after[path] for link, path in links.items() if link.is_symlink())
    assert sum(link.is_symlink() for link in links) == len(links) / 2
    assert len({place.lstat().st_ino for place in tree.root.rglob("*") if place.is_file()}) >= FILES


def test_a_project_of_odd_settings_is_refused_in_words(tmp_path: Path) -> None:
    makers = {name: make for name, make in MAKERS.items() if name not in {"odd name", "file without a word"}}
    for number, (name, make) in enumerate(makers.items()):
        for setting in ("pinner.toml", "pinner.lock", ".git", "pyproject.toml"):
            root = tmp_path / f"{number}-{setting}"
            root.mkdir()
            (root / "Dockerfile").write_text("FROM a:1\n")
            make(root / setting)
            for verb in (("check",), ("pin", "--frozen")):
                ran = run(*verb, cwd=root)
                assert ran.code in {1, 2}, (name, setting, ran)
                assert "Traceback" not in ran.stderr
            assert (root / "Dockerfile").read_text() == "FROM a:1\n"
