from pathlib import Path
from typing import Any

from django.utils.csp import CSP

from adminapp import environment
from adminapp.logs import hide_links
from dbcompat.address import django_databases
from dbcompat.url import BadDatabaseURL

ENVIRONMENT = environment.read()
BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = False
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.console_allowed_hosts

INSTALLED_APPS = [
    "dbcompat",
    "batches",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    # Last: when it hears of a migration, the permissions of all others exist.
    "adminapp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "adminapp.middleware.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page needs a signed-in person unless it says otherwise with @login_not_required.
    "adminapp.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "adminapp.urls"
ASGI_APPLICATION = "adminapp.asgi.application"
WSGI_APPLICATION = "adminapp.wsgi.application"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "batch-list"
LOGOUT_REDIRECT_URL = "sign-in"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DBCOMPAT: dict[str, Any] = {
    "URL": ENVIRONMENT.database_url,
    "DIRECT_URL": ENVIRONMENT.database_direct_url,
    "POOLER": ENVIRONMENT.database_pooler,
    "DJANGO_POOL": ENVIRONMENT.database_django_pool,
    "STATEMENT_NAMES": ENVIRONMENT.database_statement_names,
    "EMBEDDED_DIR": ENVIRONMENT.data_dir / "postgresql",
    "APPLICATION_NAME": "batch-console",
}

try:
    DATABASES = django_databases(DBCOMPAT)
except BadDatabaseURL as error:
    raise SystemExit(str(error)) from None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {"default": {"BACKEND": "dbcompat.tasks.LoopThreadBackend"}}

# Dotted paths, in the order the console shows them. Another app adds its own here.
OPERATIONS = [
    "batches.operations.page_scan.PageScan",
    "batches.operations.sitemap_scan.SitemapScan",
    "batches.operations.email_scan.EmailScan",
    "batches.operations.checksum.Checksum",
]
# Sample sites that the console offers for a first try; `serve --demo` fills it.
DEMO_TARGETS: list[str] = []
CONSOLE_LEASE_SECONDS = ENVIRONMENT.console_lease_seconds
CONSOLE_ALLOWED_NETWORKS = ENVIRONMENT.console_allowed_networks
CONSOLE_DENIED_NETWORKS = ENVIRONMENT.console_denied_networks
CONSOLE_ALLOWED_PORTS = ENVIRONMENT.console_allowed_ports
CONSOLE_HOST_CONCURRENCY = ENVIRONMENT.console_host_concurrency
CONSOLE_PAGE_MEGABYTES = ENVIRONMENT.console_page_megabytes
CONSOLE_HOST_DELAY_SECONDS = ENVIRONMENT.console_host_delay_seconds
CONSOLE_CONTACT_URL = ENVIRONMENT.console_contact_url
CONSOLE_DEOBFUSCATE = ENVIRONMENT.console_deobfuscate
CONSOLE_RETENTION_DAYS = ENVIRONMENT.console_retention_days
CONSOLE_BATCH_RETENTION_DAYS = ENVIRONMENT.console_batch_retention_days

# On stderr, whatever serves the site: without it Django would mail errors to administrators, and there are none.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": [hide_links]}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        # An address that leads nowhere and a request that is refused are no faults of ours.
        "django.request": {"level": "ERROR"},
        # dbcompat.loop tells of a task that fails, with its trace.
        "django.tasks": {"level": "CRITICAL"},
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from where they lie: no collectstatic step between a change and seeing it.
WHITENOISE_USE_FINDERS = True

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# A pasted list of a million domains is one form field.
DATA_UPLOAD_MAX_MEMORY_SIZE = 100 * 1024 * 1024
