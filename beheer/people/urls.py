"""Where pages about people stand."""

from __future__ import annotations

from django.urls import path

from beheer.people.views import account, knowledge, teams, users

app_name = "people"

urlpatterns = [
    path("", users.user_list, name="user_list"),
    path("new/", users.user_new, name="user_new"),
    path("roles/", users.role_list, name="role_list"),
    path("account/", account.account, name="account"),
    path("account/tokens/new/", account.token_new, name="token_new"),
    path("account/tokens/<int:token_id>/end/", account.token_end, name="token_end"),
    path("teams/", teams.team_list, name="team_list"),
    path("teams/new/", teams.team_new, name="team_new"),
    path("teams/<slug:key>/", teams.team_detail, name="team_detail"),
    path("teams/<slug:key>/change/", teams.team_change, name="team_change"),
    path("accounts/<str:username>/", users.user_detail, name="user_detail"),
    path("accounts/<str:username>/change/", users.user_change, name="user_change"),
    path("accounts/<str:username>/password/", users.user_password, name="user_password"),
    path("accounts/<str:username>/knows/", knowledge.knowledge_set, name="knowledge_set"),
    path("accounts/<str:username>/away/", knowledge.absence_new, name="absence_new"),
    path("accounts/<str:username>/away/<int:pk>/remove/", knowledge.absence_remove, name="absence_remove"),
    path("accounts/<str:username>/roles/", users.role_grant, name="role_grant"),
    path("accounts/<str:username>/roles/<int:grant_id>/withdraw/", users.role_withdraw, name="role_withdraw"),
]
