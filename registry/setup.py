"""What every register needs from its first day; seen to after each migrate, harmlessly.

Not in a migration: a fresh database has no permissions yet when migrations run, and a test
that flushes would lose what they wrote.
"""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.core.management import call_command

# What an administrator keeps, in the administration.
OWN = ("registry", "reviews")
# The four fields of every published register of the kind; a committee may rename or add.
FIELDS = (
    "Xây dựng Đảng và hệ thống chính trị",
    "Kinh tế",
    "Văn hóa – xã hội",
    "Quốc phòng – an ninh",
)
MOVEMENTS = (
    "Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh",
    "Dân vận khéo",
)
# Name, unit of measure, and whether a figure already holds the years before it.
INDICATORS = (
    ("Hộ được giúp đỡ", "hộ", False),
    ("Hộ thoát nghèo", "hộ", False),
    ("Người tham gia", "người", False),
    ("Kinh phí vận động", "đồng", False),
    ("Ngày công đóng góp", "ngày công", False),
    ("Đất hiến", "m²", False),
    ("Thành viên đang duy trì", "người", True),
)


def fill(apps=installed, using="default", **kwargs):
    """Create what is missing of groups, lists and the cache table; change nothing that is there.

    A list gets its entries only while it is empty: one that the committee has renamed or taken
    out must not come back under its old name.
    """
    try:
        groups = apps.get_model("auth", "Group")
        permissions = apps.get_model("auth", "Permission")
        field, movement, indicator = (
            apps.get_model("registry", name) for name in ("Field", "Movement", "Indicator")
        )
    except LookupError:  # Migrating to a point before these tables.
        return
    from registry.models import Role

    for role in Role:
        groups.objects.using(using).get_or_create(name=role.value)
    # Django makes them too, but only after this has run.
    for label in OWN:
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=apps)
    administrators = groups.objects.using(using).get(name=Role.ADMIN.value)
    administrators.permissions.add(
        *permissions.objects.using(using).filter(content_type__app_label__in=OWN)
    )
    begin(field.objects.using(using), [{"name": name} for name in FIELDS])
    begin(movement.objects.using(using), [{"name": name} for name in MOVEMENTS])
    begin(
        indicator.objects.using(using),
        [
            {"name": name, "unit": unit, "is_cumulative": cumulative}
            for name, unit, cumulative in INDICATORS
        ],
    )
    call_command("createcachetable", database=using, verbosity=0)


def begin(entries, first_ones):
    """Fill an empty list, on record; while migrating to an earlier state of the list without."""
    if entries.exists():
        return
    model = installed.get_model(entries.model._meta.label)
    if {f.column for f in model._meta.fields} == {f.column for f in entries.model._meta.fields}:
        entries = model.objects.using(entries.db)
    for position, entry in enumerate(first_ones, 1):
        entries.create(position=position, **entry)
