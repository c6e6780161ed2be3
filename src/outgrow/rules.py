"""The rules: everything outgrow can notice, as a closed table of facts.

A rule's id never changes its meaning; each has a page docs/rules/<id>.md and a case in the tests.
To add one: a row here, the page, the case, and the code that makes the finding where the evidence is.
"""

from __future__ import annotations

from outgrow.findings import Rule, Severity

_INFO, _WARNING, _LOSS, _STOP = Severity.INFO, Severity.WARNING, Severity.LOSS, Severity.STOP


def _rule(rule_id: str, severity: Severity, title: str, remedy: str) -> Rule:
    return Rule(id=rule_id, severity=severity, title=title, remedy=remedy)


RULES: tuple[Rule, ...] = (
    # types and values
    _rule("type.mixed", _WARNING, "A column holds several storage classes",
          "Clean the column, or set its type in the plan; until then every value comes back exactly."),
    _rule("type.declaration-contradicted", _WARNING, "All values contradict the declared type",
          "Check the target type in the plan; the application may rely on the declaration."),
    _rule("type.declaration-ignored", _INFO, "Values do not fit the declared type, so a wider one is taken",
          "Set the type in the plan once the values named are mended."),
    _rule("text.not-storable", _WARNING, "Text holds NUL or bytes that are not UTF-8",
          "Mend these values in the application; until then they are held in escaped form."),
    _rule("date.mixed-formats", _INFO, "A date column has no single format and stays text",
          "Bring the values to one format, or leave the column as text."),
    _rule("date.unit-unclear", _INFO, "Numbers in a date column fit no single unit and stay numbers",
          "Set conversion = \"timestamptz-epoch:s\" (or ms, us, apple, webkit, julian) in the plan."),
    _rule("json.not-kept", _INFO, "JSON that jsonb would change stays text",
          "Mend the document named, or set json = \"json\" in the plan."),
    _rule("value.too-large", _STOP, "A value is larger than PostgreSQL holds in one field (1 GB)",
          "Move that value out of the database, or leave the table out in the plan."),
    _rule("value.does-not-fit", _STOP, "A stored value does not fit the type that the plan sets",
          "Set another type or conversion for the column in the plan, or mend the value."),
    _rule("table.too-wide", _STOP, "A table has more columns than PostgreSQL allows (1600)",
          "Split the table, or leave it out in the plan."),
    # names
    _rule("name.changed", _INFO, "A name had to change on PostgreSQL",
          "Use the new name in the application, or set another one in the plan."),
    # keys and constraints
    _rule("key.null-in-primary-key", _WARNING, "A primary key holds NULL and becomes a unique constraint",
          "Give these rows a key if they should have one, then add the primary key."),
    _rule("key.not-null-violated", _WARNING, "A NOT NULL column holds NULL and is created nullable",
          "Mend these rows, then SET NOT NULL."),
    _rule("key.long-text", _WARNING, "Text too long for a b-tree entry: the index is built over a digest",
          "Equality is still found through the index once the query compares the digest too."),
    _rule("fk.orphans", _WARNING, "Rows point to parents that do not exist: the foreign key is NOT VALID",
          "Mend the rows named, then VALIDATE CONSTRAINT."),
    _rule("fk.missing-parent", _WARNING, "A foreign key points to a table or column that does not exist",
          "Create the parent or drop the key in SQLite; it never worked there."),
    _rule("fk.not-unique-parent", _WARNING, "A foreign key points to columns that are not unique",
          "Add a UNIQUE constraint on the parent; SQLite itself refuses writes under such a key."),
    _rule("fk.type-mismatch", _LOSS, "The two ends of a foreign key hold different types",
          "Give both columns one type in the plan."),
    _rule("fk.refused", _LOSS, "PostgreSQL refuses the foreign key",
          "Read the reason, mend the key, and add it by hand."),
    _rule("check.violated", _WARNING, "Rows break a CHECK: the constraint is NOT VALID",
          "Mend the rows, then VALIDATE CONSTRAINT."),
    _rule("check.left", _LOSS, "A CHECK has no PostgreSQL equal yet",
          "Write it by hand from the text shown."),
    _rule("key.on-conflict", _WARNING, "A declaration says ON CONFLICT, which PostgreSQL does not know",
          "Say it in the statements, as INSERT OR REPLACE or ON CONFLICT; `outgrow sql` does it for keys."),
    _rule("default.left", _LOSS, "A DEFAULT has no PostgreSQL equal yet",
          "Write it by hand from the text shown."),
    _rule("default.changed", _INFO, "A DEFAULT is kept in the target type's own form",
          "Nothing to do; new rows get the same moment or value, spelled as the column's other values are."),
    _rule("generated.left", _WARNING, "A generated column becomes an ordinary one that keeps its values",
          "Write its expression by hand from the text shown, or compute it in the application."),
    _rule("index.left", _LOSS, "An index has no PostgreSQL equal yet",
          "Write it by hand from the text shown."),
    _rule("index.refused", _LOSS, "PostgreSQL refuses an index or unique constraint",
          "Read the reason and build it by hand."),
    # views, triggers, virtual tables
    _rule("view.left", _LOSS, "A view has no PostgreSQL equal yet",
          "Write it by hand from the text shown."),
    _rule("view.broken", _INFO, "A view that SQLite itself cannot run stays behind",
          "Mend or drop the view in SQLite."),
    _rule("trigger.differs", _WARNING, "A trigger does one thing otherwise than on SQLite",
          "Read which; where it matters, write the rows one at a time or change the trigger."),
    _rule("trigger.left", _LOSS, "A trigger has no PostgreSQL equal yet",
          "Write it by hand from the text shown."),
    _rule("virtual.content", _WARNING, "A virtual table's content becomes an ordinary table",
          "Build the full-text or spatial index that the application needs on it."),
    _rule("virtual.rtree", _INFO, "An R*Tree becomes a table with a GiST index",
          "Translated queries use the index; write `box(…) && box(…)` beside comparisons in your own."),
    _rule("fulltext.rebuilt", _INFO, "A full-text index is made anew from the table that holds its text",
          "Nothing to do where the application keeps it current; else it now finds what it had missed."),
    _rule("virtual.vectors", _INFO, "A vec0 table becomes a table with pgvector's types and an HNSW index",
          "Translated searches stay exact; SET outgrow.nearest = 'approximate' lets them use the index."),
    _rule("virtual.unreadable", _LOSS, "A virtual table's content cannot be read here",
          "Load its module where the application runs and copy the content into an ordinary table first."),
    _rule("collation.unknown", _WARNING, "A collation of the application is not known to PostgreSQL",
          "Text sorts and compares by bytes there; create a matching collation if the order matters."),
    # the move
    _rule("table.left", _WARNING, "A table stays behind because the plan says so",
          "Remove `leave = true` from the plan to move it."),
    _rule("source.changed", _WARNING, "The source changed since the interrupted run: all is copied anew",
          "Nothing to do; stop the writers to make use of what was copied."),
    _rule("verify.write-test", _LOSS, "A table refuses a new row that SQLite would take",
          "Read the reason; a default, an identity or a NOT NULL differs."),
)  # fmt: skip
