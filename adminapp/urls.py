from django.urls import include, path

from adminapp.api import health
from adminapp.api.v1 import api

urlpatterns = [
    path("", include("adminapp.console.urls")),
    path("api/v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
