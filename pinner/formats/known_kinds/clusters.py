"""Clusters and machines: KubeVirt, Cluster API, kubeadm, k3d, kOps, Metal3, clouds."""

from __future__ import annotations

from typing import Final

from pinner.formats.known_kinds.entries import OTHER_IMAGE, PART, WATCHED, Kinds
from pinner.formats.routed import Images

_DISK: Final = "**.source.registry.url"
_DOCKER: Final = "docker://"
# github.com/containers/image/issues/1736: its `docker://` refuses a tag beside a digest.
_TAG_OR_DIGEST: Final = "the importer of disks reads a tag or a digest, not both"
_MACHINES: Final = "infrastructure.cluster.x-k8s.io"

TABLE: Final = (
    # kubevirt.io/user-guide, "Disks and volumes", "Kernel boot".
    Kinds(
        groups=("kubevirt.io", "pool.kubevirt.io", _MACHINES),
        places=("**.containerDisk.image", "**.kernelBoot.container.image"),
    ),
    Kinds(
        groups=("kubevirt.io",),
        names=("KubeVirt",),
        places=(Images(route="spec.imageRegistry", verdict=PART), Images(route="spec.imageTag", verdict=PART)),
    ),
    # github.com/kubevirt/containerized-data-importer, doc/datavolumes.md; its crons put the digest behind the address.
    Kinds(
        groups=("cdi.kubevirt.io",),
        names=("DataImportCron",),
        places=(Images(route=_DISK, prefix=_DOCKER, verdict=WATCHED),),
    ),
    Kinds(
        groups=("cdi.kubevirt.io", "kubevirt.io", "pool.kubevirt.io", _MACHINES),
        places=(
            Images(route=_DISK, prefix=_DOCKER, no_tag=_TAG_OR_DIGEST),
            Images(route=_DISK, verdict=OTHER_IMAGE),
        ),
    ),
    # cluster-api.sigs.k8s.io; kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4.
    Kinds(
        groups=(
            "bootstrap.cluster.x-k8s.io",
            "controlplane.cluster.x-k8s.io",
            "cluster.x-k8s.io",
            _MACHINES,
            "kubeadm.k8s.io",
        ),
        places=(Images(route="**.imageRepository", verdict=PART), Images(route="**.imageTag", verdict=PART)),
    ),
    Kinds(
        groups=(_MACHINES,),
        names=("DockerMachine", "DockerMachineTemplate", "DockerMachinePool", "DockerMachinePoolTemplate"),
        places=("**.customImage",),
    ),
    Kinds(
        groups=(_MACHINES,),
        places=(
            Images(route="spec.image", verdict=OTHER_IMAGE),
            Images(route="spec.template.spec.image", verdict=OTHER_IMAGE),
        ),
    ),
    Kinds(groups=("kops.k8s.io",), names=("InstanceGroup",), places=(Images(route="spec.image", verdict=OTHER_IMAGE),)),
    Kinds(
        groups=("metal3.io",), names=("BareMetalHost",), places=(Images(route="spec.image.url", verdict=OTHER_IMAGE),)
    ),
    Kinds(
        groups=("machine.openshift.io", "openstackproviderconfig.openshift.io", "gcpprovider.openshift.io"),
        places=(Images(route="image", verdict=OTHER_IMAGE), Images(route="disks[].image", verdict=OTHER_IMAGE)),
    ),
    Kinds(groups=("k3d.io",), names=("Simple",), places=("image", "registries.create.image")),
    Kinds(groups=("kind.x-k8s.io",), names=("Cluster",), places=("nodes[].image",)),
    Kinds(
        groups=("operator.tigera.io",),
        names=("ImageSet",),
        places=(Images(route="spec.images[].image", verdict=PART),),
    ),
)
