"""Who owns a host name, as far as the Public Suffix List knows: `auth.corp.example` belongs to `corp.example`.

The list takes 50 ms to read, so it is read when a first answer depends on it (docs/decisions/0007).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from pinner.registry.origin import is_loopback, literal_address

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Names under which strangers are neighbours although the list does not say so: registries with one host a customer,
# and names that anybody may point anywhere.
SHARED_DOMAINS: Final = frozenset(
    {
        "aliyuncs.com",
        "amazonaws.com",
        "amazonaws.com.cn",
        "azurecr.cn",
        "azurecr.io",
        "azurecr.us",
        "gcr.io",
        "jfrog.io",
        "myhuaweicloud.com",
        "nip.io",
        "ocir.io",
        "ovh.net",
        "pkg.dev",
        "scw.cloud",
        "sslip.io",
        "tencentcloudcr.com",
    }
)


def registrable_domain(host: str) -> str | None:
    """Return the domain that one owner registered and `host` is part of; None where nobody can tell.

    Addresses, loopback, single labels, names below a suffix that is not on the list (`.internal`, `.local`) and names
    that strangers share belong to nobody. The list's private section counts: two projects of `github.io` are strangers.
    """
    if is_loopback(host) or literal_address(host) is not None:
        return None
    domain = _list().privatesuffix(host)
    return None if domain is None or domain in SHARED_DOMAINS else domain


@cache
def _list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - few runs ever need it

    # Without the list's catch-all rule, which would make one owner of everything in `.local`.
    return PublicSuffixList(accept_unknown=False)
