"""Every error of the API as a problem document. https://www.rfc-editor.org/rfc/rfc9457"""

from collections.abc import Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from adminapp.batch_json import rejects_json
from adminapp.roles import WORDS
from batches.curation import BadVerdict
from batches.intake import BadInput, NothingToRun
from batches.lifecycle import BadRetry, IllegalTransition
from batches.operation import UnknownOperation

MEDIA_TYPE = "application/problem+json"
# Before the name of a field ninja says where it looked, and for a body what our argument is called.
_PREFIX = {"body": 2, "query": 1, "path": 1}


class Forbidden(Exception):
    """The user of the token may not do this. The argument is the permission that is missing."""


class Unconfirmed(Exception):
    """A decision about more, or about less, than its sender has said. `matches` is None beyond what is counted."""

    def __init__(self, status: int, words: str, matches: int | None) -> None:
        super().__init__(words)
        self.status = status
        self.matches = matches


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> HttpResponse:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, headers=headers)


@csrf_exempt
def nowhere(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    return problem(404, "There is no such thing here.")


def unauthorized(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    words = "Send a valid token: Authorization: Bearer TOKEN."
    return problem(401, words, headers={"WWW-Authenticate": "Bearer"})


def forbidden(request: HttpRequest, error: Forbidden) -> HttpResponse:
    return problem(403, f"Your role may not {WORDS[str(error)]}.")


def in_problems(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of ninja's, with a problem document where ninja itself answers in other ways."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return nowhere(request)
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return response
        allowed = ", ".join(sorted(response.headers["Allow"].split(", ")))
        words = f"{request.method} can't be used here, only {allowed}."
        return problem(405, words, headers={"Allow": allowed})

    return answer


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [(_field(found["loc"]), found["msg"]) for found in error.errors]
    field, message = errors[0]
    return problem(422, f"{field}: {message}.", errors=_listed(errors))


def _field(location: Iterable[object]) -> str:
    parts = [str(part) for part in location]
    skip = _PREFIX.get(parts[0], 0) if parts else 0
    return ".".join(parts[skip:]) or "body"


def _bad_input(request: HttpRequest, error: BadInput) -> HttpResponse:
    more: dict[str, Any] = {"field": error.field, "errors": _listed(error.errors.items())}
    if isinstance(error, NothingToRun):
        preflight = error.preflight
        more["preflight"] = {
            "accepted": 0,
            "duplicates": preflight.duplicates,
            "invalid": preflight.invalid,
            "rejects": rejects_json(preflight),
        }
    return problem(422, str(error), **more)


def _listed(errors: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"field": field, "message": message} for field, message in errors]


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, str(error))


def _unconfirmed(request: HttpRequest, error: Unconfirmed) -> HttpResponse:
    return problem(error.status, str(error), matches=error.matches)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    words = "The database did not answer, or not in time. Try again in a moment."
    return _logged(request, error, problem(503, words, headers={"Retry-After": "5"}))


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    # As Django does for a page: what listens for errors hears of this one, too.
    got_request_exception.send(sender=None, request=request)
    words = "Something broke in the console, not in the request. Try again, or tell who runs it."
    return _logged(request, error, problem(500, words))


def _logged(request: HttpRequest, error: Exception, response: HttpResponse) -> HttpResponse:
    # With the error: Django, which logs the response otherwise, no longer knows of any.
    words = response.reason_phrase
    log_response("%s: %s", words, request.path, response=response, request=request, exception=error)
    return response


def _answer(status: int, words: str = "") -> Any:
    def handle(request: HttpRequest, error: Exception) -> HttpResponse:
        return problem(status, words or str(error))

    return handle


_HANDLERS: dict[type[Exception], Any] = {
    ValidationError: _invalid,
    BadInput: _bad_input,
    Forbidden: forbidden,
    HttpError: _http,
    Unconfirmed: _unconfirmed,
    UnknownOperation: _answer(422),
    BadVerdict: _answer(422),
    IllegalTransition: _answer(409),
    BadRetry: _answer(422),
    AuthenticationError: unauthorized,
    Http404: nowhere,
    RequestDataTooBig: _answer(413, "The request is too large. Upload the list as a file instead."),
    SuspiciousOperation: _answer(400),
    BadRequest: _answer(400),
    MultiPartParserError: _answer(400),
    OperationalError: unavailable,
    InterfaceError: unavailable,
    Exception: _broken,
}


def install(api: NinjaAPI) -> None:
    for kind, handler in _HANDLERS.items():
        api.add_exception_handler(kind, handler)
