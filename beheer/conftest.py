"""Fixtures for every room: a store of its own for each test run."""

from __future__ import annotations

import os
import tempfile

_var = tempfile.mkdtemp(prefix="beheer-test-")
os.environ["BEHEER_VAR"] = _var
os.environ.setdefault("BEHEER_MFA", "optional")
os.environ.setdefault("BEHEER_EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
