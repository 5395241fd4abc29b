"""The tool for Terraform and OpenTofu: which arguments of which resources are container images.

Images of machines (`ami`, `boot_disk`, droplets) are no container images, and stand in no place of this table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from pinner.context import NO_CONTEXT, Context
from pinner.formats.base import Format, Found, Unreadable
from pinner.formats.chart_values import document_entries, read_values
from pinner.formats.hcl_places import HclImages, HclValues
from pinner.formats.hcl_reading import HclPlace
from pinner.formats.places import AnyPlace
from pinner.formats.routed import routed_format
from pinner.formats.yaml_places import find_images, prove
from pinner.syntax.hcl_leaves import Leaf, literal_attribute
from pinner.syntax.hcl_nodes import Attribute, Block, Body, Elements, Object, Text
from pinner.syntax.yaml_nodes import Document
from pinner.text import Source

_BUILT: Final = Unreadable("build", "the resource builds this image, or pushes it; the name is only the result's")
_ASKS_FOR_TAG: Final = Unreadable(
    "tag-lookup", "the data source asks the registry for a tag; with a digest behind it, it asks for a wrong one"
)
_IN_PARTS: Final = Unreadable("image-in-parts", "the tag stands in an argument of its own, which takes no digest")
_CURATED: Final = Unreadable("platform-image", "the platform keeps this image itself; no registry has it")
_HELM: Final = Unreadable("helm-value", "only the chart knows what is made of it; pin its values file instead")
_JOB: Final = Unreadable("embedded-job", "a job of Nomad in a text; keep it in a file of its own to have it pinned")
_UNKNOWN: Final = Unreadable(
    "unknown-resource", "whether this is a container image is not known; if it is, write `# pinner: image` above it"
)
_MODULE: Final = Unreadable(
    "module-input", "the module decides what is made of it; if it is an image, write `# pinner: image` above it"
)
_DEFAULT: Final = Unreadable(
    "variable-default", "this file makes no image of it; if others do, write `# pinner: image` above it"
)
# What they are given may become anything in the text that they make.
_TEMPLATES: Final = frozenset({"templatefile()", "templatestring()"})
_SET: Final = "set"
_CURATED_PREFIX: Final = "aws/codebuild/"

# Pods and what makes them, as Kubernetes writes them.
_CONTAINERS: Final = ("**.containers[].image", "**.initContainers[].image", "**.ephemeralContainers[].image")
_EVERY_CONTAINER: Final = ("**.containers.for.image", "**.initContainers.for.image")
_OBJECTS: Final = routed_format(name="kubernetes-objects", places=(*_CONTAINERS, "**.volumes[].image.reference"))
# Definitions of containers: a list of them, or what AWS Batch wants.
_TASK: Final = routed_format(
    name="task",
    places=("[].image", "image", "**.container.image", "**.containers[].image"),
)


def _find_values(source: Source, context: Context = NO_CONTEXT) -> tuple[Found, ...]:
    return find_images(source, _classify_values, context, keys=None)


def _classify_values(document: Document) -> Iterable[AnyPlace]:
    return read_values(document_entries(document))


_VALUES: Final = Format(name="helm-values", find=_find_values, prove=prove)


def _is_of_container(leaf: Leaf) -> bool:
    """Return whether an image is that of an element, and not of a mapping of labels, or of a template's variables."""
    is_element = not isinstance(leaf.path[-2], str) or leaf.path[-2] in ("for", "container")
    return is_element and not _TEMPLATES.intersection(leaf.path)


def _names_image(leaf: Leaf) -> bool:
    """Return whether a `set` of a Helm release, a block or an element of a list, is about an image."""
    if not leaf.blocks:
        return False
    body = leaf.blocks[-1].body
    return "image" in (literal_attribute(body, "name") or _name_beside(body, leaf) or "").lower()


def _name_beside(body: Body, leaf: Leaf) -> str | None:
    """Return the `name` in the object of which a value is a part."""
    lists = (one.expression for one in body.items if isinstance(one, Attribute) and one.name == _SET)
    objects = (one for each in lists if isinstance(each, Elements) for one in each.items if isinstance(one, Object))
    for entries in (one.entries for one in objects):
        if any(entry.value is leaf.expression for entry in entries):
            names = (entry.value for entry in entries if entry.name == "name")
            return next((one.value for one in names if isinstance(one, Text) and one.is_literal), None)
    return None


def _read_docker_image(place: HclPlace, _: HclValues) -> Iterator[HclPlace]:
    """Yield the name of an image that is pulled, not built."""
    items = place.leaf.blocks[-1].body.items
    is_built = any(isinstance(one, Block) and (one.type == "build" or one.labels == ("build",)) for one in items)
    yield replace(place, verdict=_BUILT) if is_built else place


def _read_curated(place: HclPlace, _: HclValues) -> Iterator[HclPlace]:
    text = place.leaf.expression
    is_curated = isinstance(text, Text) and text.value.startswith(_CURATED_PREFIX)
    yield replace(place, verdict=_CURATED) if is_curated else place


def _read_web_app(place: HclPlace, _: HclValues) -> Iterator[HclPlace]:
    """Yield the name of a web app's image, behind the registry that stands beside it."""
    body = place.leaf.blocks[-1].body
    registry = literal_attribute(body, "docker_registry_url")
    if registry is not None:
        yield replace(place, registry=registry.removeprefix("https://").rstrip("/") + "/")
    elif _has_attribute(body, "docker_registry_url"):
        yield replace(place, verdict=Unreadable("variable", "docker_registry_url is no literal"))
    else:
        yield place


