"""Which rows it is that the database refuses, when it has refused many at once."""

from sqlalchemy.exc import DBAPIError

from batches.engine.attempt import Outcome, unstorable
from batches.engine.rows import store
from dbcompat.errors import Kind, classify
from dbcompat.repetition import repeatable
from dbcompat.sessions import get_background_session


@repeatable()
async def without_refused(outcomes: list[Outcome]) -> list[Outcome]:
    """Each tried alone, and nothing of it kept: only the real write counts."""
    tried: list[Outcome] = []
    async with get_background_session() as session:
        for outcome in outcomes:
            savepoint = await session.begin_nested()
            try:
                await store(session, outcome.rows)
                tried.append(outcome)
            except DBAPIError as error:
                if classify(error) is not Kind.DATA:
                    raise
                tried.append(unstorable(outcome, error))
            await savepoint.rollback()
    return tried
