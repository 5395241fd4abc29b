"""The configuration of a repository: what it may say, and where a mistake stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pinner.config import Config, parse_config
from pinner.config_forms import FormRule
from pinner.context import Context, Templates
from pinner.errors import ConfigError
from pinner.forms import Form
from pinner.oci.platform import Platform
from pinner.path_filter import PathFilter


def refuse(text: str, *, path: str = "pinner.toml", table: tuple[str, ...] = ()) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, path, table=table)
    assert caught.value.exit_code == 2
    return caught.value


def test_a_configuration_without_a_wish_is_the_default() -> None:
    assert parse_config("version = 1\n", "pinner.toml") == Config()
    assert Config().paths.accepts("any/path.yaml")


def test_every_key_is_read() -> None:
    text = """
version = 1
include = ["deploy/", "*.yaml"]
exclude = ["vendor/**"]
platforms = ["linux/amd64", "linux/x86_64", "linux/arm64/v8"]
templates = "best-effort"
"""
    assert parse_config(text, "pinner.toml") == Config(
        include=("deploy/", "*.yaml"),
        exclude=("vendor/**",),
        platforms=(Platform("linux", "amd64"), Platform("linux", "arm64", "v8")),
        context=Context(templates=Templates.BEST_EFFORT),
    )


def test_required_platforms_are_read_once_each() -> None:
    text = "version = 1\n[images]\nrequired-platforms = ['linux/amd64', 'linux/x86_64', 'linux/arm/v6']\n"
    expected = (Platform("linux", "amd64"), Platform("linux", "arm", "v6"))
    assert parse_config(text, "pinner.toml") == Config(required_platforms=expected)
    assert parse_config("version = 1\n[images]\n", "pinner.toml") == Config()


def test_the_table_of_a_pyproject_is_read_and_the_rest_left_alone() -> None:
    text = '[project]\nname = "x"\n\n[tool.pinner]\nversion = 1\nexclude = ["vendor"]\n\n[tool.ruff]\nforms = 1\n'
    assert parse_config(text, "pyproject.toml", table=("tool", "pinner")).exclude == ("vendor",)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("version = 1\nx", "pinner.toml:2:2: not TOML", "TOML 1.0"),
        ("", "pinner.toml:1: version is missing", "version = 1"),
        ("version = 2", "pinner.toml:1: version: needs a newer pinner: configuration version 2", "upgrade"),
        ("version = '1'", "pinner.toml:1: version: must be the number 1, not '1'", None),
        ("version = true", "pinner.toml:1: version: must be the number 1, not True", None),
        ("version = 0", "pinner.toml:1: version: must be the number 1, not 0", None),
        ("version = 1\nexcludes = []", "pinner.toml:2: excludes: unknown key", "did you mean 'exclude'?"),
        ("version = 1\nPlatform = []", "pinner.toml:2: Platform: unknown key", "did you mean 'platforms'?"),
        ("version = 1\n'zz top' = []", 'pinner.toml:2: "zz top": unknown key', "the keys are version, include,"),
        ("version = 1\n[policy.tags]\ndeny = []", "pinner.toml:2: policy: not supported by this version", "leave the"),
        ("version = 1\nexclude = 'x'", "pinner.toml:2: exclude: must be a list of strings, not 'x'", None),
        ("version = 1\nexclude = [\n'x',\n3]", "pinner.toml:4: exclude[1]: must be a string, not 3", None),
        ("version = 1\ninclude = ['']", "pinner.toml:2: include[0]: '' never matches", ".gitignore"),
        ("version = 1\ninclude = ['  ']", "pinner.toml:2: include[0]: '  ' never matches", ".gitignore"),
        ("version = 1\ninclude = ['/']", "pinner.toml:2: include[0]: '/' never matches", ".gitignore"),
        ("version = 1\ninclude = ['#x']", "pinner.toml:2: include[0]: '#x' is a comment", ".gitignore"),
        ("version = 1\ninclude = ['./x']", "pinner.toml:2: include[0]: './x' never matches", ".gitignore"),
        ("version = 1\ninclude = ['../x']", "pinner.toml:2: include[0]: '../x' never matches", ".gitignore"),
        ("version = 1\ninclude = ['!']", "pinner.toml:2: include[0]: '!' is not a pattern", ".gitignore"),
        (
            f"version = 1\ninclude = ['{'*' * 5}/a']",
            "pinner.toml:2: include[0]: '*****/a' has too many wildcards",
            ".gitignore",
        ),
        (
            "version = 1\ninclude = ['*a*b*c*d*']",
            "pinner.toml:2: include[0]: '*a*b*c*d*' has too many wildcards",
            ".gitignore",
        ),
        (
            f"version = 1\ninclude = ['{'**/' * 5}a']",
            "pinner.toml:2: include[0]: '**/**/**/**/**/a' has too many wildcards",
            ".gitignore",
        ),
        ("version = 1\ninclude = ['[z-a]']", "pinner.toml:2: include[0]: '[z-a]' is not a pattern", ".gitignore"),
        ("version = 1\nplatforms = ['arm64']", "pinner.toml:2: platforms[0]: 'arm64' is not a platform", "linux/arm64"),
        ("version = 1\nplatforms = [1]", "pinner.toml:2: platforms[0]: must be a string, not 1", None),
        ("version = 1\nimages = 1", "pinner.toml:2: images: must be a table, not 1", "write [images]"),
        (
            "version = 1\n[images]\nrequired-platform = []",
            "pinner.toml:3: images.required-platform: unknown",
            "did you",
        ),
        (
            "version = 1\n[images]\nrequired-platforms = 'x'",
            "pinner.toml:3: images.required-platforms: must be a list",
            "wr",
        ),
        (
            "version = 1\n[images]\nrequired-platforms = [\n'linux/amd64',\n'arm64']",
            "pinner.toml:5: images.required-platforms[1]: 'arm64' is not a platform",
            "linux/arm64",
        ),
        (
            "version = 1\nimages.required-platforms = [1]",
            "pinner.toml:2: images.required-platforms[0]: must be a",
            "wri",
        ),
        ("version = 1\ntemplates = 'x'", "pinner.toml:2: templates: must be 'skip' or 'best-effort', not 'x'", None),
        ("version = 1\ntemplates = ['skip']", "pinner.toml:2: templates: must be 'skip' or 'best-effort'", None),
        ("[ecosystems]\ngo = true", "pinner.toml:1: ecosystems: this is the configuration of another tool", "--config"),
        ("a = 1\n[settings]", "pinner.toml:2: settings: this is the configuration of another tool", "--no-config"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_key(text: str, message: str, hint: str | None) -> None:
    error = refuse(text)
    assert str(error).startswith(message)
    assert (hint in error.hint) if hint and error.hint else (hint == error.hint)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("forms = 1", "pinner.toml:2: forms: must be tables, not 1", "[[forms]]"),
        ("forms = [1]", "pinner.toml:2: forms: must be tables, not [1]", "[[forms]]"),
        ("[[forms]]\nform = 'leave'", "pinner.toml:2: forms[0]: paths is missing", 'paths = ["charts/**"]'),
        ("[[forms]]\nform = 'leave'\npaths = []", "pinner.toml:4: forms[0].paths: must be a list of", "charts"),
        ("[[forms]]\nform = 'leave'\npaths = 'x'", "pinner.toml:4: forms[0].paths: must be a list of", "charts"),
        ("[[forms]]\nform = 'leave'\npaths = [1]", "pinner.toml:4: forms[0].paths: must be a list of", "charts"),
        ("[[forms]]\nform = 'leave'\npaths = ['a',\n'./b']", "pinner.toml:5: forms[0].paths[1]: './b' never", ".git"),
        ("[[forms]]\npaths = ['a']", "pinner.toml:2: forms[0]: form is missing", "the forms are tag@digest, digest,"),
        ("[[forms]]\npaths = ['a']\nform = 1", "pinner.toml:4: forms[0].form: 1 is no form", "the forms are tag@"),
        (
            "[[forms]]\npaths = ['a']\nform = 'digest_key'",
            "pinner.toml:4: forms[0].form: 'digest_key' is no",
            "did you",
        ),
        ("[[forms]]\npaths = ['a']\nform = 'x'", "pinner.toml:4: forms[0].form: 'x' is no form", "the forms are tag@"),
        ("[[forms]]\npaths = ['a']\nform = 'leave'\npath = 1", "pinner.toml:5: forms[0].path: unknown key", "'paths'?"),
        (
            "[[forms]]\npaths = ['a']\nform = 'leave'\nzz = 1",
            "pinner.toml:5: forms[0].zz: unknown key",
            "are paths,",
        ),
    ],
)
def test_a_mistake_in_a_form_is_said_with_its_line_and_key(text: str, message: str, hint: str) -> None:
    error = refuse(f"version = 1\n{text}")
    assert str(error).startswith(message)
    assert error.hint is not None
    assert hint in error.hint


def test_the_first_form_that_takes_a_path_decides() -> None:
    text = """
