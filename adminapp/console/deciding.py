"""What people decide about findings: for the chosen rows, or after a question for all that match."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from adminapp.console.access import person, place, posted, require
from adminapp.console.findings import decisions, hidden, list_page, list_url
from batches import curation, findings
from batches.curation import BadVerdict, Judged
from batches.findings import Filter, some
from batches.intake import BadInput
from batches.lifecycle import MAX_CHOSEN_ITEMS
from batches.models import Verdict
from batches.operation import UnknownOperation, operations


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict, a next operation by its slug, or both; `keys` are None for all that match."""

    chosen: Filter
    verdict: str
    slug: str
    keys: list[Any] | None

    def check(self, offered: list[str]) -> None:
        """Raises BadInput, BadVerdict, with words for the person."""
        if self.keys == []:
            raise BadInput("Nothing was chosen. Tick some rows, or decide about all that match.")
        if self.keys and len(self.keys) > MAX_CHOSEN_ITEMS:
            raise BadInput(
                f"No more than {MAX_CHOSEN_ITEMS:,} rows can be chosen. Decide about all that match."
            )
        if not self.verdict and not self.slug:
            raise BadInput("Choose a verdict, an operation to start, or both.")
        if self.verdict:
            curation.check(self.verdict)
        if self.slug and self.slug not in offered:
            raise BadInput(f"“{self.slug}” is no operation that takes sites.")


def _back(request: HttpRequest, kind: str) -> str:
    """The page that the decision was made on: its address came along with it, and survives a sign-in."""
    if target := place(request, request.GET.get("back", "")):
        return target
    where = {name: request.GET[name] for name in ("sort", "cursor") if request.GET.get(name)}
    given = request.GET.dict() | _given(request) if request.method == "POST" else request.GET.dict()
    return list_url(Filter.read(kind, given), **where)


@posted(_back)
def decide(request: HttpRequest, kind: str) -> HttpResponse:
    require(request, "curate")
    decision = _decision(request, kind)
    if decision.slug:
        require(request, "add_batch")
    try:
        decision.check([operation.slug for operation in decisions(request)["next_operations"]])
        if decision.keys is None and not request.POST.get("sure"):
            return _question(request, decision)
        done = curation.judge_and_chain(
            decision.chosen, decision.verdict, decision.slug, person(request), decision.keys
        )
    except (BadVerdict, BadInput, UnknownOperation) as error:
        return _refused(request, decision, str(error))
    messages.success(request, _said(decision, done))
    return redirect("batch-detail", done.batch.pk) if done.batch else redirect(_back(request, kind))


def _given(request: HttpRequest) -> dict[str, str]:
    return request.POST.dict() | {"verdict": request.POST.get("of", "")}


def _decision(request: HttpRequest, kind: str) -> Decision:
    post = request.POST
    # Those on other pages in one field: there may be more of them than a form may have fields.
    texts = [*post.getlist("keys"), *post.get("others", "").split()]
    keys = None if post.get("scope") == "all" else findings.read_keys(kind, dict.fromkeys(texts))
    chosen = Filter.read(kind, _given(request))
    return Decision(chosen, post.get("verdict", ""), post.get("operation", ""), keys)


def _refused(request: HttpRequest, decision: Decision, why: str) -> HttpResponse:
    """The page again, with all that was ticked and asked for."""
    messages.error(request, why)
    if request.GET.get("back") or not decision.keys:
        return redirect(_back(request, decision.chosen.kind))
    asked = {"verdict": decision.verdict, "operation": decision.slug}
    return list_page(request, decision.chosen, frozenset(decision.keys), asked)


def _said(decision: Decision, done: Judged) -> str:
    words = ""
    if decision.verdict:
        label = Verdict(decision.verdict).label
        words = f"{some(done.changed, decision.chosen.kind)} changed to “{label}”."
    if done.batch:
        words += f" {done.queued:,} site{'' if done.queued == 1 else 's'} queued in this batch."
    return words.strip()


def _question(request: HttpRequest, decision: Decision) -> HttpResponse:
    chosen = decision.chosen
    count, how_many = findings.how_many(chosen)
    verdict = Verdict(decision.verdict).label if decision.verdict else ""
    context = {
        "kind": chosen.kind,
        "count": count,
        "how_many": how_many,
        "conditions": conditions(chosen),
        "decision": decision,
        "verdict_label": verdict,
        "operation": operations().get(decision.slug),
        "hidden": hidden(chosen),
        "here": request.GET.urlencode(),
        "back": _back(request, chosen.kind),
    }
    return render(request, "findings/question.html", context)


def conditions(chosen: Filter) -> str:
    """What the filter asks for, in words that may stand behind those for the rows; empty: nothing."""
    return ", ".join(_IN_WORDS[name](value) for name, value in chosen.query().items())


_IN_WORDS: dict[str, Callable[[str], str]] = {
    "q": lambda text: f"with “{text}” in name, title or address",
    "verdict": lambda verdict: f"with the verdict “{Verdict(verdict).label}”",
    "domain": lambda name: f"of {name}",
    "batch": lambda number: f"of the sites that batch {number} scanned",
    "changed": lambda period: f"changed in the last {period}",
    "technology": lambda name: f"built with {name}",
    "with_contacts": lambda _: "with contacts",
    "failing": lambda _: "with a problem",
    "status": lambda which: f"answered with{'out' if which == 'ok' else ''} an error",
    "language": lambda code: f"in the language “{code}”",
    "contact_form": lambda _: "with a contact form",
    "contact_kind": lambda kind: f"of the kind “{kind}”",
}
