"""Operators of other programs: Prometheus, Istio, Spark, Ray, KServe, OpenTelemetry, GitLab."""

from __future__ import annotations

from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.known_kinds.entries import PART, InParts, Kinds, beside
from pinner.formats.routed import Images

_NO_SHA: Final = Unreadable(
    "no-digest-key",
    "the operator takes no digest behind `tag` or `version`; write the whole reference under `image`, or add `sha: ''`",
)
_TAG_OR_DIGEST: Final = "Envoy Gateway takes a tag or a digest, not both"
# An address without a scheme is one of an image.
_NO_SCHEME: Final = r"((?!\w+://).+)"


def _prometheus(holder: str) -> InParts:
    """Return an image in Prometheus's three keys: `sha` wins over `tag`, and `tag` over `version`."""
    return InParts(
        route=f"{holder}.baseImage",
        tags=("tag", "version"),
        digest="sha",
        digest_style="hex",
        tag_alone=_NO_SHA,
        unless="image",
    )


TABLE: Final = (
    # prometheus-operator.dev/docs/api-reference/api.
    Kinds(
        groups=("monitoring.coreos.com",),
        names=("Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler"),
        places=("spec.image", "spec.thanos.image", _prometheus("spec"), _prometheus("spec.thanos")),
    ),
    # istio.io/docs/reference/config/proxy_extensions/wasm-plugin, install.istio.io's IstioOperatorSpec.
    Kinds(
        groups=("extensions.istio.io",),
        names=("WasmPlugin",),
        places=(Images(route="spec.url", prefix="oci://"), Images(route="spec.url", pattern=_NO_SCHEME)),
    ),
    Kinds(
        groups=("install.istio.io",),
        names=("IstioOperator",),
        places=(Images(route="spec.hub", verdict=PART), Images(route="spec.tag", verdict=PART)),
    ),
    # gateway.envoyproxy.io/docs/api/extension_types, "ImageWasmCodeSource".
    Kinds(
        groups=("gateway.envoyproxy.io",),
        names=("EnvoyExtensionPolicy",),
        places=(Images(route="spec.wasm[].code.image.url", no_tag=_TAG_OR_DIGEST),),
    ),
    # kubeflow.github.io/spark-operator, "API definition"; spark.apache.org, "Running Spark on Kubernetes".
    Kinds(
        groups=("sparkoperator.k8s.io", "spark.apache.org"),
        places=(
            "spec.image",
            "spec.driver.image",
            "spec.executor.image",
            "spec.template.image",
            "spec.template.driver.image",
            "spec.template.executor.image",
            "**.sidecars[].image",
            '**.sparkConf."spark.kubernetes.container.image"',
            '**.sparkConf."spark.kubernetes.driver.container.image"',
            '**.sparkConf."spark.kubernetes.executor.container.image"',
        ),
    ),
    Kinds(
        groups=("ray.io",),
        names=("RayCluster", "RayJob", "RayService"),
        places=("**.autoscalerOptions.image",),
    ),
    # kserve.github.io, "Serving models with OCI images".
    Kinds(
        groups=("serving.kserve.io",),
        places=("**.container.image", Images(route="**.storageUri", prefix="oci://")),
    ),
    # opentelemetry.io/docs/platforms/kubernetes/operator.
    Kinds(
        groups=("opentelemetry.io",),
        names=("OpenTelemetryCollector", "Instrumentation", "TargetAllocator", "OpAMPBridge"),
        places=("spec.image", "spec.*.image"),
    ),
    # docs.gitlab.com/runner/configuration/configuring_runner_operator.
    Kinds(
        groups=("apps.gitlab.com",),
        names=("Runner",),
        places=("spec.buildImage", "spec.helperImage", "spec.runnerImage"),
    ),
    # kubevela.io/docs, "Built-in component types".
    Kinds(
        groups=("core.oam.dev",),
        names=("Application",),
        places=(
            Images(
                route="spec.components[].properties.image",
                where=beside("type", "webservice", "worker", "task", "cron-task", "daemon", above=1),
            ),
        ),
        keys=frozenset({"type"}),
    ),
)
