from django.urls import include, path

from registry.views import (
    accounts,
    attachments,
    board,
    cards,
    catalogue,
    drafts,
    enrolments,
    exports,
    find,
    history,
    lists,
    moves,
    organisations,
    practicemodel,
    registration,
    statistics,
)

app_name = "registry"

# /models/<pk>/
model_urls = [
    path("", practicemodel.practicemodel_detail, name="practicemodel_detail"),
    path("edit/", registration.practicemodel_update, name="practicemodel_update"),
    path("check/", registration.practicemodel_check, name="practicemodel_check"),
    path("received/", registration.practicemodel_received, name="practicemodel_received"),
    path("print/", practicemodel.practicemodel_print, name="practicemodel_print"),
    path("history/", history.practicemodel_history, name="practicemodel_history"),
    path("submit/", moves.practicemodel_submit, name="practicemodel_submit"),
    path("withdraw/", moves.practicemodel_withdraw, name="practicemodel_withdraw"),
    path("return/", moves.practicemodel_return, name="practicemodel_return"),
    path("accept/", moves.practicemodel_accept, name="practicemodel_accept"),
    path("refuse/", moves.practicemodel_refuse, name="practicemodel_refuse"),
    path("discard/", moves.practicemodel_discard, name="practicemodel_discard"),
    path("public/", moves.practicemodel_public, name="practicemodel_public"),
    path("evidence/", attachments.evidence_add, name="evidence_add"),
    path("notes/", attachments.note_add, name="note_add"),
    path("awards/", attachments.award_add, name="award_add"),
    path("replications/", attachments.replication_add, name="replication_add"),
    path("continue/", enrolments.enrolment_continue, name="enrolment_continue"),
]

# /enrolments/<pk>/
enrolment_urls = [
    path("send/", enrolments.enrolment_send, name="enrolment_send"),
    path("return/", enrolments.enrolment_return, name="enrolment_return"),
    path("accept/", enrolments.enrolment_accept, name="enrolment_accept"),
    path("endorse/", enrolments.enrolment_endorse, name="enrolment_endorse"),
    path("outcomes/", attachments.outcomes_update, name="outcomes_update"),
]

urlpatterns = [
    path("models/", catalogue.practicemodel_list, name="practicemodel_list"),
    path("models/export.xlsx", exports.models_xlsx, name="models_xlsx"),
    path("models/export.csv", exports.models_csv, name="models_csv"),
    path("statistics/", statistics.statistics_page, name="statistics"),
    path("models/new/", registration.practicemodel_create, name="practicemodel_create"),
    path("models/similar/", registration.similar_models, name="similar_models"),
    path("models/<int:pk>/", include(model_urls)),
    path("models/filters/", lists.filter_list, name="filter_list"),
    path("models/filters/new/", lists.filter_create, name="filter_create"),
    path("models/filters/<int:pk>/remove/", lists.filter_remove, name="filter_remove"),
    path("models/bulk/", lists.bulk, name="bulk"),
    path("models/bulk/confirm/", lists.bulk_confirm, name="bulk_confirm"),
    path("models/bulk/<int:pk>/", lists.bulk_detail, name="bulk_detail"),
    path("models/bulk/<int:pk>/take-back/", lists.bulk_take_back, name="bulk_take_back"),
    path("drafts/", drafts.draft_keep, name="draft_keep"),
    path("drafts/look/", drafts.draft_look, name="draft_look"),
    path("drafts/<uuid:opened>/", drafts.draft_detail, name="draft_detail"),
    path("drafts/<uuid:opened>/discard/", drafts.draft_discard, name="draft_discard"),
    path("enrolments/<int:pk>/", include(enrolment_urls)),
    path("evidence/<int:pk>/", attachments.evidence_file, name="evidence_file"),
    path("evidence/<int:pk>/remove/", attachments.evidence_remove, name="evidence_remove"),
    path("replications/<int:pk>/", attachments.replication_update, name="replication_update"),
    path("organisations/", organisations.organisation_list, name="organisation_list"),
    path("organisations/board/", board.board, name="board"),
    path("organisations/<int:pk>/card/", cards.unit_card, name="unit_card"),
    path("organisations/<int:pk>/call/", board.unit_call, name="unit_call"),
    path("organisations/<int:pk>/people/new/", accounts.account_open, name="account_open"),
    path("organisations/<int:pk>/hand-over/", accounts.hand_over, name="hand_over"),
    path("handovers/<int:pk>/", accounts.handover_detail, name="handover_detail"),
    path("people/<int:pk>/shared/", accounts.account_shared, name="account_shared"),
    path("people/<int:pk>/password/", accounts.account_reset, name="account_reset"),
    path("find/", find.find, name="find"),
    path("organisations/<int:pk>/", organisations.organisation_detail, name="organisation_detail"),
]
