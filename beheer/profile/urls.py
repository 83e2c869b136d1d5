"""Where this room's pages stand, below /profile/."""

from __future__ import annotations

from django.urls import path

from beheer.profile.views import cases, posts, profiles

app_name = "profile"

urlpatterns = [
    path("", profiles.show, name="show"),
    path("of/<str:code>/", profiles.show, name="show_other"),
    path("try/", profiles.try_out, name="try_out"),
    path("of/<str:code>/try/", profiles.try_out, name="try_out_other"),
    path("posts/", posts.post_list, name="post_list"),
    path("posts/new/", posts.edit_post, name="new_post"),
    path("posts/<slug:key>/", posts.post, name="post"),
    path("posts/<slug:key>/edit/", posts.edit_post, name="edit_post"),
    path("posts/<slug:key>/assign/", posts.assign, name="assign_post"),
    path("posts/<slug:key>/end/<int:assignment_id>/", posts.end, name="end_assignment"),
    path("posts/<slug:key>/grade/", posts.grade_post, name="grade_post"),
    path("levels/", posts.levels, name="levels"),
    path("terms/", posts.terms, name="terms"),
    path("cases/", cases.case_list, name="case_list"),
    path("cases/<str:reference>/", cases.case, name="case"),
    path("cases/<str:reference>/description/", cases.describe, name="describe_case"),
    path("cases/<str:reference>/criteria/<str:criterion_id>/", cases.criterion, name="case_criterion"),
    path("cases/<str:reference>/criteria/<str:criterion_id>/evidence/", cases.evidence, name="add_evidence"),
    path(
        "cases/<str:reference>/evidence/<int:evidence_id>/remove/", cases.drop_evidence, name="drop_evidence"
    ),
    path("cases/<str:reference>/duties/", cases.duty, name="add_duty"),
    path("cases/<str:reference>/duties/<int:duty_id>/remove/", cases.drop_duty, name="drop_duty"),
    path("cases/<str:reference>/participants/", cases.participant, name="add_participant"),
    path(
        "cases/<str:reference>/participants/<int:part_id>/remove/",
        cases.drop_participant,
        name="drop_participant",
    ),
    path("cases/<str:reference>/steps/<slug:key>/", cases.step, name="case_step"),
    path("cases/<str:reference>/versions/<int:number>/", cases.version, name="case_version"),
    path("cases/<str:reference>/letter-<str:language>.pdf", cases.letter, name="letter"),
]
