"""The kind of every refusal: a session was used where it can't work."""


class SessionMisuse(RuntimeError):
    """The message says what happened, why it can't work, and what to do instead."""
