"""Units of Podman and of systemd (A11, E05, C12)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinner.formats import detect, load_format
from pinner.formats.base import Skipped
from pinner.text import Source
from tests.support import cases

QUADLET = load_format("quadlet")


def essence(text: str) -> list[str]:
    """Return the reason or the reference of each place."""
    found = QUADLET.find(Source("web.container", text))
    return [one.reason if isinstance(one, Skipped) else one.reference.written for one in found]


@pytest.mark.parametrize(
    "path",
    [
        "web.container",
        "a/web.image",
        "web.volume",
        "web.container.d/1.conf",
        "container.d/1.conf",
        "web.service.d/x.conf",
    ],
)
def test_units_and_their_drop_ins_are_taken(path: str) -> None:
    assert detect(Source(path, "[Container]\nImage=a:1\n")) is QUADLET


def test_settings_of_others_are_not() -> None:
    assert detect(Source("nginx/nginx.conf", "[Container]\nImage=a:1\n")) is not QUADLET
    assert detect(Source("web.service", "[Service]\nExecStart=/bin/true\n")) is None


@pytest.mark.parametrize("section", ["Container", "Image", "Volume"])
def test_images_stand_in_three_sections(section: str) -> None:
    assert essence(f"[{section}]\nImage=nginx:1\n") == ["nginx:1"]
    assert essence(f"[X{section}]\nImage=nginx:1\n") == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("web.image", "unit"),
        ("web.build", "unit"),
        ("a/%i:1", "variable"),  # A11
        ("${IMAGE}", "variable"),
        ('"a:1"', "not-a-reference"),
        ("a:1 # c", "not-a-reference"),
        ("\\\n#c\na:1", "split-value"),
        ("\\\n  a:1", "a:1"),  # E05
        ("docker://a:1", "a:1"),
    ],
)
def test_what_podman_does_not_read_as_an_image_is_left_alone(value: str, expected: str) -> None:
    assert essence(f"[Container]\nImage={value}\n") == [expected]


@pytest.mark.parametrize(
    ("mount", "expected"),
    [
        ("type=image,source=a:1,destination=/x", ["a:1"]),
        ("type=image,src=a:1", ["a:1"]),
        ("destination=/x,src=a:1,type=image", ["a:1"]),
        ("type=image,source=a.image", ["unit"]),
        ("type=bind,source=/a:1", []),
        ("type=image,destination=/x", []),
    ],
)
def test_a_mount_may_be_an_image(mount: str, expected: list[str]) -> None:
    assert essence(f"[Container]\nMount={mount}\n") == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/usr/bin/podman run --rm -p 80:80 -p 1.2.3.4:80:80 -v /a:/b:ro a:1 b", ["script"]),
        ("-/usr/bin/docker pull a:1", ["script"]),
        ("sh -c 'docker run $IMAGE'", ["script"]),
        ("/usr/bin/podman --log-level=info run a:1", ["script"]),
        ("/usr/bin/podman stop web", []),
        ("/usr/bin/program run a:1", []),
    ],
)
def test_an_image_in_a_command_is_left_alone(command: str, expected: list[str]) -> None:
    assert essence(f"[Service]\nExecStart={command}\n") == expected


LINES = st.sampled_from(
    [
        "[Container]", "[Image]", "Image=nginx:1", "Image = a/b:2  ", "Image=\\", "  c:3", "# c", "; c", "Image=",
        "Mount=type=image,source=d:4", f"# pinner: tag=1|Image=e@sha256:{'b' * 64}", "Image=f:1 \\", "", "x",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_unit_comes_back_after_pinning(lines: list[str], ending: str) -> None:  # C12
    source = Source("web.container", ending.join(lines).replace("|", ending))
    for form in cases.WRITTEN_FORMS:
        once = cases.pin("quadlet", source, form)
        assert cases.changes("quadlet", once, cases.with_digest, form) == ()
        assert cases.unpin("quadlet", once) == cases.unpin("quadlet", source)
