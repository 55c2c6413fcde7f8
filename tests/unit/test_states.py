from itertools import product
from pathlib import Path

import pytest

from batches.lifecycle import VERBS
from batches.states import TRANSITIONS, BatchState, sources

DIAGRAM = Path(__file__).parents[2] / "docs" / "batch-states.md"


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(BatchState)


@pytest.mark.parametrize(("old", "new"), list(product(BatchState, BatchState)))
def test_sources_are_the_table_read_backwards(old: BatchState, new: BatchState) -> None:
    assert (old in sources(new)) == (new in TRANSITIONS[old])


def test_verbs_only_use_legal_arrows() -> None:
    for verb, (allowed, target) in VERBS.items():
        assert allowed <= sources(target), verb


def test_the_diagram_in_the_docs_is_the_table() -> None:
    arrows = {
        tuple(line.split(" : ")[0].split(" --> "))
        for line in map(str.strip, DIAGRAM.read_text().splitlines())
        if " --> " in line and "[*]" not in line
    }
    assert arrows == {(old, new) for old, targets in TRANSITIONS.items() for new in targets}
