"""What a forked child has inherited and must never touch.

Measured: whatever a child does to a parent's connection (dispose of it, with or without closing, or just let it
be collected) breaks that connection in the parent. What does not: to leave it alone for ever.
"""

_graveyard: list[object] = []


def bury(*inherited: object) -> None:
    """Keep for ever what belongs to the parent, or to a loop that has ended without cleaning up."""
    _graveyard.extend(inherited)
