"""Who gets which answer where: the table of the design, address by address.

Each line is (record of the world, GET, POST); the columns of an answer are ROLES. ``in`` is the
way to the sign-in page, NO a method the address does not know.
An account that is switched off gets what a stranger from the street gets.
"""

ROLES = ("anonymous", "stranger", "unit", "ward", "panel", "clerk", "admin")

# Views that answer a visitor who is not signed in. Everything else leads to the sign-in page.
OPEN = {
    "home",
    "registry:practicemodel_list",
    "registry:models_xlsx",
    "registry:models_csv",
    "registry:statistics",
    "registry:practicemodel_detail",
    "registry:practicemodel_print",
    "registry:organisation_list",
    "registry:organisation_detail",
    "registry:evidence_file",
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "mfa_authenticate",
    "openid_connect_login",
    "openid_connect_callback",
    "set_language",
    "text_size",
    "favicon",
    "live",
    "ready",
}
# Of these, the ones that send a visitor to sign in while the catalogue is closed.
CATALOGUE = {
    "registry:practicemodel_list",
    "registry:models_xlsx",
    "registry:models_csv",
    "registry:statistics",
    "registry:practicemodel_detail",
    "registry:practicemodel_print",
    "registry:organisation_list",
    "registry:organisation_detail",
    "registry:evidence_file",
}

NO = "405"
ALL = "200 200 200 200 200 200 200"
#      anonymous stranger unit ward panel clerk admin
SIGNED_IN = "in 200 200 200 200 200 200"

# Led on: to the password, which is asked for once more, or away from there.
AGAIN = "in 302 302 302 302 302 302"
NO_FACTOR = "in 404 404 404 404 404 404"

NOWHERE = "404 404 404 404 404 404 404"

# The unit, those above it and the office, of what is not in the register yet …
INSIDE = "404 404 200 200 404 200 200"
INSIDE_SIGNED_IN = "in 404 200 200 404 200 200"
# … and of what everybody sees.
INSIDE_OF_SEEN = "in 403 200 200 403 200 200"
# Who writes: the unit, those above it and the clerk.
WRITES = "in 404 200 200 404 200 403"
WRITTEN = "in 404 302 302 404 302 403"
WRITES_LATE = "in 404 409 409 404 409 403"
WRITES_SEEN = "in 403 200 200 403 200 403"
WRITTEN_SEEN = "in 403 302 302 403 302 403"
WRITES_SEEN_LATE = "in 403 409 409 403 409 403"
# Who receives: the clerk alone.
RECEIVES = "in 404 403 403 404 200 403"
RECEIVED = "in 404 403 403 404 302 403"
RECEIVES_LATE = "in 404 403 403 404 409 403"
RECEIVED_SEEN = "in 403 403 403 403 302 403"
RECEIVES_SEEN_LATE = "in 403 403 403 403 409 403"
# What the clerk alone does, of what a unit does not see at all …
CLERK = "in 404 404 404 404 200 403"
CLERK_DONE = "in 404 404 404 404 302 403"
CLERK_LATE = "in 404 404 404 404 409 403"
# … of a seminar or paper that unit and panel see …
RUNS = "in 404 403 403 403 200 403"
RAN = "in 404 403 403 403 302 403"
RUNS_LATE = "in 404 403 403 403 409 403"
# … and of what there is not yet.
CLERK_NEW = "in 403 403 403 403 200 403"
CLERK_MADE = "in 403 403 403 403 302 403"
# Who answers units on the telephone: those above a unit for it, the office for all.
ABOVE = "in 403 403 200 403 200 200"
OFFICE = "in 403 403 403 403 200 200"
ABOVE_DONE = "in 403 403 302 403 302 302"
OFFICE_DONE = "in 403 403 403 403 302 302"

