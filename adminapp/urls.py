from django.urls import include, path, re_path

from adminapp.api import health, problems, v1

urlpatterns = [
    path("", include("adminapp.console.urls")),
    path("api/v1/", v1.urls()),
    # Who asks a program's question gets a program's answer, not the page of the console.
    re_path("^api/", problems.nowhere),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
