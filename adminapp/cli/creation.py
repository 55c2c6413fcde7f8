"""From the arguments of `batch create` and `batch run` to a batch."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError

from adminapp.cli.screen import counted, say_preflight
from batches.intake import BatchSpec, create_batch, read_file
from batches.models import Batch
from batches.operation import operations


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("operation")
    parser.add_argument(
        "--input", required=True, help="a .txt or .csv file, or - for standard input"
    )
    parser.add_argument("--column", help="of a CSV file: its name, or its number from 1")
    parser.add_argument("--name", default="")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")


def created(options: Mapping[str, Any]) -> Batch:
    """A draft. Raises CommandError, BadInput."""
    source = options["input"]
    spec = BatchSpec(
        operation=options["operation"],
        params=_params(options["operation"], options["param"]),
        name=options["name"],
        source="standard input" if source == "-" else Path(source).name,
    )
    # Closed even if reading fails: the bar must be gone before an error is printed over it.
    with (
        _opened(source) as file,
        closing(counted(read_file(file, source, options["column"]))) as lines,
    ):
        batch, preflight = create_batch(spec, lines)
    say_preflight(preflight)
    return batch


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    if source == "-":
        return _standard_input()
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise CommandError(f"Can't read {source}: {error.strerror}.") from error


def _standard_input() -> AbstractContextManager[BinaryIO]:
    if sys.stdin is None:
        raise CommandError("Can't read -: standard input is closed.")
    # Bytes, as of a file: its encoding is ours to find out. Not by way of /dev/stdin, which can't be
    # opened if it is a socket, and begins again with what somebody has read already.
    return nullcontext(sys.stdin.buffer)


def _params(slug: str, texts: list[str]) -> dict[str, Any]:
    known = operations().get(slug)
    schema = known.params.model_json_schema() if known is not None else {}
    return dict(_param(text, schema.get("properties", {})) for text in texts)


def _param(text: str, properties: Mapping[str, Any]) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not (name and found):
        raise CommandError(f"--param {text}: write it as name=value.")
    if _takes_text(properties.get(name, {})):
        return name, value
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


def _takes_text(schema: Mapping[str, Any]) -> bool:
    """Where text is meant, 123 and true are text, too."""
    return any(part.get("type") == "string" for part in [schema, *schema.get("anyOf", [])])
