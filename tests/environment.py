"""Loaded before Django reads its settings: no test may touch a database that somebody uses."""

import os
import signal
import tempfile
from pathlib import Path

DATA = tempfile.TemporaryDirectory(prefix="console-test-", ignore_cleanup_errors=True)

for name in [name for name in os.environ if name.startswith(("CONSOLE_", "DATABASE_"))]:
    del os.environ[name]
os.environ["CONSOLE_DATA_DIR"] = DATA.name
os.environ["CONSOLE_LEASE_SECONDS"] = "3"
# All sites of the tests are ours.
os.environ["CONSOLE_HOST_DELAY_SECONDS"] = "0"

# A run that is told to end stops its server, as with Ctrl-C.
signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure() -> None:
    """Also in the process that only hands tests out to others."""
    # Not at the end of the session: in a run that was interrupted, fixtures still end after that.
    from dbcompat import embedded

    embedded.release(Path(DATA.name).resolve() / "postgresql")
    DATA.cleanup()
