"""The demo: the main job on a sample project, against a registry that runs on loopback.

It runs the very functions that `pin`, `check` and `update` run. No network, no account, no other program.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file
from importlib.resources import files as package_files
from pathlib import Path
from typing import Final

from pinner.commands.check import check_tree
from pinner.commands.network import Network
from pinner.commands.pin import pin_tree
from pinner.commands.project import Project, open_project
from pinner.commands.scanning import scan_tree
from pinner.commands.update import update_tree
from pinner.demo.registry import DemoRegistry
from pinner.errors import UsageError
from pinner.oci.reference import Reference
from pinner.patch import unified_diff
from pinner.plan import Plan
from pinner.report import text as report
from pinner.report.review_text import render_review
from pinner.review.changes import Side, review_difference
from pinner.text import Source

Write = Callable[[str], object]

_MOVED: Final = "docker.io/library/nginx:1.27"
_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where the story is told: the sample project, the registry, and how text is written."""

    project: Project
    registry: DemoRegistry
    network: Network
    write: Write
    paint: report.Paint

    def say(self, text: str) -> None:
        self.write(f"\n{self.paint(text, 'cyan')}\n")

    def show_plan(self, plan: Plan, texts: Mapping[str, Source]) -> None:
        for revision in plan.files:
            before = texts[revision.path]
            for line in unified_diff(before.path, before.text, revision.apply(before).text).splitlines():
                colour = _COLOURS.get(line[:1])
                self.write(f"{self.paint(line, colour) if colour else line}\n")


def tell(write: Write, *, keep: Path | None = None, paint: report.Paint = report.plain) -> int:
    """Tell the story through `write` and return the exit code: 0 when everything came as it should.

    `keep` is a new folder that the sample project stays in; raise `UsageError` where it exists.
    """
    with _sample_project(keep) as root, DemoRegistry() as registry:
        settings = root.parent / "registries.toml"
        project = open_project((root,), is_config_off=True)
        references = _push_all(project, registry)
        settings.write_text(_mirror_settings(references, registry.url), encoding="utf-8")
        stage = _Stage(project, registry, Network(registries=settings, environ={}), write, paint)
        is_right = _pin(stage) and _check(stage) and _move(stage)
        settings.unlink()
        if keep is not None:
            stage.say(f"The sample project stays in {keep}")
    return 0 if is_right else 1


def _pin(stage: _Stage) -> bool:
    stage.say(f"A registry runs on {stage.registry.address}. `pinner pin` in the sample project changes this:")
    texts = _read_texts(stage.project)
    outcome = pin_tree(stage.project, (), open_resolver=stage.network.open_resolver)
    stage.show_plan(outcome.plan, texts)
    stage.write(f"{report.summarize_plan(outcome.plan, verb='pinned')}\n")
    stage.write(report.render_skipped(outcome.plan.left_alone))
    stage.write(report.render_failures(outcome.plan.failures))
    stage.say("The lockfile, for reviewers:")
    stage.write(stage.project.read_lock().text or "")
    before = len(stage.registry.requests)
    again = pin_tree(stage.project, (), open_resolver=stage.network.open_resolver)
    asked = len(stage.registry.requests) - before
    stage.say(f"A second `pinner pin` changes {len(again.plan.files)} files and sends {asked} requests.")
    return not outcome.plan.failures and bool(outcome.plan.files) and not again.would_change and asked == 0


def _check(stage: _Stage) -> bool:
    stage.say("`pinner check` needs no network:")
    result = check_tree(stage.project)
    stage.write(report.render_findings(result.findings, paint=stage.paint))
    stage.write(f"{report.summarize_findings(result.counts, result.files)}\n")
    return not any(one.severity.word == "error" for one in result.findings)


def _move(stage: _Stage) -> bool:
    stage.say(f"Somebody pushes another {_MOVED}. `pinner update --diff` shows what that would change:")
    reference = Reference.parse(_MOVED)
    stage.registry.move_tag(reference.repository, reference.tag or "", marker="another build")
    outcome = update_tree(stage.project, (), open_resolver=stage.network.open_resolver, writes=False)
    stage.show_plan(outcome.plan, _read_texts(stage.project))
    review = review_difference(outcome.plan.difference, old=Side("the lock"), new=Side("the update"))
    stage.write(render_review(review, paint=stage.paint))
    return [moved.new.key for moved in outcome.plan.difference.moved] == [_MOVED]


@contextmanager
def _sample_project(keep: Path | None) -> Iterator[Path]:
    """Give a folder with a copy of the sample project."""
    if keep is not None and keep.exists():
        message = f"{str(keep)!r} exists"
        raise UsageError(message, hint="--keep takes a folder that does not exist yet")
    with tempfile.TemporaryDirectory(prefix="pinner-demo-") as folder:
        root = Path(folder, "project")
        with as_file(package_files("pinner.demo").joinpath("project")) as sample:
            shutil.copytree(sample, root)
        # A marker of its own, so that no project around the temporary folder is taken for this one.
        Path(root, "pinner.toml").write_text("version = 1\n", encoding="utf-8")
        yield root
        if keep is not None:
            shutil.copytree(root, keep)


def _read_texts(project: Project) -> Mapping[str, Source]:
    return {file.source.path: file.source for file in scan_tree(project)}


def _push_all(project: Project, registry: DemoRegistry) -> tuple[Reference, ...]:
    """Push a small image for every reference of the sample project."""
    references = {one.reference.tagged: one.reference for file in scan_tree(project) for one in file.occurrences}
    for reference in references.values():
        registry.push_image(reference.repository, reference.tag or "latest", marker=reference.tagged)
    return tuple(references.values())


def _mirror_settings(references: Iterable[Reference], url: str) -> str:
    """Return a registries.toml that asks the demo's registry in the place of all others."""
    hosts = sorted({reference.registry for reference in references})
    return "".join(f'[registries."{host}"]\nblocked = true\nmirrors = ["{url}"]\n\n' for host in hosts)
