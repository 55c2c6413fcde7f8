"""Tables of every make: keys, references, names, comments, collations, and what the database fills in."""
# ruff: noqa: DJ001, DJ008 -- text that may be NULL is among what is tested, and nobody looks at these objects.

import uuid
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField, IntegerRangeField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.postgresql.psycopg_any import Range
from django.db.models.functions import Lower, Now, Random

from tests.mirror.fields import Numbered, Shout
from tests.mirror.values import Colour, Level

# Before the tables: what they are in, and how they sort.
BEFORE = """
CREATE SCHEMA IF NOT EXISTS "Other place";
CREATE COLLATION IF NOT EXISTS sorted FROM "POSIX";
"""


class Small(models.Model):
    id = models.SmallAutoField(primary_key=True)

    class Meta:
        app_label = "mirror"


class Stamped(models.Model):
    made = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)
    day = models.DateField(auto_now=True)
    hour = models.TimeField(auto_now_add=True)

    class Meta:
        app_label = "mirror"
        abstract = True


class Keyed(Stamped):
    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    code = models.CharField(
        max_length=9, unique=True, db_comment="Printed on the label; it's short"
    )
    title = models.CharField(max_length=20, db_collation="sorted", blank=True)

    class Meta:
        app_label = "mirror"
        db_table_comment = "What has a key: all of it"


class Linked(models.Model):
    id = models.AutoField(primary_key=True)
    owner = models.ForeignKey(Keyed, models.CASCADE)
    by_code = models.ForeignKey(
        Keyed, models.DB_CASCADE, to_field="code", related_name="+", null=True
    )
    gone = models.ForeignKey(Keyed, models.DB_SET_NULL, related_name="+", null=True)
    loose = models.ForeignKey(Keyed, models.DO_NOTHING, related_name="+", null=True,
                              db_constraint=False)  # fmt: skip
    single = models.OneToOneField(Keyed, models.PROTECT, related_name="+", null=True)
    above = models.ForeignKey("self", models.SET_NULL, null=True)
    others = models.ManyToManyField(Keyed, related_name="+")

    class Meta:
        app_label = "mirror"


class Extended(Keyed):
    note = models.TextField(null=True)

    class Meta:
        app_label = "mirror"


class Seen(Keyed):
    class Meta:
        app_label = "mirror"
        proxy = True


class Named(models.Model):
    select = models.IntegerField(db_column="Select; all")
    to = models.ForeignKey(Keyed, models.CASCADE, db_column="user", db_index=False)

    class Meta:
        app_label = "mirror"
        db_table = '"Other place"."Named: things"'
        unique_together = [("to", "select")]


class Legacy(models.Model):
    select = models.IntegerField(db_column="Select; all")

    class Meta:
        app_label = "mirror"
        db_table = '"Other place"."Named: things"'
        managed = False


class Pair(models.Model):
    pk = models.CompositePrimaryKey("left", "right")
    left = models.ForeignKey(Small, models.CASCADE)
    right = models.IntegerField()
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    total = models.GeneratedField(
        expression=models.F("amount") * models.F("price"),
        output_field=models.DecimalField(max_digits=16, decimal_places=4),
        db_persist=True,
    )
    name = models.CharField(max_length=20)
    lower = models.GeneratedField(
        expression=Lower("name"), output_field=models.CharField(max_length=20), db_persist=False
    )

    class Meta:
        app_label = "mirror"
        constraints = [
            models.UniqueConstraint(fields=["amount", "price"], name="mirror_pair_prices"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(right__gt=0), name="mirror_pair_name"
            ),
            models.UniqueConstraint(Lower("name"), "right", name="mirror_pair_lower"),
            models.UniqueConstraint(fields=["right"], include=["name"], name="mirror_pair_right"),
        ]


class FilledByDatabase(models.Model):
    number = models.IntegerField(db_default=-7)
    large = models.BigIntegerField(db_default=2**40)
    text = models.CharField(max_length=20, db_default="it's 50% of :a \\ c")
    colour = models.CharField(max_length=9, choices=Colour, db_default=Colour.RED)
    level = models.SmallIntegerField(choices=Level, db_default=Level.HIGH)
    yes = models.BooleanField(db_default=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, db_default=Decimal("1.5"))
    share = models.FloatField(db_default=0.25)
    random = models.FloatField(db_default=Random())
    at = models.DateTimeField(db_default=Now())
    later = models.DateTimeField(db_default=Now() + timedelta(days=1, seconds=5))
    day = models.DateField(db_default=date(2026, 1, 2))
    span = models.DurationField(db_default=timedelta(days=-1, microseconds=3))
    key = models.UUIDField(db_default=uuid.UUID(int=5))
    data = models.JSONField(db_default={"a": [1, "x:y", None]})
    empty = models.JSONField(db_default=models.JSONNull())
    numbers = ArrayField(models.IntegerField(), db_default=[1, 2])
    between = IntegerRangeField(db_default=Range(1, 5))
    raw = models.BinaryField(db_default=b"\x00'\xff")
    sum = models.IntegerField(db_default=models.Value(1) + models.Value(2))

    class Meta:
        app_label = "mirror"


def words() -> list[str]:
    return ["a"]


class FilledByPython(models.Model):
    number = models.IntegerField(default="5")
    price = models.DecimalField(max_digits=8, decimal_places=2, default="1.50")
    colour = models.CharField(max_length=9, choices=Colour, default=Colour.DEEP_BLUE)
    level = models.SmallIntegerField(choices=Level, default=Level.LOW)
    key = models.UUIDField(default=uuid.uuid4)
    words = ArrayField(models.CharField(max_length=5), default=words)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    loud = Shout(max_length=20, default="Hey")
    both = models.IntegerField(default=1, db_default=2)
    nothing = models.IntegerField(null=True, default=None)
    unset = models.IntegerField(null=True)
    note = models.TextField(blank=True)
    raw = models.BinaryField()
    file = models.FileField()

    class Meta:
        app_label = "mirror"


class NumberedByDjango(models.Model):
    name = Numbered()

    class Meta:
        app_label = "mirror"


class Replaced(models.Model):
    class Meta:
        app_label = "mirror"
        swappable = "MIRROR_REPLACEMENT"


STRUCTURES: list[type[models.Model]] = [
    Small, Keyed, Linked, Extended, Named, Pair, FilledByDatabase, FilledByPython, NumberedByDjango,
]  # fmt: skip
