"""A client in a process of its own: for each line it reads it asks its question, and prints the answer.

Arguments: the URL, the settings of the driver as JSON, what it should be told. SQLAlchemy as it comes.
"""

import asyncio
import json
import sys

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


async def main(url: str, settings: str, owner: str) -> None:
    arguments = json.loads(settings)
    if (name := arguments.pop("name", None)) is not None:
        arguments["prepared_statement_name_func"] = lambda: name
    engine = create_async_engine(url, connect_args=arguments, pool_size=1)
    question = text(f"SELECT CAST('{owner}' AS text) WHERE 1 = :one")
    while await asyncio.to_thread(sys.stdin.readline):
        try:
            async with engine.begin() as database:
                answer = await database.scalar(question, {"one": 1})
        except Exception as error:  # noqa: BLE001 -- it is an answer, too
            answer = f"{type(error).__name__}: {error}".splitlines()[0]
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    await engine.dispose()


asyncio.run(main(*sys.argv[1:]))
