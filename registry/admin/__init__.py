"""The registry in the administration: one module for each kind of record."""

from registry.admin import attachments, catalogues, events, organisations, people, practice

__all__ = ["attachments", "catalogues", "events", "organisations", "people", "practice"]
