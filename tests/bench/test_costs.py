"""What a profile is counted as: by module, and a built-in function for whoever calls it."""

from __future__ import annotations

from bench.costs import Cost, by_module, name_module, report_costs

PLACES = "/usr/lib/python3.11/site-packages"
SCAN = (f"{PLACES}/pinner/syntax/yaml_scan.py", 10, "scan")
RULES = (f"{PLACES}/pinner/policy/__init__.py", 1, "<module>")
SEARCH = ("~", 0, "<method 'search' of 're.Pattern' objects>")


def test_a_function_is_named_by_what_it_is_part_of() -> None:
    assert name_module(SCAN) == "pinner.syntax.yaml_scan"
    assert name_module(RULES) == "pinner.policy"
    assert name_module((f"{PLACES}/typer/main.py", 1, "run")) == "typer"
    assert name_module(("/usr/lib/python3.11/json/decoder.py", 1, "decode")) == "json"
    assert name_module(SEARCH) == "the interpreter"
    assert name_module(("<frozen importlib._bootstrap>", 1, "_load")).startswith("importing")


def test_a_built_in_function_is_paid_by_its_callers() -> None:
    spent = by_module(
        {
            SCAN: (1, 1, 1.0, 7.0, {}),
            RULES: (1, 1, 0.5, 1.0, {}),
            SEARCH: (3, 3, 2.5, 2.5, {SCAN: (2, 2, 2.0, 2.0), RULES: (1, 1, 0.5, 0.5)}),
        }
    )
    assert spent == {"pinner.syntax.yaml_scan": 3.0, "pinner.policy": 1.0}


def test_small_shares_are_said_together() -> None:
    page = report_costs([Cost("`pinner images`", {"typer": 0.97, "yaml": 0.015, "idna": 0.015})])
    assert "| typer | 97% |" in page
    assert "| 2 others | 3% |" in page
