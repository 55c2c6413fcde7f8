"""What would outlive its transaction on a server connection, told from the text of a statement."""

import re
from functools import lru_cache

from dbcompat.misuse import SessionMisuse

_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERALS = re.compile(r"'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_LOCAL = "Use SET LOCAL, or ALTER ROLE … SET … for every session."
_XACT = "Use pg_advisory_xact_lock, which ends with its transaction."

# What the statement begins with or contains → what it leaves behind, and what to do instead.
_STATE = [
    (r"^SET (?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)|^RESET\b|^DISCARD\b", "a setting", _LOCAL),
    (r"\bset_config\s*\((?![^()]*,\s*true\s*\))", "a setting",
     "Give set_config a literal true as its third argument."),
    (r"\bpg_(try_)?advisory_(lock|unlock)", "a lock", _XACT),
    (r"^(UN)?LISTEN\b", "a subscription",
     "Nothing would ever be heard through a pooler: poll, or use a direct session."),
    (r"^DECLARE\b.*\bWITH HOLD\b", "a cursor", "Use session.stream(), which ends with its transaction."),
    (r"^CREATE (LOCAL |GLOBAL )?TEMP(ORARY)? (TABLE|SEQUENCE|VIEW)\b(?!.*\bON COMMIT DROP\b)",
     "a table", "Add ON COMMIT DROP."),
    (r"\bINTO TEMP(ORARY)?\b", "a table", "Use CREATE TEMPORARY TABLE … ON COMMIT DROP AS …."),
    (r"^PREPARE (?!TRANSACTION\b)|^EXECUTE\b|^DEALLOCATE\b", "a prepared statement",
     "Parameters are sent apart from the statement anyway: execute it as it is."),
    (r"^LOAD\b", "a library", "Set session_preload_libraries on the role."),
]  # fmt: skip
_RULES = [(re.compile(rule, re.IGNORECASE | re.DOTALL), what, how) for rule, what, how in _STATE]


class SessionStateRefused(SessionMisuse):
    """A statement would leave something on the server connection for whoever gets it next."""


@lru_cache(maxsize=2_000)
def offence(statement: str) -> str:
    """What is wrong with it, and what to do instead; empty if nothing is.

    Told from the text: what a function of the database does, nobody can see from here.
    """
    text = _LITERALS.sub("''", _COMMENTS.sub(" ", statement))
    text = " ".join(text.split())
    for rule, what, instead in _RULES:
        if rule.search(text):
            return (
                f"{text.split()[0].upper()} would leave {what} on the server connection, for whoever"
                f" gets it next. {instead} What needs a connection of its own belongs into"
                " get_direct_session()."
            )
    return ""


def refuse_state(statement: str) -> None:
    """Of a background session. Also without a pooler: our own pool hands connections on, too."""
    if wrong := offence(statement):
        raise SessionStateRefused(wrong)
