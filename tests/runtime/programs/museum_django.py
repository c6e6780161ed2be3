"""A museum on Django, as one is written for SQLite: `museum_django.py ENGINE NAME verb ...`.

What it prints must not depend on the database behind the settings.
"""

from __future__ import annotations

import datetime
import decimal
import sys
import uuid
from urllib.parse import parse_qsl, urlsplit

import django
from django.apps import AppConfig
from django.conf import settings

UTC = datetime.UTC


def database(engine: str, name: str) -> dict[str, object]:
    """Settings of a database; Django's own backend for PostgreSQL takes the parts of a URL."""
    if "://" not in name or not engine.startswith("django."):
        return {"ENGINE": engine, "NAME": name}
    parts = urlsplit(name)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": engine,
        "NAME": parts.path[1:],
        "USER": parts.username or query.get("user", ""),
        "PASSWORD": parts.password or query.get("password", ""),
        "HOST": parts.hostname or query.get("host", ""),
        "PORT": parts.port or query.get("port", ""),
    }


class Museum(AppConfig):
    """This very file as an application."""

    name = label = "museum"
    path = "."


settings.configure(
    DATABASES={"default": database(*sys.argv[1:3])},
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        Museum("museum", sys.modules[__name__]),
    ],
    USE_TZ=True,
    TIME_ZONE="UTC",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    MIGRATION_MODULES={"museum": None},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
)
django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402 - only after setup
from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.paginator import Paginator  # noqa: E402
from django.db import IntegrityError, connection, models, transaction  # noqa: E402
from django.db.models import (  # noqa: E402
    Avg,
    Case,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import (  # noqa: E402
    Coalesce,
    Concat,
    ExtractHour,
    ExtractWeek,
    ExtractWeekDay,
    Length,
    Lower,
    Now,
    Rank,
    Round,
    TruncDate,
    TruncMonth,
    Upper,
)


class Artist(models.Model):
    name = models.CharField(max_length=80, unique=True)
    born = models.DateField(null=True)

    class Meta:
        app_label = "museum"


class Tag(models.Model):
    slug = models.SlugField(primary_key=True)

    class Meta:
        app_label = "museum"


class Piece(models.Model):
    class State(models.TextChoices):
        SHOWN = "S", "shown"
        STORED = "T", "stored"

    number = models.UUIDField(default=uuid.uuid4, unique=True)
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="pieces")
    title = models.TextField()
    height = models.FloatField(null=True)
    value = models.DecimalField(max_digits=10, decimal_places=2, default=decimal.Decimal(0))
    acquired = models.DateTimeField(db_index=True)
    opens = models.TimeField(null=True)
    lent_for = models.DurationField(null=True)
    state = models.CharField(max_length=1, choices=State, default=State.SHOWN)
    fragile = models.BooleanField(default=False)
    details = models.JSONField(null=True)
    scan = models.BinaryField(null=True)
    views = models.PositiveIntegerField(default=0)
    address = models.GenericIPAddressField(null=True)
    tags = models.ManyToManyField(Tag)

    class Meta:
        app_label = "museum"
        constraints = [  # noqa: RUF012 - as Django has it
            models.UniqueConstraint(fields=["artist", "title"], name="title_of_artist"),
            models.CheckConstraint(condition=Q(height__gt=0), name="some_height"),
        ]
        indexes = [models.Index(fields=["state", "-acquired"], name="by_state")]  # noqa: RUF012


MODELS = [Artist, Tag, Piece]


