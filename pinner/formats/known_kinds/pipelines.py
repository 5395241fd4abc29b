"""Programs that run steps or build images: Tekton, Argo Workflows, Knative, Shipwright, kpack."""

from __future__ import annotations

from typing import Final

from pinner.formats.base import Unreadable
from pinner.formats.known_kinds.entries import BUILT, Kinds, beside
from pinner.formats.routed import Images

_PIPELINE_IMAGE: Final = Unreadable("ambiguous", "an image resource names what a task pulls or what it builds")

_PARAMETER: Final = Unreadable(
    "parameter", "a template says what becomes of this value; write the image there, or a rule"
)


def _bundle(holder: str) -> Images:
    """Return the bundle that a resolver gets by a parameter (tekton.dev, "Bundles Resolver")."""
    return Images(route=f"**.{holder}.params[name=bundle].value", where=beside("resolver", "bundles", above=2))


TABLE: Final = (
    Kinds(
        groups=("tekton.dev",),
        places=(
            "**.steps[].image",
            "**.sidecars[].image",
            "**.stepTemplate.image",
            "**.taskRef.bundle",
            "**.pipelineRef.bundle",
            _bundle("taskRef"),
            _bundle("pipelineRef"),
            _bundle("ref"),
        ),
        keys=frozenset({"resolver"}),
    ),
    Kinds(groups=("tekton.dev",), names=("StepAction",), places=("spec.image",)),
    Kinds(
        groups=("tekton.dev",),
        names=("PipelineResource",),
        places=(
            Images(
                route="spec.params[name=url].value", where=beside("type", "image", above=2), verdict=_PIPELINE_IMAGE
            ),
        ),
        keys=frozenset({"type"}),
    ),
    # argo-workflows.readthedocs.io, "Field Reference"; `containers` and `initContainers` are those of every pod.
    Kinds(
        groups=("argoproj.io",),
        names=(
            "Workflow",
            "WorkflowTemplate",
            "ClusterWorkflowTemplate",
            "CronWorkflow",
            "WorkflowTaskSet",
            "Sensor",
            "EventSource",
            "EventBus",
        ),
        places=("**.container.image", "**.script.image", "**.sidecars[].image"),
    ),
    # Argo CD and Flux put these values into any text: names, labels and parameters of charts, too.
    Kinds(
        groups=("argoproj.io",),
        names=("ApplicationSet",),
        places=(Images(route="spec.generators.**.image", verdict=_PARAMETER),),
    ),
    Kinds(
        groups=("kustomize.toolkit.fluxcd.io",),
        names=("Kustomization",),
        places=(Images(route="spec.postBuild.substitute.image", verdict=_PARAMETER),),
    ),
    # What Tekton came from.
    Kinds(
        groups=("build.knative.dev",),
        names=("Build", "BuildTemplate", "ClusterBuildTemplate"),
        places=("spec.steps[].image", "spec.source.custom.image"),
    ),
    Kinds(groups=("caching.internal.knative.dev",), names=("Image",), places=("spec.image",)),
    # knative.dev/docs/install/operator, "Configuring custom images".
    Kinds(
        groups=("operator.knative.dev",),
        names=("KnativeServing", "KnativeEventing"),
        places=("spec.registry.default", "spec.registry.override.*"),
    ),
    Kinds(
        groups=("shipwright.io",),
        names=("Build", "BuildRun"),
        places=(
            Images(route="**.output.image", verdict=BUILT),
            "**.builder.image",
            "**.source.bundleContainer.image",
            "**.source.ociArtifact.image",
        ),
    ),
    Kinds(
        groups=("shipwright.io",),
        names=("BuildStrategy", "ClusterBuildStrategy"),
        places=("spec.steps[].image", "spec.buildSteps[].image"),
    ),
    Kinds(
        groups=("kpack.io",),
        names=("Image", "Build", "Builder", "ClusterBuilder"),
        places=(Images(route="spec.tag", verdict=BUILT),),
    ),
    Kinds(
        groups=("kpack.io",),
        names=("ClusterStack", "ClusterStore", "ClusterLifecycle", "Buildpack", "ClusterBuildpack"),
        places=("spec.buildImage.image", "spec.runImage.image", "spec.sources[].image", "spec.image"),
    ),
)
