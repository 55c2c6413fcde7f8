"""How a sample site behaves, and how many behave so."""

from enum import StrEnum


class Behaviour(StrEnum):
    FINE = "fine"
    SLOW = "slow"  # Answers after 0.5 to 3 s.
    FALTERING = "faltering"  # Every other answer is a 500, the first one to begin with.
    BUSY = "busy"  # The same with a 503 that asks to come back after a second.
    MOVED = "moved"  # Four redirects, then the page.
    MISLABELLED = "mislabelled"  # Says UTF-8, sends Latin-1.
    MISSING = "missing"  # 404.
    LOOPING = "looping"  # Redirects in a circle.
    ABORTING = "aborting"  # Cuts the connection in the middle of the page.
    REFUSING = "refusing"  # robots.txt asks every robot to stay away.
    HUGE = "huge"  # A page of 20 MB.
    SILENT = "silent"  # Nobody listens on the port.

    @property
    def succeeds(self) -> bool:
        """Whether a scan that retries, obeys robots.txt and reads at most a few megabytes gets its page."""
        return self in SUCCEEDING

    @property
    def attempts(self) -> int:
        """How many times the page must be asked for until it comes."""
        return 2 if self in (Behaviour.FALTERING, Behaviour.BUSY) else 1


SUCCEEDING = frozenset(
    {
        Behaviour.FINE,
        Behaviour.SLOW,
        Behaviour.FALTERING,
        Behaviour.BUSY,
        Behaviour.MOVED,
        Behaviour.MISLABELLED,
    }
)
# Everything else of the 200 is fine.
SHARES = {
    Behaviour.SLOW: 10,
    Behaviour.FALTERING: 10,
    Behaviour.BUSY: 6,
    Behaviour.MOVED: 8,
    Behaviour.MISLABELLED: 8,
    Behaviour.MISSING: 9,
    Behaviour.LOOPING: 4,
    Behaviour.ABORTING: 5,
    Behaviour.REFUSING: 5,
    Behaviour.HUGE: 3,
    Behaviour.SILENT: 4,
}
SITES = 200
# Coprime to SITES: neighbours in the list of behaviours come to lie far apart in the list of sites.
_STRIDE = 73


def behaviours() -> list[Behaviour]:
    """That of each site, by its number."""
    unusual = [behaviour for behaviour, share in SHARES.items() for _ in range(share)]
    ordered = unusual + [Behaviour.FINE] * (SITES - len(unusual))
    return [ordered[number * _STRIDE % SITES] for number in range(SITES)]
