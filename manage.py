#!/usr/bin/env python
import os
import signal
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminapp.settings")
    # Told to end in either way, a command leaves in good order: work put back, database stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
