"""Jobs of Nomad: which tasks have images, and how a digest is written for drivers that take no tag beside it."""

from __future__ import annotations

import pytest

from pinner.errors import FormError
from pinner.formats import detect
from pinner.formats.base import Occurrence, change_to
from pinner.formats.nomad import FORMAT
from pinner.text import Source
from tests.support import cases

JOB = """job "j" {
  group "g" {
    task "t" {
      driver = "%s"
      config {
        image = %s
      }
    }
  }
}
"""


def find(text: str) -> list[str]:
    return [
        one.reference.written if isinstance(one, Occurrence) else f"{one.written} {one.reason}"
        for one in FORMAT.find(Source("web.nomad", text))
    ]


@pytest.mark.parametrize("driver", ["qemu", "raw_exec", "exec", "java"])
def test_drivers_without_container_images_are_left_alone_c10(driver: str) -> None:
    assert find(JOB % (driver, '"a:1"')) == []


@pytest.mark.parametrize(
    ("driver", "image", "expected"),
    [
        pytest.param("docker", '"a:1"', ["a:1"], id="docker"),
        pytest.param("podman", '"docker://a:1"', ["a:1"], id="podman with a transport"),
        pytest.param("docker", '"https://ghcr.io/a:1"', ["ghcr.io/a:1"], id="docker with a scheme"),
        pytest.param("containerd-driver", '"a:1"', ["a:1"], id="containerd"),
        pytest.param("else", '"a:1"', ["a:1 unknown-driver"], id="C10-unknown driver"),
        pytest.param("docker", '"a:${NOMAD_META_x}"', ["a:${NOMAD_META_x} variable"], id="A11-runtime variable"),
        pytest.param("docker", '"${meta.image}"', ["${meta.image} variable"], id="A11-whole runtime variable"),
        pytest.param("docker", "null", [], id="C10-null"),
    ],
)
def test_images_of_tasks_are_found(driver: str, image: str, expected: list[str]) -> None:
    assert find(JOB % (driver, image)) == expected


def test_a_task_without_a_literal_driver_is_said() -> None:
    assert find((JOB % ("docker", '"a:1"')).replace('"docker"', "var.driver")) == ["a:1 unknown-driver"]


def test_a_tag_in_front_of_a_digest_goes_into_a_comment() -> None:
    """Nomad would pull the tag, whatever digest stands behind it."""
    source = Source("web.nomad", JOB % ("docker", f'"a:1@{cases.DIGEST}"'))
    assert f'"a@{cases.DIGEST}"  # pinner: tag=1\n' in cases.pin("nomad", source).text


@pytest.mark.parametrize(
    ("path", "text", "is_taken"),
    [
        ("web.nomad", 'job "a" {\n  # image\n}\n', True),
        ("jobs/web.nomad.hcl", 'variable "image" {}\njob "a" {\n}\n', True),
        ("web.hcl", 'job "a" {\n  # image\n}\n', True),
        ("web.hcl", 'jobs = ["image"]\n', False),
        ("terragrunt.hcl", 'inputs = { image = "a:1" }\n', False),
        ("web.nomad", 'job "a" {\n}\n', False),
    ],
)
def test_files_are_taken_by_name_and_text(path: str, text: str, *, is_taken: bool) -> None:
    assert (detect(Source(path, text)) is FORMAT) is is_taken


@pytest.mark.parametrize("comment", ["// c", "/* c */", "/* c */ // d", "# c", "//"])
def test_a_comment_behind_the_image_stays_in_front_of_the_tag(comment: str) -> None:
    source = Source("web.nomad", JOB % ("docker", f'"a:1" {comment}'))
    assert f'"a@{cases.DIGEST}" {comment} # pinner: tag=1\n' in cases.pin("nomad", source).text


@pytest.mark.parametrize("behind", ["/* c\n */", "// renovate: x"])
def test_where_only_a_digest_fits_no_other_form_is_proposed(behind: str) -> None:
    source = Source("web.nomad", JOB % ("docker", f'"a:1" {behind}'))
    (one,) = (found for found in FORMAT.find(source) if isinstance(found, Occurrence))
    with pytest.raises(FormError) as caught:
        change_to(one, one.reference.pinned_to(cases.DIGEST))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("only the digest can stand here")
