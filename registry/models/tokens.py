"""Two small tables that only one writer at a time can use: form tokens and running numbers."""

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from registry.models.verdicts import MoveRefused
from registry.querysets import FormTokenQuerySet
from registry.storage import files_follow_the_transaction


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

    objects = FormTokenQuerySet.as_manager()

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
            raise TokenSpent(cls.led(token, user)) from None

    @classmethod
    def led(cls, token, user):
        """Return where the person's form led when it was sent, "" if it was not."""
        spent = cls.objects.filter(token=token, user=user).first()
        return spent.result if spent else ""

    @classmethod
    def once(cls, token, user, create):
        """Call ``create``, which returns an address, unless the form was sent before.

        Return the address, of this sending or of the first; refuse where the first was somebody
        else's. All or nothing: when ``create`` fails, its rows, its files and the claim are gone
        again.
        """
        try:
            with files_follow_the_transaction(), transaction.atomic():
                claimed = cls.claim(token, user)
                claimed.led_to(create())
        except TokenSpent as spent:
            if not spent.result:
                raise MoveRefused(_("This page has been sent before."), code="token") from None
            return spent.result
        return claimed.result

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
    def take(cls, name, count=1):
        """Take numbers and return the first; in a transaction, which holds the row's lock."""
        cls.objects.get_or_create(name=name)
        cls.objects.filter(name=name).update(last=F("last") + count)
        return cls.objects.values_list("last", flat=True).get(name=name) - count + 1
