"""The HTTP API: the same verbs as the console and the command line."""

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern
from ninja import NinjaAPI

from adminapp.api import (
    actions,
    batches,
    decisions,
    domain,
    findings,
    items,
    problems,
    schemas,
    suppressions,
)
from adminapp.api.auth import Token, require
from batches.operation import operations

_PROBLEM = {
    "description": "What went wrong, as a problem document.",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class Api(NinjaAPI):
    def get_openapi_schema(self, **path: Any) -> Any:
        """With what every endpoint may answer instead: ninja describes only what succeeds."""
        schema = super().get_openapi_schema(**path)
        schema["components"]["schemas"]["Problem"] = schemas.Problem.model_json_schema()
        for methods in schema["paths"].values():
            for operation in methods.values():
                operation["responses"]["default"] = _PROBLEM
        return schema


api = Api(
    title="Batch Console",
    version="1",
    auth=Token(),
    # The interactive page loads scripts from elsewhere, which the content policy forbids.
    docs_url=None,
)
problems.install(api)
api.add_router("/batches", batches.router)
api.add_router("/batches", items.router)
api.add_router("/actions", actions.router)
for _kind in findings.KINDS:
    api.add_router(f"/{_kind.name}", findings.router_of(_kind))
    api.add_router(f"/{_kind.name}", decisions.router_of(_kind))
# After the others: the name of a domain may be any word.
api.add_router("", domain.router)
api.add_router("/suppressions", suppressions.router)


@api.get("/operations", response=list[schemas.Operation], operation_id="list_operations")
def list_operations(request: HttpRequest) -> object:
    """What a batch can do."""
    require(request, "view_batch")
    return [
        {
            "slug": operation.slug,
            "title": operation.title,
            "description": operation.description,
            "params": operation.params.model_json_schema(),
        }
        for operation in operations().values()
    ]


def urls() -> Any:
    """For django.urls.path."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        pattern.callback = problems.in_problems(pattern.callback)
    return patterns, app, namespace
