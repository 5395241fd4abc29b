"""Lockfiles of other tools: told by what stands in them, read for what they record, refused with a place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.errors import LockError
from pinner.lock import imports
from pinner.lock.adoption import Claim
from pinner.lock.imports.base import Refusal
from pinner.lock.imports.table import FORMATS, read_foreign_lock
from pinner.lock.model import Lock
from pinner.lock.rendering import render_lock
from pinner.text import Source
from tests.support.resolvers import digest_of

ONE, TWO = digest_of("one"), digest_of("two")
HUB = "index.docker.io/library"

KBLD = f"""apiVersion: kbld.k14s.io/v1alpha1
kind: Config
minimumRequiredVersion: 0.17.0
overrides:
- image: nginx:1.27
  newImage: {HUB}/nginx@{ONE}
  preresolved: true
- image: ghcr.io/acme/api
  newImage: ghcr.io/acme/api@{TWO}
  preresolved: true
searchRules: []
"""
IMGPKG = f"""---
apiVersion: imgpkg.carvel.dev/v1alpha1
images:
- annotations:
    kbld.carvel.dev/id: nginx:1.27
    kbld.carvel.dev/origins: |
      - resolved:
          tag: "1.27"
          url: nginx:1.27
  image: {HUB}/nginx@{ONE}
kind: ImagesLock
"""
IMAGES_LOCK = f"""apiVersion: v0
kind: ImagesLock
metadata:
  generatedAt: "2023-08-04T13:36:09.398772Z"
  generatedBy: Distribution Tooling for Helm
chart:
  name: shop
  version: 1.0.0
images:
  - name: nginx
    image: docker.io/library/nginx:1.27
    chart: shop
    digests:
      - digest: {ONE}
        arch: linux/amd64
      - digest: {TWO}
        arch: linux/arm64
