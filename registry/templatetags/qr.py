"""An address as a square to photograph."""

import segno
from django import template
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def qr(text, label):
    """Draw a text as a QR code (SVG within the page); ``label`` names it to screen readers."""
    code = segno.make(text, error="m", micro=False)
    drawing = code.svg_inline(scale=4, border=2, title=label, svgclass="app-qr", lineclass=None)
    # segno escapes the title and writes no style and no script.
    return mark_safe(drawing)  # noqa: S308
