"""WHAT IS SAID OF THEM: seminars, ballots, proposals, decisions, rounds."""

from reviews.models.assessment import Assessment, Conclusion, Recusal, Score
from reviews.models.decision import Decision, DecisionLine
from reviews.models.round import Round
from reviews.models.scan import Scan
from reviews.models.seminar import AgendaItem, Criterion, PanelMember, Seminar

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
]
