"""Addresses without sign-in: jobs that call, health, and Beheer's own figures."""

from __future__ import annotations

from django.urls import path

from beheer.monitoring import open_views

urlpatterns = [
    path("health", open_views.health, name="health"),
    path("metrics", open_views.own_metrics, name="metrics"),
    path("ping/<str:token>", open_views.ping_view, name="ping"),
    path("ping/<str:token>/<str:said>", open_views.ping_view, name="ping-said"),
]
