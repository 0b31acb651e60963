"""WHAT IS SAID OF THEM: seminars, ballots, proposals, decisions, rounds."""

from reviews.models.agenda import AgendaItem
from reviews.models.assessment import Assessment, Conclusion, Recusal, Score
from reviews.models.decision import Decision, DecisionLine
from reviews.models.panel import Criterion, PanelMember
from reviews.models.remarks import StockRemark
from reviews.models.round import Round
from reviews.models.scan import Scan
from reviews.models.seminar import Seminar

__all__ = [
    "AgendaItem",
    "Assessment",
    "Conclusion",
    "Criterion",
    "Decision",
    "DecisionLine",
    "PanelMember",
    "Recusal",
    "Round",
    "Scan",
    "Score",
    "Seminar",
    "StockRemark",
]
