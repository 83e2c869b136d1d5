"""Where the pages of monitoring stand."""

from __future__ import annotations

from django.urls import path

from beheer.monitoring.views import agents, alerts, check_forms, checks, services

app_name = "monitoring"

urlpatterns = [
    path("checks/", checks.check_list, name="check_list"),
    path("checks/new/", check_forms.check_new, name="check_new"),
    path("checks/<slug:key>/", checks.check_detail, name="check_detail"),
    path("checks/<slug:key>/change/", check_forms.check_change, name="check_change"),
    path("checks/<slug:key>/remove/", checks.check_remove, name="check_remove"),
    path("checks/<slug:key>/switch/", checks.check_switch, name="check_switch"),
    path("checks/<slug:key>/address/", checks.address_renew, name="address_renew"),
    path("state-changes/", services.state_change_list, name="state_change_list"),
    path("services/<slug:key>/", services.service_part, name="service_part"),
    path("services/<slug:key>/groups/new/", services.group_new, name="group_new"),
    path("services/<slug:key>/groups/<int:group_id>/remove/", services.group_remove, name="group_remove"),
    path("alerts/", alerts.alert_list, name="alert_list"),
    path("alerts/sources/new/", alerts.source_new, name="source_new"),
    path("alerts/sources/<slug:key>/secret/", alerts.source_secret, name="source_secret"),
    path("alerts/sources/<slug:key>/switch/", alerts.source_switch, name="source_switch"),
    path("alerts/sources/<slug:key>/remove/", alerts.source_remove, name="source_remove"),
    path("agents/", agents.agent_list, name="agent_list"),
    path("agents/new/", agents.agent_new, name="agent_new"),
    path("agents/<slug:key>/token/", agents.agent_token, name="agent_token"),
    path("agents/<slug:key>/switch/", agents.agent_switch, name="agent_switch"),
]
