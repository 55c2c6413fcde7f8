"""Names for people: of sites, stored in punycode and shown in Unicode, and of errors, where they help."""

from django import template

from batches.operation import Failure
from batches.operations.web.targets import shown

register = template.Library()
register.filter("shown", shown, is_safe=False)


@register.filter
def unforeseen(error_class: str) -> bool:
    """Whether the name of an error's class is worth showing: what an operation foresaw, it has said in words."""
    return error_class not in _names(Failure)


def _names(kind: type[Exception]) -> set[str]:
    return {kind.__name__}.union(*(_names(one) for one in kind.__subclasses__()))
