"""Indicators from measurements, runs and work: by figures counted by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError
from beheer.measurements.schema import Row
from beheer.measurements.store import append
from beheer.monitoring.models import Check
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.calendars import save_calendar
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.models import Agreement, Judgement
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson
from beheer.work.actions.items import create
from beheer.work.actions.steps import take_step

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
OFFICE = 'timezone: UTC\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}]'
pytestmark = pytest.mark.django_db


@pytest.fixture
def check(web: Service) -> Check:
    return Check.objects.create(
        key="home", name="Home", kind="http", service=web, created_at=START, changed_at=START
    )


def measured(check: Check, metric: str, values: list[tuple[datetime, float]]) -> None:
    append(uuid4(), [Row(check.pk, metric, at, value) for at, value in values])


def judged(now: datetime) -> Judgement:
    judge_all(now)
    return Judgement.objects.get(service__isnull=False)


def office(agreement: Agreement) -> None:
    agreement.calendar = save_calendar(actor=SYSTEM, key="office", name="Office", source=OFFICE, now=START)
    agreement.save()


def test_response_is_a_percentile_of_what_was_measured_in_agreed_time(
    agreement: Agreement, check: Check, norm: MakeNorm
) -> None:
    office(agreement)
    norm(indicator="response", target=0.5, settings={"percentile": 0.9})
    inside = [(START + 8 * HOUR + n * MINUTE, n / 100) for n in range(1, 101)]  # Thursday from 08:00
    measured(check, "total_s", [*inside, (START + 3 * HOUR, 99.0)])
    row = judged(START + DAY)
    assert (row.value, row.verdict, row.figures["measurements"]) == (0.9, "breached", 100)


def test_response_is_a_share_within_a_threshold(agreement: Agreement, check: Check, norm: MakeNorm) -> None:
    norm(indicator="response", target=0.7, settings={"within": 0.25})
    measured(check, "total_s", [(START + n * HOUR, 0.1 if n < 6 else 0.9) for n in range(8)])
    row = judged(START + DAY)
    assert (row.value, row.verdict) == (0.75, "met")


def test_capacity_is_use_over_its_limit_and_says_when_it_is_reached(
    agreement: Agreement, check: Check, norm: MakeNorm
) -> None:
    norm(
        indicator="capacity", target=0.8, settings={"metric": "used_bytes", "limit": 100, "figure": "highest"}
    )
    measured(check, "used_bytes", [(START + n * DAY, 50.0 + 2 * n) for n in range(11)])
    row = judged(START + 10 * DAY + HOUR)
    assert (row.value, row.verdict) == (0.7, "met")
    assert row.figures["days_until_limit"] == pytest.approx(15, abs=0.1)


def test_time_above_the_limit_is_counted(agreement: Agreement, check: Check, norm: MakeNorm) -> None:
    norm(indicator="capacity", target=0.8, settings={"metric": "load", "limit": 10})
    measured(check, "load", [(START + n * MINUTE, 12.0 if 10 <= n < 20 else 5.0) for n in range(60)])
    row = judged(START + HOUR)
    assert (row.value, row.figures["above_limit_s"], row.verdict) == (1.2, 600.0, "breached")


def test_throughput_is_the_share_of_days_on_which_the_job_was_done_in_time(
    agreement: Agreement, web: Service, norm: MakeNorm
) -> None:
    office(agreement)
    job = Check.objects.create(
        key="backup", name="Backup", kind="heartbeat", service=web, created_at=START, changed_at=START
    )
    norm(indicator="throughput", target=0.9, settings={"deadline": "07:00", "checks": ["backup"]})
    in_time, late = START + 6 * HOUR, START + 8 * HOUR  # Thursday 1 October
    runs = [
        in_time,
        late + DAY,
        in_time + 4 * DAY,
        in_time + 5 * DAY,
    ]  # Thu in time, Fri late, Mon and Tue in time
    append(uuid4(), [Row(job.pk, "state", at, 0.0, "done") for at in runs])
    row = judged(START + 5 * DAY + 12 * HOUR)
    assert (row.value, row.verdict, row.figures["missed"]) == (0.75, "breached", ["2026-10-02"])


def test_days_before_there_was_a_check_of_the_job_do_not_count(
    agreement: Agreement, web: Service, norm: MakeNorm
) -> None:
    made = START + 3 * DAY + 9 * HOUR  # Sunday, after the deadline of that day
    job = Check.objects.create(
        key="backup", name="Backup", kind="heartbeat", service=web, created_at=made, changed_at=made
    )
    norm(indicator="throughput", target=0.9, settings={"deadline": "07:00"})
    row = judged(made + HOUR)
    assert (row.value, row.verdict) == (None, "no_data")
    append(uuid4(), [Row(job.pk, "state", made + 20 * HOUR, 0.0, "done")])
    row = judged(made + 2 * DAY)
    assert (row.value, row.figures["days"], row.figures["missed"]) == (0.5, 2, ["2026-10-06"])


def test_runs_of_before_the_check_was_registered_here_count(
    agreement: Agreement, web: Service, norm: MakeNorm
) -> None:
    made = START + 3 * DAY
    job = Check.objects.create(
        key="backup", name="Backup", kind="heartbeat", service=web, created_at=made, changed_at=made
    )
    norm(indicator="throughput", target=0.9, settings={"deadline": "07:00"})
    runs = [Row(job.pk, "state", START + DAY + n * 5 * MINUTE, 0.0, "done") for n in range(6_000)]
    append(uuid4(), runs)  # from 2 October on, more than five thousand, to the 22nd
    row = judged(START + 20 * DAY)
    assert (row.value, row.figures["days"]) == (1.0, 19)


def test_backlog_and_volume(agreement: Agreement, check: Check, norm: MakeNorm) -> None:
    norm(key="backlog", indicator="throughput", target=5, settings={"figure": "backlog", "metric": "queue"})
    norm(key="volume", indicator="throughput", target=30, settings={"figure": "volume", "metric": "jobs"})
    measured(check, "queue", [(START + n * HOUR, float(n)) for n in range(5)])
    measured(check, "jobs", [(START + n * HOUR, 1.0) for n in range(48)])
    judge_all(START + 2 * DAY)
    found = {row.norm.key: (row.value, row.verdict) for row in Judgement.objects.all()}
    assert found == {"backlog": (4.0, "met"), "volume": (24.0, "breached")}


def test_clocks_of_work_count_where_they_stop_or_run_out(
    agreement: Agreement, web: Service, norm: MakeNorm, person: MakePerson
) -> None:
    norm(indicator="work", target=0.6, settings={"clock": "resolution", "kinds": ["incident"]})
    alice = person("alice", "lead")
    values = {"title": "It is away", "service": web, "impact": 1, "urgency": 1}
    for hours in (1, 2, 9):  # the target is four hours, all day
        item = create(actor=alice, kind="incident", values=values, now=START)
        take_step(actor=alice, item=item, step="take", version=None, now=START + MINUTE)
        solved = {"solution": "Restarted"}
        take_step(
            actor=alice, item=item, step="resolve", version=None, values=solved, now=START + hours * HOUR
        )
    still = create(actor=alice, kind="incident", values=values, now=START + DAY)
    row = judged(START + 2 * DAY)
    assert (row.value, row.verdict) == (0.5, "breached")
    assert still.number in row.figures["missed"]


@pytest.mark.parametrize("key", sorted(INDICATORS))
def test_an_indicator_without_data_says_so_and_nothing_else(
    agreement: Agreement, web: Service, norm: MakeNorm, key: str
) -> None:
    settings = {"capacity": {"metric": "x", "limit": 1}}.get(key, {})
    target = 0.9 if key in ("availability", "work") else 1
    norm(indicator=key, target=target, settings=settings)
    row = judged(START + DAY)
    assert (row.verdict, row.value) == ("no_data", None)


@pytest.mark.parametrize(
    ("indicator", "values", "field"),
    [
        ("response", {"percentile": 95}, "settings.percentile"),
        ("response", {"within": -1}, "settings.within"),
        ("capacity", {"metric": "x"}, "settings.limit"),
        ("throughput", {"figure": "backlog"}, "settings"),
        ("throughput", {"deadline": "half past"}, "settings.deadline"),
        ("work", {"kind": "incident"}, "settings.kind"),
        ("availability", {"weights": {"web": 0}}, "settings.weights"),
    ],
)
def test_a_wrong_setting_names_its_field(
    agreement: Agreement, norm: MakeNorm, indicator: str, values: dict[str, object], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        norm(indicator=indicator, target=0.5, settings=values)
    assert any(problem.field.startswith(field) for problem in caught.value.problems)


def test_every_file_of_an_indicator_stands_in_the_registry() -> None:
    folder = Path(__file__).parent.parent / "indicators"
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "contract", "measured"}
    modules = {indicator.judge.__module__.rpartition(".")[2] for indicator in INDICATORS.values()}
    assert modules == files
