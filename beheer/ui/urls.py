"""Pages of the frame."""

from django.urls import path

from beheer.ui import views

app_name = "ui"
urlpatterns = [
    path("", views.show_gallery, name="gallery"),
    path("theme/", views.choose_theme, name="theme"),
]
