from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every page needs a signed-in person. The API asks for a token itself and answers in JSON."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if request.path.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """Whole files at once: they are small, and a plain iterator is not something ASGI can stream."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        found = static_file.get_response(request.method, request.META)
        content = found.file.read() if found.file is not None else b""
        return HttpResponse(content, status=found.status, headers=dict(found.headers))
