"""All settings, read from the environment once. `docs/reference/settings.md` lists every variable.

Small by default: without any variable Beheer keeps everything in `var/` and listens on this machine only.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from django.utils.translation import gettext_lazy as _

PROJECT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("BEHEER_VAR", PROJECT / "var")).resolve()
HOST = os.environ.get("BEHEER_HOST", "127.0.0.1")
PORT = int(os.environ.get("BEHEER_PORT", "8000"))


def _flag(name: str, default: bool) -> bool:
    """A yes-or-no variable; unset gives `default`."""
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def _secret_key() -> str:
    """The key that signs sessions: from the environment, else made once and kept in `var/secret_key`."""
    if given := os.environ.get("BEHEER_SECRET_KEY"):
        return given
    VAR.mkdir(parents=True, exist_ok=True)
    path = VAR / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()


def _database() -> dict[str, Any]:
    """SQLite in `var/`, or PostgreSQL by `DATABASE_URL` (postgresql://user:password@host:port/name)."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        return {
            "ENGINE": "beheer.sqlite",
            "NAME": VAR / "beheer.sqlite3",
            "TEST": {"NAME": ":memory:"},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 60,  # writers wait for each other; under a rush of fifty some wait long
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY",
            },
            "CONN_MAX_AGE": 600,
        }
    parts = urlparse(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must begin with postgresql:// ; leave it out for SQLite.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


SECRET_KEY = _secret_key()
DEBUG = _flag("BEHEER_DEBUG", False)
_own_name = "localhost" if HOST in {"127.0.0.1", "0.0.0.0", "::"} else HOST  # noqa: S104
BASE_URL = os.environ.get("BEHEER_URL", f"http://{_own_name}:{PORT}")
_base = urlparse(BASE_URL)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", _base.hostname or "localhost", *_words("BEHEER_HOSTS")]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
IS_HTTPS = _base.scheme == "https"
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEASUREMENTS = os.environ.get("BEHEER_MEASUREMENTS", str(VAR / "measurements"))
MEASUREMENTS_KEEP_DAYS = {
    "raw": int(os.environ.get("BEHEER_KEEP_RAW_DAYS", "92")),
    "5m": int(os.environ.get("BEHEER_KEEP_5M_DAYS", "400")),
    "1h": int(os.environ.get("BEHEER_KEEP_1H_DAYS", "3700")),
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "template_partials.apps.SimpleAppConfig",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "beheer.ui",
    "beheer.measurements",
    "beheer.permissions",
    "beheer.audit",
    "beheer.notifications",
    "beheer.profile",
    "beheer.people",
    "beheer.catalogue",
    "beheer.monitoring",
    "beheer.work",
    "beheer.service_levels",
    "beheer.portal",
    "beheer.workplace",
    "beheer.configuration",
    "beheer.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "beheer.people.middleware.PersonMiddleware",
    "beheer.ui.middleware.ErrorsMiddleware",
]

ROOT_URLCONF = "beheer.urls"
WSGI_APPLICATION = "beheer.wsgi.application"
_LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            PROJECT / "beheer" / "ui" / "templates"
        ],  # before allauth's own, so that ours are found first
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "beheer.ui.context.page",
                "beheer.people.context.account",
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
        },
    }
]

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "beheer.ui.views.csrf_failed"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # accounts are made by administrators, not by signing up
ACCOUNT_ADAPTER = "beheer.people.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Beheer"
# "required": whoever may change something sets up a second factor before the first change. "optional": offered only.
MFA = os.environ.get("BEHEER_MFA", "required")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SILENCED_SYSTEM_CHECKS = [
    "security.W004",  # HSTS and the redirect to HTTPS are the business of who puts TLS in front
    "security.W008",
    "models.W047",  # SQLite: writes stand in line there, and the actions look first
]

LANGUAGE_CODE = os.environ.get("BEHEER_LANGUAGE", "en")
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
USE_I18N = USE_TZ = True
LOCALE_PATHS = [Path(__file__).parent / "lib/locale"]  # Django finds those of rooms itself
TIME_ZONE = os.environ.get("BEHEER_TIME_ZONE", "Europe/Amsterdam")

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
MEDIA_ROOT = VAR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "beheer.ui.storage.StaticFiles"},
}
WHITENOISE_USE_FINDERS = DEBUG

EMAIL_BACKEND = os.environ.get("BEHEER_EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = os.environ.get("BEHEER_SMTP_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("BEHEER_SMTP_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("BEHEER_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("BEHEER_SMTP_PASSWORD", "")
EMAIL_USE_TLS = _flag("BEHEER_SMTP_STARTTLS", False)
EMAIL_TIMEOUT = 20
# Networks (10.0.0.0/8) and addresses that webhooks may reach beside the public and private ones: this machine, …
WEBHOOK_ALLOW = _words("BEHEER_WEBHOOK_ALLOW")
DEFAULT_FROM_EMAIL = os.environ.get("BEHEER_MAIL_FROM", f"beheer@{_base.hostname}")

# Mail that comes in becomes work: from this mailbox, of this kind, about this service.
IMAP_HOST = os.environ.get("BEHEER_IMAP_HOST", "")
IMAP_TLS = _flag("BEHEER_IMAP_TLS", True)
IMAP_PORT = int(os.environ.get("BEHEER_IMAP_PORT", "993" if IMAP_TLS else "143"))
IMAP_USER = os.environ.get("BEHEER_IMAP_USER", "")
IMAP_PASSWORD = os.environ.get("BEHEER_IMAP_PASSWORD", "")
IMAP_FOLDER = os.environ.get("BEHEER_IMAP_FOLDER", "INBOX")
MAIL_ADDRESS = os.environ.get("BEHEER_MAIL_ADDRESS", "")
MAIL_KIND = os.environ.get("BEHEER_MAIL_KIND", "incident")
MAIL_SERVICE = os.environ.get("BEHEER_MAIL_SERVICE", "")
MAIL_MOST_BYTES = int(os.environ.get("BEHEER_MAIL_MOST_BYTES", str(40 * 1024 * 1024)))

# An Alertmanager that is told of norms at risk or breached; empty: none is.
ALERTMANAGER = os.environ.get("BEHEER_ALERTMANAGER", "")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("BEHEER_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
    },
}
