"""The schema. Django owns it; background code reads these tables through `dbcompat.tables`."""

from batches.models.batch import Batch, Chunk, Item
from batches.models.contacts import Contact, Suppression
from batches.models.failures import Attempt, FailureGroup, Reject
from batches.models.findings import Domain, Page, Scan, Verdict
from batches.models.history import Action, Event, Throughput
from batches.models.icons import Icon
from batches.models.sitemaps import SitemapFile, SitemapUrl

__all__ = [
    "Action",
    "Attempt",
    "Batch",
    "Chunk",
    "Contact",
    "Domain",
    "Event",
    "FailureGroup",
    "Icon",
    "Item",
    "Page",
    "Reject",
    "Scan",
    "SitemapFile",
    "SitemapUrl",
    "Suppression",
    "Throughput",
    "Verdict",
]