def create() -> None:
    """Tables by Django's migrations, ours, and the rows of a small museum."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)
    user = User.objects.create_user(
        "ada", "ada@example.org", "secret", last_login=datetime.datetime(2024, 1, 1, tzinfo=UTC)
    )
    user.groups.add(Group.objects.create(name="guards"))
    ada, grace = (
        Artist.objects.create(name=n, born=b)
        for n, b in (("Ada", datetime.date(1815, 12, 10)), ("Grace", None))
    )
    tags = [Tag.objects.create(slug=slug) for slug in ("bronze", "clay", "oil")]
    for n in range(1, 25):
        piece = Piece.objects.create(
            number=uuid.UUID(int=n * 2**96 + 9),
            artist=[ada, grace][n % 2],
            title=f"Piece {n}" if n != 11 else "Größe 10 % → 漢字",
            height=n / 4 if n % 4 else None,
            value=decimal.Decimal(n) * decimal.Decimal("3.35"),
            acquired=datetime.datetime(
                2024, 1 + n % 12, 1 + n % 28, n % 24, n, n, n * 1001 if n % 2 else 0, tzinfo=UTC
            ),
            opens=datetime.time(n % 24, 30, 0, n if n > 20 else 0) if n % 3 else None,
            lent_for=datetime.timedelta(days=n, microseconds=n) if n % 2 else None,
            state="ST"[n % 2],
            fragile=n % 5 == 0,
            details={"size": n % 5, "marks": ["x", f"m{n % 3}"], "in": {"deep": n}} if n % 6 else None,
            scan=bytes(range(n)) if n % 2 else None,
            views=n * 1000,
            address=f"10.0.0.{n}" if n % 2 else "2001:db8::1",
        )
        piece.tags.set([tag for place, tag in enumerate(tags) if (n + place) % 2])


def shown(piece: Piece) -> dict[str, object]:
    """All values of a piece."""
    return {field.attname: getattr(piece, field.attname) for field in Piece._meta.concrete_fields}


def queries() -> None:
    """Reading: values of every type, joins, pages of a list, aggregates, JSON, dates."""
    print(shown(Piece.objects.get(pk=11)))
    pages = Paginator(Piece.objects.select_related("artist").prefetch_related("tags").order_by("acquired"), 4)
    for page in (1, 2, 6):
        print(
            [
                (p.pk, p.artist.name, p.acquired, sorted(t.slug for t in p.tags.all()))
                for p in pages.page(page)
            ]
        )
    print(
        Piece.objects.aggregate(
            Count("id"), Sum("value"), Avg("height"), Max("acquired"), Min("opens"), Sum("lent_for")
        )
    )
    print(
        list(
            Artist.objects.annotate(n=Count("pieces"), top=Max("pieces__value"))
            .filter(n__gt=1)
            .order_by("name")
            .values_list("name", "n", "top")
        )
    )
    print([p.pk for p in Piece.objects.filter(number=uuid.UUID(int=5 * 2**96 + 9))])
    print(
        list(
            Piece.objects.filter(acquired__year=2024, acquired__month__in=[2, 3], acquired__hour__gt=3)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
    )
    print(list(Piece.objects.filter(acquired__date=datetime.date(2024, 8, 8)).values_list("pk", flat=True)))
    print(
        list(
            Piece.objects.annotate(m=TruncMonth("acquired"))
            .values("m")
            .annotate(n=Count("id"))
            .order_by("m")[:3]
        )
    )
    print(
        list(
            Piece.objects.annotate(
                h=ExtractHour("acquired"),
                w=ExtractWeek("acquired"),
                d=ExtractWeekDay("acquired"),
                t=TruncDate("acquired"),
            )
            .order_by("pk")
            .values_list("h", "w", "d", "t")[:3]
        )
    )
    print(
        list(Piece.objects.dates("acquired", "month"))[:2],
        list(Piece.objects.datetimes("acquired", "day"))[:2],
    )
    print(
        list(
            Piece.objects.filter(opens__lt=datetime.time(5), opens__minute=30)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
    )
    print(
        list(
            Piece.objects.filter(lent_for__gt=datetime.timedelta(days=20))
            .order_by("pk")
            .values_list("pk", "lent_for")
        )
    )
    print(
        list(
            Piece.objects.filter(acquired__gt=datetime.datetime(2024, 12, 1, tzinfo=UTC))
            .annotate(back=F("acquired") + datetime.timedelta(days=1))
            .order_by("pk")
            .values_list("pk", "back")
        )
    )
    print(
        list(Piece.objects.filter(details__in__deep__gt=20).order_by("pk").values_list("pk", flat=True)),
        list(
            Piece.objects.filter(details__marks__1="m2", details__size=3)
            .order_by("pk")
            .values_list("pk", flat=True)
        ),
    )
    print(
        Piece.objects.filter(details__isnull=True).count(),
        Piece.objects.filter(details__has_key="size").count(),
        Piece.objects.filter(details={"size": 1, "marks": ["x", "m1"], "in": {"deep": 1}}).count(),
    )
    print(
        list(Piece.objects.filter(title__icontains="PIECE 1").order_by("pk").values_list("pk", flat=True)),
        Piece.objects.filter(title__iexact="piece 3").count(),
        Piece.objects.filter(title__startswith="Piece 2").count(),
    )
    print(
        list(
            Piece.objects.filter(title__regex=r"^Piece 1[0-2]$").order_by("pk").values_list("pk", flat=True)
        ),
        Piece.objects.filter(title__contains="10 %").count(),
    )
    print(
        list(
            Piece.objects.filter(tags__slug="clay", fragile=True).order_by("pk").values_list("pk", flat=True)
        )
    )
    print(
        list(
            Piece.objects.annotate(place=Window(Rank(), partition_by="artist", order_by=F("value").desc()))
            .filter(place__lt=3)
            .order_by("pk")
            .values_list("pk", "place")
        )
    )
    print(
        list(
            Piece.objects.values(kind=Case(When(fragile=True, then=Value("fragile")), default=Value("solid")))
            .annotate(n=Count("pk"))
            .order_by("kind")
        )
    )
    newest = Piece.objects.filter(artist=OuterRef("pk")).order_by("-acquired").values("title")[:1]
    print(
        list(
            Artist.objects.annotate(
                newest=Subquery(newest), any=Exists(Piece.objects.filter(artist=OuterRef("pk"), fragile=True))
            )
            .order_by("pk")
            .values_list("newest", "any")
        )
    )
    print(
        list(
            Piece.objects.annotate(
                t=Concat(Upper("title"), Value("!"), Lower("artist__name"), output_field=models.TextField()),
                n=Length("title"),
                v=Coalesce("height", 0.0),
                r=Round("height"),
            )
            .order_by("pk")
            .values_list("t", "n", "v", "r")[3:5]
        )
    )
    print(
        list(
            Piece.objects.filter(value__range=(decimal.Decimal("10"), decimal.Decimal("16.75")))
            .order_by("pk")
            .values_list("pk", "value")
        )
    )
    print(
        Piece.objects.filter(scan=bytes(range(5))).get().pk,
        Piece.objects.filter(acquired__lt=Now()).count(),
        Piece.objects.filter(address="10.0.0.3").count(),
    )
    print(
        [
            (
                u.username,
                u.last_login,
                u.is_superuser,
                [g.name for g in u.groups.all()],
                u.check_password("secret"),
            )
            for u in User.objects.all()
        ]
    )
    both = Piece.objects.filter(pk__in=[1, 2, 3]).union(Piece.objects.filter(pk=4))
    print(list(both.order_by("pk").values_list("pk", flat=True)[1:]))
    print(
        sorted(Piece.objects.in_bulk([3, 4])),
        Piece.objects.order_by("height", "pk").first().pk,
        Piece.objects.earliest("acquired").pk,
    )


def dates() -> None:
    """What Django computes of dates in the database: by every name, over the ends of forty years."""
    of_day = ["year", "quarter", "month", "week", "day"]
    of_time = ["hour", "minute", "second"]
    extracted = ["year", "month", "day", "quarter", "week_day", "iso_week_day", "week", "iso_year"]
    days = [
        f"{year}-{day}"
        for year in range(1995, 2035)
        for day in ("02-28", "09-30", "12-28", "12-31", "01-01", "01-04")
    ]
    times = ["00:00:00", "11:59:59.999999", "23:30:01.000500", "09:08:07"]
    ops = connection.ops
    calls = {
        "date": [(ops.date_extract_sql, extracted, ()), (ops.date_trunc_sql, of_day, ())],
        "at": [
            (ops.datetime_extract_sql, extracted + of_time, ("UTC",)),
            (ops.datetime_trunc_sql, of_day + of_time, ("UTC",)),
            (lambda _, *rest: ops.datetime_cast_date_sql(*rest), ["date"], ("UTC",)),
            (ops.time_trunc_sql, of_time, (None,)),
            (ops.datetime_extract_sql, ["day", "hour"], ("Pacific/Auckland",)),
        ],
        "time": [(ops.time_extract_sql, of_time, ())],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute('CREATE TABLE moment ("date" TEXT, "at" TEXT, "time" TEXT)')
        rows = [
            (None, None, None),
            *((day, f"{day} {times[n % 4]}", times[n % 4]) for n, day in enumerate(days)),
        ]
        cursor.executemany("INSERT INTO moment VALUES (%s, %s, %s)", rows)
        for column, asked in calls.items():
            for call, names, more in asked:
                for name in names:
                    sql, params = call(name, f'"{column}"', (), *more)
                    cursor.execute(f"SELECT {sql} FROM moment ORDER BY 1", params)
                    print(column, name, [value for (value,) in cursor.fetchall()])


def tested() -> None:
    """What `manage.py test` does, in another schema of the same database."""
    real = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"{real}&schema=tests"
    connection.creation.create_test_db(verbosity=0, serialize=False)
    with connection.schema_editor() as editor:
        editor.create_model(Artist)
    Artist.objects.create(name="Test")
    print(Artist.objects.count(), User.objects.count())
    connection.creation.destroy_test_db(real, verbosity=0)
    print(Artist.objects.count(), User.objects.count())
    connection.settings_dict["TEST"]["NAME"] = real
    try:
        connection.creation.create_test_db(verbosity=0, serialize=False)
    except ImproperlyConfigured as error:
        print(error)


def align() -> None:
    """What is done once before Django's own backend for PostgreSQL is used."""
    from outgrow.runtime.django.native import align  # noqa: PLC0415 - needs the settings

    print(len(align()), align())


