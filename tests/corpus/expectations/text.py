"""What the programs on text are to answer."""

from __future__ import annotations

import hashlib

import jellyfish
import pyunormalize
from corpus.case import Raises, case

WORDS = ["saturday", "sunday", "kitten", "sitting", "Straße", "日本語", ""]
NAMES = ["Robert", "Rupert", "Tymczak", "Pfister", "Honeyman", "Ashcraft", "Lee"]
ARCHIVE = ["R163", "R163", "T522", "P236", "H555", "A261", "L000"]
"""By the U. S. National Archives' rules; the first six stand in their own guide and in Knuth."""

KNUTHS = ["Gauss", "Ghosh", "Hilbert", "Heilbronn", "Knuth", "Lloyd"]

TABLE = """who, when, amount
 Ada  Lovelace, 2026-01-05, "1,250.5"
"Turing, Alan",2026-01-06,80
Ada Lovelace,2026-01-05,1250.50
Grace Hopper,2026-02-30,7
Grace Hopper,2026-02-03,-7.25
nobody
Alonzo Church,2026-03-01,12.345
,2026-03-01,1
"""
CLEANED = 'Ada Lovelace,2026-01-05,125050\n"Turing, Alan",2026-01-06,8000\nGrace Hopper,2026-02-03,-725\n'


def nearest(word: str) -> tuple[int, str]:
    """By jellyfish."""
    distances = [jellyfish.levenshtein_distance(word, known) for known in WORDS]
    return min(distances), WORDS[distances.index(min(distances))]


def key(name: str) -> bytes:
    """Of the normal form that pyunormalize makes, folded by hand."""
    return hashlib.sha256(pyunormalize.NFKC(name).encode()).digest()


CASES = (
    *(
        case("text/edit_distance", word, WORDS, gives=nearest(word), by="jellyfish: levenshtein_distance")
        for word in ["sundae", "mitten", "Strasse", "日本", "x"]
    ),
    case("text/edit_distance", "x", [], gives=Raises("ValueError"), by="nothing is nearest"),
    case("text/soundex", NAMES, gives=(ARCHIVE, False), by="National Archives of the U. S."),
    case("text/soundex", NAMES[:2], gives=(["R163", "R163"], True), by="National Archives of the U. S."),
    case(
        *("text/soundex", KNUTHS),
        gives=([jellyfish.soundex(name) for name in KNUTHS], False),
        by="jellyfish: soundex",
    ),
    case(
        *("text/same_name", "  A\u030angstro\u0308m\u3000AB ", "ÅNGSTRÖM \uff21\uff22"),
        gives=(True, "ångström ab", key("a\u030angstro\u0308m ab")),
        by="pyunormalize: NFKC",
    ),
    case(
        *("text/same_name", "Großmann", "GROSSMANN"),
        gives=(True, "grossmann", key("grossmann")),
        by="Unicode's CaseFolding.txt: ß folds to ss",
    ),
    case(
        *("text/same_name", "ΣΊΣΥΦΟΣ", "Sisyphos"),
        gives=(False, "σίσυφοσ", key("σίσυφοσ")),
        by="Unicode's CaseFolding.txt: a final sigma folds like any other",
    ),
    case(
        *("text/clean_csv", TABLE),
        gives=(3, ["5:ValueError", "7:TypeError", "8:ValueError", "9:ValueError"], 132_325, CLEANED),
        by="by hand",
    ),
    *(
        case("text/roman", numeral, gives=value, by="a chapter's or a monument's number")
        for numeral, value in [("MCMXCIV", 1994), ("MMMCMXCIX", 3999), ("XLII", 42), ("MDCCLXXVI", 1776)]
    ),
    *(case("text/roman", bad, gives=Raises("ValueError"), by="not so written") for bad in ("IIII", "IC", "")),
)
