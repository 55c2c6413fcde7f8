"""Runs batches: on the loop thread, in slices, by leased chunks."""

from batches.engine.reconciler import start, wake

__all__ = ["start", "wake"]
