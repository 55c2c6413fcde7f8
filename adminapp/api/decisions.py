"""What people decide about findings: verdicts, and batches of the sites behind them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field, create_model

from adminapp.api.auth import person, require
from adminapp.api.batches import made
from adminapp.api.finding_schemas import AnyFilter
from adminapp.api.findings import Kind, named, read, typed
from adminapp.api.problems import Unconfirmed
from adminapp.api.schemas import BatchOptions, NewBatchAnswer
from batches import curation, findings
from batches.findings import MOST_COUNTED, Filter
from batches.intake import BadInput
from batches.lifecycle import MAX_CHOSEN_ITEMS
from batches.models import Verdict


class Choice(Schema):
    """Some by their ids, or all that match a filter."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Any] | None = Field(None, min_length=1, max_length=MAX_CHOSEN_ITEMS)
    filter: AnyFilter | None = None
    expected: int | None = Field(
        None,
        ge=0,
        le=MOST_COUNTED,
        description="How many match the filter. If it is another number, nothing is done.",
    )
    all: bool = Field(False, description="Whether an empty filter is meant: every row there is.")


class Judgement(Choice):
    verdict: Verdict
    then: str = Field("", description="An operation to start with their sites, by its slug.")


class Chain(BatchOptions, Choice):
    """A batch of the sites of what is chosen, each once."""


class Judged(Schema):
    changed: int = Field(description="Those that had another verdict before.")
    queued: int = Field(description="Items of the batch.")
    batch: int | None = Field(description="The batch that was started, with `then`.")
    unknown: list[str] = Field(description="Those of `ids` that nothing has.")


def router_of(kind: Kind) -> Router:
    router = Router(tags=[kind.name])
    router.post("/verdicts", response=Judged, **named("judge", kind))(_judging(kind))
    answers = {201: NewBatchAnswer, 200: NewBatchAnswer}
    router.post("/batches", response=answers, **named("chain", kind))(_chaining(kind))
    return router


def _judging(kind: Kind) -> Callable[..., object]:
    def judging(request: HttpRequest, body: Judgement) -> object:
        """A verdict on some by their ids, or on all that match; with `then`, start what comes next with them."""
        require(request, "curate")
        if body.then:
            require(request, "add_batch")
        chosen, keys = _chosen(kind, body)
        unknown = findings.unknown(kind.name, body.ids) if body.ids else []
        done = curation.judge_and_chain(chosen, body.verdict, body.then, person(request), keys)
        batch = done.batch.pk if done.batch else None
        named = [str(key) for key in unknown]
        return {"changed": done.changed, "queued": done.queued, "batch": batch, "unknown": named}

    return typed(judging, body=_of(kind, Judgement))


def _chaining(kind: Kind) -> Callable[..., object]:
    def chaining(request: HttpRequest, body: Chain) -> Status[dict[str, Any]]:
        """A batch of the sites of some, or of all that match: those of another batch, too."""
        require(request, "curate")
        require(request, "add_batch")
        chosen, keys = _chosen(kind, body)
        options = body.model_dump(exclude={*Choice.model_fields, "operation", "params", "start"})
        return made(
            request,
            body,
            lambda: curation.chain(
                chosen, body.operation, person(request), keys, body.params, start=False, **options
            ),
        )

    return typed(chaining, body=_of(kind, Chain))


def _of(kind: Kind, body: type[Choice]) -> type[Choice]:
    """With the ids and the filter of that kind."""
    ids, chosen = Choice.model_fields["ids"], Choice.model_fields["filter"]
    kinds: dict[str, Any] = {
        "ids": (kind.keys | None, ids),
        "filter": (kind.filter | None, chosen),
    }
    name = f"{kind.filter.__name__.removesuffix('Filter')}{body.__name__}"
    return create_model(name, __base__=body, **kinds)


def _chosen(kind: Kind, body: Choice) -> tuple[Filter, list[Any] | None]:
    """Which rows, and their keys where those are fixed. Raises BadInput, Unconfirmed."""
    if (body.ids is None) == (body.filter is None):
        raise BadInput("Say which: either “ids”, or a “filter” that they match.", "ids")
    if body.ids is not None:
        if body.all or body.expected is not None:
            raise BadInput("“all” and “expected” are about a filter, not about ids.", "ids")
        return Filter(kind.name), body.ids
    assert body.filter is not None
    chosen = read(kind, body.filter)
    if body.expected is not None:
        return chosen, _expected(chosen, body.expected)
    if not chosen.query() and not body.all:
        matches, words = _matches(chosen)
        raise Unconfirmed(
            422,
            f"The filter is empty: that is everything, now {words}. If that is meant, send “all” as"
            " true, or how many you expect as “expected”. Nothing was done.",
            matches,
        )
    return chosen, None


def _expected(chosen: Filter, expected: int) -> list[Any]:
    """The keys of those that match: what a scan adds after they were counted is left alone."""
    keys = findings.matching(chosen, expected + 1)
    if len(keys) != expected:
        matches, words = _matches(chosen)
        say = f"{expected:,} expected, and the filter matches {words}. Nothing was done."
        raise Unconfirmed(409, say, matches)
    return keys


def _matches(chosen: Filter) -> tuple[int | None, str]:
    count, words = findings.how_many(chosen)
    return count if count <= MOST_COUNTED else None, words
