"""Trees of files as repositories have them, made by a seed: as many as wanted, the same ones every time."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

SEED = 20261121
IMAGES = 997
_REGISTRIES = ("", "", "", "quay.io/acme/", "ghcr.io/acme/", "registry.corp.example:5000/team/")
Shape = Callable[[Random, str], str]


def image(here: Random) -> str:
    """Return a reference as people write it; one in eight is pinned."""
    number = here.randrange(IMAGES)
    digest = f"@sha256:{number:064x}" if here.random() < 0.125 else ""
    return f"{here.choice(_REGISTRIES)}app{number}:{here.randrange(1, 4)}.{number % 10}{digest}"


def _container(here: Random) -> str:
    ports = "".join(f"            - containerPort: {here.randrange(1024, 9999)}\n" for _ in range(here.randrange(3)))
    return (
        f"        - name: c{here.randrange(99)}\n          image: {image(here)}\n"
        f"          imagePullPolicy: IfNotPresent\n"
        f"          args: [--level=info, --port={here.randrange(9999)}]\n"
        + (f"          ports:\n{ports}" if ports else "")
        + "          resources:\n            requests: {cpu: 100m, memory: 64Mi}\n"
    )


def _deployment(here: Random, name: str) -> str:
    containers = "".join(_container(here) for _ in range(here.choice((1, 1, 2, 3))))
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n"
        f"  replicas: 2\n  selector:\n    matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n"
        f"        app: {name}\n    spec:\n      containers:\n{containers}"
    )


def _service(here: Random, name: str) -> str:
    port = here.randrange(9999)
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  ports:\n    - port: {port}\n"


def _stack(here: Random, name: str) -> str:
    """Return one file with several documents, as most people keep an application."""
    return "---\n".join([_service(here, name), _deployment(here, name), _settings(here, name)])


def _settings(here: Random, name: str) -> str:
    lines = "".join(f"    key{number}={here.randrange(10**9)}\n" for number in range(here.randrange(5, 40)))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  settings.ini: |\n{lines}"


def _definition(here: Random, name: str) -> str:
    """Return a long schema that speaks of images and has none."""
    fields = "".join(
        f"                field{number}:\n"
        f"                  description: 'The image of part {number}, see image: above.'\n"
        f"                  type: string\n"
        for number in range(here.randrange(60, 240))
    )
    return (
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: {name}\nspec:\n"
        f"  versions:\n    - name: v1\n      schema:\n        openAPIV3Schema:\n          properties:\n"
        f"            spec:\n              properties:\n{fields}"
    )


def _compose(here: Random, _: str) -> str:
    services = "".join(
        f"  s{number}:\n    image: {image(here)}\n    environment:\n      - A={number}\n    restart: always\n"
        for number in range(here.randrange(1, 6))
    )
    return f"services:\n{services}volumes:\n  db: {{}}\n"


def _dockerfile(here: Random, _: str) -> str:
    return (
        f"FROM {image(here)} AS build\nWORKDIR /src\nCOPY . .\nRUN make \\\n    all \\\n    check\n\n"
        f'FROM {image(here)}\nCOPY --from=build /src/out /usr/bin/\nUSER 1000\nENTRYPOINT ["/usr/bin/out"]\n'
    )


def _pipeline(here: Random, _: str) -> str:
    jobs = "".join(
        f"job{number}:\n  image: {image(here)}\n  script:\n    - make test\n  rules:\n    - if: $CI_COMMIT_BRANCH\n"
        for number in range(here.randrange(1, 8))
    )
    return f"stages: [test]\ndefault:\n  image: {image(here)}\n  services:\n    - {image(here)}\n{jobs}"


def _workflow(here: Random, name: str) -> str:
    jobs = "".join(
        f"  job{number}:\n    runs-on: ubuntu-latest\n    container: {image(here)}\n    services:\n      db:\n"
        f"        image: {image(here)}\n    steps:\n      - uses: actions/checkout@v4\n      - run: make test\n"
        for number in range(here.randrange(1, 5))
    )
    return f"name: {name}\non: [push]\njobs:\n{jobs}"


def _prose(here: Random, name: str) -> str:
    return f"# {name}\n\n" + "Words about the image of this program, and how it is used.\n" * here.randrange(5, 60)


# Weights: what a tree of deployments, with some code beside it, is made of.
SHAPES: tuple[tuple[int, str, Shape], ...] = (
    (26, "deployment.yaml", _deployment),
    (12, "stack.yaml", _stack),
    (14, "service.yaml", _service),
    (10, "settings.yaml", _settings),
    (4, "definition.yaml", _definition),
    (8, "compose.yaml", _compose),
    (8, "Dockerfile", _dockerfile),
    (6, ".gitlab-ci.yml", _pipeline),
    (12, "README.md", _prose),
)
# Kinds that are measured alone, and are no part of the mix.
_OTHERS: tuple[tuple[int, str, Shape], ...] = ((1, ".github/workflows/ci.yml", _workflow),)


def only(*names: str) -> tuple[tuple[int, str, Shape], ...]:
    """Return the shapes of these files."""
    return tuple(shape for shape in (*SHAPES, *_OTHERS) if shape[1] in names)


def is_made(root: Path, mark: str) -> bool:
    """Return whether a tree is there as it was made from this."""
    done = root / ".git" / "made"
    return done.exists() and done.read_text(encoding="ascii") == mark


def mark_made(root: Path, mark: str) -> None:
    (root / ".git" / "made").write_text(mark, encoding="ascii")


def fingerprint(source: Path) -> str:
    """Return what changes whenever a file of a tree does."""
    known = hashlib.sha256()
    for file in sorted(source.rglob("*")):
        if file.is_file() and ".git" not in file.relative_to(source).parts:
            status = file.stat()
            known.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return known.hexdigest()


def make_tree(root: Path, files: int, *, shapes: tuple[tuple[int, str, Shape], ...] = SHAPES) -> Path:
    """Make a tree of so many files, committed to git; one that was made before in this way is used again."""
    mark = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    if is_made(root, mark):
        return root
    shutil.rmtree(root, ignore_errors=True)
    here = Random(f"{SEED} {files}")
    weights = [weight for weight, _, _ in shapes]
    for number in range(files):
        _, name, shape = here.choices(shapes, weights)[0]
        file = root / f"area{number % 37:02}" / f"team{number // 37 % 61:02}" / f"app{number:06}" / name
        file.parent.mkdir(parents=True)
        file.write_text(shape(here, f"app{number}"), encoding="utf-8")
    (root / "pinner.toml").write_text("version = 1\n", encoding="utf-8")
    commit(root)
    mark_made(root, mark)
    return root


def copy_tree(source: Path, root: Path, *, takes: Callable[[Path], bool] = lambda _: True) -> Path:
    """Copy the files of a tree that is not ours, and commit them; git's own files stay there."""
    mark = fingerprint(source)
    if is_made(root, mark):
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for file in sorted(source.rglob("*")):
        path = file.relative_to(source)
        if file.is_file() and ".git" not in path.parts and takes(file):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / path, follow_symlinks=False)
    (root / "pinner.toml").write_text("version = 1\n", encoding="utf-8")
    commit(root)
    mark_made(root, mark)
    return root