version = 1
[[forms]]
paths = ["charts/**", "!charts/plain/"]
form = "digest-key"
[[forms]]
paths = ["*.json"]
form = "leave"
"""
    config = parse_config(text, "pinner.toml")
    assert config.forms[1] == FormRule(PathFilter(include=("*.json",)), Form.LEAVE)
    assert config.form_of("charts/a/values.yaml") is Form.DIGEST_KEY
    assert config.form_of("charts/a/pod.json") is Form.DIGEST_KEY
    assert config.form_of("pod.json") is Form.LEAVE
    assert config.form_of("deploy/charts.yaml") is Form.TAG_AND_DIGEST
    assert Config().form_of("x") is Form.TAG_AND_DIGEST


def test_all_mistakes_are_said_at_once() -> None:
    error = refuse("exclude = [1, '/', 'x']\ninclud = []\nplatforms = ['x', 2]\nversion = 3\n")
    assert str(error).split("\n") == [
        "pinner.toml:2: includ: unknown key",
        "pinner.toml:4: version: needs a newer pinner: configuration version 3",
        "pinner.toml:1: exclude[0]: must be a string, not 1",
        "pinner.toml:1: exclude[1]: '/' never matches",
        "pinner.toml:3: platforms[1]: must be a string, not 2",
        "pinner.toml:3: platforms[0]: 'x' is not a platform",
    ]


def test_mistakes_in_a_pyproject_name_the_whole_key() -> None:
    text = "[tool.pinner]\nversion = 1\nexclude = [\n  1,\n]\n"
    error = refuse(text, path="pyproject.toml", table=("tool", "pinner"))
    assert str(error) == "pyproject.toml:4: tool.pinner.exclude[0]: must be a string, not 1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project]\n", "pyproject.toml: there is no [tool.pinner] table"),
        ("[tool.ruff]\n", "pyproject.toml: there is no [tool.pinner] table"),
        ("[tool]\npinner = 1\n", "pyproject.toml:2: tool.pinner: must be a table, not 1"),
        ("tool = 1\n", "pyproject.toml:1: tool: must be a table, not 1"),
    ],
)
def test_a_pyproject_without_the_table_is_no_configuration(text: str, message: str) -> None:
    assert str(refuse(text, path="pyproject.toml", table=("tool", "pinner"))) == message


RULE = "version = 1\n[[rules]]\nfiles = ['config/*.yaml']\n"


def test_rules_and_aliases_are_read_in_order() -> None:
    text = """
