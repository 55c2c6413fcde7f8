from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from adminapp.console.access import person
from adminapp.tokens import redeem_sign_in_link, sign_in_link_user

# Wrong passwords for one name from one address, and how long (seconds) such an address then waits.
TRIES = 10
WAIT = 300


class SignIn(auth.LoginView):
    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if cache.get(self._key(), 0) >= TRIES:
            context = self.get_context_data(form=AuthenticationForm(), blocked=WAIT // 60)
            return render(request, self.template_name, context, status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        cache.set(self._key(), cache.get(self._key(), 0) + 1, WAIT)
        return super().form_invalid(form)

    def _key(self) -> str:
        who = f"{self.request.POST.get('username', '')}\0{self.request.META.get('REMOTE_ADDR', '')}"
        # Any text may be sent as a name; a key may not be any text.
        return f"sign-in:{sha256(who.encode(errors='replace')).hexdigest()}"


@login_not_required
@sensitive_variables("token")
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button: programs that look at links before people do must not use them up."""
    user = redeem_sign_in_link(token) if request.method == "POST" else sign_in_link_user(token)
    if user is None:
        return render(request, "sign_in_link.html", status=403)
    if request.method != "POST":
        return render(request, "sign_in_link.html", {"who": user.get_username()})
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("batch-list" if user.has_usable_password() else "password")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


def password(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = SetPasswordForm(user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "password.html", {"form": form}, status=422 if form.errors else 200)
    form.save()
    # A new password ends every session of the user; this one goes on.
    update_session_auth_hash(request, user)
    messages.success(request, "Your password is set. Next time, sign in with it.")
    return redirect("batch-list")
