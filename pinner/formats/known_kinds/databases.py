"""Operators of databases and queues: CloudNativePG, Zalando's, Percona's, Elastic's, Strimzi."""

from __future__ import annotations

from typing import Final

from pinner.formats.known_kinds.entries import BUILT, Kinds
from pinner.formats.routed import Images

# cloudnative-pg.io/documentation, "Container Image Requirements": `<image>:<tag>@sha256:<digest>` is one of the forms.
_NEEDS_TAG: Final = "the operator reads the version of PostgreSQL from the tag"
_ELASTIC: Final = ("elasticsearch", "kibana", "apm", "enterprisesearch", "beat", "agent", "maps", "logstash")

TABLE: Final = (
    Kinds(
        groups=("postgresql.cnpg.io", "postgresql.k8s.enterprisedb.io"),
        names=("Cluster",),
        places=(
            Images(route="spec.imageName", needs_tag=_NEEDS_TAG),
            "spec.postgresql.extensions[].image.reference",
        ),
    ),
    # postgres-operator.readthedocs.io, "Cluster manifest reference", "Configuration parameters".
    Kinds(
        groups=("acid.zalan.do",),
        names=("postgresql",),
        places=("spec.dockerImage", "spec.connectionPooler.dockerImage", "spec.sidecars[].image"),
    ),
    Kinds(
        groups=("acid.zalan.do",),
        names=("OperatorConfiguration",),
        places=(
            "configuration.docker_image",
            "configuration.logical_backup.logical_backup_docker_image",
            "configuration.connection_pooler.connection_pooler_image",
            "configuration.sidecars[].image",
        ),
    ),
    Kinds(
        groups=("pxc.percona.com", "psmdb.percona.com", "ps.percona.com"),
        places=("spec.initImage", "spec.**.image"),
    ),
    Kinds(groups=tuple(f"{one}.k8s.elastic.co" for one in _ELASTIC), places=("spec.image",)),
    # strimzi.io/docs/operators, "Custom resource API reference"; `build.output` is where an image is pushed.
    Kinds(
        groups=("kafka.strimzi.io",),
        names=("KafkaConnect",),
        places=(Images(route="spec.build.output.image", verdict=BUILT),),
    ),
    Kinds(
        groups=("kafka.strimzi.io",),
        names=("Kafka", "KafkaConnect", "KafkaMirrorMaker", "KafkaMirrorMaker2", "KafkaBridge"),
        places=(
            "spec.image",
            "spec.*.image",
            "spec.entityOperator.*.image",
            "spec.cruiseControl.tlsSidecar.image",
            "spec.kafka.brokerRackInitImage",
            "spec.clientRackInitImage",
        ),
    ),
)
