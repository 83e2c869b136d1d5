"""Where the pages of this room stand."""

from __future__ import annotations

from django.urls import path

from beheer.service_levels.views import (
    agreements,
    calendars,
    corrections,
    findings,
    norms,
    openslo,
    overview,
    reports,
    windows,
    work_targets,
)

app_name = "service_levels"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("agreements/", overview.agreement_list, name="agreement_list"),
    path("agreements/new/", agreements.agreement_new, name="agreement_new"),
    path("agreements/<slug:key>/", agreements.agreement, name="agreement"),
    path("agreements/<slug:key>/edit/", agreements.agreement_edit, name="agreement_edit"),
    path("agreements/<slug:key>/openslo.yaml", openslo.openslo_export, name="openslo_export"),
    path("agreements/<slug:key>/openslo/", openslo.openslo_import, name="openslo_import"),
    path("agreements/<slug:key>/work-targets/", work_targets.work_targets, name="work_targets"),
    path("agreements/<slug:key>/norms/new/", agreements.norm_new, name="norm_new"),
    path("agreements/<slug:key>/norms/<slug:norm_key>/", norms.norm, name="norm"),
    path("agreements/<slug:key>/norms/<slug:norm_key>/explain/", norms.explain, name="explain"),
    path("agreements/<slug:key>/norms/<slug:norm_key>/edit/", agreements.norm_edit, name="norm_edit"),
    path("agreements/<slug:key>/norms/<slug:norm_key>/retire/", agreements.norm_retire, name="norm_retire"),
    path("services/<slug:key>/", agreements.service, name="service"),
    path("services/<slug:key>/stretch/", norms.stretch, name="stretch"),
    path("customers/<slug:key>/", agreements.customer, name="customer"),
    path("calendars/", calendars.calendar_list, name="calendar_list"),
    path("calendars/new/", calendars.calendar_new, name="calendar_new"),
    path("calendars/<slug:key>/", calendars.calendar, name="calendar"),
    path("calendars/<slug:key>/edit/", calendars.calendar_edit, name="calendar_edit"),
    path("calendars/<slug:key>/version/", calendars.calendar_version, name="calendar_version"),
    path("windows/", windows.window_list, name="window_list"),
    path("windows/new/", windows.window_new, name="window_new"),
    path("windows/calendar/", windows.window_calendar, name="window_calendar"),
    path("windows/import/", windows.window_import, name="window_import"),
    path("windows/export.ics", windows.window_export, name="window_export"),
    path("windows/<int:pk>/", windows.window, name="window"),
    path("windows/<int:pk>/edit/", windows.window_edit, name="window_edit"),
    path("windows/<int:pk>/cancel/", windows.window_cancel, name="window_cancel"),
    path("windows/<int:pk>/decide/", windows.window_decide, name="window_decide"),
    path("corrections/", corrections.correction_list, name="correction_list"),
    path("corrections/new/", corrections.correction_new, name="correction_new"),
    path("corrections/<int:pk>/", corrections.correction, name="correction"),
    path("corrections/<int:pk>/decide/", corrections.correction_decide, name="correction_decide"),
    path("reports/", reports.report_list, name="report_list"),
    path("reports/<int:pk>/", reports.report, name="report"),
    path("reports/<int:pk>/<slug:kind>/", reports.report_file, name="report_file"),
    path("agreements/<slug:key>/seal/", reports.report_seal, name="report_seal"),
    path("agreements/<slug:key>/report/", findings.report_of, name="report_of"),
    path("findings/<int:pk>/withdraw/", findings.finding_withdraw, name="finding_withdraw"),
    path("findings/<int:pk>/measures/new/", findings.measure_new, name="measure_new"),
]
