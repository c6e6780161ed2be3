"""What is run of a program: its files, the commands that make its data, the commands that are compared.

Written down in `catalogue`, carried out by `runner`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command line with what is typed into it."""

    line: str
    stdin: str = ""


Line = str | Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A regular expression for what two runs of the same program on SQLite do not have in common, and why."""

    pattern: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program with a SQLite file.

    `packages` are what pip installs, the first of which is the program; `database` is its file, relative to
    the home directory in which all commands run; `attached` are files that it attaches, by schema, moved too;
    `files` are written there before. `prepare` runs on SQLite
    alone and makes what is moved, with the options `move` and the decisions of `plan`; `commands` run on
    both. Files that match `not_compared` (globs) differ for reasons of their own. `known` are commands whose
    output is known to differ, `left_out` those that cannot run, each with the reason.
    """

    name: str
    packages: tuple[str, ...]
    database: str
    attached: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[Line, ...]
    commands: tuple[Line, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    move: tuple[str, ...] = ()
    plan: str = ""
    masks: tuple[Mask, ...] = ()
    not_compared: tuple[str, ...] = ()
    known: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def version_of(self) -> str:
        """The name of the distribution whose version is the program's."""
        return re.split(r"[\[=<>]", self.packages[0], maxsplit=1)[0]
