from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from adminapp.console.access import person
from adminapp.tokens import redeem_sign_in_link


class SignIn(auth.LoginView):
    template_name = "sign_in.html"
    redirect_authenticated_user = True


@login_not_required
@sensitive_variables("token")
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A page with a button: programs that look at links before people do must not use them up."""
    if request.method != "POST":
        return render(request, "sign_in_link.html")
    user = redeem_sign_in_link(token)
    if user is None:
        return render(request, "sign_in_link.html", {"used": True}, status=403)
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
