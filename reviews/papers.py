"""Papers for the office to sign: minutes of a seminar, and the draft of what is decided.

Laid out as Party papers are (Hướng dẫn 36-HD/VPTW: A4, Times New Roman, margins of 20, 20, 30 and
15 mm). They are in Vietnamese whatever language the page is in. Number, date and signature are
the office's: the places for them stay empty.
"""

from io import BytesIO
from itertools import groupby

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override, pgettext
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from registry.models import Verdict
from registry.templatetags.vietnamese import day
from reviews.models import AgendaItem

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FONT = "Times New Roman"
EMPTY = "……"
# Width of what is written on: 210 mm less the margins.
WIDTH = 165


def minutes_of(seminar):
    """Return the minutes of a seminar as far as it is recorded, as bytes of a Word file."""
    with override("vi"):
        paper = Paper(code="BB", day=seminar.held_on)
        paper.title(_("MINUTES"), seminar.title)
        held = _("%(day)s; began at %(empty)s") % {"day": in_words(seminar.held_on), "empty": EMPTY}
        paper.fact(_("Time"), held)
        paper.fact(pgettext("meeting", "Place"), seminar.place)
        paper.fact(_("Chair"), seminar.chair)
        paper.fact(_("Minutes taken by"), seminar.secretary)
        members = list(seminar.members.order_by("position"))
        if members:
            paper.heading(_("Present"))
            for number, member in enumerate(members, 1):
                said = f"{member.name}, {member.title}" if member.title else member.name
                paper.text(f"{number}. {said}")
            paper.text(_("Absent, and why: %(empty)s") % {"empty": EMPTY})
        items = list(seminar.items.select_related("model", "organisation", "conclusion"))
        concluded = [item.conclusion for item in items if hasattr(item, "conclusion")]
        prefetch_related_objects(concluded, "take_up", "merged_into")
        tallies = AgendaItem.tallies(items)
        paper.heading(_("What was considered, and what is proposed"))
        for number, item in enumerate(items, 1):
            _write_item(paper, number, item, tallies[item.pk])
        if concluded:
            paper.heading(_("Proposals in all"))
            paper.table([_("Proposal"), _("Models")], _counted(concluded), widths=(120, 45))
        paper.text(_("The proposals take effect once a signed paper decides on them."))
        paper.text(_("It ended at %(empty)s on the same day.") % {"empty": EMPTY})
        paper.signatures(
            (_("MINUTES TAKEN BY"), seminar.secretary.partition(",")[0]),
            (_("CHAIR"), seminar.chair.partition(",")[0]),
        )
        return paper.content()


def draft_of(decision):
    """Return the draft of a paper with its lines, to be signed, as bytes of a Word file."""
    with override("vi"):
        paper = Paper(code=decision.kind, number=decision.number, day=decision.dated)
        paper.text(pgettext("paper", "Draft"), align=ALIGN.LEFT, italic=True)
        kind = decision.get_kind_display().partition(" (")[0]
        paper.title(kind.upper(), decision.subject)
        if decision.seminar:
            facts = {"seminar": decision.seminar, "day": day(decision.seminar.held_on)}
            paper.text(
                _("Having considered the proposals of “%(seminar)s” of %(day)s, it is decided:")
                % facts
            )
        lines = decision.lines.select_related("model__organisation", "merged_into")
        lines = list(lines.prefetch_related("take_up"))
        order = {verdict: place for place, verdict in enumerate(Verdict.values)}
        lines.sort(key=lambda line: order[line.verdict])
        for number, (verdict, some) in enumerate(groupby(lines, lambda line: line.verdict), 1):
            rows = [
                (str(place), line.model.name, line.model.organisation.name, said_of(line))
                for place, line in enumerate(some, 1)
            ]
            count = ngettext("%(number)s model", "%(number)s models", len(rows))
            said = count % {"number": len(rows)}
            paper.heading(f"{number}. {Verdict(verdict).alone}: {said}")
            columns = [_("No."), _("Model"), _("Organisation"), _("Reason, and what is to be done")]
            paper.table(columns, rows, widths=(15, 55, 42, 53))
        paper.signatures(
            (_("Copies to:"), ""), (decision.signatory_position.upper(), decision.signatory)
        )
        return paper.content()


def _write_item(paper, number, item, tally):
    paper.text(f"{number}. {item} – {item.organisation}", bold=True)
    if item.presenter:
        paper.text(_("Presented by: %(name)s") % {"name": item.presenter})
    if item.gist:
        paper.prose(item.gist)
    concluded = getattr(item, "conclusion", None)
    counted = concluded.tally if concluded else tally
    if counted["handed_in"]:
        votes = "; ".join(
            f"{Verdict(verdict).label}: {votes}"
            for verdict, votes in counted["verdicts"].items()
            if votes
        )
        facts = {"number": counted["handed_in"], "votes": votes}
        paper.text(_("Ballots (%(number)s): %(votes)s.") % facts)
    if concluded is None:
        paper.text(_("No proposal has been recorded."))
        return
    facts = {"whose": concluded.whose, "verdict": Verdict(concluded.verdict).alone}
    paper.text(_("Proposal (%(whose)s): %(verdict)s.") % facts)
    if said := said_of(concluded, reason=concluded.rationale):
        paper.prose(said)


