"""Where the portal's pages stand."""

from django.urls import path

from beheer.portal.views import approvals, catalogue, disturbances, requests, status

app_name = "portal"
urlpatterns = [
    path("", status.status, name="status"),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/<slug:key>/", catalogue.ask, name="ask"),
    path("approvals/<int:pk>/", approvals.approval, name="approval"),
    path("disturbances/<slug:number>/", disturbances.disturbance, name="disturbance"),
    path("disturbances/<slug:number>/me-too/", disturbances.me_too, name="me_too"),
    path("requests/", requests.requests, name="requests"),
    path("new/<slug:kind>/", requests.report, name="report"),
    path("requests/<slug:number>/", requests.follow, name="request"),
    path("requests/<slug:number>/received/", requests.received, name="received"),
    path("requests/<slug:number>/answer/", requests.answer, name="answer"),
    path("requests/<slug:number>/share/", requests.share, name="share"),
    path("requests/<slug:number>/files/<int:pk>/", requests.file, name="file"),
    path("requests/<slug:number>/confirm/", requests.confirm, name="confirm"),
    path("requests/<slug:number>/reopen/", requests.reopen, name="reopen"),
    path("requests/<slug:number>/rate/", requests.rate, name="rate"),
]