version = 1
[[rules]]
files = ["config/*.yaml", "!config/old.yaml"]
route = "spec.sidecar.image"
[[rules]]
files = ["*.yaml"]
route = "args[]"
pattern = "--image=(.+)"
[[rules]]
files = ["*.conf"]
pattern = "^image (\\\\S+)"
[[rules]]
files = ["cm.yaml"]
route = "data.*"
embedded = "yaml"
inside = "**.image"
[aliases]
"$CI_REGISTRY" = "registry.example.com:5000"
"${IMAGE}" = "ghcr.io/acme/app"
"$(X)" = "docker.io"
"${{ env.REGISTRY }}" = "localhost"
"""
    context = parse_config(text, "pinner.toml").context
    assert [(one.name, one.route and str(one.route), one.pattern and one.pattern.written) for one in context.rules] == [
        ("rules[0]", "spec.sidecar.image", None),
        ("rules[1]", "args[]", "--image=(.+)"),
        ("rules[2]", None, r"^image (\S+)"),
        ("rules[3]", "data.*", None),
    ]
    assert [one.is_embedded for one in context.rules] == [False, False, False, True]
    assert str(context.rules[3].inside) == "**.image"
    assert [one.name for one in context.rules_for("config/new.yaml")] == ["rules[0]", "rules[1]"]
    assert [one.name for one in context.rules_for("config/old.yaml")] == ["rules[1]"]
    assert dict(context.aliases) == {
        "$CI_REGISTRY": "registry.example.com:5000",
        "${IMAGE}": "ghcr.io/acme/app",
        "$(X)": "docker.io",
        "${{ env.REGISTRY }}": "localhost",
    }


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("version = 1\nrules = 1", "pinner.toml:2: rules: must be tables, not 1", "[[rules]]"),
        ("version = 1\nrules = [1]", "pinner.toml:2: rules: must be tables, not [1]", "[[rules]]"),
        ("version = 1\n[[rules]]\nroute = 'a'", "pinner.toml:2: rules[0]: files is missing", "files = ["),
        (
            "version = 1\n[[rules]]\nroute = 'a'\nfiles = []",
            "pinner.toml:4: rules[0].files: must be a list",
            "files = [",
        ),
        (
            "version = 1\n[[rules]]\nroute = 'a'\nfiles = ['x', '/']",
            "pinner.toml:4: rules[0].files[1]: '/' never",
            "gitignore",
        ),
        (RULE, "pinner.toml:2: rules[0]: a route or a pattern is missing", "route ="),
        (RULE + "rout = 'a'\nroute = 'b'", "pinner.toml:4: rules[0].rout: unknown key", "did you mean 'route'?"),
        (RULE + "route = 1", "pinner.toml:4: rules[0].route: must be a string, not 1", None),
        (
            RULE + "route = 'a.'",
            "pinner.toml:4: rules[0].route: column 3 of 'a.': the end where a key must stand",
            "route reads",
        ),
        (RULE + "pattern = 'a'", "pinner.toml:4: rules[0].pattern: column 1 of 'a': 0 groups", "put the reference in"),
        (
            RULE + "pattern = '(a+)+'",
            "pinner.toml:4: rules[0].pattern: column 5 of '(a+)+': a group is repeated",
            "repeats",
        ),
        (RULE + "route = 'a'\nembedded = 'json'", "pinner.toml:5: rules[0].embedded: must be 'yaml', not 'json'", None),
        (RULE + "pattern = 'a(.)'\nembedded = 'yaml'", "pinner.toml:5: rules[0].embedded: needs a route", "two rules"),
        (RULE + "route = 'a'\ninside = 'b'", "pinner.toml:5: rules[0].inside: needs embedded", 'embedded = "yaml"'),
        ("version = 1\naliases = 1", "pinner.toml:2: aliases: must be a table, not 1", "$CI_REGISTRY"),
        ("version = 1\n[aliases]\n'docker.io' = 'x.io'", 'pinner.toml:3: aliases."docker.io": is no variable', "$NAME"),
        (
            "version = 1\n[aliases]\n'$X' = 1",
            'pinner.toml:3: aliases."$X": 1 is not the name of a registry',
            "name a registry",
        ),
        (
            "version = 1\n[aliases]\n'$X' = 'acme'",
            "pinner.toml:3: aliases.\"$X\": 'acme' is not the name",
            "name a registry",
        ),
        (
            "version = 1\n[aliases]\n'$X' = 'x.io/a:1'",
            "pinner.toml:3: aliases.\"$X\": 'x.io/a:1' is not",
            "name a registry",
        ),
        (
            "version = 1\n[aliases]\n'$X' = 'https://x.io'",
            "pinner.toml:3: aliases.\"$X\": 'https://x.io'",
            "name a registry",
        ),
    ],
)
def test_a_mistake_in_a_rule_or_an_alias_is_said_with_its_line_and_key(
    text: str, message: str, hint: str | None
) -> None:
    error = refuse(text)
    assert str(error).startswith(message)
    assert (hint in error.hint) if hint and error.hint else (hint == error.hint)


def test_all_mistakes_of_all_rules_are_said_at_once() -> None:
    error = refuse(f"{RULE}route = 'a.'\n[[rules]]\npattern = '('\n")
    assert [line.partition(": column")[0] for line in str(error).split("\n")] == [
        "pinner.toml:4: rules[0].route",
        "pinner.toml:5: rules[1]: files is missing",
        "pinner.toml:6: rules[1].pattern",
    ]


PATTERNS = [
    (["vendor"], "vendor/a.yaml"),
    (["vendor/"], "deploy/vendor/a.yaml"),
    (["/vendor"], "deploy/vendor/a.yaml"),
    (["vendor/**"], "vendor/deep/a.yaml"),
    (["vendor/*"], "vendor/deep/a.yaml"),
    (["vendor/*.yaml"], "vendor/deep/a.yaml"),
    (["**/test"], "a/test/b.yaml"),
    (["a/**/b.yaml"], "a/b.yaml"),
    (["*.yaml", "!keep.yaml"], "keep.yaml"),
    (["!keep.yaml", "*.yaml"], "keep.yaml"),
    (["*.yaml"], "dir/a.yml"),
    (["file[0-9].yaml"], "file7.yaml"),
    (["file?.yaml"], "file/.yaml"),
    ([r"\#note.yaml"], "#note.yaml"),
    ([r"\!note.yaml"], "!note.yaml"),
    (["grün.yaml"], "dir/grün.yaml"),
    (["Vendor"], "vendor/a.yaml"),
    (["a b.yaml "], "a b.yaml"),
]


@pytest.mark.parametrize(("patterns", "path"), PATTERNS, ids=str)
def test_patterns_mean_what_they_mean_to_git(tmp_path: Path, patterns: list[str], path: str) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("\n".join(patterns) + "\n", encoding="utf-8")
    git = subprocess.run(["git", "check-ignore", "--no-index", "-q", path], cwd=tmp_path, check=False)
    is_matched = git.returncode == 0
    assert PathFilter(exclude=tuple(patterns)).accepts(path) is not is_matched
    assert PathFilter(include=tuple(patterns)).accepts(path) is is_matched


def test_exclude_takes_away_from_include() -> None:
    paths = PathFilter(include=("deploy/",), exclude=("*.tmp.yaml",))
    assert paths.accepts("deploy/a.yaml")
    assert not paths.accepts("deploy/a.tmp.yaml")
    assert not paths.accepts("other/a.yaml")
    assert paths.accepts("deploy/b.yaml")


def test_without_patterns_no_matcher_is_loaded() -> None:
    program = (
        "import sys; from pinner.config import parse_config; parse_config('version = 1', 'x').paths.accepts('a');"
        "sys.exit('pathspec' in sys.modules or 'difflib' in sys.modules or 'subprocess' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
