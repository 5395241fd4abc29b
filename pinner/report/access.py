"""How a registry would be reached, for people and as a document: every place that was looked in, never a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pinner.credentials.base import Credential, IdentityToken, Login, RegistryToken, shown_username
from pinner.credentials.chain import Turn
from pinner.credentials.steps import Broken, Found, Nothing, Step, Why
from pinner.registry.explanation import EndpointAccess, RegistryAccess
from pinner.registry.settings import DEFAULT_CONNECTIONS, RegistrySettings
from pinner.report.documents import Document, render_document
from pinner.report.text import Paint, escape, plain

_KINDS: Final = {Credential: "password", IdentityToken: "identity-token", RegistryToken: "registry-token"}
_DEFAULTS: Final = {"max_connections": DEFAULT_CONNECTIONS, "scopes_per_token": 1}
_FALLBACK: Final = "asked first for digests, and for tags where the registry cannot be asked"
_REASONS: Final = {
    Why.UNSET: "not set",
    Why.ABSENT: "not there",
    Why.NO_ENTRY: "no entry",
    Why.HELPER_EMPTY: "{helper} ({key}) has nothing",
    Why.HELPER_MISSING: "{helper} ({key}) is not installed",
    Why.LEFT_OUT: "left out by PINNER_AUTH_SOURCES",
    Why.NOT_ASKED: "not asked",
}


def render_access(access: RegistryAccess, *, paint: Paint = plain) -> str:
    """Return a line a place that was looked in, then what is shown to the host, for the registry and each mirror."""
    name = access.registry if access.repository is None else f"{access.registry}/{access.repository}"
    directions = access.directions
    blocked = f", never asked: {directions.source} says blocked" if directions.registry is None else ""
    lines = [f"{escape(name)} at {escape(access.origin.url)}{escape(blocked)}", *_endpoint_lines(access.origin, paint)]
    order = "asked first" if directions.mirror_tags == "first" or blocked else _FALLBACK
    for mirror in access.mirrors:
        lines += [f"mirror {escape(mirror.url)}, {order}", *_endpoint_lines(mirror, paint)]
    return "".join(f"{line}\n" for line in lines)


def render_access_document(access: RegistryAccess) -> str:
    """Return the same for programs (`pinner/auth/1`)."""
    return render_document(
        "auth",
        registry=access.registry,
        repository=access.repository,
        **_endpoint(access.origin),
        blocked=access.directions.registry is None,
        mirror_tags=access.directions.mirror_tags,
        mirrors=[_endpoint(mirror) for mirror in access.mirrors],
        warnings=list(access.warnings),
    )


def render_way(access: RegistryAccess, *, paint: Paint = plain) -> list[str]:
    """Return a line for everybody who may be asked, in order, with what is shown to them."""
    return [
        f"{'' if one is access.origin else 'mirror '}{escape(one.url)}: {_shown(one, paint)}"
        for one in _in_order(access)
    ]


def describe_way(access: RegistryAccess) -> list[Document]:
    """Return the same for programs."""
    return [
        {
            "url": one.url,
            "is_mirror": one is not access.origin,
            "credential": _endpoint(one)["credential"],
            "kept_back": one.is_too_open,
        }
        for one in _in_order(access)
    ]


def _in_order(access: RegistryAccess) -> tuple[EndpointAccess, ...]:
    """Return who is asked what a tag means, the first one first."""
    if access.directions.registry is None:
        return access.mirrors
    has_mirrors_first = access.directions.mirror_tags == "first"
    return (*access.mirrors, access.origin) if has_mirrors_first else (access.origin, *access.mirrors)


def _endpoint_lines(endpoint: EndpointAccess, paint: Paint) -> Iterator[str]:
    turns = endpoint.explanation.turns
    width = max((len(turn.source) for turn in turns), default=0)
    for turn in turns:
        yield f"  {turn.source:{width}}  {escape(_said(turn.step))}"
    yield f"  → {_shown(endpoint, paint)}"
    for setting in _settings_lines(endpoint.settings):
        yield f"  {escape(setting)}"


def _said(step: Step) -> str:
    if isinstance(step, Nothing):
        return f"{step.place}: {_REASONS[step.why].format(helper=step.helper, key=step.key)}"
    if isinstance(step, Broken):
        message = step.error.message
        return message if message.startswith(step.place) else f"{step.place}: {message}"
    others = f", and {step.others} more that match" if step.others else ""
    by = f"{step.helper} ({step.key})" if step.helper else repr(step.key)
    return f"{step.place}: {by} has {_login_words(step.login)}{others}"


def _shown(endpoint: EndpointAccess, paint: Paint) -> str:
    outcome = endpoint.explanation.outcome
    if outcome is None:
        return "no credentials: asked anonymously"
    if isinstance(outcome, Found):
        words = f"{_login_words(outcome.login)} from {outcome.login.source}"
        if endpoint.is_too_open:
            return paint(escape(f"{words}, kept back: it would travel over plain http"), "yellow")
        return paint(escape(words), "green")
    hint = f"; {outcome.error.hint}" if outcome.error.hint else ""
    return paint(escape(f"no answer until this is mended{hint}"), "red")


def _login_words(login: Login) -> str:
    kind = _KINDS[type(login)].replace("-", " ")
    if not isinstance(login, Credential):
        return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    username = shown_username(login)
    return f"a {kind} for {username!r}" if username else f"a {kind}, and a user name that may be secret too"


def _settings_lines(settings: RegistrySettings) -> Iterator[str]:
    for name, value in _settings(settings).items():
        if value and _DEFAULTS.get(name) != value:
            words = "true" if value is True else ", ".join(map(str, value)) if isinstance(value, list) else value
            yield f"registries.toml: {name.replace('_', '-')} = {words}"


def _endpoint(endpoint: EndpointAccess) -> Document:
    outcome = endpoint.explanation.outcome
    return {
        "url": endpoint.url,
        "sources": [_turn(turn) for turn in endpoint.explanation.turns],
        "credential": _credential(outcome.login) if isinstance(outcome, Found) else None,
        "kept_back": endpoint.is_too_open,
        "settings": _settings(endpoint.settings),
    }


def _turn(turn: Turn) -> Document:
    step = turn.step
    document: Document = {"source": turn.source, "place": step.place}
    if isinstance(step, Broken):
        error = step.error
        return {**document, "result": "broken", "error": error.code, "detail": error.message, "hint": error.hint}
    result = step.why.value if isinstance(step, Nothing) else "found"
    return {**document, "result": result, "key": step.key, "helper": step.helper}


def _credential(login: Login) -> Document:
    username = shown_username(login) if isinstance(login, Credential) else None
    return {"kind": _KINDS[type(login)], "username": username, "source": login.source}


def _settings(settings: RegistrySettings) -> Document:
    return {
        "plain_http": settings.plain_http,
        "ca": list(settings.trust.cas),
        "client_cert": settings.trust.client_cert,
        "client_key": settings.trust.client_key,
        "allow_insecure_auth": settings.allow_insecure_auth,
        "trusted_realms": list(settings.trusted_realms),
        "scopes_per_token": settings.scopes_per_token,
        "max_connections": settings.max_connections,
    }
