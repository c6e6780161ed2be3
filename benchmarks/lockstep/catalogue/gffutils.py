"""gffutils, genomic features: text keys, a table of relations, bins, JSON in columns, LIKE."""

from __future__ import annotations

from lockstep.program import Program


def _gene(number: int) -> str:
    """A gene with two transcripts of some exons each, as GFF3."""
    start, gene = number * 5000, f"gene{number:02}"
    strand, kind = "+-"[number % 2], ("coding", "pseudo", "nc")[number % 3]

    def line(
        feature: str, first: int, last: int, attributes: str, score: object = ".", phase: object = "."
    ) -> str:
        where = (f"chr{number % 3 + 1}", "made", feature, first, last, score, strand, phase)
        return "\t".join((*map(str, where), attributes)) + "\n"

    text = line("gene", start, start + 3999, f"ID={gene};Name=G{number},alt{number};biotype={kind}")
    for variant in range(1, 3):
        transcript = f"{gene}.{variant}"
        text += line("mRNA", start, start + 3999, f"ID={transcript};Parent={gene}")
        for exon in range(1, 4 + number % 2):
            first = start + exon * 900
            attributes = f"ID={transcript}.e{exon};Parent={transcript};Note=a%20note"
            text += line("exon", first, first + 300 * variant, attributes, exon / 4, exon % 3)
    return text


_SCRIPT = """
import sys, gffutils
db = gffutils.FeatureDB("genes.db", keep_order=True)
verb, *given = sys.argv[1:]
if verb == "count":
    for kind in db.featuretypes():
        print(kind, db.count_features_of_type(kind))
    print(db.count_features_of_type())
elif verb == "all":
    for feature in db.all_features(order_by=given[0].split(","), reverse=len(given) > 1):
        print(feature)
elif verb == "introns":
    print(len(list(db.create_introns())))
    for feature in list(db.create_introns())[:5]:
        print(feature)
elif verb == "update":
    db.update(given[0], merge_strategy=given[1])
elif verb == "delete":
    db.delete(given)
elif verb == "relate":
    db.add_relation(given[0], given[1], 1, child_func=lambda p, c: c)
elif verb == "bed":
    print(db.bed12(given[0], block_featuretype="exon", thick_featuretype="exon"))
elif verb == "length":
    print(db.children_bp(given[0], child_featuretype="exon", merge=True))
elif verb == "interfeatures":
    for feature in db.interfeatures(db.features_of_type("exon", order_by="start", limit=("chr1", 1, 40000))):
        print(feature)
elif verb == "sql":
    for row in db.execute(given[0]):
        print(tuple(row), row.keys())
elif verb == "schema":
    print(db.schema())
    print(db.dialect)
"""

_PARENTS = "gffutils-cli parents genes.db gene06.2.e1"
_CHILDREN = "gffutils-cli children genes.db gene01"
_COUNT = "python genes.py count"

GFFUTILS = Program(
    name="gffutils",
    packages=("gffutils", "setuptools<81"),
    database="genes.db",
    move=("--rowids", "all"),  # it sorts by rowid
    plan='[outgrow]\njson = "json"\n',  # it prints attributes in the order of their keys
    files={
        "genes.gff": "##gff-version 3\n" + "".join(map(_gene, range(1, 13))),
        "more.gff": "##gff-version 3\n" + "".join(map(_gene, range(12, 15))),
        "genes.py": _SCRIPT,
    },
    prepare=("gffutils-cli create genes.gff -o genes.db --quiet",),
    not_compared=("genes.db.bak",),  # its own copy of the file
    commands=(
        "gffutils-cli fetch genes.db gene01,gene02.1",
        "gffutils-cli fetch genes.db nothing",
        "gffutils-cli children genes.db gene03",
        "gffutils-cli children genes.db gene04,gene05 --limit 1 --exclude-self",
        "gffutils-cli children genes.db gene04 --exclude exon",
        "gffutils-cli children genes.db",
        _PARENTS,
        "gffutils-cli parents genes.db gene07.1.e2 --limit gene",
        "gffutils-cli region genes.db chr1:10000-31000",
        "gffutils-cli region genes.db chr9:1-10",
        "gffutils-cli search genes.db PSEUDO",
        "gffutils-cli search genes.db '%note%' --featuretype exon",
        "gffutils-cli common genes.db",
        _COUNT,
        "python genes.py all start,featuretype,id",
        "python genes.py all length,id reverse",
        "python genes.py introns",
        "python genes.py update more.gff create_unique",
        "python genes.py update more.gff error",
        "python genes.py update more.gff merge",
        "python genes.py update more.gff replace",
        _COUNT,
        "python genes.py delete gene02 gene02.1",
        "python genes.py relate gene01 gene03.1",
        _CHILDREN,
        "python genes.py bed gene05.1",
        "python genes.py length gene06",
        "python genes.py interfeatures",
        "python genes.py sql 'select featuretype, count(*) n, min(start), max(end) from features "
        "group by featuretype order by 1'",
        'python genes.py sql "select id, attributes from features where bin > 600 order by id limit 5"',
        "python genes.py schema",
        "gffutils-cli rmdups genes.db",
    ),
    known={
        _PARENTS: "SELECT DISTINCT of a join, without ORDER BY: SQLite follows the index that it walks",
        _CHILDREN: "SELECT DISTINCT of a join, without ORDER BY: the same",
        _COUNT: "SELECT DISTINCT featuretype, without ORDER BY: the same",
    },
)
