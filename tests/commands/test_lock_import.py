"""Digests that stand in files, or in other tools' lockfiles, become entries; nothing that is recorded moves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pinner.commands.lock_import import import_digests
from pinner.errors import RateLimitedError
from pinner.lock.model import Lock, Pin
from pinner.lock.reading import parse_lock
from pinner.lock.rendering import render_lock
from pinner.oci import media_types
from tests.support.program import run, tree_hash
from tests.support.resolvers import PLATFORMS, FakeRegistry, digest_of, platform_digest
from tests.support.sources import compose_text, pin
from tests.support.trees import project_at, write, write_lock
from tests.test_lock_imports import DOCKER_LOCK, IMAGES_LOCK, KBLD, kbld

NGINX, NODE = "docker.io/library/nginx:1.27", "docker.io/library/node:22"
ONE, TWO = digest_of("one"), digest_of("two")


def locked(root: Path) -> dict[str, Pin]:
    return dict(parse_lock((root / "pinner.lock").read_text(), "pinner.lock").pins)


def test_a_tree_that_the_lock_knows_stays_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"nginx@{ONE}", "node:22"))
    write_lock(tmp_path, pin(NGINX, "one"))
    project = project_at(tmp_path)
    before = tree_hash(tmp_path)
    result = import_digests(project)
    assert (result.pins, result.failures, result.patch) == ((), (), "")
    assert tree_hash(tmp_path) == before


def test_a_lock_that_is_not_in_its_normal_form_is_not_touched_without_a_need(tmp_path: Path) -> None:
    write(tmp_path, pinner_lock=render_lock(Lock.empty()).replace("\n", "\r\n"))
    before = tree_hash(tmp_path)
    assert import_digests(project_at(tmp_path)).patch == ""
    assert tree_hash(tmp_path)["pinner.lock"] == before["pinner.lock"]


def test_digests_of_files_become_entries_in_every_form(tmp_path: Path) -> None:
    write(
        tmp_path,
        compose_yaml=compose_text(f"nginx:1.27@{ONE}"),
        Dockerfile=f"# pinner: tag=22\nFROM node@{TWO}\nCOPY --from=nginx@{ONE} / /\n",
        chart__Chart_yaml="apiVersion: v2\nname: a\nversion: 1.0.0\n",
        chart__values_yaml=f'image:\n  repository: a.io/b\n  tag: "3"\n  digest: {TWO}\n',
    )
    result = import_digests(project_at(tmp_path))
    assert result.failures == ()
    expected = Lock.of([Pin(key=NGINX, digest=ONE), Pin(key=NODE, digest=TWO), Pin(key="a.io/b:3", digest=TWO)])
    assert (tmp_path / "pinner.lock").read_text() == render_lock(expected)
    assert run("check", "--strict", cwd=tmp_path).code == 0


def test_two_people_who_import_write_the_same_bytes(tmp_path: Path) -> None:  # H02
    texts = [compose_text(f"nginx:1.27@{ONE}", f"node:22@{TWO}"), compose_text(f"node:22@{TWO}", f"nginx:1.27@{ONE}")]
    locks = []
    for number, text in enumerate(texts):
        root = tmp_path / str(number)
        write(root, compose_yaml=text)
        import_digests(project_at(root))
        locks.append((root / "pinner.lock").read_bytes())
    assert locks[0] == locks[1]
    assert locks[0].count(b"digest = ") == 2


def test_two_digests_of_one_tag_are_said_with_their_places_and_not_adopted(tmp_path: Path) -> None:  # H09
    write(
        tmp_path,
        compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"node:22@{ONE}"),
        Dockerfile=f"FROM nginx:1.27@{TWO}\n",
    )
    ran = run("lock", "import", cwd=tmp_path)
    assert ran.code == 1
    assert list(locked(tmp_path)) == [NODE]
    assert (tmp_path / "Dockerfile").read_text() == f"FROM nginx:1.27@{TWO}\n"
    short = {one: f"{one.encoded[:12]}…" for one in (ONE, TWO)}
    assert (
        f"compose.yaml:3:12: error[contradiction]: '{NGINX}' has {short[ONE]} here and {short[TWO]} else" in ran.stderr
    )
    assert f"Dockerfile:1:6: error[contradiction]: '{NGINX}' has {short[TWO]} here and {short[ONE]} else" in ran.stderr
    assert ran.stderr.endswith("adopted 1 digest, left 2 out\n")


def test_what_is_recorded_never_moves(tmp_path: Path) -> None:  # H09
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{TWO}"))
    before = write_lock(tmp_path, pin(NGINX, "one"))
    ran = run("lock", "import", cwd=tmp_path)
    assert (ran.code, (tmp_path / "pinner.lock").read_text()) == (1, before)
    assert "in pinner.lock; the lock stays" in ran.stderr
    assert "`pinner update`" in ran.stderr


def test_a_digest_without_a_tag_is_said_unless_another_place_tells_the_tag(tmp_path: Path) -> None:
    write(
        tmp_path,
        a__compose_yaml=compose_text(f"nginx@{ONE}", f"nginx@{TWO}"),
        b__compose_yaml=compose_text(f"nginx@{TWO}"),
    )
    ran = run("lock", "import", cwd=tmp_path)
    assert (ran.code, (tmp_path / "pinner.lock").exists()) == (1, False)
    assert ran.stderr.count("error[unknown-tag]") == 3
    write(tmp_path, c__compose_yaml=compose_text(f"nginx:1.27@{TWO}"))
    ran = run("lock", "import", cwd=tmp_path)
    assert (ran.code, ran.stderr.count("error[unknown-tag]"), list(locked(tmp_path))) == (1, 1, [NGINX])
    assert "a/compose.yaml:3:12: error[unknown-tag]: nobody knows the tag of" in ran.stderr


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"), b__compose_yaml=b"\xff image: x\n")
    ran = run("lock", "import", cwd=tmp_path)
    assert (ran.code, list(locked(tmp_path))) == (1, [NGINX])
    assert "b/compose.yaml:1:1: error[unreadable]" in ran.stderr


def test_a_preview_writes_nothing_and_its_patch_applies(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    before = tree_hash(tmp_path)
    checked = run("lock", "import", "--check", cwd=tmp_path)
    assert (checked.code, checked.out) == (1, f"{NGINX}: locked {ONE}\n")
    shown = run("lock", "import", "--diff", cwd=tmp_path)
    assert (shown.code, shown.stderr, tree_hash(tmp_path)) == (1, "would adopt 1 digest\n", before)
    subprocess.run(["git", "apply"], input=shown.stdout, cwd=tmp_path, check=True)
    assert run("lock", "import", "--check", cwd=tmp_path).code == 0
    assert locked(tmp_path) == {NGINX: Pin(key=NGINX, digest=ONE)}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (KBLD, [NGINX, "ghcr.io/acme/api:latest"]),
        (DOCKER_LOCK, [NGINX, "ghcr.io/acme/api:2"]),
        (IMAGES_LOCK, [f"{NGINX}#linux/amd64", f"{NGINX}#linux/arm64"]),
    ],
)
def test_other_lockfiles_are_adopted_from_anywhere(tmp_path: Path, text: str, keys: list[str]) -> None:
    root = tmp_path / "tree"
    write(root, pinner_toml="version = 1\n", compose_yaml=compose_text(f"node:22@{ONE}"))
    write(tmp_path, lock=text)
    ran = run("lock", "import", tmp_path / "lock", cwd=root)
    assert (ran.code, list(locked(root))) == (0, keys)


def test_a_lockfile_of_images_for_platforms_pins_what_platform_pins(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text("nginx:1.27"), Images_lock=IMAGES_LOCK)
    assert run("lock", "import", "Images.lock", cwd=tmp_path).code == 0
    assert run("pin", "--frozen", "--platform", "linux/arm64", cwd=tmp_path).code == 0
    assert (tmp_path / "compose.yaml").read_text() == compose_text(f"nginx:1.27@{TWO}")
    assert run("check", cwd=tmp_path).code == 0


def test_nothing_is_imported_while_one_file_is_no_lockfile_and_all_are_named(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n", good_yml=KBLD, one_yaml="a: 1\n", two_json="{")
    ran = run("lock", "import", "good.yml", "one.yaml", "two.json", ".", cwd=tmp_path)
    assert (ran.code, (tmp_path / "pinner.lock").exists()) == (2, False)
    for said in ("one.yaml:1: this is no lockfile", "two.json:1:2: neither YAML nor JSON", ".: cannot be read"):
        assert said in ran.stderr


def test_the_name_of_a_file_does_not_reach_the_terminal_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, pinner_toml="version = 1\n")
    (tmp_path / "a\x1b[31m.yaml").write_text("a: 1\n")
    ran = run("lock", "import", "a\x1b[31m.yaml", cwd=tmp_path)
    assert (ran.code, "\x1b" in ran.stderr, "a\\x1b[31m.yaml:1" in ran.stderr) == (2, False, True)


def test_what_a_foreign_lockfile_says_against_the_lock_is_said(tmp_path: Path) -> None:  # H09
    before = write_lock(tmp_path, pin(NGINX, "two"))
    write(tmp_path, kbld_lock_yml=kbld("nginx:1.27", f"nginx@{ONE}"))
    ran = run("lock", "import", "kbld.lock.yml", cwd=tmp_path)
    assert (ran.code, (tmp_path / "pinner.lock").read_text()) == (1, before)
    assert f"kbld.lock.yml:4:3: error[contradiction]: '{NGINX}' has" in ran.stderr


def test_offline_no_resolver_is_opened(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}"))
    assert import_digests(project_at(tmp_path)).pins == (Pin(key=NGINX, digest=ONE),)


def test_online_the_documents_are_read_and_recorded(tmp_path: Path) -> None:
    write(
        tmp_path, pinner_toml="version = 1\n", Images_lock=images_lock(), compose_yaml=compose_text(f"nginx:1.27@{ONE}")
    )
    peer = FakeRegistry({NGINX: "one", NODE: "two"})
    result = import_digests(project_at(tmp_path), open_resolver=peer.open_resolver)
    assert result.pins == (Pin(key=NGINX, digest=ONE, media_type=media_types.OCI_INDEX, platforms=PLATFORMS),)
    result = import_digests(project_at(tmp_path), [tmp_path / "Images.lock"], open_resolver=peer.open_resolver)
    assert [(one.key, one.media_type) for one in result.pins] == [(f"{NODE}#linux/arm64", media_types.OCI_MANIFEST)]
    assert peer.opened == [None, PLATFORMS[1]]
    assert list(locked(tmp_path)) == [NGINX, f"{NODE}#linux/arm64"]


def images_lock() -> str:
    digest = platform_digest("two", PLATFORMS[1])
    return (
        "apiVersion: v0\nkind: ImagesLock\nimages:\n"
        f"- image: node:22\n  digests:\n  - {{digest: '{digest}', arch: linux/arm64}}\n"
    )


def test_online_what_the_registry_does_not_have_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, compose_yaml=compose_text(f"nginx:1.27@{ONE}", f"node:22@{TWO}", f"a.io/b:1@{ONE}"))
    peer = FakeRegistry({NGINX: "one", NODE: RateLimitedError("too many", hint="wait")})
    result = import_digests(project_at(tmp_path), open_resolver=peer.open_resolver)
    assert [one.key for one in result.pins] == [NGINX]
    assert [(one.image, one.error.code) for one in result.failures] == [
        ("a.io/b:1", "not-found"),
        (NODE, "rate-limited"),
    ]
    assert list(locked(tmp_path)) == [NGINX]
