"""MissingGreenlet and its relatives: raised by SQLAlchemy as it is, and what ours says in its place.

Each wrong use comes twice: on a session of plain SQLAlchemy, then on a background session.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from sqlalchemy import select, text
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import registry, relationship

from dbcompat import engines, loop
from dbcompat.greenlets import UnawaitedQuery
from dbcompat.profiles import DIRECT
from dbcompat.sessions import SessionShared, get_background_session
from dbcompat.tables import table_for
from tests.integration.running import until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # What SQLAlchemy leaves when it finds that it can't await.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

MEMBER = table_for(Group.permissions.through)


class Team:
    """As somebody would map it who does not know better: with a lazy relationship."""

    id: int
    name: str
    permissions: list["Grant"]


class Grant:
    id: int


mapper = registry(metadata=MEMBER.metadata)
mapper.map_imperatively(Grant, MEMBER)
mapper.map_imperatively(
    Team,
    table_for(Group),
    properties={
        "permissions": relationship(
            Grant,
            primaryjoin=lambda: table_for(Group).c.id == MEMBER.c.group_id,
            foreign_keys=[MEMBER.c.group_id],
            viewonly=True,
        )
    },
)

BLUE = select(Team).where(table_for(Group).c.name == "blue")

type Use = Callable[[AsyncSession], Awaitable[object]]


@pytest.fixture(autouse=True)
def team(loop_thread: None) -> Iterator[None]:
    Group.objects.create(name="blue")
    yield
    # Here, where such warnings are expected, and not in whichever test comes next.
    gc.collect()


@asynccontextmanager
async def plain_session() -> AsyncIterator[AsyncSession]:
    engine = engines.make_engine(connection.settings_dict, DIRECT)
    try:
        async with AsyncSession(engine) as session:
            yield session
    finally:
        await engine.dispose()


def use(wrong: Use, session: Any) -> Any:
    async def work() -> Any:
        async with session() as opened:
            return await wrong(opened)

    return loop.run(work, timeout=20)


async def lazy_load(session: AsyncSession) -> object:
    team = (await session.scalars(BLUE)).one()
    return team.permissions


async def expired(session: AsyncSession) -> object:
    team = (await session.scalars(BLUE)).one()
    session.expire(team)
    return team.name


async def made_by_the_database(session: AsyncSession) -> object:
    team = (await session.scalars(BLUE)).one()
    team.name = text("upper('green')")  # type: ignore[assignment]
    await session.flush()
    session.expire(team, ["name"])
    return team.name


async def synchronous_session(session: AsyncSession) -> object:
    return session.sync_session.execute(text("SELECT 1"))


async def synchronous_engine(session: AsyncSession) -> object:
    bind = (await session.connection()).engine.sync_engine
    return bind.connect()


WRONG = {
    lazy_load: r"Team\.permissions was read at .*test_greenlet_faults\.py:\d+ in lazy_load",
    expired: r"Team\.name was read at .*test_greenlet_faults\.py:\d+ in expired",
    made_by_the_database: r"Team\.name was read at .* in made_by_the_database",
    synchronous_session: r"asked at .*test_greenlet_faults\.py:\d+ in synchronous_session by a call",
    synchronous_engine: r"asked at .*test_greenlet_faults\.py:\d+ in synchronous_engine by a call",
}


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_plain_sqlalchemy_says_missing_greenlet(wrong: Use) -> None:
    with pytest.raises(MissingGreenlet, match="greenlet_spawn has not been called"):
        use(wrong, plain_session)


@pytest.mark.parametrize(
    ("wrong", "words"), WRONG.items(), ids=lambda value: getattr(value, "__name__", "")
)
def test_a_background_session_names_the_attribute_and_the_line(wrong: Use, words: str) -> None:
    with pytest.raises(UnawaitedQuery, match=words):
        use(wrong, get_background_session)


def test_after_a_commit_nothing_has_to_be_loaded_again() -> None:
    """Plain sessions expire everything at commit, and the next look at it is a query nobody awaits."""

    async def after(open_session: Callable[[], Any]) -> str:
        async with open_session() as session:
            team = (await session.scalars(BLUE)).one()
            await session.commit()
            return str(team.name)

    with pytest.raises(MissingGreenlet):
        loop.run(after, plain_session, timeout=20)
    assert loop.run(after, get_background_session, timeout=20) == "blue"


def test_a_session_shared_by_two_tasks() -> None:
    async def share(session: AsyncSession) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(session.execute(text("SELECT pg_sleep(0.05)")))

    with pytest.raises(ExceptionGroup) as raised:
        use(share, plain_session)
    # Which sentence it is depends on how far the other had come.
    assert raised.group_contains(
        InvalidRequestError, match="concurrent operations|closed transaction"
    )
    with pytest.raises(ExceptionGroup) as raised:
        use(share, get_background_session)
    assert raised.group_contains(SessionShared, match="Open one of your own")


def test_a_session_kept_past_its_block() -> None:
    """A plain one works by chance and leaves a connection idle in transaction until somebody notices."""
    kept: list[AsyncSession] = []

    async def keep(session: AsyncSession) -> None:
        kept.append(session)

    async def go_on() -> None:
        await kept[-1].execute(text("SELECT 'kept'"))

    def idle() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state = 'idle in transaction' AND query = 'SELECT ''kept'''"
            )
            return int(cursor.fetchone()[0])

    engine = engines.make_engine(connection.settings_dict, DIRECT)

    @asynccontextmanager
    async def open_engine() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine) as session, session.begin():
            yield session

    use(keep, open_engine)
    loop.run(go_on, timeout=20)
    assert idle() == 1
    loop.run(kept[-1].close, timeout=20)
    loop.run(engine.dispose, timeout=20)
    use(keep, get_background_session)
    with pytest.raises(SessionShared, match="its block has ended"):
        loop.run(go_on, timeout=20)
    until(lambda: idle() == 0, "nothing to be idle in a transaction")
