import errno
import socket
from ipaddress import IPv4Network
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection, connections, transaction

from adminapp.checks import NO_CONTACT
from adminapp.cli.words import unreachable
from adminapp.demo import SOURCE, start_demo
from adminapp.management import interrupts
from adminapp.roles import give_role
from adminapp.tokens import create_sign_in_link
from batches.models import Batch
from dbcompat import loop
from dbcompat.address import unpooled
from dbcompat.embedded_programs import EmbeddedError

LOOPBACK = IPv4Network("127.0.0.0/8")
# Any number; what counts is that two consoles starting at once agree on it.
_MIGRATION_LOCK = 8_155_102_407_913


class Command(BaseCommand):
    help = "Serve the console: prepares the database, prints a sign-in link, runs until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--demo", action="store_true", help="with 200 sample sites on loopback")

    def handle(self, *args: Any, host: str, port: int, demo: bool, **options: Any) -> None:
        interrupts.listen()
        try:
            # First of all: a port that is taken should cost nobody a minute of preparation.
            with _listen(host, port) as listener:
                _prepare()
                if demo:
                    self._start_demo()
                interrupts.check()
                self._announce(host, listener.getsockname()[1])
                _serve(listener)
        except KeyboardInterrupt:
            pass
        except (EmbeddedError, OperationalError) as error:
            raise unreachable(error) from error
        finally:
            loop.stop()
        self.stdout.write("Stopped.")

    def _start_demo(self) -> None:
        # They open loopback to scans, which is for a first look and not for a console in use.
        if Batch.objects.exclude(source=SOURCE).exists():
            self.stdout.write("No sample sites: this console has batches of its own.")
            return
        settings.DEMO_TARGETS = loop.run(_demo_targets, timeout=30)
        # For this process, and for nothing but loopback: the sample sites are there.
        settings.CONSOLE_ALLOWED_NETWORKS = [*settings.CONSOLE_ALLOWED_NETWORKS, LOOPBACK]
        self.stdout.write(f"{len(settings.DEMO_TARGETS)} sample sites are up on loopback.")

    def _announce(self, host: str, port: int) -> None:
        if not settings.CONSOLE_CONTACT_URL and not settings.DEMO_TARGETS:
            self.stdout.write(NO_CONTACT)
        address = f"http://{_reachable(host)}:{port}"
        self.stdout.write(f"\nBatch Console: {address}")
        if admin := _administrator():
            self.stdout.write("Sign in once, within a day, with this link:")
            self.stdout.write(f"  {address}/sign-in/link/{create_sign_in_link(admin)}/\n")
        self.stdout.write("Ctrl-C stops it.")
        self.stdout.flush()


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not handed on: it would be raised again at the end, and look like the second one.
        interrupts.leave_at_once_if_asked_before(sig)
        self.should_exit = True


async def _demo_targets() -> list[str]:
    demo = await start_demo()
    loop.on_stop(demo.close)
    return demo.targets


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # From now on whoever comes waits, rather than being refused, until the database is ready.
        return socket.create_server((host, port), family=family, dualstack_ipv6=host == "::")
    except (OSError, OverflowError) as error:
        hint = " Another console? Choose another port with --port."
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise CommandError(
            f"Can't listen on {host} port {port}: {error}.{hint if taken else ''}"
        ) from error


def _prepare() -> None:
    # Of two that start at once, one migrates and the other waits. A lock of the transaction, and the
    # migrations inside it: a lock of the session would stay behind on a pooler's connection.
    alias = unpooled()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        if not User.objects.exists():
            admin = User.objects.create_user("admin")
            give_role(admin, "admin")


def _administrator() -> User | None:
    """Whom the link is for; nobody if the administrators have been taken away on purpose."""
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()


def _reachable(host: str) -> str:
    """How to write the address in a URL on this machine."""
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _serve(listener: socket.socket) -> None:
    config = uvicorn.Config(
        "adminapp.asgi:application",
        log_level="warning",
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        # A page that polls must not keep the server from stopping.
        timeout_graceful_shutdown=1,
    )
    _Server(config).run(sockets=[listener])
