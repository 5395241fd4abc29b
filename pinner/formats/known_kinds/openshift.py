"""OpenShift: image streams, builds, deployments, releases; the kinds of its first versions have no group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.known_kinds.entries import BUILT, MIRROR, OTHER_IMAGE, REPOSITORY, Kinds, beside
from pinner.formats.routed import Images
from pinner.syntax.yaml_nodes import Document, Node

_IS_IMAGE: Final = beside("kind", "DockerImage")
_FILLED: Final = Unreadable("image-stream", "OpenShift fills this in from an image stream; pin the tag of the stream")
_OF_THE_SYSTEM: Final = Unreadable("other-image", "the image of an operating system, which a release decides on")


def _is_triggered(document: Document) -> Callable[[Node], bool]:
    """Tell the containers that an image change trigger fills (docs.openshift.com, "Image change triggers")."""
    filled = {
        (*node.path[:-6], node.value)
        for node in document.nodes
        if node.path[-3:-1] == ("imageChangeParams", "containerNames")
    }

    def is_triggered(node: Node) -> bool:
        name = document.scalar_at((*node.path[:-1], "name"))
        return (*node.path[:-6], name or "") in filled

    return is_triggered


TABLE: Final = (
    Kinds(
        groups=("image.openshift.io", ""),
        names=("ImageStream",),
        places=(
            Images(route="spec.tags[].from.name", where=_IS_IMAGE),
            Images(route="spec.dockerImageRepository", verdict=REPOSITORY),
        ),
    ),
    Kinds(
        groups=("image.openshift.io", ""),
        names=("ImageStreamTag",),
        places=(Images(route="tag.from.name", where=_IS_IMAGE),),
    ),
    Kinds(
        groups=("image.openshift.io", ""),
        names=("ImageStreamImport",),
        places=(
            Images(route="spec.images[].from.name", where=_IS_IMAGE),
            Images(route="spec.repository.from.name", where=_IS_IMAGE, verdict=REPOSITORY),
        ),
    ),
    Kinds(
        groups=("build.openshift.io", ""),
        names=("BuildConfig", "Build"),
        places=(
            Images(route="spec.strategy.*.from.name", where=_IS_IMAGE),
            Images(route="spec.source.images[].from.name", where=_IS_IMAGE),
            Images(route="spec.output.to.name", where=_IS_IMAGE, verdict=BUILT),
        ),
    ),
    Kinds(
        groups=("apps.openshift.io", ""),
        names=("DeploymentConfig",),
        places=(
            Images(route="spec.template.spec.containers[].image", where=_is_triggered, verdict=_FILLED),
            Images(route="spec.template.spec.initContainers[].image", where=_is_triggered, verdict=_FILLED),
        ),
        keys=frozenset({"containerNames", "name"}),
    ),
    Kinds(groups=("hive.openshift.io",), names=("ClusterImageSet",), places=("spec.releaseImage",)),
    Kinds(groups=("updateservice.operator.openshift.io",), names=("UpdateService",), places=("spec.graphDataImage",)),
    Kinds(
        groups=("machineconfiguration.openshift.io",),
        names=("MachineConfig",),
        places=(
            Images(route="spec.osImageURL", verdict=_OF_THE_SYSTEM),
            Images(route="spec.baseOSExtensionsContainerImage", verdict=_OF_THE_SYSTEM),
        ),
    ),
    Kinds(
        groups=("agent-install.openshift.io",),
        names=("AgentServiceConfig",),
        places=(Images(route="spec.osImages[].url", verdict=OTHER_IMAGE),),
    ),
    Kinds(
        groups=("operator.openshift.io", "config.openshift.io"),
        names=("ImageContentSourcePolicy", "ImageContentPolicy", "ImageDigestMirrorSet", "ImageTagMirrorSet"),
        places=(Images(route="**.source", verdict=MIRROR), Images(route="**.mirrors[]", verdict=MIRROR)),
    ),
    # Operator Lifecycle Manager (olm.operatorframework.io); containers of its deployments are those of every pod.
    Kinds(
        groups=("operators.coreos.com",),
        names=("ClusterServiceVersion",),
        places=("metadata.annotations.containerImage", "spec.relatedImages[].image"),
    ),
    Kinds(groups=("operators.coreos.com",), names=("CatalogSource",), places=("spec.image",)),
    Kinds(
        groups=("olm.operatorframework.io", "catalogd.operatorframework.io"),
        names=("ClusterCatalog", "Catalog"),
        places=("spec.source.image.ref",),
    ),
    Kinds(
        groups=("core.rukpak.io",),
        names=("Bundle", "BundleDeployment"),
        places=("spec.source.image.ref", "spec.template.spec.source.image.ref"),
    ),
)
