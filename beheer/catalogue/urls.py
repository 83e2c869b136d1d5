"""Where the catalogue's pages stand."""

from __future__ import annotations

from django.urls import path

from beheer.catalogue.views import customers, items, maps, needs, services

app_name = "catalogue"

urlpatterns = [
    path("services/", services.service_list, name="service_list"),
    path("services/new/", services.service_new, name="service_new"),
    path("services/<slug:key>/", services.service_detail, name="service_detail"),
    path("services/<slug:key>/change/", services.service_change, name="service_change"),
    path("services/<slug:key>/retire/", services.service_retire, name="service_retire"),
    path("services/<slug:key>/needs/", needs.service_needs, name="service_needs"),
    path(
        "services/<slug:key>/needs/<int:dependency_id>/remove/",
        needs.dependency_remove,
        name="dependency_remove",
    ),
    path("map/", maps.service_map, name="map"),
    path("customers/", customers.customer_list, name="customer_list"),
    path("customers/new/", customers.customer_new, name="customer_new"),
    path("customers/<slug:key>/", customers.customer_detail, name="customer_detail"),
    path("customers/<slug:key>/change/", customers.customer_change, name="customer_change"),
    path("items/", items.item_list, name="item_list"),
    path("items/new/", items.item_new, name="item_new"),
    path("items/<slug:key>/", items.item_detail, name="item_detail"),
    path("items/<slug:key>/change/", items.item_change, name="item_change"),
    path("items/<slug:key>/remove/", items.item_remove, name="item_remove"),
]
