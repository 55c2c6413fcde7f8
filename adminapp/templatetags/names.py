"""Names of sites for people: stored in punycode, shown in Unicode."""

from django import template

from batches.operations.web.targets import shown

register = template.Library()
register.filter("shown", shown, is_safe=False)
