"""Where the portal's pages stand."""

from django.urls import path

from beheer.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.status, name="status"),
    path("requests/", views.requests, name="requests"),
    path("new/<slug:kind>/", views.report, name="report"),
    path("requests/<slug:number>/", views.follow, name="request"),
    path("requests/<slug:number>/answer/", views.answer, name="answer"),
    path("requests/<slug:number>/confirm/", views.confirm, name="confirm"),
    path("requests/<slug:number>/reopen/", views.reopen, name="reopen"),
    path("requests/<slug:number>/rate/", views.rate, name="rate"),
]
