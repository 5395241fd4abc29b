"""Patches: git takes them, and makes of them exactly the new file."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinner.patch import binary_diff, unified_diff

BOM = "\ufeff"
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    result = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def _apply(folder: Path, path: str, before: str | None, after: str) -> bytes:
    """Let git apply our patch to the file in a new repository; return what the file holds then."""
    _git(folder, "init", "--quiet")
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        file.write_bytes(before.encode())
    _apply_patch(folder, unified_diff(path, before, after))
    return file.read_bytes()


def _apply_patch(folder: Path, patch: str, *flags: str) -> None:
    _git(folder, "apply", "--check", *flags, stdin=patch.encode())
    _git(folder, "apply", "--whitespace=nowarn", *flags, stdin=patch.encode())


_NUMBERED = "".join(f"line {number}\n" for number in range(1, 61))


def _changed(*numbers: int) -> str:
    return "".join(f"line {number}{'!' if number in numbers else ''}\n" for number in range(1, 61))


def test_equal_texts_make_no_patch() -> None:
    assert unified_diff("a.yaml", "a\n", "a\n") == ""
    assert unified_diff("a.yaml", "", "") == ""


def test_a_patch_reads_like_one_of_git() -> None:
    assert unified_diff("k8s/a.yaml", "a: 1\nimage: nginx\n", "a: 1\nimage: nginx@x\n") == (
        "diff --git a/k8s/a.yaml b/k8s/a.yaml\n"
        "--- a/k8s/a.yaml\n"
        "+++ b/k8s/a.yaml\n"
        "@@ -1,2 +1,2 @@\n"
        " a: 1\n"
        "-image: nginx\n"
        "+image: nginx@x\n"
    )


@needs_git
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nb\nc\n", "a\nB\nc\n", id="one line"),
        pytest.param("a\n", "b\n", id="the only line"),
        pytest.param(None, "version = 1\n\n# end\n", id="new file"),
        pytest.param(None, "version = 1", id="new file without final newline"),
        pytest.param(None, "", id="new empty file"),
        pytest.param("", "a\n", id="was empty"),
        pytest.param("a\nb\n", "", id="becomes empty"),
        pytest.param("a\nb", "a\nB", id="no final newline in both"),
        pytest.param("a\nb", "a\nb\n", id="gains a final newline"),
        pytest.param("a\nb\n", "a\nb", id="loses its final newline"),
        pytest.param("a\nb", "A\nb", id="no final newline in the context"),
        pytest.param("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n", id="CRLF"),
        pytest.param("a\r\nb\r\nc", "a\r\nB\r\nc", id="CRLF without final newline"),
        pytest.param("a\r\nb\nc\r\n", "a\r\nB\nc\r\n", id="mixed line ends"),
        pytest.param("a\rb\rc\r", "a\rB\rc\r", id="CR only"),
        pytest.param(f"{BOM}a: 1\n", f"{BOM}a: 2\n", id="byte order mark"),
        pytest.param("ä: \U0001f40b\n", "ä: ö\n", id="beyond ASCII"),
        pytest.param("a\u2028b\x0cc\x85d\n", "a\u2028b\x0cc\x85e\n", id="what only Python calls line ends"),
        pytest.param(_NUMBERED, _changed(1, 60), id="both ends"),
        pytest.param(_NUMBERED, _changed(5, 12), id="contexts touch"),
        pytest.param(_NUMBERED, _changed(5, 13), id="contexts do not touch"),
        pytest.param(_NUMBERED, _changed(2, 20, 21, 22, 40, 59), id="many hunks"),
        pytest.param(_NUMBERED, _NUMBERED.replace("line 30\n", "line 30\nadded\nadded\n"), id="lines added"),
        pytest.param(_NUMBERED, _NUMBERED.replace("line 30\nline 31\n", ""), id="lines removed"),
        pytest.param(_NUMBERED, "new\n" + _changed(30) + "new\n", id="added at both ends"),
        pytest.param("x\n" * 50, "x\n" * 25 + "y\n" + "x\n" * 25, id="all lines alike"),
        pytest.param("\n".join(map(str, range(1500))), "\n".join(map(str, range(2000, 3500))), id="nothing alike"),
    ],
)
def test_git_makes_of_our_patch_exactly_the_new_file(tmp_path: Path, before: str | None, after: str) -> None:
    assert _apply(tmp_path, "a.yaml", before, after) == after.encode()


any_name = pytest.mark.parametrize(
    "path",
    [
        "deploy/prod/api.yaml",
        "with space/a b.yaml",
        "ends with space ",
        "d\u00e9ploy/\u8239.yaml",
        'quo"te.yaml',
        "back\\slash.yaml",
        "tab\there.yaml",
        "new\nline.yaml",
        'all of "\\\t\u00e9 .yaml',
        "a b/c",
    ],
)


@needs_git
@any_name
@pytest.mark.parametrize("before", ["a\n", None])
def test_git_finds_a_file_of_any_name(tmp_path: Path, path: str, before: str | None) -> None:
    assert _apply(tmp_path, path, before, "b\n") == b"b\n"


@needs_git
def test_git_applies_what_random_changes_make(tmp_path: Path) -> None:
    chance = random.Random(20)
    for _ in range(15):
        before = [chance.choice("abc") + "\n" for _ in range(chance.randrange(40))]
        after = [line for line in before if chance.random() > 0.1]
        for _ in range(chance.randrange(4)):
            after.insert(chance.randrange(len(after) + 1), chance.choice("abcd") + "\n")
        folder = tmp_path / str(chance.random())
        folder.mkdir()
        if before != after:
            assert _apply(folder, "a.yaml", "".join(before), "".join(after)) == "".join(after).encode()


def _patched(before: str, patch: str) -> str:
    """Apply a patch strictly: every context and removed line must stand where the hunk says."""
    old, new, at = before.splitlines(keepends=True), "", 0
    for line in patch.splitlines(keepends=True)[3:]:
        if line.startswith("@@"):
            start, _, length = line.split()[1][1:].partition(",")
            begin = int(start) - (length != "0")
            new += "".join(old[at:begin])
            at = begin
        elif line.startswith("+"):
            new += line[1:]
        else:
            assert old[at] == line[1:]
            new += line[1:] if line.startswith(" ") else ""
            at += 1
    return new + "".join(old[at:])


_FEW = st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=25).map("".join)


@given(_FEW, _FEW)
def test_a_patch_of_any_two_texts_leads_from_one_to_the_other(before: str, after: str) -> None:
    assert _patched(before, unified_diff("a.yaml", before, after)) == after


def test_a_long_file_of_similar_lines_is_compared_in_one_pass() -> None:
    block = "- name: app\n  image: nginx:{}\n  ports:\n  - containerPort: 80\n"
    before = "".join(block.format(1) for _ in range(5000))
    after = "".join(block.format(number % 2) for number in range(5000))
    patch = unified_diff("a.yaml", before, after)
    assert patch.count("\n-  image") == patch.count("\n+  image") == 2500


# --- what git does not take for text -----------------------------------------------------------------------------


def test_equal_bytes_make_no_patch() -> None:
    assert binary_diff("a.yaml", b"a\0", b"a\0") == ""


def test_a_patch_of_bytes_names_both_contents() -> None:
    assert binary_diff("a b.yaml", b"", b"a\0\n").splitlines()[:4] == [
        "diff --git a/a b.yaml b/a b.yaml",
        "index e69de29bb2d1d6434b8b29ae775ad8c2e48c5391..633d14c3fc64c9357966de51b04beac5a60041a2",
        "GIT binary patch",
        "literal 3",
    ]


@needs_git
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("\ufeffimage: nginx\r\n".encode("utf-16-le"), "\ufeffimage: n@x\r\n".encode("utf-16-le"), id="LE"),
        pytest.param("\ufeffimage: nginx".encode("utf-16-be"), "\ufeffimage: nginx@x".encode("utf-16-be"), id="BE"),
        pytest.param(b"", b"\0", id="was empty"),
        pytest.param(b"\0", b"", id="becomes empty"),
        pytest.param(random.Random(1).randbytes(52), random.Random(2).randbytes(5000), id="many lines"),
        pytest.param(bytes(100_000), bytes(100_001), id="long and dull"),
    ],
)
def test_git_makes_of_our_binary_patch_exactly_the_new_bytes_and_back(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    _git(tmp_path, "init", "--quiet")
    file = tmp_path / "a.yaml"
    file.write_bytes(before)
    patch = binary_diff("a.yaml", before, after)
    _apply_patch(tmp_path, patch)
    assert file.read_bytes() == after
    _apply_patch(tmp_path, patch, "--reverse")
    assert file.read_bytes() == before


@needs_git
def test_git_applies_binary_patches_of_every_length(tmp_path: Path) -> None:
    _git(tmp_path, "init", "--quiet")
    chance = random.Random(3)
    contents = {f"{length}.yaml": (chance.randbytes(length), chance.randbytes(length + 1)) for length in range(1, 110)}
    for name, (before, _) in contents.items():
        (tmp_path / name).write_bytes(before)
    _apply_patch(tmp_path, "".join(binary_diff(name, *both) for name, both in contents.items()))
    assert {name: (tmp_path / name).read_bytes() for name in contents} == {
        name: after for name, (_, after) in contents.items()
    }


@needs_git
@any_name
def test_git_finds_a_binary_file_of_any_name_among_texts(tmp_path: Path, path: str) -> None:
    _git(tmp_path, "init", "--quiet")
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(b"a\0")
    (tmp_path / "text").write_bytes(b"a\n")
    (tmp_path / "zz").write_bytes(b"b\n")
    text, last = unified_diff("text", "a\n", "A\n"), unified_diff("zz", "b\n", "B\n")
    _apply_patch(tmp_path, text + binary_diff(path, b"a\0", b"b\0\0") + last)
    assert [(tmp_path / name).read_bytes() for name in ("text", path, "zz")] == [b"A\n", b"b\0\0", b"B\n"]
