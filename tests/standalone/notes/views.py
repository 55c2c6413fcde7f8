from functools import partial

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from sqlalchemy import Integer, cast, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbcompat import loop
from dbcompat.recovery import recover
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for
from notes.models import Note

NOTE = table_for(Note)


def add(request: HttpRequest) -> HttpResponse:
    note = Note(text=request.GET["text"])
    note.save()
    transaction.on_commit(partial(loop.submit, read_number, note.pk))
    return HttpResponse(status=202)


async def read_number(key: int) -> None:
    number = cast(NOTE.c.text, Integer)
    try:
        async with get_background_session() as session:
            await session.execute(
                update(NOTE).where(NOTE.c.id == key).values(number=number, state="done")
            )
    except Exception as error:
        await recover(partial(give_up, key), error, f"Reading note {key}")
        raise


async def give_up(key: int, session: AsyncSession) -> None:
    await session.execute(update(NOTE).where(NOTE.c.id == key).values(state="failed"))


urlpatterns = [path("add", add)]
