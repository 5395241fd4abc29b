"""The acceptance test: real projects pinned against a real registry, from the outside in.

Needs PINNER_CORPUS. Every reference that pinner lists gets a tiny image in one registry, which stands in for all.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.lab import skopeo
from tests.lab.images import push_tiny
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import DIGEST, commit, contents, git, list_images, without_digests
from tests.support.program import tree_hash

FOLDER: Final = os.environ.get("PINNER_CORPUS")
PROJECTS: Final = ("GoogleCloudPlatform+microservices-demo", "docker+awesome-compose")
Image = dict[str, object]

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(FOLDER is None, reason="PINNER_CORPUS names no folder of real manifests"),
    pytest.mark.timeout(600),
]


@dataclass(frozen=True, slots=True)
class Project:
    """A copy of a real project, committed, with an image in the registry for everything it uses."""

    root: Path
    registry: RegistryProcess
    settings: Path
    images: list[Image]

    @property
    def unpinned(self) -> list[Image]:
        return [one for one in self.images if one["digest"] is None]

    @property
    def places(self) -> set[str]:
        return {_place(one) for one in self.unpinned}

    def pin(self) -> str:
        """Run `pinner pin`, which must end well; return what it said."""
        ran = pinner("pin", "--registries", self.settings, cwd=self.root)
        assert ran.code == 0, ran.stderr
        return ran.stderr


def _place(image: Image) -> str:
    return f"{image['path']}:{image['line']}:{image['column']}"


def _in_registry(image: Image) -> tuple[str, str]:
    """Return repository and tag in the registry that stands in for all: one prefix for each host."""
    return f"{_prefix(image)}/{image['repository']}", str(image["tag"] or "latest")


def _prefix(image: Image) -> str:
    return str(image["registry"]).replace(":", "-")


@pytest.fixture(params=PROJECTS)
def project(request: pytest.FixtureRequest, own_registry: RegistryProcess, tmp_path: Path) -> Project:
    root = tmp_path / "project"
    shutil.copytree(Path(FOLDER or "", request.param), root, symlinks=True)
    commit(root)
    images = list_images(root)
    unpinned = [one for one in images if one["digest"] is None]
    push_tiny(own_registry.url, {_in_registry(one): None for one in unpinned})
    prefixes = {str(one["registry"]): _prefix(one) for one in unpinned}
    settings = tmp_path / "registries.toml"
    settings.write_text(
        "".join(
            f'[registries."{host}"]\nblocked = true\nmirrors = ["{own_registry.url}/{prefix}"]\n'
            for host, prefix in prefixes.items()
        ),
        encoding="utf-8",
    )
    own_registry.forget()
    return Project(root, own_registry, settings, images)


def _digests(project: Project) -> dict[tuple[str, str], str]:
    """Ask skopeo for every image, once each."""
    names = list(dict.fromkeys(map(_in_registry, project.unpinned)))
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(skopeo.digest_of, (f"{project.registry.address}/{place}:{tag}" for place, tag in names))
    return dict(zip(names, found, strict=True))


def test_check_lists_every_place_of_the_untouched_tree(project: Project) -> None:
    before = tree_hash(project.root)
    ran = pinner("check", cwd=project.root)
    assert ran.code == 1
    unpinned = re.findall(r"^(\S+:\d+:\d+): error\[unpinned\]", ran.out, re.MULTILINE)
    assert set(unpinned) == project.places
    assert len(unpinned) == len(project.unpinned)
    texts = {path: content.decode() for path, content in contents(project.root).items() if path in before}
    for one in project.unpinned:  # the place is where the image is written
        line = texts[str(one["path"])].split("\n")[int(str(one["line"])) - 1]
        assert line[int(str(one["column"])) - 1 :].startswith(str(one["written"])), _place(one)
    assert project.registry.requests() == ()
    assert tree_hash(project.root) == before


def test_every_reference_is_pinned_to_what_skopeo_computes(project: Project) -> None:
    before = contents(project.root)
    said = project.pin()
    requests = project.registry.statuses()
    after = contents(project.root)
    digests = _digests(project)
    now = list_images(project.root)
    assert [(one["path"], one["line"], one["locator"]) for one in now] == [
        (one["path"], one["line"], one["locator"]) for one in project.images
    ]
    for old, new in zip(project.images, now, strict=True):
        expected = old["digest"] or digests[_in_registry(old)]
        assert new["digest"] == expected, _place(old)
        assert new["written"] == (old["written"] if old["digest"] else f"{old['written']}@{expected}")
    assert requests == {("GET", 200): len(digests)}
    _assert_only_digests_came(project, before, after)
    changed = sum(after[path] != before[path] for path in before)
    print(f"\n{said.strip()}\n{len(digests)} images, {changed} files, {dict(requests)}")  # noqa: T201 - the numbers


def _assert_only_digests_came(project: Project, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    changed = {path for path in before if after[path] != before[path]}
    assert changed == {str(one["path"]) for one in project.unpinned}
    assert {path: without_digests({path: after[path]})[path] for path in changed} == {
        path: without_digests({path: before[path]})[path] for path in changed
    }
    counts = [line.split("\t") for line in git(project.root, "diff", "--numstat").splitlines()]
    assert {path for _, _, path in counts} == changed
    assert all(added == removed for added, removed, _ in counts)
    lines = list(_changed_lines(git(project.root, "diff", "--unified=0")))
    assert len(lines) == sum(int(added) for added, _, _ in counts)
    for old, new in lines:
        assert new != old
        assert DIGEST.sub(b"", new.encode()) == DIGEST.sub(b"", old.encode())
    assert git(project.root, "status", "--porcelain", "--untracked-files=all").count("?? ") == 1  # the lock


def _changed_lines(patch: str) -> Iterator[tuple[str, str]]:
    """Pair the removed and added lines of every hunk."""
    for hunk in re.split(r"^@@.*\n", patch, flags=re.MULTILINE)[1:]:
        body = hunk.split("\ndiff --git ")[0].split("\n")
        old = [line[1:] for line in body if line.startswith("-")]
        new = [line[1:] for line in body if line.startswith("+")]
        yield from zip(old, new, strict=True)


def test_a_second_run_asks_nothing_and_check_needs_no_network(project: Project) -> None:
    project.pin()
    before = tree_hash(project.root)
    project.registry.forget()
    project.pin()
    assert project.registry.requests() == ()
    assert tree_hash(project.root) == before
    project.registry.stop()
    ran = pinner("check", cwd=project.root)
    assert ran.code == 0, ran.out
    assert "error[" not in ran.out
    assert project.pin()  # not needed either
    assert tree_hash(project.root) == before
    print(f"\ncheck: {ran.stderr.strip()}; {ran.out.count(': warning[')} warnings")  # noqa: T201 - the numbers
