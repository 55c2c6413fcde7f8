"""The intake against the plain way to do it: Django's bulk_create, a thousand rows at a time."""

import resource
import time

from batches.intake import BatchSpec, create_batch, read_text
from batches.models import Batch, Item
from benchmarks.engine import delete


def run(items: int) -> None:
    """Print lines a second of both, their ratio, and the peak memory of this process."""
    text = "\n".join(f"line {n % (items - items // 10)}" for n in range(items))
    started = time.perf_counter()
    batch, preflight = create_batch(BatchSpec(operation="checksum"), read_text(text))
    ours = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    delete(batch)
    plain = _bulk_create(text)
    print(f"intake, {items:,} lines, a tenth of them duplicates: {items / ours:,.0f} lines/s")
    print(f"  {ours:.1f} s, peak memory {memory} MB, {preflight.accepted:,} items")
    print(f"bulk_create, deduplicated in a set:                  {items / plain:,.0f} lines/s")
    print(f"ratio: {plain / ours:.2f}")


def _bulk_create(text: str) -> float:
    started = time.perf_counter()
    batch = Batch.objects.create(name="benchmark", operation="checksum")
    unique = dict.fromkeys(line.strip() for line in text.splitlines())
    items = (Item(batch=batch, seq=n, line=n, target=line) for n, line in enumerate(unique))
    Item.objects.bulk_create(items, batch_size=1_000)
    taken = time.perf_counter() - started
    delete(batch)
    return taken
