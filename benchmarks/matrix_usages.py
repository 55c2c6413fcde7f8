"""What programs do with a database, each in a transaction or two, each checking what it gets."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy import Column, Integer, MetaData, Table, Text, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dbcompat.bulk import copy_rows
from dbcompat.errors import Kind, classify

SETUP = [
    "DROP TABLE IF EXISTS matrix_row, matrix_shape, matrix_copied",
    "DROP TYPE IF EXISTS matrix_mood, matrix_pair",
    "CREATE TYPE matrix_mood AS ENUM ('calm', 'wild')",
    "CREATE TYPE matrix_pair AS (number int, name text)",
    "CREATE TABLE matrix_row (id bigint PRIMARY KEY, owner text NOT NULL)",
    "CREATE TABLE matrix_shape (id int PRIMARY KEY, amount int NOT NULL, mood matrix_mood, pair matrix_pair)",
    "INSERT INTO matrix_shape VALUES (1, 7, 'wild', (3, 'three'))",
    "CREATE TABLE matrix_copied (number int, name text)",
]
CLEAN = SETUP[:2]
COPIED = Table("matrix_copied", MetaData(), Column("number", Integer), Column("name", Text))

type Usage = Callable[[AsyncEngine, int], Awaitable[None]]


class Base(DeclarativeBase):
    pass


class MatrixRow(Base):
    __tablename__ = "matrix_row"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str]


class WrongAnswer(AssertionError):
    """What came back is not what was asked for."""


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongAnswer(f"{found!r} instead of {wanted!r}")


async def core(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        expect(
            await database.scalar(text("SELECT CAST(:n AS bigint) + 1"), {"n": number}), number + 1
        )
        # As many texts as clients: statements of the same name and another meaning.
        asked = text(f"SELECT CAST(:n AS bigint) AS c{number % 7}, {number % 11}")
        expect(tuple((await database.execute(asked, {"n": number})).one()), (number, number % 11))


async def orm(engine: AsyncEngine, number: int) -> None:
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        found = await session.get(MatrixRow, number)
        if found is not None:
            await session.delete(found)
            await session.flush()
        session.add(MatrixRow(id=number, owner=f"owner {number}"))
        await session.flush()
        owners = (await session.scalars(select(MatrixRow).where(MatrixRow.id == number))).all()
        expect([row.owner for row in owners], [f"owner {number}"])


async def streamed(engine: AsyncEngine, number: int) -> None:
    async with engine.connect() as database, database.begin():
        asked = text("SELECT generate_series(CAST(:a AS bigint), :a + 300)")
        result = await database.stream(asked, {"a": number})
        expect([row[0] async for row in result], list(range(number, number + 301)))


async def copied(engine: AsyncEngine, number: int) -> None:
    with suppress(ZeroDivisionError):
        async with AsyncSession(engine) as session, session.begin():
            rows = [(n, f"row {n}") for n in range(50)]
            expect(await copy_rows(session, COPIED, ["number", "name"], rows), 50)
            # Undone with its transaction, or the table would fill.
            raise ZeroDivisionError


async def arrays(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        given = {"ids": [number, 2], "names": [f"n{number}", None]}
        row = await database.execute(
            text("SELECT CAST(:ids AS bigint[]), CAST(:names AS text[])"), given
        )
        expect(tuple(row.one()), (given["ids"], given["names"]))


async def json(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        asked = text("SELECT CAST(CAST(:data AS jsonb) ->> 'n' AS bigint)")
        expect(await database.scalar(asked, {"data": f'{{"n": {number}}}'}), number)


async def enums(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        mood = ("calm", "wild")[number % 2]
        asked = text("SELECT CAST(:mood AS matrix_mood), CAST(:moods AS matrix_mood[])")
        row = await database.execute(asked, {"mood": mood, "moods": [mood, "calm"]})
        expect(tuple(row.one()), (mood, [mood, "calm"]))


async def composites(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        pair = await database.scalar(text("SELECT pair FROM matrix_shape WHERE id = 1"))
        expect(tuple(pair or ()), (3, "three"))


async def savepoints(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        with suppress(DBAPIError):
            async with database.begin_nested():
                await database.execute(text("SELECT 1 / 0"))
        expect(await database.scalar(text("SELECT CAST(:n AS bigint)"), {"n": number}), number)


async def changing_schema(engine: AsyncEngine, number: int) -> None:
    """As a migration under load; the readers are in `reading`."""
    kind = ("real", "int")[number % 2]
    async with engine.begin() as database:
        await database.execute(text(f"ALTER TABLE matrix_shape ALTER amount TYPE {kind}"))


async def reading(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        amount = await database.scalar(text("SELECT amount FROM matrix_shape WHERE id = 1"))
        expect(float(amount or 0), 7.0)


async def cancelled(engine: AsyncEngine, number: int) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.02), engine.begin() as database:
            await database.execute(text("SELECT pg_sleep(5)"))
    await core(engine, number)


async def timed_out(engine: AsyncEngine, number: int) -> None:
    try:
        async with engine.begin() as database:
            await database.execute(text("SET LOCAL statement_timeout = 20"))
            await database.execute(text("SELECT pg_sleep(5)"))
    except DBAPIError as error:
        if classify(error) is not Kind.TRANSIENT:
            raise
    await core(engine, number)


async def killed(engine: AsyncEngine, number: int) -> None:
    """As by a restart of the server, for one connection."""
    try:
        async with engine.begin() as database:
            await database.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    except Exception as error:
        if classify(error) is not Kind.GONE:
            raise
    await core(engine, number)


_OFTEN: list[Usage] = [
    core,
    core,
    orm,
    streamed,
    arrays,
    json,
    enums,
    composites,
    savepoints,
    reading,
]
_SELDOM: list[Usage] = [copied, changing_schema, cancelled, timed_out, killed]
# A hundred and five: each of the seldom ones once in so many.
SCHEDULE: list[Usage] = [usage for seldom in _SELDOM for usage in [*_OFTEN, *_OFTEN, seldom]]
