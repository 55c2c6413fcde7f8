from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

from adminapp.console import (
    batch_detail,
    batch_list,
    batch_new,
    connections,
    deciding,
    domain,
    failures,
    findings,
    icon,
    items,
    sign_in,
    suppression,
)
from batches.findings import KINDS


class FindingConverter(StringConverter):
    regex = "|".join(KINDS)


register_converter(FindingConverter, "finding")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="batch-list"), name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/link/<str:token>/", sign_in.link, name="sign-in-link"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("account/password/", sign_in.password, name="password"),
    path("connections/", connections.connections, name="connections"),
    path("domains/", findings.finding_list, {"kind": "domains"}, name="domain-list"),
    path("pages/", findings.finding_list, {"kind": "pages"}, name="page-list"),
    path("sitemaps/", findings.finding_list, {"kind": "sitemaps"}, name="sitemap-list"),
    path("contacts/", findings.finding_list, {"kind": "contacts"}, name="contact-list"),
    path("contacts/not-listed/", suppression.suppression, name="suppression"),
    path("domains/of/<str:name>/", domain.domain, name="domain"),
    path("domains/of/<str:name>/icon/", icon.icon, name="domain-icon"),
    path("pages/of/<uuid:key>/", domain.page, name="page"),
    path("sitemaps/of/<uuid:key>/", domain.sitemap, name="sitemap"),
    path("sitemaps/of/<uuid:key>/export/", domain.sitemap_export, name="sitemap-export"),
    path("<finding:kind>/decide/", deciding.decide, name="decide"),
    path("<finding:kind>/export/", findings.export, name="finding-export"),
    path("batches/", batch_list.batch_list, name="batch-list"),
    path("batches/new/", batch_new.batch_new, name="batch-new"),
    path("batches/<int:batch_id>/", batch_detail.batch_detail, name="batch-detail"),
    path("batches/<int:batch_id>/rejects.csv", batch_new.rejects, name="batch-rejects"),
    path("batches/<int:batch_id>/export/", items.export, name="batch-export"),
    path("batches/<int:batch_id>/failures/", failures.failures, name="batch-failures"),
    path("batches/<int:batch_id>/items/", items.items, name="batch-items"),
    path("batches/<int:batch_id>/items/<int:seq>/", items.item, name="batch-item"),
    path("batches/<int:batch_id>/retry/", failures.retry, name="batch-retry"),
    # start, pause, resume, cancel, delete: last, for it takes any word.
    path("batches/<int:batch_id>/<str:verb>/", batch_detail.control, name="batch-control"),
]
