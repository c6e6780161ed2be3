"""pytest-testmon, which runs the tests that a change can have broken: triggers, foreign keys, many joins."""

from __future__ import annotations

from lockstep.program import Mask, Program

_SHOP = """
def price(n):
    return 10 * n


def total(counts):
    return sum(price(n) for n in counts)


class Basket:
    def __init__(self):
        self.counts = []

    def add(self, n):
        self.counts.append(n)
        return self

    def pay(self):
        return total(self.counts)
"""
_TEST_PRICE = """
import shop


def test_price():
    assert shop.price(2) == 20


def test_total():
    assert shop.total([1, 2]) == 30
"""
_TEST_BASKET = """
import shop


def test_pays():
    assert shop.Basket().add(1).add(3).pay() == 40


def test_is_empty():
    assert shop.Basket().counts == []
"""
_EDIT = """
import sys
path, old, new = sys.argv[1:]
text = open(path).read()
assert old in text
open(path, "w").write(text.replace(old, new))
"""
_RUN = "python -m pytest --testmon -p no:randomly -q -rA --color=no"

TESTMON = Program(
    name="pytest-testmon",
    packages=("pytest-testmon", "pytest"),
    database=".testmondata",
    files={
        "shop.py": _SHOP, "test_price.py": _TEST_PRICE, "test_basket.py": _TEST_BASKET, "edit.py": _EDIT,
    },
    environment={"PYTHONDONTWRITEBYTECODE": "1"},
    prepare=(f"{_RUN}",),
    commands=(
        f"{_RUN}",
        "python edit.py shop.py '10 * n' '11 * n'",
        f"{_RUN}",
        f"{_RUN}",
        "python edit.py shop.py '11 * n' '10 * n'",
        f"{_RUN}",
        "python edit.py shop.py 'self.counts = []' 'self.counts = list()'",
        f"{_RUN} -v",
        "python edit.py test_basket.py '== []' '== [1]'",
        f"{_RUN}",
        f"{_RUN} --testmon-noselect",
        "python edit.py test_basket.py 'def test_is_empty' 'def test_is_still_empty'",
        f"{_RUN} test_basket.py",
        "python edit.py test_basket.py '== [1]' '== []'",
        f"{_RUN}",
        f"{_RUN} --testmon-forceselect test_price.py",
        f"{_RUN} --testmon-nocollect",
        "python edit.py test_price.py 'def test_' 'def check_'",
        f"{_RUN}",
        f"{_RUN} --testmon-env other",
    ),
    masks=(
        Mask(pattern=r"in \d+\.\d+s", why="how long the tests took"),
        Mask(pattern=r"\d\.\d{8,}", why="how long each of them took"),
        Mask(pattern=r"at 0x[0-9a-f]+", why="addresses"),
    ),
)  # fmt: skip
