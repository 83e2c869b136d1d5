"""Where the pages of work stand."""

from __future__ import annotations

from django.urls import path

from beheer.work.views import calendar, deeds, items, kinds, lists, statistics, templates

app_name = "work"
urlpatterns = [
    path("", lists.item_list, name="item_list"),
    path("board/", lists.board, name="board"),
    path("mine/", lists.mine, name="mine"),
    path("bulk/", lists.bulk, name="bulk"),
    path("filters/", lists.filter_keep, name="filter_keep"),
    path("filters/<int:pk>/forget/", lists.filter_forget, name="filter_forget"),
    path("part/<slug:key>/", lists.service_part, name="service_part"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("calendar/freeze/", calendar.freeze_new, name="freeze_new"),
    path("calendar/freeze/<int:pk>/lift/", calendar.freeze_lift, name="freeze_lift"),
    path("kinds/", kinds.kind_list, name="kind_list"),
    path("kinds/new/", kinds.kind_edit, name="kind_new"),
    path("kinds/<slug:key>/", kinds.kind_detail, name="kind"),
    path("kinds/<slug:key>/edit/", kinds.kind_edit, name="kind_edit"),
    path("templates/", templates.template_list, name="template_list"),
    path("templates/new/", templates.template_edit, name="template_new"),
    path("templates/<slug:key>/", templates.template_edit, name="template"),
    path("templates/<slug:key>/remove/", templates.template_remove, name="template_remove"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/items/", statistics.statistics_items, name="statistics_items"),
    path("new/", items.new_menu, name="new_menu"),
    path("new/<slug:kind>/", items.item_new, name="item_new"),
    path("<slug:number>/", items.item_detail, name="item"),
    path("<slug:number>/change/", items.item_change, name="item_change"),
    path("<slug:number>/clocks/", items.item_clocks, name="item_clocks"),
    path("<slug:number>/lead-to/<slug:kind>/", items.item_lead_to, name="lead_to"),
    path("<slug:number>/steps/<slug:step>/", deeds.step, name="step"),
    path("<slug:number>/take/", deeds.take, name="take"),
    path("<slug:number>/hand-over/", deeds.hand, name="hand_over"),
    path("<slug:number>/say/", deeds.say, name="say"),
    path("<slug:number>/files/<int:pk>/", deeds.file, name="file"),
    path("<slug:number>/watch/", deeds.watching, name="watch"),
    path("<slug:number>/tasks/<int:pk>/", deeds.task, name="task"),
    path("<slug:number>/approvals/<int:pk>/", deeds.approval, name="approval"),
    path("<slug:number>/links/", deeds.link_new, name="link_new"),
    path("<slug:number>/links/<int:pk>/remove/", deeds.link_remove, name="link_remove"),
    path("<slug:number>/deadline/", deeds.deadline, name="deadline"),
]
