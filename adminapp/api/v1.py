"""The HTTP API: the same verbs as the console and the command line."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from adminapp.api import actions, batches, items, problems
from adminapp.api.auth import Token, require
from batches.operation import operations

api = NinjaAPI(
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


@api.get("/operations", summary="What a batch can do")
def list_operations(request: HttpRequest, response: HttpResponse) -> object:
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
