"""Every error of the API as a problem document. https://www.rfc-editor.org/rfc/rfc9457"""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from adminapp.batch_json import rejects_json
from adminapp.roles import WORDS
from batches.intake import BadInput, NothingToRun
from batches.lifecycle import BadRetry, IllegalTransition


class Forbidden(Exception):
    """The user of the token may not do this. The argument is the permission that is missing."""


def problem(status: int, detail: str, **more: Any) -> HttpResponse:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(str(part) for part in found["loc"]), "message": found["msg"]}
        for found in error.errors
    ]
    first = errors[0]
    return problem(422, f"{first['field']}: {first['message']}.", errors=errors)


def _bad_input(request: HttpRequest, error: BadInput) -> HttpResponse:
    more = {}
    if isinstance(error, NothingToRun):
        preflight = error.preflight
        more["preflight"] = {
            "accepted": 0,
            "duplicates": preflight.duplicates,
            "invalid": preflight.invalid,
            "rejects": rejects_json(preflight),
        }
    return problem(422, str(error), field=error.field, **more)


def _refused(request: HttpRequest, error: Forbidden) -> HttpResponse:
    return problem(403, f"Your role may not {WORDS[str(error)]}.")


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


def _answer(status: int, words: str = "") -> Any:
    def handle(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem(status, words or str(error))

    return handle


_HANDLERS: dict[type[Exception], Any] = {
    ValidationError: _invalid,
    BadInput: _bad_input,
    Forbidden: _refused,
    HttpError: _http,
    IllegalTransition: _answer(409),
    BadRetry: _answer(422),
    AuthenticationError: _answer(401, "Send a valid token: Authorization: Bearer TOKEN."),
    Http404: _answer(404, "There is no such thing here."),
    RequestDataTooBig: _answer(413, "The request is too large. Upload the list as a file instead."),
}


def install(api: NinjaAPI) -> None:
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)
