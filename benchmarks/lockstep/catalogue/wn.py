"""wn, wordnets: 27 tables filled from XML in one transaction, wide joins, walks over relations."""

from __future__ import annotations

from lockstep.program import Program

_WORDS = tuple("animal dog cat puppy kitten cow bird sparrow plant tree oak flower".split())  # noqa: SIM905
_PARENT = {1: 0, 2: 0, 3: 1, 4: 2, 5: 0, 6: 0, 7: 6, 9: 8, 10: 9, 11: 8}
_DOCTYPE = '<!DOCTYPE LexicalResource SYSTEM "http://globalwordnet.github.io/schemas/WN-LMF-1.1.dtd">'


def _entry(lexicon: str, number: int, word: str) -> str:
    sense, derived = f"{lexicon}-{word}-n-1", ""
    if number % 4 == 1:
        derived = f'<SenseRelation relType="derivation" target="{lexicon}-{_WORDS[number - 1]}-n-1" />'
    return (
        f'<LexicalEntry id="{lexicon}-{word}-n"><Lemma writtenForm="{word}" partOfSpeech="n">'
        f'<Tag category="c">t</Tag></Lemma><Form writtenForm="{word}s" />'
        f'<Sense id="{sense}" synset="{lexicon}-{number:04}-n">{derived}<Example>the {word} runs</Example>'
        f"<Count>{number * 3}</Count></Sense></LexicalEntry>"
    )


def _synset(lexicon: str, number: int, word: str) -> str:
    related = [("hyponym", child) for child, parent in _PARENT.items() if parent == number]
    if number in _PARENT:
        related.insert(0, ("hypernym", _PARENT[number]))
    relations = "".join(
        f'<SynsetRelation relType="{kind}" target="{lexicon}-{other:04}-n" />' for kind, other in related
    )
    return (
        f'<Synset id="{lexicon}-{number:04}-n" ili="i{number + 1}" partOfSpeech="n">'
        f"<Definition>a {word}, quoted &quot;so&quot;</Definition>{relations}"
        f"<Example>é {word}</Example></Synset>"
    )


def _lexicon(name: str, version: str, language: str) -> str:
    """A wordnet as WN-LMF (https://globalwordnet.github.io/schemas/)."""
    entries = "".join(_entry(name, number, word) for number, word in enumerate(_WORDS))
    synsets = "".join(_synset(name, number, word) for number, word in enumerate(_WORDS))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n'
        '<LexicalResource xmlns:dc="https://globalwordnet.github.io/schemas/dc/">'
        f'<Lexicon id="{name}" label="Test {name}" language="{language}" email="a@mail.example" '
        f'license="https://license.example/" version="{version}" url="https://{name}.example/">'
        f"{entries}{synsets}</Lexicon></LexicalResource>"
    )


_SCRIPT = """
import sys, wn
wn.config.data_directory = "data"
verb, *given = sys.argv[1:]
if verb == "add":
    wn.add(given[0], progress_handler=None)
elif verb == "remove":
    wn.remove(given[0], progress_handler=None)
elif verb == "words":
    for word in wn.words(*given):
        print(word.id, word.lemma(), word.forms(), word.pos, [s.id for s in word.senses()])
        print([derived.id for derived in word.derived_words()])
elif verb == "synsets":
    for s in wn.synsets(*given):
        print(s.id, s.ili, s.definition(), s.examples(), s.lemmas())
        print([h.id for h in s.hypernyms()], [h.id for h in s.hyponyms()])
elif verb == "senses":
    for s in wn.senses(*given):
        print(s.id, s.word().lemma(), s.synset().id, s.examples(), s.counts())
        print({kind: [other.id for other in found] for kind, found in s.relations().items()})
elif verb == "paths":
    one, two = wn.synset(given[0]), wn.synset(given[1])
    print(one.min_depth(), [[s.id for s in p] for p in one.hypernym_paths()])
    print([s.id for s in one.lowest_common_hypernyms(two)], [s.id for s in one.shortest_path(two)])
elif verb == "closure":
    print(sorted(s.id for s in wn.synset(given[0]).closure("hyponym")))
elif verb == "translate":
    for s in wn.synset(given[0]).translate(lexicon=given[1]):
        print(s.id, s.lemmas())
elif verb == "ilis":
    from wn import ili
    print([(i.id, i.status, i.definition()) for i in ili.get_all()])
elif verb == "export":
    wn.export(wn.lexicons(lexicon=given[0]), given[1], version="1.1")
elif verb == "lexicons":
    for l in wn.lexicons():
        print(l.id, l.version, l.language, l.license, l.modified(), l.describe())
"""

_W = "python words.py"

WN = Program(
    name="wn",
    packages=("wn",),
    database="data/wn.db",
    files={
        "one.xml": _lexicon("one", "1.0", "en"),
        "two.xml": _lexicon("two", "2.1", "de"),
        "three.xml": _lexicon("three", "0.9", "fr"),
        "bad.xml": _lexicon("bad", "1", "en").replace("</Lexicon>", "<Broken/></Lexicon>"),
        "words.py": _SCRIPT,
    },
    prepare=(f"{_W} add one.xml", f"{_W} add two.xml"),
    commands=(
        "python -m wn -d data lexicons",
        "python -m wn -d data lexicons --lang de",
        "python -m wn -d data validate one.xml",
        f"{_W} lexicons",
        f"{_W} words",
        f"{_W} words dogs",
        f"{_W} words Puppy n",
        f"{_W} words nothing",
        f"{_W} synsets cat",
        f"{_W} synsets",
        f"{_W} senses oak n",
        f"{_W} senses",
        f"{_W} paths one-0003-n one-0004-n",
        f"{_W} paths one-0003-n one-0010-n",
        f"{_W} closure one-0000-n",
        f"{_W} translate one-0002-n two:2.1",
        f"{_W} add three.xml",
        f"{_W} add three.xml",
        f"{_W} add bad.xml",
        f"{_W} synsets bird",
        f"{_W} ilis",
        f"{_W} export two:2.1 out.xml",
        f"{_W} remove two",
        f"{_W} remove nothing",
        "python -m wn -d data lexicons",
        f"{_W} words",
        f"{_W} add two.xml",
        f"{_W} closure two-0008-n",
        f"{_W} synset nonsense",
    ),
    known={f"{_W} ilis": "SELECT DISTINCT of a join, without ORDER BY"},
)
