"""A model for each kind of field, and what to write into it."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres import fields as postgres
from django.contrib.postgres.search import SearchVectorField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.postgresql.psycopg_any import Range
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.mirror.fields import Code, Minutes, Shout, Tags


class Colour(models.TextChoices):
    RED = "red"
    DEEP_BLUE = "deep-blue"


class Level(models.IntegerChoices):
    LOW = -1
    HIGH = 300


class Exact(json.JSONDecoder):
    """Numbers as they are written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "parse_float": Decimal})


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
MOMENTS = st.one_of(
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from([datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]),
)
DAYS = st.one_of(st.dates(), st.sampled_from([date.max, date.min]))
JSON: SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
SPAN = timedelta(days=10**6)
DURATIONS = st.timedeltas(-SPAN, SPAN) | st.sampled_from(
    [timedelta(microseconds=-1), timedelta(days=-400, microseconds=7), timedelta(days=999_999_999)]
)
CENTS = st.decimals(-999_999, 999_999, places=2, allow_nan=False)
V6 = ["::", "::1", "::2", "::1:0", "::1.2.3.4", "::ffff:1.2.3.4", "1::1:0:0:1", "fe80::1:0"]
ADDRESSES = st.ip_addresses().map(str) | st.sampled_from(V6)


def within(bits: int, low: int | None = None) -> SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)) if low is None else low, 2 ** (bits - 1) - 1)


def ranges(ends: SearchStrategy[Any]) -> SearchStrategy[Any]:
    some = st.tuples(ends | st.none(), ends | st.none(), st.sampled_from(["[)", "(]", "[]", "()"]))
    return st.just(Range(empty=True)) | some.map(_ordered)


def _ordered(drawn: tuple[Any, Any, str]) -> Any:
    lower, upper, bounds = drawn
    if lower is not None and upper is not None and lower > upper:
        lower, upper = upper, lower
    return Range(lower, upper, bounds)


