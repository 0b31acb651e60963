"""Two small tables that only one writer at a time can use: form tokens and running numbers."""

from django.db import IntegrityError, models, transaction
from django.db.models import F


class TokenSpent(Exception):
    """The form was sent before; ``result`` is the address the first sending led to."""

    def __init__(self, result):
        super().__init__(result)
        self.result = result


class FormToken(models.Model):
    """One form as it was opened. Whoever sends it first creates; a second sending finds that.

    Claimed as the first statement of the transaction that creates: the primary key lets one
    of two simultaneous posts through, and the other waits until the first has committed.
    """

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey("registry.User", models.PROTECT, related_name="+")
    result = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["claimed_at"])]

    def __str__(self):
        return str(self.token)

    @classmethod
    def claim(cls, token, user):
        """Take the token, inside the transaction that creates.

        Raise :exc:`TokenSpent` if it was taken before.
        """
        try:
            with transaction.atomic():
                return cls.objects.create(token=token, user=user)
        except IntegrityError:
            spent = cls.objects.filter(token=token, user=user).first()
            raise TokenSpent(spent.result if spent else "") from None

    def led_to(self, address):
        """Keep where the first sending led, for the ones that follow."""
        self.result = address
        self.save(update_fields=["result"])


class Sequence(models.Model):
    """A running number, such as the codes of a year. A number is given once and never again."""

    name = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"{self.name}: {self.last}"

    @classmethod
    def next(cls, name):
        """Return the next number; to be called in a transaction, which holds the row's lock."""
        cls.objects.get_or_create(name=name)
        cls.objects.filter(name=name).update(last=F("last") + 1)
        return cls.objects.values_list("last", flat=True).get(name=name)
