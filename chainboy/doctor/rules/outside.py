"""Rules on what lies outside a program: clock, entropy, files, environment, console."""

from __future__ import annotations

from chainboy.doctor.finding import Rule, Severity
from chainboy.doctor.rules.naming import both, calls_with_text, uses

CLOCKS = (
    *(f"time.{name}{unit}" for name in ("time", "monotonic", "perf_counter") for unit in ("", "_ns")),
    *(f"time.{name}{unit}" for name in ("process_time", "thread_time") for unit in ("", "_ns")),
    *("time.localtime", "time.ctime", "time.clock_gettime", "time.clock_gettime_ns"),
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("uuid.uuid1", "uuid.uuid6", "uuid.uuid7"),
)
CALENDAR = tuple(f"time.{name}" for name in ("gmtime", "mktime", "asctime", "strptime", "sleep"))
ENTROPY = (
    *("os.urandom", "os.getrandom", "secrets.*", "uuid.uuid4", "uuid.getnode"),
    *("random.SystemRandom", "random._urandom"),
)
ENVIRONMENT = (
    *("os.environ", "os.environb", "os.getenv", "os.getcwd", "os.getpid", "os.cpu_count", "os.uname"),
    *("platform.*", "getpass.getuser", "socket.gethostname"),
)
OPENERS = ("builtins.open", "io.open", "io.open_code", "io.FileIO", "codecs.open")
READERS = ("zipfile.ZipFile", "gzip.open", "gzip.GzipFile", "xml.etree.ElementTree.parse")

RULES = (
    Rule(
        id="clock",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="`time.time`, `datetime.now`, `date.today`, `uuid.uuid1` and the like",
        why="asks a clock: here that ends the run, anywhere else nodes would not agree",
        advice="give the time as an input",
        find=uses(*CLOCKS),
    ),
    Rule(
        id="time-function",
        severity=Severity.ERROR,
        elsewhere=None,
        subject="`time.gmtime`, `mktime`, `asctime`, `strptime`, `sleep`",
        why="raises PermissionError in the runtime, which has no clock",
        advice="compute with datetime",
        find=uses(*CALENDAR),
    ),
    Rule(
        id="entropy",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="`os.urandom`, `secrets`, `uuid.uuid4`, `random.SystemRandom`",
        why="draws what no other node will draw",
        advice="use random, which is seeded from the program and its input, or ask for a task in RANDOM mode",
        find=uses(*ENTROPY),
    ),
    Rule(
        id="files",
        severity=Severity.ERROR,
        elsewhere=Severity.WARNING,
        subject="`open`, `io.open`, `io.FileIO`, and readers of a path",
        why="reaches for a file, and a program has only those it declares",
        advice="declare data under [files] and read it from chainboy.files",
        find=both(uses(*OPENERS), calls_with_text(*READERS)),
    ),
    Rule(
        id="console",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="`input` and `sys.stdin`",
        why="waits for somebody to type, and nobody does",
        advice="declare an input",
        find=uses("builtins.input", "sys.stdin"),
    ),
    Rule(
        id="environment",
        severity=Severity.ERROR,
        elsewhere=Severity.ERROR,
        subject="`os.environ`, `os.getenv`, `os.getcwd`, `platform` and the like",
        why="asks about the machine, and every node is another one",
        advice="declare an input",
        find=uses(*ENVIRONMENT),
    ),
)
