"""How the application is configured: what its environment and its `.env` say, or why that cannot be told.

Read once by `cli.doctor` and before any connection; nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outgrow.errors import ConfigError
from outgrow.runtime import dotenv
from outgrow.runtime.settings import VARIABLES, Settings, read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The application's configuration.

    `directory` is where its code lies, None when nobody named it. `settings` are None where nothing is
    set, and where what is set cannot be understood; then `problem` says why, with the variables.
    """

    directory: Path | None = None
    settings: Settings | None = None
    problem: str = ""


def configuration(environ: Mapping[str, str], directory: Path | None, here: Path) -> Application:
    """The application in `directory`, else one that the environment or the `.env` at `here` speaks of."""
    try:
        if not _says_anything(environ, directory or here):
            return Application(directory=directory)
        return Application(directory=directory, settings=read_settings(environ, directory or here))
    except ConfigError as error:
        return Application(directory=directory, problem=str(error))


def _says_anything(environ: Mapping[str, str], directory: Path) -> bool:
    path = dotenv.find(directory)
    said = {**(dotenv.read(path, environ) if path else {}), **environ}
    return any(said.get(name) for name in VARIABLES)
