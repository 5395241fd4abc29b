"""What a digest names with its parts: an index, or a manifest together with its configuration, hashes checked."""

from __future__ import annotations

from dataclasses import replace

from pinner.errors import ResolutionError
from pinner.oci.configuration import parse_configuration
from pinner.oci.contents import Contents, parse_image, parse_index
from pinner.oci.digest import Digest
from pinner.registry.endpoint import Endpoint
from pinner.registry.failures import prefixed
from pinner.registry.manifests import ManifestReader


def read_contents(reader: ManifestReader, endpoint: Endpoint, repository: str, digest: Digest) -> Contents:
    """Return an index by one request, or an image by two.

    Raise what `ManifestReader.get` and `ManifestReader.blob` raise, and `IntegrityError` for parts that are odd.
    """
    found = reader.get(endpoint, repository, str(digest))
    try:
        index = parse_index(digest, found.content, found.descriptor.media_type)
        if index is not None:
            return index
        image, config = parse_image(digest, found.content)
    except ResolutionError as error:
        raise prefixed(error, endpoint.host) from error
    if config is None:
        return image
    content = reader.blob(endpoint, repository, config)
    try:
        return replace(image, configuration=parse_configuration(content))
    except ResolutionError as error:
        raise prefixed(error, f"{endpoint.host}: the image's configuration") from error
