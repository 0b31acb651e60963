from django.urls import include, path

from reviews.views import agenda, assessments, decisions, home, seminars, tables

app_name = "reviews"

# /seminars/<pk>/
seminar_urls = [
    path("", seminars.seminar_detail, name="seminar_detail"),
    path("edit/", seminars.seminar_update, name="seminar_update"),
    path("panel/", seminars.panel_update, name="panel_update"),
    path("criteria/", seminars.criteria_update, name="criteria_update"),
    path("agenda/", agenda.agenda_add, name="agenda_add"),
    path("agenda/block/", agenda.agenda_add_block, name="agenda_add_block"),
    path("open/", seminars.seminar_open, name="seminar_open"),
    path("close/", seminars.seminar_close, name="seminar_close"),
    path("packet/", tables.seminar_packet, name="seminar_packet"),
    path("table/", tables.seminar_table, name="seminar_table"),
    path("minutes.docx", tables.seminar_minutes, name="seminar_minutes"),
    path("proposals/", tables.conclude_several, name="conclude_several"),
    path("rest/", agenda.conclude_rest, name="conclude_rest"),
    path("desk/", assessments.desk, name="desk"),
    path("decision/", decisions.decision_from_seminar, name="decision_from_seminar"),
]

# /items/<pk>/
item_urls = [
    path("", agenda.agendaitem_detail, name="agendaitem_detail"),
    path("edit/", agenda.agendaitem_update, name="agendaitem_update"),
    path("move/", agenda.agendaitem_move, name="agendaitem_move"),
    path("drop/", agenda.agendaitem_drop, name="agendaitem_drop"),
    path("recuse/", agenda.agendaitem_recuse, name="agendaitem_recuse"),
    path("proposal/", agenda.conclusion_update, name="conclusion_update"),
]

# /assessments/<pk>/
assessment_urls = [
    path("", assessments.assessment_detail, name="assessment_detail"),
    path("paper/", assessments.assessment_paper, name="assessment_paper"),
    path("remark/", assessments.assessment_remark, name="assessment_remark"),
]

# /decisions/<pk>/
decision_urls = [
    path("", decisions.decision_detail, name="decision_detail"),
    path("edit/", decisions.decision_update, name="decision_update"),
    path("lines/", decisions.line_add, name="line_add"),
    path("draft.docx", decisions.decision_draft, name="decision_draft"),
    path("issue/", decisions.decision_issue, name="decision_issue"),
    path("publish/", decisions.decision_publish, name="decision_publish"),
    path("correct/", decisions.decision_correct, name="decision_correct"),
    path("scans/", decisions.scan_add, name="scan_add"),
]

urlpatterns = [
    path("organisations/<int:pk>/to-do/", home.unit_to_do, name="unit_to_do"),
    path("seminars/", seminars.seminar_list, name="seminar_list"),
    path("seminars/new/", seminars.seminar_create, name="seminar_create"),
    path("seminars/<int:pk>/", include(seminar_urls)),
    path("items/<int:pk>/", include(item_urls)),
    path("assessments/<int:pk>/", include(assessment_urls)),
    path("decisions/", decisions.decision_list, name="decision_list"),
    path("decisions/new/", decisions.decision_create, name="decision_create"),
    path("decisions/<int:pk>/", include(decision_urls)),
    path("lines/<int:pk>/", decisions.line_update, name="line_update"),
    path("lines/<int:pk>/drop/", decisions.line_drop, name="line_drop"),
    path("scans/<int:pk>/", decisions.scan_file, name="scan_file"),
]