TABLE = {
    "home": [("", ALL, NO)],
    "seen": [("", NO, "in 302 302 302 302 302 302")],
    "registry:practicemodel_list": [("", ALL, NO)],
    "registry:models_xlsx": [("", ALL, NO)],
    "registry:models_csv": [("", ALL, NO)],
    "registry:statistics": [("", ALL, NO)],
    "registry:practicemodel_create": [
        ("", "in 200 200 200 403 200 403", "in 302 302 302 403 302 403")
    ],
    "registry:practicemodel_detail": [
        ("draft", INSIDE, NO),
        ("submitted", INSIDE, NO),
        ("on_agenda", "404 404 200 200 200 200 200", NO),
        ("returned", INSIDE, NO),
        ("refused", INSIDE, NO),
        ("running", "404 200 200 200 200 200 200", NO),
        ("public", ALL, NO),
        ("closed", ALL, NO),
    ],
    "registry:practicemodel_print": [
        ("draft", INSIDE, NO),
        ("on_agenda", "404 404 200 200 200 200 200", NO),
        ("running", "404 200 200 200 200 200 200", NO),
        ("public", ALL, NO),
        # Of what has ended a visitor is led to the page with its name and years.
        ("closed", "302 200 200 200 200 200 200", NO),
    ],
    "registry:practicemodel_update": [
        ("draft", WRITES, WRITTEN),
        ("submitted", WRITES, WRITTEN),
        ("on_agenda", "in 404 200 200 403 200 403", "in 404 302 302 403 302 403"),
        ("returned", WRITES, WRITTEN),
        ("refused", WRITES_LATE, WRITES_LATE),
        ("running", WRITES_SEEN, WRITTEN_SEEN),
        ("year_begun_model", WRITES_SEEN, WRITTEN_SEEN),
        ("closed", WRITES_SEEN_LATE, WRITES_SEEN_LATE),
    ],
    "registry:practicemodel_check": [
        ("draft", WRITES, NO),
        ("unfinished", WRITES, NO),
        ("returned", WRITES, NO),
        ("submitted", WRITTEN, NO),
        ("running", WRITES_SEEN_LATE, NO),
    ],
    "registry:similar_models": [("", SIGNED_IN, NO)],
    "registry:draft_keep": [("", NO, SIGNED_IN)],
    "registry:draft_look": [("", NO, "in 302 302 302 302 302 302")],
    "registry:draft_detail": [("kept_words", "in 404 200 404 404 404 404", NO)],
    "registry:draft_discard": [("kept_words", NO, "in 404 302 404 404 404 404")],
    "registry:practicemodel_received": [
        ("draft", "in 404 302 302 404 302 302", NO),
        ("submitted", INSIDE_SIGNED_IN, NO),
        ("running", INSIDE_OF_SEEN, NO),
    ],
    "registry:practicemodel_history": [
        ("draft", INSIDE_SIGNED_IN, NO),
        ("on_agenda", "in 404 200 200 403 200 200", NO),
        ("running", INSIDE_OF_SEEN, NO),
    ],
    "registry:practicemodel_submit": [
        ("draft", NO, WRITTEN),
        ("unfinished", NO, WRITTEN),  # leads to the form, which says what is missing
        ("submitted", NO, WRITES_LATE),
        ("returned", NO, WRITTEN),
        ("running", NO, WRITES_SEEN_LATE),
        ("closed", NO, WRITES_SEEN_LATE),
    ],
    "registry:practicemodel_withdraw": [
        ("draft", WRITES_LATE, WRITES_LATE),
        ("submitted", WRITES, WRITTEN),
        ("returned", WRITES_LATE, WRITES_LATE),
        ("running", WRITES_SEEN_LATE, WRITES_SEEN_LATE),
    ],
    "registry:practicemodel_return": [
        ("draft", RECEIVES_LATE, RECEIVES_LATE),
        ("submitted", RECEIVES, RECEIVED),
        ("on_agenda", "in 404 403 403 403 200 403", "in 404 403 403 403 302 403"),
        ("running", RECEIVES_SEEN_LATE, RECEIVES_SEEN_LATE),
    ],
    "registry:practicemodel_accept": [
        ("draft", NO, RECEIVES_LATE),
        ("submitted", NO, RECEIVED),
        ("returned", NO, RECEIVES_LATE),
        ("running", NO, RECEIVES_SEEN_LATE),
    ],
    "registry:practicemodel_refuse": [
        ("draft", RECEIVES_LATE, RECEIVES_LATE),
        ("submitted", RECEIVES, RECEIVED),
        ("returned", RECEIVES, RECEIVED),
        ("running", RECEIVES_SEEN_LATE, RECEIVES_SEEN_LATE),
    ],
    "registry:practicemodel_discard": [
        ("draft", "in 404 200 200 404 403 403", "in 404 302 302 404 403 403"),
        ("office_draft", WRITES, WRITTEN),
        ("submitted", "in 404 409 409 404 403 403", "in 404 409 409 404 403 403"),
        ("running", "in 403 409 409 403 403 403", "in 403 409 409 403 403 403"),
    ],
    "registry:practicemodel_public": [
        ("submitted", NO, RECEIVES_LATE),
        ("running", NO, RECEIVED_SEEN),
    ],
    "registry:evidence_add": [
        ("draft", WRITES, WRITTEN),
        ("running", WRITES_SEEN, WRITTEN_SEEN),
        ("closed", WRITES_SEEN_LATE, WRITES_SEEN_LATE),
    ],
    "registry:evidence_file": [
        ("photo_of_draft", INSIDE, NO),
        ("photo_of_on_agenda", "404 404 200 200 200 200 200", NO),
        ("photo_of_running", "404 200 200 200 200 200 200", NO),
        ("photo_of_public", ALL, NO),
        ("paper_of_public", INSIDE, NO),
        # Of a model that has ended a reader from outside gets its name and years, no more.
        ("photo_of_closed", "404 200 200 200 200 200 200", NO),
    ],
    "registry:evidence_remove": [
        ("photo_of_draft", NO, WRITTEN),
        ("photo_of_running", NO, WRITTEN_SEEN),
        ("paper_of_public", NO, WRITTEN),
        ("photo_of_closed", NO, WRITES_SEEN_LATE),
    ],
    "registry:note_add": [
        ("draft", WRITES, WRITTEN),
        ("running", WRITES_SEEN, WRITTEN_SEEN),
        ("closed", WRITES_SEEN_LATE, WRITES_SEEN_LATE),
    ],
    "registry:award_add": [
        ("draft", WRITES, WRITTEN),
        ("running", WRITES_SEEN, WRITTEN_SEEN),
        ("closed", WRITES_SEEN_LATE, WRITES_SEEN_LATE),
    ],
    "registry:replication_add": [
        # Only what is in the register can be taken up: there is no such page of a draft.
        ("draft", "in 404 404 404 404 404 404", "in 404 404 404 404 404 404"),
        # No unit takes up its own; the ward and the office would for another.
        ("public", "in 200 403 200 403 200 403", "in 302 403 200 403 200 403"),
        ("foreign", "in 403 200 200 403 200 403", "in 403 302 302 403 302 403"),
    ],
    "registry:replication_update": [
        ("replication", "in 200 403 200 403 200 403", "in 302 403 302 403 302 403")
    ],
    "registry:enrolment_continue": [
        ("draft", NO, WRITES_LATE),
        ("running", NO, WRITTEN_SEEN),
        ("year_sent_model", NO, WRITES_SEEN_LATE),
    ],
    "registry:enrolment_send": [
        ("year_of_draft", NO, WRITES_LATE),
        ("year_begun", NO, WRITTEN_SEEN),
        ("year_sent", NO, WRITES_SEEN_LATE),
    ],
    "registry:enrolment_return": [
        ("year_of_draft", RECEIVES_LATE, RECEIVES_LATE),
        ("year_begun", RECEIVES_SEEN_LATE, RECEIVES_SEEN_LATE),
        ("year_sent", "in 403 403 403 403 200 403", RECEIVED_SEEN),
    ],
    "registry:enrolment_accept": [
        ("year_of_draft", NO, RECEIVES_LATE),
        ("year_begun", NO, RECEIVES_SEEN_LATE),
        ("year_sent", NO, RECEIVED_SEEN),
    ],
    "registry:enrolment_endorse": [
        ("year_of_draft", NO, "in 404 403 409 404 403 403"),
        ("year_of_refused", NO, "in 404 403 409 404 403 403"),
        ("year_of_closed", NO, "in 403 403 409 403 403 403"),
        ("year_sent", NO, "in 403 403 302 403 403 403"),
    ],
    "registry:outcomes_update": [
        ("year_of_draft", WRITES, WRITTEN),
        ("year_begun", WRITES_SEEN, WRITTEN_SEEN),
        ("year_of_closed", WRITES_SEEN_LATE, WRITES_SEEN_LATE),
    ],
    "registry:organisation_list": [("", ALL, NO)],
    "registry:organisation_detail": [
        ("cell", ALL, NO),
        ("other_cell", "404 200 200 200 200 200 200", NO),
    ],
    "registry:filter_list": [("", SIGNED_IN, NO)],
    "registry:filter_create": [("", "in 400 400 400 400 400 400", "in 400 400 400 400 400 400")],
    "registry:filter_remove": [("kept_filter", NO, "in 404 302 404 404 404 404")],
    "registry:bulk": [("", CLERK_NEW, "in 403 403 403 403 200 403")],
    "registry:bulk_confirm": [("", NO, CLERK_MADE)],
    "registry:bulk_detail": [("bulk_action", CLERK_NEW, NO)],
    "registry:bulk_take_back": [("bulk_action", NO, CLERK_MADE)],
    "registry:find": [("", OFFICE, NO)],
    "registry:board": [("", "in 403 403 200 403 200 200", NO)],
    "registry:unit_card": [("cell", ABOVE, NO), ("ward_unit", OFFICE, NO)],
    "reviews:unit_to_do": [
        ("cell", "in 404 404 200 404 200 200", NO),
        ("ward_unit", "in 404 404 404 404 200 200", NO),
    ],
    "registry:unit_call": [
        ("cell", NO, "in 403 403 302 403 302 302"),
        ("ward_unit", NO, "in 403 403 403 403 302 302"),
    ],
    "registry:account_open": [("cell", ABOVE, ABOVE), ("ward_unit", OFFICE, OFFICE)],
    "registry:account_reset": [
        ("account_of_cell", "in 404 403 200 404 200 200", "in 404 403 200 404 200 200"),
        ("account_of_ward", "in 404 404 403 404 200 200", "in 404 404 403 404 200 200"),
        # More than a unit's account: only who gives its rights gets at them by a new password.
        ("account_of_clerk", "in 404 404 404 404 403 200", "in 404 404 404 404 403 200"),
    ],
    "reviews:seminar_list": [("", SIGNED_IN, NO)],
    "reviews:seminar_create": [("", CLERK_NEW, CLERK_MADE)],
    "reviews:seminar_detail": [
        ("planned", "in 404 200 200 200 200 200", NO),
        ("open", "in 404 200 200 200 200 200", NO),
        ("of_others", "in 200 404 200 200 200 200", NO),
    ],
    "reviews:seminar_update": [
        ("planned", RUNS, RAN),
        ("open", RUNS, RAN),
        ("ended", RUNS_LATE, RUNS_LATE),
    ],
    "reviews:panel_update": [("planned", RUNS, RAN), ("open", RUNS_LATE, RUNS_LATE)],
    "reviews:criteria_update": [("planned", RUNS, RAN), ("open", RUNS_LATE, RUNS_LATE)],
    "reviews:agenda_add": [("planned", RUNS, RAN), ("open", RUNS_LATE, RUNS_LATE)],
    "reviews:agenda_add_block": [("planned", RUNS, RAN), ("open", RUNS_LATE, RUNS_LATE)],
    "reviews:seminar_open": [("planned", NO, RAN), ("open", NO, RUNS_LATE)],
    "reviews:seminar_close": [("planned", NO, RUNS_LATE), ("open", NO, RAN)],
    "reviews:conclude_rest": [
        ("planned", RUNS_LATE, RUNS_LATE),
        ("open", RUNS, RAN),
        ("ended", RUNS_LATE, RUNS_LATE),
    ],
    "reviews:seminar_packet": [
        ("open", "in 404 403 403 200 200 200", NO),
        ("of_others", "in 403 404 403 200 200 200", NO),
    ],
    "reviews:seminar_table": [("open", "in 404 403 403 403 200 200", NO)],
    "reviews:seminar_minutes": [("open", "in 404 403 403 403 200 200", NO)],
    "reviews:conclude_several": [
        ("planned", RUNS_LATE, RUNS_LATE),
        ("open", RUNS, RAN),
        ("ended", RUNS_LATE, RUNS_LATE),
    ],
    "reviews:desk": [("open", "in 404 403 403 200 403 403", NO)],
    "reviews:decision_from_seminar": [("open", NO, RAN), ("ended", NO, RAN)],
    "reviews:agendaitem_detail": [
        ("item", "in 404 200 200 200 200 200", NO),
        ("item_of_others", "in 200 404 200 200 200 200", NO),
    ],
    "reviews:agendaitem_update": [("item", RUNS, RAN), ("ended_item", RUNS_LATE, RUNS_LATE)],
    "reviews:agendaitem_move": [("item", NO, RAN), ("ended_item", NO, RUNS_LATE)],
    "reviews:agendaitem_drop": [("planned_item", NO, RAN), ("item", NO, RUNS_LATE)],
    "reviews:agendaitem_recuse": [
        ("item", "in 404 403 403 200 200 403", "in 404 403 403 302 302 403"),
        ("ended_item", "in 404 403 403 409 409 403", "in 404 403 403 409 409 403"),
    ],
    "reviews:conclusion_update": [
        ("planned_item", RUNS_LATE, RUNS_LATE),
        ("item", RUNS, RAN),
        ("ended_item", RUNS_LATE, RUNS_LATE),
    ],
    "reviews:assessment_detail": [
        ("own_ballot", "in 404 404 404 200 200 200", "in 404 404 404 302 403 403"),
        ("own_handed_in", "in 404 404 404 200 200 200", "in 404 404 404 409 403 403"),
        ("others_ballot", "in 404 404 404 404 200 200", "in 404 404 404 404 403 403"),
        ("others_handed_in", "in 404 404 404 200 200 200", "in 404 404 404 403 403 403"),
        ("others_hidden", "in 404 404 404 404 200 200", "in 404 404 404 404 403 403"),
    ],
    "reviews:assessment_paper": [
        ("own_ballot", "in 404 404 404 403 200 403", "in 404 404 404 403 302 403"),
        ("others_ballot", CLERK, CLERK_DONE),
        ("others_hidden", CLERK_LATE, CLERK_LATE),
    ],
    "reviews:assessment_remark": [
        ("own_ballot", NO, "in 404 404 404 302 403 403"),
        ("others_ballot", NO, "in 404 404 404 404 403 403"),
    ],
    "reviews:decision_list": [("", SIGNED_IN, NO)],
    "reviews:decision_create": [("", CLERK_NEW, CLERK_MADE)],
    "reviews:decision_detail": [
        ("paper", "in 404 404 404 404 200 200", NO),
        ("issued", "in 404 200 200 200 200 200", NO),
        ("published", SIGNED_IN, NO),
    ],
    "reviews:decision_draft": [("paper", CLERK, NO), ("issued", RUNS_LATE, NO)],
    "reviews:decision_update": [("paper", CLERK, CLERK_DONE), ("issued", RUNS_LATE, RUNS_LATE)],
    "reviews:line_add": [("paper", CLERK, CLERK_DONE), ("issued", RUNS_LATE, RUNS_LATE)],
    "reviews:line_update": [("line", CLERK, CLERK_DONE), ("issued_line", RUNS_LATE, RUNS_LATE)],
    "reviews:line_drop": [("line", NO, CLERK_DONE), ("issued_line", NO, RUNS_LATE)],
    "reviews:decision_issue": [("paper", CLERK, CLERK_DONE), ("issued", RUNS_LATE, RUNS_LATE)],
    "reviews:decision_publish": [("paper", CLERK_LATE, CLERK_LATE), ("issued", RUNS, RAN)],
    "reviews:decision_correct": [("paper", NO, CLERK_LATE), ("issued", NO, RAN)],
    "reviews:scan_add": [("paper", CLERK, CLERK_DONE), ("issued", RUNS, RAN)],
    "reviews:scan_file": [
        ("scan_of_paper", "in 404 404 404 404 200 200", NO),
        # A unit sees its line first; the whole paper, with others' lines, once it is open to all.
        ("scan_of_issued", "in 404 404 404 200 200 200", NO),
        ("scan_of_published", SIGNED_IN, NO),
        ("scan_of_item", "in 404 200 200 200 200 200", NO),
        ("scan_of_ballot", "in 404 404 404 200 200 200", NO),
        ("scan_of_hidden_ballot", "in 404 404 404 404 200 200", NO),
    ],
    "account_login": [
        ("", "200 302 302 302 302 302 302", "200 302 302 302 302 302 302"),
    ],
    "account_logout": [
        ("", "302 200 200 200 200 200 200", "302 302 302 302 302 302 302"),
    ],
    "account_signup": [
        ("", "200 302 302 302 302 302 302", "200 302 302 302 302 302 302"),
    ],
    "account_inactive": [("", ALL, NO)],
    "account_reauthenticate": [("", SIGNED_IN, SIGNED_IN)],
    "account_change_password": [("", SIGNED_IN, SIGNED_IN)],
    "account_set_password": [
        ("", "in 302 302 302 302 302 302", "in 302 302 302 302 302 302"),
    ],
    "account_reset_password": [("", ALL, NO)],
    "registry:hand_over": [("cell", ABOVE, ABOVE_DONE), ("ward_unit", OFFICE, OFFICE_DONE)],
    "registry:handover_detail": [("handover", INSIDE_SIGNED_IN, NO)],
    "registry:account_shared": [
        ("account_of_cell", NO, "in 404 403 302 404 302 302"),
        ("account_of_ward", NO, "in 404 404 403 404 302 302"),
        ("account_of_clerk", NO, "in 404 404 404 404 403 302"),
    ],
    "who_types": [("", SIGNED_IN, "in 302 302 302 302 302 302")],
    "account": [("", SIGNED_IN, NO)],
    "session_end": [("session", NO, "in 404 302 404 404 404 404")],
    "sessions_end": [("", NO, "in 302 302 302 302 302 302")],
    # One's own second factor; who has none yet has nothing to remove or to give.
    # There is no directory to sign in by, unless one is set.
    "openid_connect_login": [("directory", NOWHERE, NOWHERE)],
    "openid_connect_callback": [("directory", NOWHERE, NOWHERE)],
    "mfa_index": [("", SIGNED_IN, NO)],
    "mfa_authenticate": [
        ("", "302 302 302 302 302 302 302", "302 302 302 302 302 302 302"),
    ],
    "mfa_activate_totp": [("", AGAIN, AGAIN)],
    "mfa_deactivate_totp": [("", NO_FACTOR, NO_FACTOR)],
    "mfa_view_recovery_codes": [("", NO_FACTOR, NO)],
    "mfa_generate_recovery_codes": [("", AGAIN, AGAIN)],
    "mfa_list_webauthn": [("", AGAIN, AGAIN)],
    "mfa_add_webauthn": [("", AGAIN, AGAIN)],
    "mfa_remove_webauthn": [("key", AGAIN, AGAIN)],
    "mfa_reauthenticate": [("", AGAIN, AGAIN)],
    "mfa_reauthenticate_webauthn": [("", AGAIN, AGAIN)],
    "text_size": [("", NO, "302 302 302 302 302 302 302")],
    "set_language": [("", NO, "302 302 302 302 302 302 302")],
    "favicon": [("", "301 301 301 301 301 301 301", NO)],
    "live": [("", ALL, NO)],
    "ready": [("", ALL, NO)],
}

