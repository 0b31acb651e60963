"""People, and the organisations they act for."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser, Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from registry.fields import LineField
from registry.history import History, Recorded
from registry.models.events import SecurityEvent
from registry.models.verdicts import MoveRefused
from registry.passwords import normal
from registry.querysets import MembershipQuerySet, UserManager
from registry.vietnamese import fold, person_sort_key


class Role(models.TextChoices):
    """The groups that say what a person may do; the value is the group's name."""

    UNIT = "Đơn vị", _("Unit")
    PANEL = "Tổ thẩm định", _("Panel")
    CLERK = "Chuyên viên tổng hợp", _("Clerk")
    ADMIN = "Quản trị", _("Administrator")


class User(Recorded, AbstractBaseUser, PermissionsMixin):
    """A person. The work belongs to the units they act for, so nobody is ever deleted."""

    username = models.CharField(
        _("username"),
        max_length=60,
        unique=True,
        help_text=_("Usually the phone number, without spaces."),
        validators=[RegexValidator(r"^[\w.+-]+$", _("Letters, digits and . + - _ only."))],
        error_messages={"unique": _("There is already an account of that name.")},
    )
    full_name = LineField(_("full name"), max_length=120)
    position = LineField(_("position"), max_length=160, blank=True)
    phone = LineField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Switch off instead of deleting: what the person did stays on record."),
    )
    is_staff = models.BooleanField(_("may enter the administration"), default=False)
    date_joined = models.DateTimeField(_("opened"), default=timezone.now, editable=False)
    must_change_password = models.BooleanField(
        _("chooses a new password at the next sign-in"),
        default=False,
        help_text=_("While the password is one that others have seen, on a slip."),
    )
    first_password_until = models.DateTimeField(
        _("first password good until"),
        null=True,
        editable=False,
    )
    is_shared = models.BooleanField(
        _("used by several people"),
        default=False,
        help_text=_("Then the register asks once a session who is typing."),
    )
    sessions_ended_at = models.DateTimeField(null=True, editable=False)
    search_key = models.CharField(max_length=300, editable=False, default="")
    sort_key = models.BinaryField(editable=False, default=b"")

    # What an account may be for those who look after a unit's people.
    UNIT = Role.UNIT
    ADMINISTRATOR = Role.ADMIN
    FIRST_PASSWORD_DIGITS = 8

    history = History(
        excluded_fields=[
            "password",
            "last_login",
            "first_password_until",
            "sessions_ended_at",
            "search_key",
            "sort_key",
        ],
        m2m_fields=["groups", "user_permissions"],
    )
    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["sort_key", "username"]

    def __str__(self):
        return self.full_name or self.username

    @classmethod
    def normalize_username(cls, username):
        """Return the name as signing in looks for it: with capitals it would never be found."""
        username = super().normalize_username(username)
        return username.lower() if isinstance(username, str) else username

    def save(self, **kwargs):
        self.username = self.normalize_username(self.username)
        self.search_key = fold(f"{self.full_name} {self.username}")[:300]
        self.sort_key = person_sort_key(self.full_name)
        super().save(**kwargs)

    def _read_locked(self):
        """Read the account anew and keep others from writing it: what they wrote stays written."""
        self.refresh_from_db(from_queryset=User.objects.select_for_update())

    @transaction.atomic
    def open_for(self, organisation, *, by):
        """Store this new account for a person of the unit. Return its first password."""
        password = self._take_first_password()
        self.save_by(by, why="open account")
        self.groups.add(Group.objects.get_or_create(name=Role.UNIT)[0])
        Membership(user=self, organisation=organisation).save_by(by, why="open account")
        SecurityEvent.record(SecurityEvent.Kind.ACCOUNT_OPENED, user=self, about=organisation)
        SecurityEvent.record(SecurityEvent.Kind.FIRST_PASSWORD, user=self)
        return password

    @transaction.atomic
    def reset_password(self, *, by):
        """Give the account a first password again, which ends its sessions. Return it.

        Whom the committee's directory takes for this account is forgotten; a second factor stays.
        """
        self._read_locked()
        password = self._take_first_password()
        self.socialaccount_set.all().delete()
        self.save_by(by, why="reset password")
        SecurityEvent.record(SecurityEvent.Kind.FIRST_PASSWORD, user=self)
        return password

    def choose_password(self, password):
        """Give the account a password of the person's own, which others have not seen.

        Raise :exc:`MoveRefused` if the account was switched off, given a new slip or signed out
        everywhere since it was read: who sent this knew the former password alone.
        """
        held = self.get_session_auth_hash()
        # Before the lock: it takes most of a second.
        hashed = make_password(normal(password))
        with transaction.atomic():
            self._read_locked()
            if not self.is_active or self.get_session_auth_hash() != held:
                raise MoveRefused(
                    _("The account was changed meanwhile, so its password was not. Sign in again."),
                    code="account",
                )
            self.password, self.must_change_password = hashed, False
            self.save_by(self, why="change password")

    choose_password.alters_data = True  # type: ignore[attr-defined]

    @transaction.atomic
    def share(self, *, by, is_shared):
        """Say whether several people use the account; it is then asked who is typing."""
        self._read_locked()
        self.is_shared = is_shared
        self.save_by(by, why="shared account" if is_shared else "own account")

    def set_password(self, raw_password):
        super().set_password(normal(raw_password))

    def check_password(self, raw_password):
        return super().check_password(normal(raw_password))

    def end_sessions(self):
        """Let no session of the account that is open now be used any more."""
        self.sessions_ended_at = timezone.now()
        self.save(update_fields=["sessions_ended_at"])

    def _get_session_auth_hash(self, secret=None):
        """Return what a session must hold to be of this account.

        It changes with the password, and with the moment at which all sessions were ended.
        """
        held = f"{self.password} {self.sessions_ended_at and self.sessions_ended_at.isoformat()}"
        return salted_hmac("registry.sessions", held, secret=secret, algorithm="sha256").hexdigest()

    @transaction.atomic
    def reset_second_factor(self, *, by, why):
        """Take the second factor away from who has lost it, and end their sessions.

        Whom the committee's directory takes for this account is forgotten as well.
        For the administration alone, never together with a new password: one act on paper must
        not open an account that two locks keep.
        """
        self._read_locked()
        self.authenticator_set.all().delete()
        self.socialaccount_set.all().delete()
        self.save_by(by, why=why)
        self.end_sessions()
        SecurityEvent.record(SecurityEvent.Kind.FACTOR_RESET, user=self, about=why)

    @transaction.atomic
    def void_keys(self, *, by, why):
        """Let nothing open the account that has opened it until now. A new slip will.

        For an account that comes to be more than it was: those who printed its slip for less may
        have used it themselves, and have chosen the password and the second factor since.
        """
        self._read_locked()
        self.set_unusable_password()
        self.authenticator_set.all().delete()
        self.socialaccount_set.all().delete()
        self.save_by(by, why=why)
        self.end_sessions()
        SecurityEvent.record(SecurityEvent.Kind.KEYS_VOID, user=self, about=why)

    def outgrow_slip(self, organisation, *, by):
        """Void a slip not used yet if who gave it does not look after this unit of the account's.

        Return whether that was so.
        """
        if not self.must_change_password or not self.has_usable_password():
            return False
        given = SecurityEvent.objects.filter(user=self, kind=SecurityEvent.Kind.FIRST_PASSWORD)
        latest = given.select_related("by").order_by("-pk").first()
        if latest is not None and latest.by is not None:
            within = type(organisation).objects.looked_after_by(latest.by)
            if within.filter(pk=organisation.pk).exists():
                return False
        self.void_keys(by=by, why="another unit")
        return True

    @transaction.atomic
    def leave(self, *, by):
        """End the sessions of who has handed over, and the account if no other unit is left to it.

        What is more than a unit's account goes on: those who hand a unit over have no say on it.
        """
        self._read_locked()
        if self.is_more_than_a_units:
            return
        if not self.memberships.not_over().exists() and self.is_active:
            self.is_active = False
            self.save_by(by, why="hand over")
            SecurityEvent.record(SecurityEvent.Kind.SWITCHED_OFF, user=self)
        self.end_sessions()

    def check_keeps_the_register(self, *, by, is_active, is_staff, roles):
        """Raise ValidationError, by field, for what would lock out who keeps the register.

        Nobody takes the administration from themselves, nor from the last account that has it.
        The administrators are locked, so that no two of them take it from each other.
        """
        locked = User.objects.administrators().select_for_update().order_by("pk")
        administrators = set(locked.values_list("pk", flat=True))
        kept = {
            "is_active": is_active,
            "is_staff": is_staff,
            "groups": self.is_superuser or Role.ADMIN in roles,
        }
        if self.pk not in administrators or all(kept.values()):
            return
        if self == by:
            message = _("You cannot take this from yourself. Ask another administrator.")
        elif len(administrators) == 1:
            message = _("This is the last account that keeps the register.")
        else:
            return
        raise ValidationError({name: message for name, stays in kept.items() if not stays})

    def _take_first_password(self):
        """Return a password to be read from paper and typed once: digits alone."""
        digits = self.FIRST_PASSWORD_DIGITS
        password = f"{secrets.randbelow(10**digits):0{digits}}"
        self.set_password(password)
        self.must_change_password = True
        self.first_password_until = timezone.now() + timedelta(days=settings.FIRST_PASSWORD_DAYS)
        return password

    @property
    def has_an_old_slip(self):
        """Whether the password is one of a slip that has lain about for too long."""
        until = self.first_password_until
        return self.must_change_password and until is not None and until < timezone.now()

    def get_full_name(self):
        return str(self)

    def get_short_name(self):
        return str(self)

    @cached_property
    def roles(self):
        """The names of the person's groups; one query a request."""
        return frozenset(self.groups.values_list("name", flat=True)) if self.is_active else ()

    @property
    def is_more_than_a_units(self):
        """Whether the account opens more than a unit's people have, also while switched off."""
        return (
            self.is_staff
            or self.is_superuser
            or self.groups.exclude(name=Role.UNIT).exists()
            or self.user_permissions.exists()
        )

    @property
    def is_clerk(self):
        return Role.CLERK in self.roles

    @property
    def is_panel(self):
        return Role.PANEL in self.roles

    @property
    def is_admin(self):
        return self.is_superuser or Role.ADMIN in self.roles

    @property
    def must_have_second_factor(self):
        """Whether the account must not be used with a password alone (a setting says whose)."""
        held = set(self.roles)
        if self.is_superuser or self.is_staff:
            held.add(Role.ADMIN)
        return any(Role[name] in held for name in settings.MFA_REQUIRED_ROLES)

    @property
    def sees_all(self):
        """Whether every record of every unit is in sight: the clerk's and the admin's work."""
        return self.is_clerk or self.is_admin


class Membership(Recorded):
    """A person acts for an organisation from a day on, and until a day."""

    user = models.ForeignKey(
        User, models.PROTECT, related_name="memberships", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        "registry.Organisation",
        models.PROTECT,
        related_name="memberships",
        verbose_name=_("organisation"),
    )
    since = models.DateField(_("since"), default=timezone.localdate)
    until = models.DateField(_("until"), null=True, blank=True)

    history = History()
    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="membership_ends_after_it_starts",
                violation_error_message=_("It cannot end before it starts."),
            ),
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(until=None),
                name="membership_one_open",
                violation_error_message=_("This person already acts for this organisation."),
            ),
        ]

    def __str__(self):
        return f"{self.user} – {self.organisation}"
