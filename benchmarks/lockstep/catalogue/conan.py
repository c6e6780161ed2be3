"""Conan, a package manager for C++: what its cache has of recipes and packages, and when each was used."""

from __future__ import annotations

from lockstep.program import Mask, Program

_RECIPE = """
from conan import ConanFile
from conan.tools.files import copy

class Recipe(ConanFile):
    name = "{name}"
    package_type = "header-library"
    exports_sources = "*.h"
    no_copy_source = True
    options = {{"deep": [True, False]}}
    default_options = {{"deep": False}}
    requires = {requires!r}

    def package(self):
        copy(self, "*.h", self.source_folder, self.package_folder)
"""
_PROFILE = (
    "[settings]\nos=Linux\narch=x86_64\ncompiler=gcc\ncompiler.version=12\ncompiler.libcxx=libstdc++11\n"
)

CONAN = Program(
    name="conan",
    packages=("conan",),
    database=".conan2/p/cache.sqlite3",
    files={
        ".conan2/profiles/default": _PROFILE,
        "hello/conanfile.py": _RECIPE.format(name="hello", requires=()),
        "hello/a.h": "int a;\n",
        "world/conanfile.py": _RECIPE.format(name="world", requires=("hello/[>=1.0]",)),
        "world/b.h": "int b;\n",
        "app/conanfile.txt": "[requires]\nworld/2.0\n[generators]\nCMakeDeps\n",
    },
    prepare=("conan create hello --version=1.0", "conan create world --version=2.0"),
    commands=(
        "conan list '*'",
        "conan list '*:*' --format=json",
        "conan create hello --version=1.1",
        "conan create hello --version=1.1",
        "conan export world --version=3.0",
        "conan list 'hello/*#*:*#*'",
        "conan list 'world/*' --filter-options=deep=False",
        "conan install app --output-folder=out",
        "conan graph info app",
        "conan install --requires=nothing/1.0",
        "conan cache path hello/1.0",
        "conan cache check-integrity '*'",
        "conan list '*' --lru=1d",
        "conan remove hello/1.0 -c",
        "conan remove 'hello/1.0' -c",
        "conan list '*:*'",
        "conan remove 'world/*:*' -c",
        "conan install app",
        "conan install app --build=missing",
        "conan cache clean '*'",
        "conan list '*#*:*'",
        "conan remove '*' -c",
        "conan list '*'",
    ),
    masks=(
        Mask(pattern=r"\b(?:hello|world)[0-9a-f]{6,16}\b", why="a folder is named by the moment"),
        Mask(pattern=r"\b1\d{9}\.\d+\b", why="the moment of a revision"),
        Mask(pattern=r"\b[0-9a-f]{40}\b|\b[0-9a-f]{32}\b", why="a hash of folders' names and moments"),
        Mask(pattern=r"\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", why="the moment of a revision"),
    ),
    not_compared=(".conan2/*", "out/*", "app/*"),
)