def native() -> None:
    """What must be the same with Django's own backend for PostgreSQL, too."""
    for piece in Piece.objects.order_by("pk"):
        print(
            {
                **shown(piece),
                "scan": piece.scan and bytes(piece.scan),
                "details": piece.details and sorted(piece.details),
            }
        )
    same = Piece.objects.get(pk=11)
    found = [
        field.attname
        for field in Piece._meta.concrete_fields
        if Piece.objects.filter(pk=11, **{field.attname: getattr(same, field.attname)}).exists()
    ]
    print(found)
    same.pk, same.number, same.title = None, uuid.UUID(int=5), "copy"
    same.save()
    copy = Piece.objects.get(number=uuid.UUID(int=5))
    print(
        {name: value for name, value in shown(copy).items() if name not in {"id", "scan"}}
        == {name: value for name, value in shown(same).items() if name not in {"id", "scan"}}
    )
    print(
        User.objects.get(last_login__lt=Now()).last_login,
        User.objects.filter(is_active=True, groups__name="guards").count(),
    )
    Artist.objects.bulk_create([Artist(name=f"many {n:03}") for n in range(30)])
    Artist.objects.bulk_create(
        [Artist(name="Ada", born=datetime.date(2000, 1, 1))],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["born"],
    )
    print(Artist.objects.get(name="Ada").born, Artist.objects.count())
    print(
        list(
            Piece.objects.filter(
                acquired__date=datetime.date(2024, 8, 8), details__in__deep__gte=7
            ).values_list("pk", flat=True)
        )
    )
    call_command("makemigrations", check_changes=True, verbosity=0)
    call_command("migrate", verbosity=0)