# Addresses that write to a record and take no version of it, by the reason why none is lost.
UNSTAMPED = {
    "adds something of its own, once by the token of its form": {
        "registry:evidence_add",
        "registry:note_add",
        "registry:award_add",
        "registry:replication_add",
        "registry:account_open",
        "registry:account_reset",
        "registry:hand_over",
        "reviews:scan_add",
    },
    "lists what the page has shown, and is refused if that is no longer so": {
        "reviews:agenda_add_block",
        "reviews:conclude_rest",
        "reviews:conclude_several",
    },
    "is a move, refused under the lock in any state but the one it leaves": {
        "registry:practicemodel_withdraw",
        "registry:practicemodel_return",
        "registry:practicemodel_refuse",
        "registry:practicemodel_discard",
        "registry:enrolment_continue",
        "registry:enrolment_send",
        "registry:enrolment_return",
        "registry:bulk_take_back",
        "reviews:seminar_open",
        "reviews:seminar_close",
        "reviews:decision_correct",
    },
    "says one thing, the same however often, and writes over nobody's words": {
        "registry:evidence_remove",
        "registry:unit_call",
        "registry:account_shared",
        "reviews:agenda_add",
        "reviews:agendaitem_move",
        "reviews:agendaitem_drop",
        "reviews:agendaitem_recuse",
        "reviews:decision_from_seminar",
        "reviews:decision_publish",
    },
    "writes what is the reader's own alone": {
        "registry:draft_discard",
        "registry:filter_remove",
        "reviews:assessment_remark",
        "session_end",
    },
}


def answers(name, codes):
    """Return the expected answer by role, of a row's GET or POST."""
    if codes == NO:
        visitor = NO if name in OPEN else "in"
        codes = " ".join([visitor, *[NO] * (len(ROLES) - 1)])
    expected = dict(zip(ROLES, codes.split(), strict=True))
    return expected | {"inactive": expected["anonymous"]}
