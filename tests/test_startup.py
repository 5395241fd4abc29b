"""Start-up is a feature: verbs that need no network load nothing of it, and open no socket."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pinner.cli import application, check, options
from pinner.cli.verbs import NAMES
from pinner.formats.table import FORMATS
from pinner.registry.resolver import DEFAULT_JOBS
from tests.registry.server import serving
from tests.registry.test_transport import good
from tests.support.program import process_environment
from tests.support.resolvers import digest_of
from tests.support.sources import compose_text, pin
from tests.support.trees import write, write_lock

HEAVY = {"asyncio", "httpcore", "httpx", "pydantic", "rich", "ruamel", "ssl", "tenacity"}
NGINX = "docker.io/library/nginx:1.27"
_NO_SOCKETS = """
import socket, sys

class Refused(socket.socket):
    def __init__(self, *_, **__):
        raise SystemExit("a socket was opened")

socket.socket = Refused
from pinner.cli import main
sys.argv = ["pinner", *sys.argv[1:]]
main()
"""

_TELL_MODULES = """
import sys
from pinner.cli import main
sys.argv = ["pinner", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of all formats, pinned by its lock alone."""
    write(tmp_path, pinner_toml="version = 1\n", compose_yaml=compose_text("nginx:1.27"))
    write(tmp_path, Dockerfile="FROM nginx:1.27\n")
    (tmp_path / ".gitlab-ci.yml").write_text("a: {image: 'nginx:1.27', script: x}\n")
    write(tmp_path, pod_yaml="apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'nginx:1.27'}]}\n")
    (tmp_path / "old.lock").write_text(write_lock(tmp_path, pin(NGINX, "another")))
    write_lock(tmp_path, pin(NGINX, "one"))
    return tmp_path


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=process_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def imported(tree: Path, *arguments: str, code: int) -> set[str]:
    """Return the top-level names of all modules that a run imports."""
    done = python(tree, "-X", "importtime", "-m", "pinner", *arguments)
    assert done.returncode == code, done.stderr
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 1),
        (["pin", "--frozen"], 0),
        (["pin", "--offline", "--diff"], 1),
        (["images", "--format", "json"], 0),
        (["lock", "fmt", "--check"], 0),
        (["diff", "old.lock", "pinner.lock"], 0),
        (["verify", "--offline"], 3),
        (["--help"], 0),
    ],
)
def test_a_verb_without_a_network_loads_nothing_of_it(tree: Path, arguments: list[str], code: int) -> None:
    pytest.importorskip("yaml._yaml", reason="without libyaml, ruamel.yaml reads the files")
    assert imported(tree, *arguments, code=code) & HEAVY == set()


def modules(tree: Path, *arguments: str) -> set[str]:
    """Return all modules that stand in memory at the end of a run."""
    return set(python(tree, "-c", _TELL_MODULES, *arguments).stderr.split())


def test_a_verb_loads_no_other_one(tree: Path) -> None:
    loaded = modules(tree, "check")
    assert {f"pinner.cli.{name}" for name in NAMES} & loaded == {"pinner.cli.check"}
    assert {"pinner.plan", "pinner.patch", "pinner.resolution", "pinner.commands.network"} & loaded == set()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("compose.yaml", {"compose"}),
        ("Dockerfile", {"dockerfile"}),
        ("pod.yaml", {"json_patch", "kubernetes"}),
        (".gitlab-ci.yml", {"gitlab_ci"}),
        # A name alone, without anything in the file that could be an image, loads no format.
        ("empty.yaml", set()),
    ],
)
def test_a_file_loads_only_the_formats_that_may_take_it(tree: Path, path: str, expected: set[str]) -> None:
    write(tree, empty_yaml="a: b\n")
    loaded = modules(tree, "check", path)
    assert {module for module in FORMATS if f"pinner.formats.{module}" in loaded} == expected


def test_a_check_loads_no_library_that_it_does_not_need(tree: Path) -> None:
    loaded = modules(tree, "check", "compose.yaml")
    assert {"hashlib", "http", "email", "json", "importlib.metadata", "multiprocessing", "decimal"} & loaded == set()


@pytest.mark.parametrize(
    ("path", "most", "unneeded"),
    [
        (
            "compose.yaml",
            74,
            {
                *("pinner.config_forms", "pinner.config_images", "pinner.config_places", "pinner.config_reading"),
                *("pinner.syntax.dockerfile_lexer", "pinner.syntax.line_patterns", "pinner.syntax.routes"),
                *("pinner.syntax.template_mask", "pinner.syntax.yaml_proof", "pinner.formats.inner"),
            },
        ),
        (
            "pod.yaml",
            85,
            {"pinner.formats.chart_values", "pinner.formats.name_tables", "pinner.formats.patches", "pickle"},
        ),
    ],
)
def test_a_check_of_one_file_loads_few_modules(tree: Path, path: str, most: int, unneeded: set[str]) -> None:
    loaded = modules(tree, "check", path)
    assert unneeded & loaded == set()
    assert len([one for one in loaded if one.startswith("pinner")]) <= most


def test_the_upkeep_of_a_lock_looks_at_no_other_file(tree: Path) -> None:
    loaded = modules(tree, "lock", "fmt", "--check")
    assert {
        "pinner.commands.scanning",
        "pinner.formats.documents",
        *(f"pinner.formats.{one}" for one in FORMATS),
    } & loaded == set()


def test_a_review_of_equal_locks_looks_at_no_file(tree: Path) -> None:
    loaded = modules(tree, "diff", "pinner.lock")
    assert {"pinner.commands.places", *(f"pinner.formats.{one}" for one in FORMATS)} & loaded == set()


def test_a_check_of_some_files_has_no_use_for_other_processes(tree: Path) -> None:
    for number in range(40):
        (tree / f"{number}.yaml").write_bytes((tree / "pod.yaml").read_bytes())
    assert {"pinner.commands.processes", "pickle"} & modules(tree, "check") == set()


def test_flags_are_read_without_a_compiler() -> None:
    for verb in (check.check, application._options):
        assert not any(isinstance(one, str) for one in verb.__annotations__.values())


def test_the_end_of_a_run_looks_for_no_garbage(tree: Path) -> None:
    tell = _TELL_MODULES.replace("print(*sys.modules", "import gc; print(gc.get_freeze_count()")
    assert int(python(tree, "-c", tell, "--version").stderr) > 1000


def test_a_small_run_looks_for_no_garbage(tree: Path) -> None:
    tell = _TELL_MODULES.replace(
        "print(*sys.modules", "import gc; print(*(one['collections'] for one in gc.get_stats())"
    )
    before, *_ = map(int, python(tree, "-c", "import gc; print(gc.get_stats()[0]['collections'])").stdout.split())
    collected = [int(one) for one in python(tree, "-c", tell, "check", "compose.yaml").stderr.split()[-3:]]
    assert sum(collected) <= before + 5


def test_help_reads_no_yaml(tree: Path) -> None:
    assert "yaml" not in imported(tree, "--help", code=0)


def test_a_verb_that_must_ask_does_load_the_client(tree: Path) -> None:
    assert {"httpx", "httpcore"} <= imported(tree, "resolve", "127.0.0.1:1/a:1", "--timeout", "1", code=3)


@pytest.mark.enable_socket
def test_a_look_up_that_is_answered_at_once_does_not_load_what_tries_again(tree: Path) -> None:
    with serving(good) as server:
        assert "tenacity" not in imported(tree, "resolve", f"{server.host}/a:1", code=0)


@pytest.mark.parametrize(("arguments", "code"), [(["check"], 1), (["pin", "--frozen"], 0), (["pin", "--offline"], 0)])
def test_no_socket_is_opened_without_need(tree: Path, arguments: list[str], code: int) -> None:
    done = python(tree, "-c", _NO_SOCKETS, *arguments)
    assert (done.returncode, "socket" in done.stderr) == (code, False)
    if arguments[0] == "pin":
        assert (tree / "Dockerfile").read_text() == f"FROM nginx:1.27@{digest_of('one')}\n"


def test_verbs_and_the_resolver_agree_on_how_much_is_asked_at_once() -> None:
    # Two constants, because the flags must not load the network.
    assert options.DEFAULT_JOBS == DEFAULT_JOBS