"""
DOCKER_LOCK = f"""{{
\t"dockerfiles": {{
\t\t"Dockerfile": [
\t\t\t{{
\t\t\t\t"name": "nginx",
\t\t\t\t"tag": "1.27",
\t\t\t\t"digest": "{ONE.encoded}"
\t\t\t}},
\t\t\t{{"name": "scratch", "tag": "", "digest": ""}}
\t\t]
\t}},
\t"composefiles": {{
\t\t"compose.yaml": [{{"name": "nginx", "tag": "1.27", "digest": "{ONE.encoded}", "service": "web"}}]
\t}},
\t"kubernetesfiles": {{
\t\t"pod.yaml": [{{"name": "ghcr.io/acme/api", "tag": "2", "digest": "{TWO.encoded}", "container": "api"}}]
\t}}
}}
"""
NGINX = "docker.io/library/nginx:1.27"


def read(text: str, path: str = "foreign") -> tuple[tuple[Claim, ...], tuple[Refusal, ...]]:
    return read_foreign_lock(Source(path, text))


def reasons(text: str) -> list[str]:
    claims, refusals = read(text)
    assert claims == ()
    return [f"{one.place}: {one.error.message}" for one in refusals]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(KBLD, [(NGINX, ONE, "foreign:5:3"), ("ghcr.io/acme/api:latest", TWO, "foreign:8:3")], id="kbld"),
        pytest.param(
            f"apiVersion: v1\nkind: Pod\n---\n{KBLD.replace('kind: Config', 'kind: ImageOverrides')}",
            [(NGINX, ONE, "foreign:8:3"), ("ghcr.io/acme/api:latest", TWO, "foreign:11:3")],
            id="kbld, in a stream of objects",
        ),
        pytest.param(IMGPKG, [(NGINX, ONE, "foreign:4:3")], id="imgpkg"),
        pytest.param(
            IMAGES_LOCK,
            [(f"{NGINX}#linux/amd64", ONE, "foreign:14:9"), (f"{NGINX}#linux/arm64", TWO, "foreign:16:9")],
            id="Images.lock",
        ),
        pytest.param(
            DOCKER_LOCK,
            [(NGINX, ONE, "foreign:4:4"), (NGINX, ONE, "foreign:13:20"), ("ghcr.io/acme/api:2", TWO, "foreign:16:16")],
            id="docker-lock",
        ),
        pytest.param("\ufeff" + IMGPKG.replace("\n", "\r\n"), [(NGINX, ONE, "foreign:4:3")], id="BOM and CRLF"),
        pytest.param("apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\nsearchRules: []\n", [], id="nothing to adopt"),
        pytest.param('{"dockerfiles": {"Dockerfile": null}}', [], id="an empty list of Go's"),
    ],
)
def test_what_a_lockfile_records_is_read_with_its_places(text: str, expected: list[tuple[str, object, str]]) -> None:
    claims, refusals = read(text)
    assert [(one.key, one.digest, one.place) for one in claims] == expected
    assert refusals == ()


def kbld(image: str, replacement: str) -> str:
    return f"apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\noverrides:\n- image: {image}\n  newImage: {replacement}\n"


@pytest.mark.parametrize(
    ("image", "replacement", "reason"),
    [
        ("nginx:1.27", "nginx:1.27", "'nginx:1.27' was not adopted: 'nginx:1.27' has no digest"),
        ("nginx:1.27", '""', "'nginx:1.27' was not adopted: 'nginx:1.27' has no digest"),
        (
            "nginx:1.27",
            f"corp.example/nginx@{ONE}",
            "'nginx:1.27' was not adopted: it stands for an image of another repository, corp.example/nginx",
        ),
        (
            f"nginx:1.27@{TWO}",
            f"nginx@{ONE}",
            f"'nginx:1.27@{TWO}' was not adopted: it stands for another digest, {ONE}",
        ),
        (f"nginx@{ONE}", f"nginx@{ONE}", f"nobody knows the tag of 'nginx@{ONE}'; it was not adopted"),
        (
            "Nginx:1",
            f"nginx@{ONE}",
            "'Nginx:1' was not adopted: invalid reference 'Nginx:1': the repository must be lowercase",
        ),
    ],
)
def test_an_entry_that_names_no_digest_of_a_tag_is_said(image: str, replacement: str, reason: str) -> None:
    assert reasons(kbld(image, replacement)) == [f"foreign:4:3: {reason}"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (IMGPKG.replace("    kbld.carvel.dev/id: nginx:1.27\n", "    other: x\n"), "nobody knows the tag of"),
        (
            f"apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages:\n- image: a/b@{ONE}\n",
            "nobody knows the tag",
        ),
        ('{"dockerfiles": {"a": [{"name": "nginx", "tag": "1", "digest": ""}]}}', "it has no digest"),
        (
            f'{{"dockerfiles": {{"a": [{{"name": "nginx", "tag": "", "digest": "{ONE.encoded}"}}]}}}}',
            "nobody knows the tag",
        ),
        ('{"dockerfiles": {"a": [{"name": "nginx", "tag": "1", "digest": "golang"}]}}', "'golang' is not a digest"),
        ("apiVersion: v0\nkind: ImagesLock\nimages: [{image: 'a:1', digests: []}]\n", "it has no digest"),
        (
            f"apiVersion: v0\nkind: ImagesLock\nimages: [{{digests: [{{digest: '{ONE}', arch: linux/amd64}}]}}]\n",
            "is empty",
        ),
        (
            f"apiVersion: v0\nkind: ImagesLock\nimages: [{{image: a, digests: [{{digest: '{ONE}'}}]}}]\n",
            "names no platform",
        ),
        (
            f"apiVersion: v0\nkind: ImagesLock\nimages: [{{image: a, digests: [{{digest: '{ONE}', arch: amd64}}]}}]\n",
            "'amd64' is not a platform",
        ),
        (
            IMAGES_LOCK.replace("nginx:1.27", f"nginx:1.27@{ONE}").partition("      - digest: " + str(ONE))[0]
            + f"      - {{digest: '{TWO}', arch: linux/arm64}}\n",
            "beside another digest",
        ),
    ],
)
def test_what_says_too_little_is_left_out_with_the_reason(text: str, reason: str) -> None:
    (said,) = reasons(text)
    assert reason in said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "foreign:1: this is no lockfile that can be imported"),
        ("services: {web: {image: nginx}}\n", "foreign:1: this is no lockfile that can be imported"),
        ("[1, 2]\n", "foreign:1: this is no lockfile that can be imported"),
        ("apiVersion: v1\nkind: Pod\n", "foreign:1: this is no lockfile that can be imported"),
        ("a: [\n", "foreign:2:1: neither YAML nor JSON: "),
        ("a: *b\n", "foreign:1:4: neither YAML nor JSON: an alias has no place here"),
        ("a: 1\na: 2\n", "foreign:2:1: neither YAML nor JSON: the key 'a' stands twice"),
        ("[a]: 1\n", "foreign:1:1: neither YAML nor JSON: a key must be a text"),
        ("[" * 70, "foreign:1:66: neither YAML nor JSON: values are nested deeper than 64"),
        (render_lock(Lock.empty()), "foreign: this is a lockfile of pinner"),
        (KBLD.replace("v1alpha1", "v2"), "foreign:1:13: kbld's lock of version 'kbld.k14s.io/v2' is not known"),
        (IMAGES_LOCK.replace("v0", "v1", 1), "foreign:1:13: Helm's Images.lock of version 'v1' is not known"),
        (IMGPKG.replace("images:", "spec:"), "foreign:2:1: images is missing"),
        (KBLD.replace("overrides:\n", "overrides: x\nmore:\n"), "foreign:4:12: overrides must be a list"),
        (kbld("[a]", "b"), "foreign:4:10: image must be a text"),
        (
            "apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\noverrides: [a]\n",
            "foreign:3:13: an element of overrides must be a table",
        ),
        ('{"dockerfiles": []}', "foreign:1:17: dockerfiles must be a table"),
        ('{"dockerfiles": {"a": [{"image": {"name": "nginx"}}]}}', "foreign:1:24: name is missing"),
    ],
)
def test_another_file_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(LockError) as caught:
        read(text)
    assert caught.value.message.startswith(message)
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_an_error_of_the_parser_is_at_its_letter_behind_a_byte_order_mark() -> None:
    with pytest.raises(LockError, match=r"^foreign:1:4: "):
        read("\ufeffa: *b\n")


def test_every_reader_is_in_the_table_and_on_the_page() -> None:
    modules = {file.stem for file in Path(imports.__file__).parent.glob("*.py")} - {"__init__", "base", "table"}
    assert {one.read.__module__.rpartition(".")[2] for one in FORMATS} == modules
    page = (Path(__file__).parents[1] / "docs" / "lockfile.md").read_text("utf-8")
    assert [kind for one in FORMATS for kind in (*one.kinds, *one.keys) if f"{kind}`" not in page] == []


@given(text=st.text(alphabet=" \n-:{}[]\"',abikxv0\t", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for start in ("", "apiVersion: v0\nkind: ImagesLock\nimages:\n", '{"dockerfiles":'):
        try:
            read(start + text)
        except LockError as error:
            assert error.message.startswith("foreign:")  # noqa: PT017 - both outcomes are right
