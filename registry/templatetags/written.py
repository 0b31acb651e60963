"""What one place of a page writes and another repeats."""

from django import template

register = template.Library()


@register.simple_block_tag
def written(content):
    """Return what is written in between: ``as`` keeps it under a name, which a block has not."""
    return content
