"""Random Dockerfiles and Compose documents: only digests are written, once, and taking them away gives all back."""

from __future__ import annotations

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pinner.formats import compose, dockerfile
from pinner.forms import Form
from pinner.text import Source
from tests.fuzz.invariants import hold_format
from tests.support.docker_texts import compose_documents, dockerfiles
from tests.support.writing import WRITTEN_FORMS

_FORMS = st.sampled_from(WRITTEN_FORMS)


@given(dockerfiles(), _FORMS)
@settings(max_examples=150)
def test_a_dockerfile_gets_digests_and_nothing_else(text: str, form: Form) -> None:  # E01 to E08
    hold_format(dockerfile.FORMAT, Source("Dockerfile", text), form)


@given(compose_documents(), _FORMS)
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_a_compose_document_gets_digests_and_nothing_else(text: str, form: Form) -> None:  # F01 to F04
    hold_format(compose.FORMAT, Source("compose.yaml", text), form)


@given(compose_documents())
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_random_compose_documents_are_yaml(text: str) -> None:
    assume("!reset" not in text)
    assert set(yaml.safe_load(text)) == {"x-template", "services"}
