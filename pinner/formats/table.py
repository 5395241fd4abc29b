"""The table of formats: which names their files have, and what must stand in them, in order.

The most particular name comes first. A format's module is imported where a file has its name and one of its needles,
and not before: start-up is a feature, and most trees have files of a few formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pinner.frozen import dataclass
from pinner.syntax.marks import MARK


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a format without its module.

    `filenames` are patterns on the lowercase POSIX path, matched from the right (`compose.yaml`, `*.dockerfile`,
    `.github/workflows/*.yml`, `.gitlab/ci/**/*.yml` for any depth). A file that matches is taken when one of `needles`
    stands in its text and the format agrees; no `needles` means always. Where files take in others, `entries` are
    those in which the program begins, and `includes` is the key under which the others stand.
    """

    filenames: tuple[str, ...]
    needles: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    includes: str = ""


def _yaml(*stems: str) -> tuple[str, ...]:
    """Return names with both endings of YAML."""
    return tuple(f"{stem}.{ending}" for stem in stems for ending in ("yaml", "yml"))


# What only Compose and Swarm are called.
COMPOSE_NAMES: Final = _yaml(
    *("compose", "compose.*", "compose-*", "*docker-compose*", "podman-compose*", "*.compose"),
    *("docker-stack*", "docker-swarm*"),
)
_QUADLETS: Final = ("container", "image", "volume", "build", "pod", "kube", "service")
_VALUES: Final = ("mage", "epository")
_BUILDS: Final = ("docker-image://", "dockerfile-inline", "args")

FORMATS: Final[Mapping[str, Row]] = MappingProxyType(
    {
        "dockerfile": Row(
            tuple(
                name
                for kind in ("dockerfile", "containerfile")
                for name in (kind, f"{kind}.*", f"{kind}-*", f"{kind}_*", f"*.{kind}")
            )
        ),
        "compose": Row(
            # Other programs have stacks, too, and what is called `x-compose` may be anything: the text must say it.
            COMPOSE_NAMES + _yaml("*stack", "stack*", "swarm*", "*compose", "compose_*", "docker_compose*"),
            needles=("image", "dockerfile_inline", "args"),
        ),
        "bake_json": Row(("docker-bake.json", "docker-bake.*.json", "docker-bake-*.json"), needles=_BUILDS),
        "bake_hcl": Row(("docker-bake*.hcl",), needles=_BUILDS),
        "nomad": Row(("*.nomad", "*.hcl"), needles=("image",)),
        "terraform": Row(("*.tf", "*.tofu"), needles=("image", "Image")),
        "terraform_json": Row(("*.tf.json", "*.tofu.json"), needles=("image",)),
        "gitlab_ci": Row(
            _yaml(
                *(".gitlab-ci", "*.gitlab-ci", ".gitlab/ci/**/*", ".gitlab-ci/**/*"),
                *("templates/*", "templates/*/template"),
            ),
            needles=("image", "services", "variables", "include", "oci"),
            entries=(".gitlab-ci.yml",),
            includes="include",
        ),
        "github_actions": Row(
            _yaml(".github/workflows/*", ".gitea/workflows/*", ".forgejo/workflows/*", "action"),
            needles=("container", "services", "docker://"),
        ),
        "circleci": Row(_yaml(".circleci/*", ".circleci/**/*"), needles=("image",)),
        "azure_pipelines": Row(
            _yaml(
                *("azure-pipeline*", "*.azure-pipeline*"),
                *(".azure-pipelines/**/*", "azure-pipelines/**/*", ".azuredevops/**/*"),
            ),
            needles=("container", "services"),
        ),
        "bitbucket_pipelines": Row(_yaml("bitbucket-pipelines"), needles=("image", "docker://")),
        "drone": Row((*_yaml(".drone", ".drone/**/*"), ".drone.*.yml"), needles=("image",)),
        "woodpecker": Row(_yaml(".woodpecker", ".woodpecker/**/*"), needles=("image",)),
        "vela": Row(_yaml(".vela", ".vela/**/*"), needles=("image",)),
        "cloud_build": Row(
            (*_yaml("cloudbuild*", "*.cloudbuild", ".cloudbuild/**/*"), "cloudbuild*.json", "*.cloudbuild.json"),
            needles=("steps",),
        ),
        "buildkite": Row((*_yaml(".buildkite/**/*", "buildkite"), "buildkite.*.yml"), needles=("image",)),
        "travis": Row(_yaml(".travis"), needles=("docker",)),
        "pre_commit": Row(_yaml(".pre-commit-config", ".pre-commit-hooks"), needles=("docker_image", "entry")),
        "gitpod": Row(_yaml(".gitpod"), needles=("image",)),
        "helm_chart": Row(("chart.yaml",), needles=("images",)),
        "helm_values": Row((*_yaml("*values*", "values/**/*"), "*values*.yaml.gotmpl"), needles=_VALUES),
        "helmfile": Row((*_yaml("helmfile*", "helmfile.d/**/*"), "helmfile*.yaml.gotmpl"), needles=_VALUES),
        "fleet": Row(_yaml("fleet"), needles=_VALUES),
        "argocd_source": Row(_yaml(".argocd-source*"), needles=_VALUES),
        "devcontainer": Row(("devcontainer.json", ".devcontainer.json"), needles=("image", "features", "ocker")),
        "skaffold": Row(_yaml("skaffold*", "*.skaffold"), needles=("mage", "IMAGE", "builder", "cacheFrom")),
        "quadlet": Row(
            (*(f"*.{kind}" for kind in _QUADLETS), *(f"*{kind}.d/*.conf" for kind in _QUADLETS)),
            needles=("[Container]", "[Image]", "[Volume]", "[Build]", "podman ", "docker "),
        ),
        "ansible": Row(_yaml("*"), needles=("docker_", "podman_", "k8s:", "openshift:")),
        "kustomize": Row((*_yaml("kustomization"), "kustomization"), needles=("mage", "MAGE", "epository")),
        "json_patch": Row((*_yaml("*"), "*.json"), needles=("mage", "ontainers")),
        "kubernetes": Row(
            (*_yaml("*"), "*.json"),
            needles=("mage", "MAGE", "epository", "undle", "package", "docker://", "oci://", "WasmPlugin"),
        ),
        "ansible_variables": Row(
            _yaml("defaults/*", "vars/*", *(f"{one}_vars/{deep}*" for one in ("group", "host") for deep in ("", "*/"))),
            needles=("image", "IMAGE"),
        ),
        "plain_yaml": Row(_yaml("*"), needles=(MARK,)),
        "plain_text": Row(
            (
                *("makefile", "gnumakefile", "*.mk", "justfile", "*.just", "*.sh", "*.bash", "*.zsh", "*.ps1"),
                *("*.env", ".env*", "env.*", "*.toml", "*.ini", "*.cfg", "*.conf", "*.properties"),
                *("*.tf", "*.tfvars", "*.hcl", "*.nomad", "jenkinsfile*", "*.jenkinsfile", "*.groovy", "*.gradle"),
                *("*.kts", "*.py", "*.go", "*.js", "*.mjs", "*.ts", "*.rb", "*.rs", "*.java", "*.kt"),
                *("*.bzl", "*.bazel", "build", "workspace", "tiltfile", "earthfile"),
            ),
            needles=(MARK,),
        ),
    }
)
