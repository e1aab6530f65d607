"""Programs that use the standard library inside the sandbox, and what each returns."""

from __future__ import annotations

from chainboy.testing.sandbox_cases import Case, returns

STDLIB: tuple[Case, ...] = (
    returns(
        "decimal",
        """
        from decimal import Decimal, getcontext

        def main():
            getcontext().prec = 40
            return int(Decimal(2).sqrt() * 10 ** 30)
        """,
        1414213562373095048801688724209,
    ),
    returns(
        "fractions",
        """
        from fractions import Fraction

        def main():
            f = sum((Fraction(1, n) for n in range(1, 11)))
            return (f.numerator, f.denominator)
        """,
        7381,
        2520,
        outputs=["uint256", "uint256"],
    ),
    returns(
        "statistics",
        """
        import statistics

        def main():
            return (statistics.median([5, 1, 4]), statistics.mode([1, 2, 2]))
        """,
        4,
        2,
        outputs=["uint8", "uint8"],
    ),
    returns(
        "mathematics",
        """
        import math, cmath

        def main():
            return (math.isqrt(10 ** 40), math.comb(50, 25), math.gcd(84, 36), int(abs(cmath.sqrt(-4))))
        """,
        100000000000000000000,
        126410606437752,
        12,
        2,
        outputs=["uint256", "uint256", "uint256", "uint256"],
    ),
    returns(
        "hashes",
        """
        import hashlib, hmac, zlib, binascii

        def main():
            return (hashlib.sha256(b'abc').digest(), hmac.new(b'', b'', 'md5').digest(), zlib.crc32(b'abc'))
        """,
        b'\xbax\x16\xbf\x8f\x01\xcf\xeaAA@\xde]\xae"#\xb0\x03a\xa3\x96\x17z\x9c\xb4\x10\xffa\xf2\x00\x15\xad',
        b"t\xe6\xf7)\x8a\x9c-\x16\x895\xf5\x8c\x00\x1b\xad\x88",
        891568578,
        outputs=["bytes32", "bytes16", "uint32"],
    ),
    returns(
        "encodings",
        r"""
        import base64, struct, json, codecs

        def main():
            return (
                base64.b64encode(b'ab').decode(),
                struct.unpack('>H', b'\x01\x02')[0],
                json.loads('[1, {"a": 2}]')[1]['a'],
                'ž'.encode('utf-16-le'),
                b'\xe4'.decode('cp1251'),
            )
        """,
        "YWI=",
        258,
        2,
        b"~\x01",
        "д",
        outputs=["string", "uint16", "uint8", "bytes", "string"],
    ),
    returns(
        "csv and io",
        r"""
        import csv, io

        def main():
            return sum((int(r['x']) for r in csv.DictReader(io.StringIO('x,y\n1,2\n30,4\n'))))
        """,
        31,
    ),
    returns(
        "regular expressions",
        r"""
        import re

        def main():
            return (re.sub('(\\w)(\\d+)', '\\2\\1', 'a12 b3'), len(re.findall('a|b', 'abcab')))
        """,
        "12a 3b",
        4,
        outputs=["string", "uint8"],
    ),
    returns(
        "dates",
        """
        import datetime, calendar

        def main():
            d = datetime.date(2024, 2, 28) + datetime.timedelta(days=2)
            t = datetime.datetime.strptime('03/04/2021 05:06', '%d/%m/%Y %H:%M')
            return (
                d.isoformat(),
                int(t.replace(tzinfo=datetime.timezone.utc).timestamp()),
                calendar.monthrange(2024, 2)[1],
            )
        """,
        "2024-03-01",
        1617426360,
        29,
        outputs=["string", "uint64", "uint8"],
    ),
    returns(
        "containers",
        """
        import bisect, collections, functools, heapq, itertools, operator

        def main():
            h = [5, 2, 8]
            heapq.heapify(h)
            c = collections.Counter('hello')
            return (
                heapq.heappop(h),
                c['l'],
                bisect.bisect([1, 3, 5], 4),
                functools.reduce(operator.mul, range(1, 6)),
                len(list(itertools.permutations('abc'))),
            )
        """,
        2,
        2,
        2,
        120,
        6,
        outputs=["uint8", "uint8", "uint8", "uint8", "uint8"],
    ),
    returns(
        "classes",
        """
        import dataclasses, enum, typing, abc, copy

        @dataclasses.dataclass(frozen=True, order=True)
        class P:
            x: int
            y: 'typing.Any' = 2

        def main():
            return (dataclasses.replace(P(1), y=3).y, int(P(1) < P(2)), len(typing.get_type_hints(P)))
        """,
        3,
        1,
        2,
        outputs=["uint8", "uint8", "uint8"],
    ),
    returns(
        "words",
        """
        import difflib, string, textwrap, unicodedata

        def main():
            return (
                textwrap.shorten('one two three', 9),
                difflib.get_close_matches('appel', ['ape', 'apple'])[0],
                string.Template('$a').substitute(a='x'),
                unicodedata.normalize('NFKC', 'ﬁ'),
            )
        """,
        "one [...]",
        "apple",
        "x",
        "fi",
        outputs=["string", "string", "string", "string"],
    ),
    returns(
        "archives",
        """
        import gzip, io, zipfile

        def main():
            b = io.BytesIO()
            with zipfile.ZipFile(b, 'w') as z:
                z.writestr(zipfile.ZipInfo('n'), 'hello')
            return (zipfile.ZipFile(b).read('n'), gzip.decompress(gzip.compress(b'abc', mtime=0)))
        """,
        b"hello",
        b"abc",
        outputs=["bytes", "bytes"],
    ),
    returns(
        "documents",
        """
        import html, tomllib, uuid, urllib.parse
        import xml.etree.ElementTree as ET
        from html.parser import HTMLParser
        import ipaddress

        def main():
            return (
                ET.fromstring('<a><b v="7"/></a>').find('b').get('v'),
                tomllib.loads('a = 1')['a'],
                html.unescape('&lt;'),
                str(uuid.uuid5(uuid.NAMESPACE_DNS, 'x')),
                urllib.parse.parse_qs('a=1')['a'][0],
                ipaddress.ip_network('10.0.0.0/30').num_addresses,
            )
        """,
        "7",
        1,
        "<",
        "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a",
        "1",
        4,
        outputs=["string", "uint8", "string", "string", "string", "uint8"],
    ),
    returns(
        "other modules",
        """
        import array, colorsys, contextlib, copy, fnmatch, graphlib, keyword
        import numbers, pickle, pprint, reprlib, types, weakref, ast, calendar

        def main():
            order = list(graphlib.TopologicalSorter({'b': {'a'}}).static_order())
            return (
                order[0],
                pickle.loads(pickle.dumps([1, 2]))[1],
                ast.literal_eval('[3]')[0],
                copy.deepcopy([[4]])[0][0],
                array.array('H', [5])[0],
                int(keyword.iskeyword('if')),
                pprint.pformat({2: 1}),
            )
        """,
        "a",
        2,
        3,
        4,
        5,
        1,
        "{2: 1}",
        outputs=["string", "uint8", "uint8", "uint8", "uint8", "uint8", "string"],
    ),
)
