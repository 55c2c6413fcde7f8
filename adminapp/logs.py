"""What must not stand in a log."""

import logging
import re

_LINK = re.compile(r"(/sign-in/link/)[^/\s]+")


def hide_links(record: logging.LogRecord) -> bool:
    """A filter that lets everything pass. A sign-in link whose page broke is still good for a day."""
    record.msg, record.args = _LINK.sub(r"\1…", record.getMessage()), ()
    return True