def said_of(line, *, reason=None):
    """Return what a line of a paper, or a proposal, says beside its verdict."""
    said = [line.reason if reason is None else reason]
    if line.closing_kind:
        said.append(f"{line.get_closing_kind_display()} ({line.get_retire_reason_display()}).")
    if line.merged_into:
        said.append(_("To be merged into “%(model)s”.") % {"model": line.merged_into})
    if take_up := ", ".join(map(str, line.take_up.all())):
        said.append(_("Units that should take it up: %(units)s.") % {"units": take_up})
    if line.review_by:
        said.append(_("To be reviewed again by %(day)s.") % {"day": day(line.review_by)})
    return "\n".join(filter(None, said))


def _counted(proposals):
    verdicts = [proposal.verdict for proposal in proposals]
    counted = ((verdict, verdicts.count(verdict)) for verdict in Verdict.values)
    return [(Verdict(verdict).alone, str(number)) for verdict, number in counted if number]


def in_words(date):
    """Return a date as Party papers write it: a zero before days to 9, and months 1 and 2 alone."""
    if date is None:
        return f"ngày {EMPTY} tháng {EMPTY} năm {EMPTY}"
    month = f"{date.month:02d}" if date.month < 3 else str(date.month)
    return f"ngày {date.day:02d} tháng {month} năm {date.year}"


class Paper:
    """A Word file with the committee's head, written from top to bottom."""

    def __init__(self, *, code, day, number=""):
        self.document = Document()
        self._lay_out()
        superior, place = settings.SUPERIOR_NAME, settings.PLACE_NAME
        head = self.document.add_table(rows=1, cols=2)
        left, right = head.rows[0].cells
        number = number or f"{EMPTY}-{code}/{settings.DOCUMENT_CODE}"
        first = left.paragraphs[0]
        if superior:
            self._put(first, superior.upper(), align=ALIGN.CENTER)
            first = left.add_paragraph()
        self._put(first, settings.COMMITTEE_NAME.upper(), align=ALIGN.CENTER, bold=True)
        self._put(left.add_paragraph(), "*", align=ALIGN.CENTER)
        self._put(left.add_paragraph(), f"Số {number}", align=ALIGN.CENTER)
        party = self._put(right.paragraphs[0], "ĐẢNG CỘNG SẢN VIỆT NAM", align=ALIGN.CENTER)
        party.bold = party.underline = True
        dated = f"{place}, {in_words(day)}"
        self._put(right.add_paragraph(), dated, align=ALIGN.CENTER, italic=True)

    def _lay_out(self):
        section = self.document.sections[0]
        section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin = section.bottom_margin = Mm(20)
        section.left_margin, section.right_margin = Mm(30), Mm(15)
        style = self.document.styles["Normal"]
        style.font.name, style.font.size = FONT, Pt(14)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
        style.paragraph_format.space_after = Pt(6)

    @staticmethod
    def _put(paragraph, text, *, align=ALIGN.JUSTIFY, bold=False, italic=False):
        paragraph.alignment = align
        run = paragraph.add_run(text)
        run.bold, run.italic = bold, italic
        return run

    def text(self, text, **look):
        self._put(self.document.add_paragraph(), text, **look)

    def prose(self, text):
        for part in filter(None, text.splitlines()):
            self.text(part)

    def fact(self, name, value):
        self.text(f"{name}: {value or EMPTY}")

    def heading(self, text):
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        self._put(paragraph, text, align=ALIGN.LEFT, bold=True)

    def title(self, kind, subject):
        self._put(self.document.add_paragraph(), kind, align=ALIGN.CENTER, bold=True)
        self._put(self.document.add_paragraph(), subject, align=ALIGN.CENTER, bold=True)
        self._put(self.document.add_paragraph(), "-----", align=ALIGN.CENTER)

    def table(self, columns, rows, *, widths):
        table = self.document.add_table(rows=1, cols=len(columns), style="Table Grid")
        for cell, name in zip(table.rows[0].cells, columns, strict=True):
            self._put(cell.paragraphs[0], name, align=ALIGN.CENTER, bold=True)
        self._on_each_page(table.rows[0], "w:tblHeader")
        for row in rows:
            added = table.add_row()
            self._on_each_page(added, "w:cantSplit")
            for cell, value in zip(added.cells, row, strict=True):
                self._put(cell.paragraphs[0], value, align=ALIGN.LEFT)
        # Word believes the cells, other programs the columns.
        for place, width in enumerate(widths):
            table.columns[place].width = Mm(width)
            for cell in table.columns[place].cells:
                cell.width = Mm(width)
        self.document.add_paragraph()

    @staticmethod
    def _on_each_page(row, rule):
        """Say of a row what becomes of it where a page ends: repeated, or kept in one piece."""
        row._tr.get_or_add_trPr().append(row._tr.makeelement(qn(rule), {}))

    def signatures(self, *sides):
        """Put names side by side, with room above them to sign."""
        table = self.document.add_table(rows=1, cols=len(sides))
        for cell, (role, name) in zip(table.rows[0].cells, sides, strict=True):
            self._put(cell.paragraphs[0], role or EMPTY, align=ALIGN.CENTER, bold=True)
            for _line in range(3):
                cell.add_paragraph()
            self._put(cell.add_paragraph(), name, align=ALIGN.CENTER, bold=True)

    def content(self):
        stream = BytesIO()
        self.document.save(stream)
        return stream.getvalue()
