"""A review of hostile images: what builds say of themselves does nothing in the text of a merge request (SEC-42)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from pinner.demo.images import Image
from pinner.oci.labels import BASE_NAME, CREATED, REVISION, SOURCE, VERSION
from pinner.report.review_markdown import LARGEST
from tests.lab.builds import Build, Layer, index
from tests.lab.images import push
from tests.lab.program import pinner
from tests.lab.registry_process import RegistryProcess
from tests.lab.trees import commit, git, write_images
from tests.support.hostile_texts import HOSTILE
from tests.support.html import read_html
from tests.support.markdown import cells, code_spans, fold_titles, links, violations

# JSON holds no half of a surrogate pair, and a registry takes no configuration without end.
TEXTS: Final = tuple(one for one in HOSTILE if "\udcff" not in one)
LABELS: Final = (SOURCE, REVISION, VERSION, CREATED, BASE_NAME)
GITHUB: Final = "https://github.com/acme/app"
COMPARE: Final = f"{GITHUB}/compare/{'1' * 40}...{'2' * 40}"


def build(texts: tuple[str, ...], *, marker: str) -> Build:
    """Return an image whose labels, user, entry point and commands are hostile texts, and differ with `marker`."""
    labels = {name: f"{marker}{text}" for name, text in zip(LABELS, texts, strict=False)}
    config = {"Entrypoint": [marker, *texts], "User": f"{texts[0]}{marker}", "WorkingDir": f"/{texts[-1]}{marker}"}
    layers = (Layer(f"RUN {marker} {texts[0]}", "file", marker),)
    return Build(labels=labels, config=config, layers=layers)


def images(marker: str) -> dict[str, Image]:
    step = len(LABELS)
    groups = [TEXTS[first : first + step] for first in range(0, len(TEXTS), step)]
    return {f"1.0.{number}": index(build(texts, marker=marker)) for number, texts in enumerate(groups)}


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that has followed all moves; `names` are its images, but for the plain one."""

    root: Path
    names: tuple[str, ...]
    plain: str


@pytest.fixture
def branch(registry: RegistryProcess, tmp_path: Path) -> Branch:
    old, new = images("a"), images("b")
    plain = [Build(labels={SOURCE: GITHUB, REVISION: one * 40}) for one in "12"]
    push(registry.url, "evil/app", {**old, "plain": index(plain[0])})
    names = tuple(f"{registry.address}/evil/app:{tag}" for tag in old)
    root = write_images(tmp_path / "project", [*names, f"{registry.address}/evil/app:plain"])
    assert pinner("pin", cwd=root).code == 0
    commit(root)
    git(root, "branch", "--force", "main")
    git(root, "switch", "--quiet", "--create", "update")
    push(registry.url, "evil/app", {**new, "plain": index(plain[1])})
    assert pinner("update", cwd=root).code == 0
    commit(root)
    return Branch(root, names, f"{registry.address}/evil/app:plain")


def test_no_form_of_a_review_obeys_what_an_image_says(branch: Branch) -> None:
    forms = {}
    for form in ("text", "markdown", "html"):
        ran = pinner("diff", "--online", "--format", form, cwd=branch.root)
        assert ran.code == 0, ran.stderr
        forms[form] = ran.out
    check_markdown(forms["markdown"], branch)
    check_html(forms["html"], branch)
    assert not any(letter in forms["text"] for letter in "\x1b\r\x00\u202e\u2066")
    assert sum(line.startswith("republished ") for line in forms["text"].splitlines()) == len(branch.names)


def check_markdown(text: str, branch: Branch) -> None:
    assert violations(text) == []
    assert len(text.encode()) <= LARGEST
    rows = cells(text)
    assert {row[0] for row in rows[1:]} == {f"`{one}`" for one in (*branch.names, branch.plain)}
    assert {len(row) for row in rows} == {6}
    assert {row[4].partition(",")[0] for row in rows[1:-1]} == {"**republished**"}
    assert rows[-1][4] == "moved, new revision"
    assert set(fold_titles(text)) <= {*branch.names, branch.plain}
    assert set(links(text)) <= {COMPARE}
    # Hostile words did come as far as the text: they are code in it.
    assert any("<script>" in one for one in code_spans(text))


def check_html(text: str, branch: Branch) -> None:
    page = read_html(text)
    assert len(page.rows) == len(branch.names) + 2
    assert set(page.tags) == {
        *("section", "p", "strong", "code", "a", "ul", "li", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert {value for name, value in page.attributes if name == "href"} == {COMPARE}
    assert {name for name, _ in page.attributes} == {"class", "scope", "dir", "href", "rel"}
    for hostile in ("@acme/team", "<script>alert(1)</script>", "javascript:alert(1)"):
        assert hostile in page.text
