"""Whether a migrated table is what its model says. Reads the catalog and changes nothing, also on a standby."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

# pg_attribute's letters.
_GENERATED = {"s": "stored", "v": "virtual"}
_ON_DELETE = {"a": "", "c": " ON DELETE CASCADE", "d": " ON DELETE SET DEFAULT",
              "n": " ON DELETE SET NULL", "r": " ON DELETE RESTRICT"}  # fmt: skip

_COLUMNS = """
SELECT a.attname::text, format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
    a.attidentity::text <> '', a.attgenerated::text, pg_get_expr(d.adbin, d.adrelid),
    CASE WHEN a.attcollation <> t.typcollation THEN c.collname::text END, col_description(a.attrelid, a.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = to_regclass(:name) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_REFERENCES = """
SELECT a.attname::text, format('%s.%s', c.confrelid::regclass, b.attname), c.confdeltype::text
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
WHERE c.conrelid = to_regclass(:name) AND c.contype = 'f' AND cardinality(c.conkey) = 1
ORDER BY c.conname
"""
# Those that a condition or an expression limits are no promise about the columns.
_UNIQUE = """
SELECT i.indisprimary, ARRAY(
    SELECT a.attname::text FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS k (number)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY a.attname)
FROM pg_index i
WHERE i.indrelid = to_regclass(:name) AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
"""
_COMMENT = "SELECT obj_description(to_regclass(:name), 'pg_class')"
_NORMAL = "SELECT format_type(to_regtype(:type), NULL), to_regclass(:target)::text"


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of one column. Their names, and what they are, are read by people."""

    type: str
    nullable: bool = False
    identity: bool = False
    generated: str = ""
    default: str | None = None
    collation: str | None = None
    comment: str | None = None
    references: str | None = None


def parity(database: Connection, model: type[models.Model]) -> list[str]:
    """How the migrated table differs from its model: a sentence each, none if they agree.

    Of an unmanaged model only what its columns are: whoever made the table decides about the rest.
    """
    options: Any = model._meta.concrete_model._meta  # type: ignore[union-attr]  # noqa: SLF001
    name = _quoted(options.db_table)
    theirs = _their_columns(database, name)
    if not theirs:
        return [f"{options.db_table} is not in the database."]
    ours = {field.column: _our_facts(database, field) for field in options.local_concrete_fields}
    wrong = [
        f"{options.db_table}.{column} is not in the database." for column in ours.keys() - theirs
    ]
    for column in ours.keys() & theirs.keys():
        wrong += _differences(database, options, column, ours[column], theirs[column])
    if options.managed:
        extra = theirs.keys() - ours.keys()
        wrong += [f"{options.db_table}.{column} is not in the model." for column in extra]
        wrong += _table_differences(database, options, name)
    return sorted(wrong)


def _differences(
    database: Connection, options: Any, column: str, ours: _Facts, theirs: _Facts
) -> list[str]:
    names = [field.name for field in fields(_Facts)] if options.managed else ["type"]
    if ours.generated != theirs.generated:
        # That is the difference; the expression of one is no default of the other.
        names.remove("default")
    wrong = []
    for name in names:
        here, there = getattr(ours, name), getattr(theirs, name)
        same = here == there or (
            name == "default" and _same_expression(database, options, theirs.type, here, there)
        )
        if not same:
            what = "expression" if name == "default" and ours.generated else name
            wrong.append(_sentence(f"{options.db_table}.{column}: {what}", here, there))
    return wrong


def _sentence(what: str, here: object, there: object) -> str:
    return f"{what} is {_said(here)} in the model and {_said(there)} in the database."


def _said(value: object) -> object:
    return "none" if value in (None, "") else value


def _table_differences(database: Connection, options: Any, name: str) -> Iterable[str]:
    comment = database.execute(text(_COMMENT), {"name": name}).scalar()
    if comment != (options.db_table_comment or None):
        yield _sentence(f"{options.db_table}: comment", options.db_table_comment, comment)
    found = [(row[0], tuple(row[1])) for row in database.execute(text(_UNIQUE), {"name": name})]
    (key,) = [columns for primary, columns in found if primary] or [()]
    if key != _our_key(options):
        keys = ", ".join(_our_key(options)), ", ".join(key)
        yield _sentence(f"{options.db_table}: primary key", *keys)
    unique = {columns for primary, columns in found if not primary}
    for columns in unique ^ _our_unique(options):
        where = (
            "model and not in the database"
            if columns not in unique
            else "database and not in the model"
        )
        yield f"{options.db_table}: {', '.join(columns)} is unique in the {where}."


def _our_key(options: Any) -> tuple[str, ...]:
    return tuple(sorted(field.column for field in options.pk_fields))


def _our_unique(options: Any) -> set[tuple[str, ...]]:
    found: list[Any] = [
        [f.name] for f in options.local_concrete_fields if f.unique and not f.primary_key
    ]
    found += options.unique_together
    found += [
        constraint.fields
        for constraint in options.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and not (constraint.condition or constraint.contains_expressions)
    ]
    return {tuple(sorted(options.get_field(name).column for name in names)) for names in found}


def _their_columns(database: Connection, name: str) -> dict[str, _Facts]:
    references: dict[str, list[str]] = {}
    for column, target, deletion in database.execute(text(_REFERENCES), {"name": name}):
        references.setdefault(column, []).append(f"{target}{_ON_DELETE[deletion]}")
    return {
        row[0]: _Facts(
            type=_with_numbers(row[1], row[2]),
            nullable=row[3],
            # Before 4.1 Django made serial columns, and leaves them as they are.
            identity=row[4] or str(row[6]).startswith("nextval("),
            generated=_GENERATED.get(row[5], ""),
            default=None if str(row[6]).startswith("nextval(") else row[6],
            collation=row[7],
            comment=row[8],
            references=", ".join(references.get(row[0], [])) or None,
        )
        for row in database.execute(text(_COLUMNS), {"name": name})
    }


def _our_facts(database: Connection, field: Any) -> _Facts:
    parameters = field.db_parameters(_django())
    target = _target(field)
    normal, table = database.execute(
        text(_NORMAL),
        {
            "type": parameters["type"],
            "target": target and _quoted(target.model._meta.db_table),  # noqa: SLF001
        },
    ).one()
    return _Facts(
        type=_with_numbers(normal or parameters["type"], parameters["type"]),
        nullable=field.null or field.generated,
        identity=isinstance(field, models.AutoField),
        generated=("stored" if field.db_persist else "virtual") if field.generated else "",
        default=_expression(field),
        collation=parameters.get("collation"),
        comment=field.db_comment or None,
        references=f"{table}.{target.column}{_on_delete(field)}" if target else None,
    )


def _target(field: Any) -> Any:
    """The field that a constraint in the database makes this one refer to, or None."""
    constrained = isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True)
    return field.target_field if constrained else None


def _on_delete(field: Any) -> str:
    operation = getattr(field.remote_field.on_delete, "operation", "")
    return f" ON DELETE {operation}" if operation else ""


def _expression(field: Any) -> str | None:
    """The SQL of what the database fills in, by a default or as a generated column."""
    editor: Any = _django().schema_editor(collect_sql=True)
    if field.generated:
        sql, parameters = field.generated_sql(editor.connection)
    elif field.has_db_default():
        sql, parameters = editor.db_default_sql(field)
    else:
        return None
    return str(sql % tuple(editor.quote_value(given) for given in parameters)).strip()


def _with_numbers(name: str, full: str) -> str:
    """`name` is PostgreSQL's own for the type, `full` says as well how long or exact it is."""
    numbers = re.search(r"\(([^)]*)\)", full)
    return f"{name}({numbers[1].replace(' ', '')})" if numbers else name


def _same_expression(
    database: Connection, options: Any, kind: str, ours: str | None, theirs: str | None
) -> bool:
    """Two texts of one expression look alike once PostgreSQL has read them and written them down again."""
    if ours is None or theirs is None:
        return False
    return _rewritten(database, options, kind, ours) == _rewritten(database, options, kind, theirs)


def _rewritten(database: Connection, options: Any, kind: str, expression: str) -> str:
    table = _quoted(options.db_table)
    # Nothing of it comes from outside: the model and the catalog say what it is.
    asked = f"EXPLAIN (VERBOSE, COSTS OFF) SELECT ({expression})::{kind} FROM {table}"  # noqa: S608
    try:
        with database.begin_nested():
            # A colon would be read as a parameter.
            lines = database.execute(text(asked.replace(":", r"\:"))).scalars().all()
    except DBAPIError:
        return expression
    return next((line.strip() for line in lines if line.strip().startswith("Output:")), expression)


def _quoted(db_table: str) -> str:
    return str(_django().ops.quote_name(db_table))


def _django() -> Any:
    """For how it names and quotes. Nothing here connects."""
    return connections[DEFAULT_DB_ALIAS]