def lists(items: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.lists(items | st.none(), max_size=4)


def _grid(items: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.integers(0, 3).flatmap(
        lambda width: st.lists(
            st.lists(items | st.none(), min_size=width, max_size=width), max_size=3
        )
    )


array = postgres.ArrayField
small = st.integers(-(2**31), 2**31 - 2)
# Name → field, what may be written into it.
FIELDS: dict[str, tuple[Any, SearchStrategy[Any]]] = {
    "SmallInteger": (models.SmallIntegerField(null=True), within(16)),
    "Integer": (models.IntegerField(null=True), within(32)),
    "BigInteger": (models.BigIntegerField(null=True), within(64)),
    "PositiveSmall": (models.PositiveSmallIntegerField(null=True), within(16, 0)),
    "Positive": (models.PositiveIntegerField(null=True), within(32, 0)),
    "PositiveBig": (models.PositiveBigIntegerField(null=True), within(64, 0)),
    "Char": (models.CharField(null=True, max_length=20), TEXT),
    "Unlimited": (models.CharField(null=True), TEXT),
    "Text": (models.TextField(null=True), TEXT),
    "Slug": (models.SlugField(null=True), st.just("a-b")),
    "Email": (models.EmailField(null=True), st.just("a@b.example")),
    "Url": (models.URLField(null=True), st.just("https://b.example")),
    "File": (models.FileField(null=True), st.just("a/b.txt")),
    "Image": (models.ImageField(null=True, max_length=50), st.just("a/b.png")),
    "Commas": (models.CommaSeparatedIntegerField(null=True, max_length=9), st.just("1,2")),
    "Path": (models.FilePathField(null=True, path="/"), st.just("/a/b")),
    "Boolean": (models.BooleanField(null=True), st.booleans()),
    "Date": (models.DateField(null=True), DAYS),
    "Time": (models.TimeField(null=True), st.times()),
    "DateTime": (models.DateTimeField(null=True), MOMENTS),
    "Duration": (models.DurationField(null=True), DURATIONS),
    "Decimal": (models.DecimalField(null=True, max_digits=8, decimal_places=2), CENTS),
    "Whole": (
        models.DecimalField(null=True, max_digits=30, decimal_places=0),
        st.integers(-(10**29), 10**29).map(Decimal) | st.just(Decimal("1E+9")),
    ),
    "Any": (
        models.DecimalField(null=True),
        st.decimals(-(10**40), 10**40, allow_nan=False, allow_infinity=False, places=9)
        | st.sampled_from([Decimal("1E+30"), Decimal("0E+3"), Decimal("-0"), Decimal("1.100")]),
    ),
    "Float": (models.FloatField(null=True), st.floats()),
    "Binary": (models.BinaryField(null=True), st.binary(max_size=20)),
    "Uuid": (models.UUIDField(null=True), st.uuids()),
    "Address": (models.GenericIPAddressField(null=True), ADDRESSES),
    "Unpacked": (models.GenericIPAddressField(null=True, unpack_ipv4=True), ADDRESSES),
    "Json": (models.JSONField(null=True), JSON),
    "Encoded": (
        models.JSONField(null=True, encoder=DjangoJSONEncoder),
        JSON | st.uuids() | DURATIONS | MOMENTS,
    ),
    "Decoded": (models.JSONField(null=True, decoder=Exact), JSON),
    "Colour": (models.CharField(null=True, choices=Colour, max_length=9), st.sampled_from(Colour)),
    "Level": (models.SmallIntegerField(null=True, choices=Level), st.sampled_from(Level)),
    "Integers": (array(models.IntegerField(), null=True), lists(within(32))),
    "Grid": (array(array(models.IntegerField(), size=3), null=True), _grid(within(32))),
    "Words": (array(models.CharField(max_length=20), size=4, null=True), lists(TEXT)),
    "Uuids": (array(models.UUIDField(), null=True), lists(st.uuids())),
    "Moments": (array(models.DateTimeField(), null=True), lists(MOMENTS)),
    "Days": (array(models.DateField(), null=True), lists(DAYS)),
    "Prices": (array(models.DecimalField(max_digits=8, decimal_places=2), null=True), lists(CENTS)),
    "Blobs": (array(models.BinaryField(), null=True), lists(st.binary(max_size=9))),
    "Documents": (array(models.JSONField(), null=True), lists(JSON)),
    "Addresses": (array(models.GenericIPAddressField(), null=True), lists(ADDRESSES)),
    "Spans": (array(postgres.IntegerRangeField(), null=True), lists(ranges(small))),
    "Shouts": (array(Shout(max_length=30), null=True), lists(st.just("Loud"))),
    "SearchVector": (
        SearchVectorField(null=True),
        st.sampled_from(["", "'cat':2 'fat':1A", "'it''s'"]),
    ),
    "IntegerRange": (postgres.IntegerRangeField(null=True), ranges(small)),
    "BigIntegerRange": (postgres.BigIntegerRangeField(null=True), ranges(within(63))),
    "DecimalRange": (postgres.DecimalRangeField(null=True), ranges(CENTS)),
    "DateTimeRange": (postgres.DateTimeRangeField(null=True), ranges(MOMENTS)),
    "DateRange": (
        postgres.DateRangeField(null=True),
        ranges(st.dates(max_value=date.max - timedelta(days=1))),
    ),
    "Shout": (Shout(null=True, max_length=20), st.sampled_from(["Loud", "ÄÖ", ""])),
    "Minutes": (Minutes(null=True), st.integers(0, 9_999).map(lambda n: timedelta(minutes=n))),
    "Tags": (Tags(null=True), st.sets(st.sampled_from("abc"))),
    "Code": (Code(null=True), st.sampled_from(["abcd", "ab  "])),
}


def model_of(name: str, field: Any, **options: Any) -> type[models.Model]:
    meta = type("Meta", (), {"app_label": "mirror", **options})
    body = {"__module__": __name__, "Meta": meta, "value": field}
    return type(f"{name}Value", (models.Model,), body)


# Django's model, not its database, makes an empty name of None.
NEVER_NONE = ("File", "Image")

MODELS = {name: model_of(name, field) for name, (field, _) in FIELDS.items()}