def make_references(root: Path, references: int, prefix: str, *, kind: str = "deployment.yaml") -> Path:
    """Make a tree whose images are `prefix`team/appN:N, each once, five in a file of one kind."""
    shutil.rmtree(root, ignore_errors=True)
    shape = {"deployment.yaml": _pod, ".gitlab-ci.yml": _jobs, "compose.yaml": _services}[kind]
    for start in range(0, references, 5):
        folder = root / f"app{start:05}"
        folder.mkdir(parents=True)
        images = [f"{prefix}{name}" for name in names(references)[start : start + 5]]
        (folder / kind).write_text(shape(images), encoding="utf-8")
    (root / "pinner.toml").write_text("version = 1\n", encoding="utf-8")
    commit(root)
    return root


def _pod(images: list[str]) -> str:
    containers = "".join(f"    - name: c{number}\n      image: {one}\n" for number, one in enumerate(images))
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{containers}"


def _jobs(images: list[str]) -> str:
    return "".join(f"job{number}:\n  image: {one}\n  script: [make]\n" for number, one in enumerate(images))


def _services(images: list[str]) -> str:
    return "services:\n" + "".join(f"  s{number}:\n    image: {one}\n" for number, one in enumerate(images))


def names(references: int) -> list[str]:
    """Return repositories with tags: twenty tags in each, as the images of one owner."""
    return [f"team/app{number // 20}:v{number % 20}" for number in range(references)]


def commit(root: Path) -> None:
    """Make a folder a repository with everything in it."""
    author = ("-c", "user.name=bench", "-c", "user.email=bench@example.invalid", "-c", "commit.gpgsign=false")
    quick = ("-c", "gc.auto=0", "-c", "core.fsync=none")
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "bench")):
        subprocess.run(["git", *author, *quick, *arguments], cwd=root, check=True, capture_output=True)
