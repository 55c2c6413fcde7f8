"""The site for any ASGI server: Django, and around it the life of the background work."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminapp.settings")

from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application

django = get_asgi_application()

# Only now: models need Django to be set up.
from adminapp import background  # noqa: E402
from dbcompat import loop  # noqa: E402

# Less than the default: what has not ended by then is put back, and nobody waits long at Ctrl-C.
STOP_SECONDS = 2.5

type Message = Mapping[str, Any]


async def application(
    scope: Any,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    if scope["type"] != "lifespan":
        # Where the server knows no lifespan.
        background.ensure()
        await django(scope, receive, send)
        return
    await receive()
    background.begin()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    # In a thread: the server's own loop must stay free to close its connections meanwhile.
    await sync_to_async(loop.stop, thread_sensitive=False)(STOP_SECONDS)
    await send({"type": "lifespan.shutdown.complete"})