def _has_attribute(body: Body, name: str) -> bool:
    return any(isinstance(one, Attribute) and one.name == name for one in body.items)


_DOCKER: Final = (
    HclImages(route="resource.docker_image.*.name", read=_read_docker_image),
    HclImages(route="resource.docker_container.*.image"),
    HclImages(route="resource.docker_service.*.task_spec.container_spec.image"),
    HclImages(route="resource.docker_registry_image.*.name", verdict=_BUILT),
    HclImages(route="data.docker_image.*.name"),
    HclImages(route="data.docker_registry_image.*.name", verdict=_ASKS_FOR_TAG),
)
_KUBERNETES: Final = (
    HclImages(route="resource.kubernetes_*.*.**.container.image"),
    HclImages(route="resource.kubernetes_*.*.**.init_container.image"),
    *(HclImages(route=f"resource.kubernetes_manifest.*.manifest.{one}") for one in (*_CONTAINERS, *_EVERY_CONTAINER)),
    *(HclImages(route=f"resource.kubectl_manifest.*.yaml_body.{one}") for one in (*_CONTAINERS, *_EVERY_CONTAINER)),
    HclImages(route="resource.kubernetes_manifest.*.manifest.yamldecode()[]", document=_OBJECTS),
    HclImages(route="resource.kubectl_manifest.*.yaml_body", document=_OBJECTS),
    HclImages(route="resource.helm_release.*.values[]", document=_VALUES),
    *(
        HclImages(route=f"resource.helm_release.*.values[].yamlencode()[].**.{key}", verdict=_HELM)
        for key in ("repository", "tag")
    ),
    HclImages(route=f"resource.helm_release.*.{_SET}.value", where=_names_image, verdict=_HELM),
    HclImages(route=f"resource.helm_release.*.{_SET}[].value", where=_names_image, verdict=_HELM),
)
_AMAZON: Final = (
    HclImages(route="resource.aws_ecs_task_definition.*.container_definitions.**.image", where=_is_of_container),
    HclImages(
        route="resource.aws_ecs_task_definition.*.container_definitions", document=_TASK, document_name="inner.json"
    ),
    # Lambda takes a tag or a digest, never both; so do the next two (AWS API references, "ImageUri", "Image").
    HclImages(route="resource.aws_lambda_function.*.image_uri", is_digest_alone=True),
    HclImages(route="resource.aws_sagemaker_model.*.primary_container.image", is_digest_alone=True),
    HclImages(route="resource.aws_sagemaker_model.*.container.image", is_digest_alone=True),
    HclImages(route="resource.aws_codebuild_project.*.environment.image", read=_read_curated, is_digest_alone=True),
    HclImages(route="resource.aws_apprunner_service.*.source_configuration.image_repository.image_identifier"),
    HclImages(route="resource.aws_batch_job_definition.*.*.jsonencode()[].image"),
    HclImages(route="resource.aws_batch_job_definition.*.*.**.containers[].image"),
    HclImages(route="resource.aws_batch_job_definition.*.*.**.container.image"),
    HclImages(route="resource.aws_batch_job_definition.*.eks_properties.pod_properties.containers.image"),
    HclImages(route="resource.aws_batch_job_definition.*.eks_properties.pod_properties.init_containers.image"),
    HclImages(
        route="resource.aws_batch_job_definition.*.container_properties", document=_TASK, document_name="inner.json"
    ),
    HclImages(route="resource.aws_batch_job_definition.*.node_properties", document=_TASK, document_name="inner.json"),
    HclImages(route="resource.aws_batch_job_definition.*.ecs_properties", document=_TASK, document_name="inner.json"),
)
_OTHER_CLOUDS: Final = (
    HclImages(route="resource.google_cloud_run_*.*.template.**.containers.image"),
    HclImages(route="resource.google_cloudbuild_trigger.*.build.step.name"),
    HclImages(route="resource.azurerm_container_group.*.container.image"),
    HclImages(route="resource.azurerm_container_group.*.init_container.image"),
    HclImages(route="resource.azurerm_container_app*.*.template.container.image"),
    HclImages(route="resource.azurerm_container_app*.*.template.init_container.image"),
    HclImages(
        route="resource.azurerm_*_web_app*.*.site_config.application_stack.docker_image_name", read=_read_web_app
    ),
    HclImages(route="resource.azurerm_*_web_app*.*.site_config.application_stack.docker_image", verdict=_IN_PARTS),
    HclImages(
        route="resource.azurerm_*_function_app*.*.site_config.application_stack.docker.image_name", verdict=_IN_PARTS
    ),
    HclImages(route="resource.digitalocean_app.*.spec.*.image.repository", verdict=_IN_PARTS),
    HclImages(route="resource.nomad_job.*.jobspec", verdict=_JOB),
)

IMAGES: Final = (*_DOCKER, *_KUBERNETES, *_AMAZON, *_OTHER_CLOUDS)
# What has the name of an image: only said, and only where it is a reference with a tag or a digest.
DOUBTFUL: Final = (
    *(HclImages(route=f"{kind}.*.*.**.*image*", verdict=_UNKNOWN) for kind in ("resource", "data")),
    HclImages(route="module.*.**.*image*", verdict=_MODULE),
    HclImages(route="variable.*image*.default", verdict=_DEFAULT),
    HclImages(route="variable.*image*.default.**.*", verdict=_DEFAULT),
    HclImages(route="locals.*image*", verdict=_DEFAULT),
    HclImages(route="locals.**.*image*", verdict=_DEFAULT),
)
