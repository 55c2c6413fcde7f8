"""Who may do what, asked by every view: a button that is not shown protects nothing."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme

from adminapp.roles import NEEDED, WORDS, may
from batches.lifecycle import legal_verbs
from batches.models import Batch


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "The middleware lets nobody else in."
    return request.user


def require(request: HttpRequest, permission: str, batch: Batch | None = None) -> None:
    """Raises PermissionDenied, with words for the page that says so."""
    if not may(request.user, permission, batch):
        raise PermissionDenied(f"Your role may not {WORDS[permission]}.")


def batch_for(request: HttpRequest, batch_id: int, permission: str = "view_batch") -> Batch:
    """Raises Http404, PermissionDenied."""
    require(request, "view_batch")
    batch = get_object_or_404(Batch.kept.select_related("created_by"), pk=batch_id)
    require(request, permission, batch)
    return batch


def verbs_for(request: HttpRequest, batch: Batch) -> list[str]:
    """The buttons to show: what the state allows and this person may."""
    return [verb for verb in legal_verbs(batch) if may(request.user, NEEDED[verb], batch)]


def place(request: HttpRequest, given: str) -> str:
    """A place of this site to lead back to; empty for anything else.

    What does not begin with a slash, `redirect` may take for the name of a view.
    """
    ours = url_has_allowed_host_and_scheme(given, allowed_hosts={request.get_host()})
    return given if ours and given.startswith("/") else ""


def posted[**P](
    back: Callable[P, str],
) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """Of a view that changes something, what a GET is answered: the page that it belongs to, by `back`.

    Whoever sends a form after the end of a session signs in and is led to its address, without what was sent.
    """

    def decorated(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        @wraps(view)
        def inner(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            request = args[0]
            assert isinstance(request, HttpRequest)
            if request.method == "POST":
                return view(*args, **kwargs)
            target = back(*args, **kwargs)
            messages.warning(request, _NOT_SENT)
            return redirect(target)

        return inner

    return decorated


_NOT_SENT = "Nothing was changed: the session had ended. What you asked for has to be sent again."
