"""Two real workers on one real store, one of them killed again and again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

PREPARE = "import django; django.setup()\n"
SEED = """
from datetime import datetime, timedelta, UTC
from beheer.catalogue.models import Service
from beheer.monitoring.models import StateChange
at = datetime(2026, 11, 2, 9, tzinfo=UTC)
for n in range(40):
    service = Service.objects.create(key=f"s{n}", name=f"S{n}")
    for minute, state, before in ((0, "down", "up"), (5, "up", "down"), (6, "down", "up")):
        when = at + timedelta(minutes=minute)
        StateChange.objects.create(service=service, state=state, previous_state=before, first_bad_at=when,
                                   confirmed_at=when, recorded_at=when)
"""
WORK = """
from datetime import datetime, UTC
from beheer.work.tasks import answer_state_changes
print("ready", flush=True)
answer_state_changes(datetime(2026, 11, 2, 10, tzinfo=UTC))
"""
COUNT = """
import json
from beheer.monitoring.models import StateChange
from beheer.work.models import Event, Item, Outage
print(json.dumps({
    "items": Item.objects.count(), "open": Outage.objects.filter(ended_at=None).count(),
    "outages": Outage.objects.count(), "left": StateChange.objects.filter(claimed_by_work_at=None).count(),
    "created": Event.objects.filter(verb="created").count(),
    "numbers": Item.objects.values("number").distinct().count(),
}))
"""


@pytest.fixture
def environment(tmp_path: Path, transactional_db: None) -> dict[str, str]:
    """A store that several processes can use: the test database of PostgreSQL, or a SQLite file."""
    env = {**os.environ, "BEHEER_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "beheer.settings"}
    if connection.vendor == "postgresql":
        own = connection.settings_dict
        host = quote(own["HOST"], safe="")
        env["DATABASE_URL"] = (
            f"postgresql://{own['USER']}:{own['PASSWORD']}@{host}:{own['PORT']}/{own['NAME']}"
        )
        return env
    env.pop("DATABASE_URL", None)
    subprocess.run(
        [sys.executable, "-m", "beheer", "manage", "migrate", "-v0"], env=env, check=True, timeout=120
    )
    return env


def start(script: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE + script], env=env, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.real
def test_two_workers_of_which_one_is_killed_make_one_incident_of_each_outage(
    environment: dict[str, str],
) -> None:
    assert start(SEED, environment).wait(60) == 0
    steady = start(WORK, environment)
    for _ in range(3):
        victim = start(WORK, environment)
        assert victim.stdout is not None
        victim.stdout.readline()
        time.sleep(0.15)
        victim.send_signal(signal.SIGKILL)
        victim.communicate(timeout=30)
    assert steady.communicate(timeout=90) and steady.returncode == 0
    last = start(WORK, environment)
    assert last.communicate(timeout=90) and last.returncode == 0
    counted, _ = start(COUNT, environment).communicate(timeout=60)
    assert json.loads(counted) == {
        "items": 40, "open": 40, "outages": 80, "left": 0, "created": 40, "numbers": 40,
    }  # fmt: skip