def raw() -> None:
    """SQL as SQLite has it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT strftime('%%Y-%%m', acquired) AS month, count(*) "
            "FROM museum_piece WHERE id > %s GROUP BY month ORDER BY month LIMIT 3",
            [0],
        )
        print(cursor.fetchall())
        cursor.execute(
            "SELECT json_extract(details, '$.in.deep'), typeof(value), typeof(fragile), typeof(acquired) "
            "FROM museum_piece WHERE id = %s",
            [5],
        )
        print(cursor.fetchone(), [column[0] for column in cursor.description])
    print(
        [
            p.title
            for p in Piece.objects.raw(
                "SELECT * FROM museum_piece WHERE title LIKE %s ORDER BY id DESC LIMIT 2", ["piece%"]
            )
        ]
    )
    print(
        list(
            Piece.objects.extra(select={"half": "views / 2"}, where=["fragile = 1"])
            .order_by("pk")
            .values_list("pk", "half")
        )
    )


def writes() -> None:
    """What is written, refused and undone."""
    ada = Artist.objects.get(name="Ada")
    piece = Piece.objects.create(
        number=uuid.UUID(int=77),
        artist=ada,
        title="New",
        acquired=datetime.datetime(2024, 2, 29, 1, 2, 3, 4, tzinfo=UTC),
    )
    print(piece.pk, shown(Piece.objects.get(pk=piece.pk))["acquired"])
    when = datetime.datetime(2024, 1, 1, tzinfo=UTC)
    for wrong in (
        lambda: Artist.objects.create(name="Ada"),
        lambda: Piece.objects.create(artist=ada, title="New", acquired=when),
        lambda: Piece.objects.create(artist=ada, title="x", acquired=when, height=-1),
        lambda: Piece.objects.create(artist=ada, title=None, acquired=when),
        lambda: Piece.objects.filter(pk=1).update(views=-1),
    ):
        try:
            with transaction.atomic():
                wrong()
        except IntegrityError as error:
            print(type(error).__name__, error)
    with transaction.atomic():
        Tag.objects.create(slug="outer")
        try:
            with transaction.atomic():
                Tag.objects.create(slug="inner")
                stop()
        except RuntimeError:
            pass
        point = transaction.savepoint()
        Tag.objects.create(slug="undone")
        transaction.savepoint_rollback(point)
    print(list(Tag.objects.order_by("pk").values_list("pk", flat=True)))
    try:
        with transaction.atomic():
            Piece.objects.create(artist_id=4711, title="orphan", acquired=when)
            print("checked at the end")
    except IntegrityError as error:
        print(error)
    made = Artist.objects.bulk_create([Artist(name=f"many {n:03}") for n in range(300)])
    print(len(made), all(artist.pk for artist in made), Artist.objects.count())
    Artist.objects.bulk_create([Artist(name="Ada"), Artist(name="extra")], ignore_conflicts=True)
    Artist.objects.bulk_create(
        [Artist(name="Ada", born=datetime.date(2000, 1, 1))],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["born"],
    )
    print(
        Artist.objects.get(name="Ada").born,
        Artist.objects.get_or_create(name="many 007")[1],
        Artist.objects.update_or_create(name="late", defaults={"born": None})[1],
    )
    some = list(Artist.objects.filter(name__startswith="many 00").order_by("pk"))
    for artist in some:
        artist.born = datetime.date(1900, 1, 1)
    print(Artist.objects.bulk_update(some, ["born"]), Artist.objects.filter(born__year=1900).count())
    print(
        Piece.objects.filter(fragile=True).update(
            value=F("value") + decimal.Decimal("0.05"), views=F("views") + 1, details=None
        )
    )
    print(
        list(Piece.objects.filter(fragile=True).order_by("pk").values_list("pk", "value", "views", "details"))
    )
    piece.details, piece.scan, piece.opens = (
        {"new": [1, 2.5, None, True, "ü"]},
        b"\x00\xff",
        datetime.time(23, 59, 59, 999999),
    )
    piece.lent_for = datetime.timedelta(hours=5)
    piece.save()
    print(shown(Piece.objects.get(pk=piece.pk)))
    print(Artist.objects.filter(name__startswith="many").delete()[0], piece.delete(), Piece.objects.count())


def stop() -> None:
    """Something goes wrong."""
    raise RuntimeError


def structure() -> None:
    """What can be seen of the schema, and what changes it."""
    with connection.cursor() as cursor:
        print(connection.introspection.table_names(cursor))
        print(
            [
                (c.name, c.type_code, c.null_ok, c.pk)
                for c in connection.introspection.get_table_description(cursor, "museum_piece")
            ]
        )
        print(
            sorted(
                (n, tuple(c["columns"]), c["unique"], c["index"])
                for n, c in connection.introspection.get_constraints(cursor, "museum_piece").items()
                if not n.startswith("__")
            )
        )
        print(
            connection.introspection.get_relations(cursor, "museum_piece"),
            connection.introspection.get_sequences(cursor, "museum_piece"),
        )
    with connection.schema_editor() as editor:
        town = models.CharField(max_length=20, default="?")
        town.set_attributes_from_name("town")
        editor.add_field(Artist, town)
        longer = models.CharField(max_length=200, unique=True, db_column="title_and_name")
        longer.set_attributes_from_name("name")
        longer.model = Artist
        editor.alter_field(Artist, Artist._meta.get_field("name"), longer)
        editor.add_index(Piece, models.Index(fields=["views"], name="by_views"))
        editor.remove_field(Artist, Artist._meta.get_field("born"))
    with connection.cursor() as cursor:
        print(
            [
                (c.name, c.type_code)
                for c in connection.introspection.get_table_description(cursor, "museum_artist")
            ]
        )
        cursor.execute(
            "SELECT title_and_name, count(*) "
            "FROM museum_artist JOIN museum_piece ON artist_id = museum_artist.id GROUP BY 1 ORDER BY 1"
        )
        print(cursor.fetchall())
    call_command("migrate", "auth", "0001", verbosity=0)
    call_command("migrate", verbosity=0)
    print(User.objects.get().username, len(connection.introspection.table_names()))
    with connection.schema_editor() as editor:
        for model in reversed(MODELS[1:]):
            editor.delete_model(model)
    print(connection.introspection.table_names())


for verb in sys.argv[3:]:
    globals()[verb]()
