"""Where the pages of notifications stand."""

from __future__ import annotations

from django.urls import path

from beheer.notifications import views

app_name = "notifications"

urlpatterns = [
    path("", views.delivery_list, name="delivery_list"),
    path("<int:delivery_id>/", views.delivery_detail, name="delivery_detail"),
    path("<int:delivery_id>/retry/", views.delivery_retry, name="delivery_retry"),
    path("own/", views.own, name="own"),
    path("channels/", views.channel_list, name="channel_list"),
    path("channels/new/", views.channel_new, name="channel_new"),
    path("channels/<slug:key>/", views.channel_detail, name="channel_detail"),
    path("channels/<slug:key>/change/", views.channel_change, name="channel_change"),
    path("channels/<slug:key>/remove/", views.channel_remove, name="channel_remove"),
    path("channels/<slug:key>/test/", views.channel_test, name="channel_test"),
    path("channels/<slug:key>/subscribe/", views.channel_subscribe, name="channel_subscribe"),
    path(
        "channels/<slug:key>/subscriptions/<int:subscription_id>/remove/",
        views.channel_unsubscribe,
        name="channel_unsubscribe",
    ),
]
