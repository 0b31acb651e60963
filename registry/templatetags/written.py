"""What is written once and shown again: elsewhere in the same page, or in the next one."""

from django import template
from django.utils.translation import get_language

register = template.Library()

MOST_KEPT = 200


@register.simple_block_tag
def written(content):
    """Return what is written in between: ``as`` keeps it under a name, which a block has not."""
    return content


class OnceNode(template.Node):
    def __init__(self, nodelist, depends_on):
        self.nodelist = nodelist
        self.depends_on = depends_on
        self.kept = {}

    def render(self, context):
        key = (get_language(), *(each.resolve(context) for each in self.depends_on))
        if key not in self.kept:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[key] = self.nodelist.render(context)
        return self.kept[key]


@register.tag
def once(parser, token):
    """Write what stands in between once a language, and for each of the values it depends on.

    ``{% once large_text %}…{% endonce %}``: whatever is used in between is named, and can be
    hashed. Django's ``cache`` does the same by way of a store, which takes longer than to write
    what these are used for: some words and addresses of ours that are the same on every page.
    """
    depends_on = [parser.compile_filter(each) for each in token.split_contents()[1:]]
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist, depends_on)
