"""Every error outgrow raises on purpose, drawn once.

OutgrowError               exit 5: our own bug when nothing below fits
├── ConfigError            exit 2: an option, plan or setting is wrong
├── SourceError            exit 3: the SQLite file cannot be read
├── TargetError            exit 4: the PostgreSQL side refuses
├── FindingsStop           exit 1: findings that stop and were not allowed
├── CounterExample         exit 1: a stored value does not fit the type that the plan sets
├── TranslationError       exit 1: a SQL text has no equal on the other side
└── VerificationError      exit 1: source and target differ

A message is one line: what, where, and what to do now. It never holds a password.
"""

from __future__ import annotations


class OutgrowError(Exception):
    """Root of the tree; `exit_code` is what the process ends with."""

    exit_code = 5


class ConfigError(OutgrowError):
    """An option, an environment variable or the plan is wrong; nothing was touched."""

    exit_code = 2


class SourceError(OutgrowError):
    """The SQLite file is missing, damaged, encrypted or not a database."""

    exit_code = 3


class TargetError(OutgrowError):
    """PostgreSQL cannot be reached or refuses what the plan says."""

    exit_code = 4


class FindingsStop(OutgrowError):  # noqa: N818 - it is the findings that stop
    """Findings of severity `stop` that the user did not allow by rule id."""

    exit_code = 1


class CounterExample(OutgrowError):  # noqa: N818 - the word of the field
    """A stored value that the column's conversion cannot give back exactly.

    `column` is the source column, `value` a short printable form of the stored value,
    `reason` says why the target type does not hold it.
    """

    exit_code = 1

    def __init__(self, reason: str, value: str, column: str = "", table: str = "") -> None:
        self.reason, self.value, self.column, self.table = reason, value, column, table
        super().__init__(reason, value, column, table)

    def __str__(self) -> str:
        return f"{self.table}.{self.column}: {self.value} {self.reason}"


class TranslationError(OutgrowError):
    """A SQLite expression or statement that the closed tables do not hold.

    `missing` names the node or function that is not there.
    """

    exit_code = 1

    def __init__(self, missing: str, sql: str = "") -> None:
        self.missing, self.sql = missing, sql
        super().__init__(missing, sql)

    def __str__(self) -> str:
        return f"no PostgreSQL equal for {self.missing}"


class VerificationError(OutgrowError):
    """Source and target hold different rows or values."""

    exit_code = 1
