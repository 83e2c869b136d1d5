"""Where this room's pages stand: the front door."""

from __future__ import annotations

from django.urls import path

from beheer.workplace import views
from beheer.workplace.activities.urls import urlpatterns as activity_urls

app_name = "workplace"

urlpatterns = [
    path("", views.home, name="home"),
    path("board/", views.show_board, name="board"),
    path("search/", views.search, name="search"),
    *activity_urls,
]
