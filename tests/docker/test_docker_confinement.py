"""What a program cannot do in a container even with the bare system calls in its hands."""

from __future__ import annotations

import time

import pytest
from attacks import ENDLESS, attack, job
from engine import DockerEngine

from chainboy.consensus.outcome import Outcome, Status
from chainboy.errors import SandboxError
from chainboy.sandbox.epicbox import EpicboxSandbox
from chainboy.sandbox.protocol import Job

pytestmark = pytest.mark.xdist_group("docker")

ABORTED = (Status.ABORTED, b"")

ESCAPES = {
    "mount": """
        data = b"none", b"/sandbox", b"tmpfs", 0, 0
        return count({
            "mount": lambda: libc.mount(*data),
            "bind": lambda: libc.mount(b"/", b"/sandbox", 0, 4096, 0),
            "remount": lambda: libc.mount(b"none", b"/", 0, 32, 0),
            "umount": lambda: libc.umount2(b"/proc", 2),
            "chroot": lambda: libc.chroot(b"/sandbox"),
            "pivot": lambda: libc.syscall(155, b"/", b"/sandbox"),
            "handle": lambda: libc.syscall(304, -100, b"/", 0),
            "unshare user": lambda: libc.unshare(0x10000000),
            "unshare mount": lambda: libc.unshare(0x00020000),
            "unshare network": lambda: libc.unshare(0x40000000),
            "setns": lambda: libc.setns(posix.open("/proc/1/ns/mnt", 0), 0),
        })
    """,
    "device": """
        return count({
            "block": lambda: posix.mknod("/sandbox/d", 0o60600, posix.makedev(8, 0)) or 0,
            "character": lambda: posix.mknod("/sandbox/m", 0o20600, posix.makedev(1, 1)) or 0,
            **{name: lambda name=name: posix.open(name, 2) for name in (
                "/dev/sda", "/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/net/tun",
                "/dev/loop-control", "/proc/kcore")},
        })
    """,
    "ptrace": """
        me = posix.getppid()
        return me - 1 + count({
            "attach": lambda: libc.ptrace(16, 1, 0, 0),
            "seize": lambda: libc.ptrace(0x4206, 1, 0, 0),
            "memory": lambda: posix.open("/proc/1/mem", 2),
            "output": lambda: posix.open("/proc/1/fd/1", 1),
            "environment": lambda: posix.open("/proc/1/environ", 0),
            "read": lambda: libc.syscall(310, 1, 0, 0, 0, 0, 0),
            "take a descriptor": lambda: libc.syscall(438, libc.syscall(434, 1, 0), 1, 0),
        })
    """,
    "privilege": """
        return count({
            "root": lambda: libc.setuid(0),
            "group": lambda: libc.setgroups(1, (0).to_bytes(8, "little")),
            "hostname": lambda: libc.sethostname(b"x", 1),
            "module": lambda: libc.syscall(175, 0, 0, b""),
            "bpf": lambda: libc.syscall(321, 0, 0, 0),
            "perf": lambda: libc.syscall(298, 0, 0, -1, -1, 0),
            "userfault": lambda: libc.syscall(323, 0),
            "keys": lambda: libc.syscall(250, 0, -3, 1),
            "reboot": lambda: libc.syscall(169, 0xfee1dead, 672274793, 0x1234567, 0),
            "quota": lambda: libc.syscall(179, 0, 0, 0, 0),
            "swap": lambda: libc.swapoff(b"/x"),
            "ports": lambda: libc.iopl(3),
            "nice": lambda: libc.setpriority(0, 0, -20),
            "realtime": lambda: libc.sched_setscheduler(0, 1, (1).to_bytes(8, "little")),
        })
    """,
    "write": """
        return count({name: lambda name=name: posix.open(name, 0o1101) for name in (
            "/x", "/tmp/x", "/var/tmp/x", "/run/x", "/dev/x", "/dev/shm/x", "/etc/passwd", "/root/x",
            "/usr/local/bin/chainboy-run", "/usr/local/lib/chainboy/x", "/proc/sysrq-trigger",
            "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches",
            "/proc/1/oom_score_adj", "/proc/1/mem", "/proc/irq/0/smp_affinity", "/proc/mtrr", "/proc/bus/x",
            "/sys/kernel/profiling", "/sys/power/state", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/x",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/pids/pids.max",
            "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/memory.max", "/sys/block")})
    """,
    "engine": """
        def exists(name):
            posix.stat(name)
            return 1
        names = "/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"
        return count({name: lambda name=name: exists(name) for name in names})
    """,
    "network": """
        interfaces = posix.read(posix.open("/proc/net/dev", 0), 4096).decode().splitlines()[2:]
        names = [line.split(":")[0].strip() for line in interfaces]
        address = b"\\x02\\x00\\x00\\x35\\x08\\x08\\x08\\x08" + bytes(8)
        return (names != ["lo"]) + count({
            "connect": lambda: libc.connect(libc.socket(2, 1, 0), address, 16),
            "send": lambda: libc.sendto(libc.socket(2, 2, 0), b"x", 1, 0, address, 16),
            "raw": lambda: libc.socket(2, 3, 1),
            "packet": lambda: libc.socket(17, 3, 0),
        })
    """,
    "kill the supervisor": """
        for signal in (9, 19, 15, 2, 3, 1, 10):
            libc.kill(1, signal)
        sleep(0.2)
        return 0
    """,
}


@pytest.fixture(scope="module")
def box(docker_engine: DockerEngine) -> EpicboxSandbox:
    """One for all."""
    return docker_engine.sandbox(wall_clock_limit=30, processes=12, work_mib=8)


def outcome(box: EpicboxSandbox, run: Job) -> tuple[Status, bytes]:
    """Status and payload of a run."""
    found: Outcome = box.run(run).outcome
    return found.status, found.payload


def number(box: EpicboxSandbox, run: Job) -> int:
    """What a run returned."""
    found = box.run(run)
    assert found.outcome.status is Status.OK, found
    return int.from_bytes(found.outcome.payload)


@pytest.mark.parametrize("way", ESCAPES)
def test_no_way_out(box: EpicboxSandbox, way: str) -> None:
    """None of the attempts is let through."""
    found = box.run(attack(ESCAPES[way]))
    assert (found.outcome.status, int.from_bytes(found.outcome.payload)) == (Status.OK, 0), found.logs


def test_attempts_are_counted(box: EpicboxSandbox) -> None:
    """What is allowed is let through, so the tests above can fail."""
    source = """
        return count({
            "write": lambda: posix.open("/sandbox/x", 0o1101),
            "ask": lambda: libc.kill(1, 0),
            "read": lambda: posix.open("/etc/passwd", 0),
        })
    """
    assert number(box, attack(source)) == 3


def test_the_kernel_says_so(box: EpicboxSandbox) -> None:
    """No privilege, none to be had, system calls filtered; no host name or environment from outside."""
    source = """
        print(posix.read(posix.open("/proc/self/status", 0), 4096).decode())
        print(posix.uname().nodename, posix.getcwd(), sorted(posix.environ))
        return 0
    """
    log = box.run(attack(source)).logs
    fields = dict(line.split(":\t", 1) for line in log.splitlines() if ":\t" in line)
    assert fields["Uid"] == "\t".join(["65534"] * 4)
    assert {fields[f"Cap{kind}"] for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (fields["NoNewPrivs"], fields["Seccomp"], fields["Umask"]) == ("1", "2", "0077")
    assert log.splitlines()[-1].startswith("chainboy /sandbox ")
    assert "HOSTNAME" not in log


def test_fork_bomb(box: EpicboxSandbox, docker_engine: DockerEngine) -> None:
    """Processes end at the limit, and the sandbox goes on."""
    source = """
        made = 0
        while True:
            try:
                child = posix.fork()
            except OSError:
                return made
            if child == 0:
                while True:
                    sleep(60)
            made += 1
    """
    assert 1 <= number(box, attack(source)) <= 12
    source = "while True:\n    try:\n        posix.fork()\n    except OSError:\n        pass\n"
    began = time.monotonic()
    with pytest.raises(SandboxError):
        docker_engine.sandbox(wall_clock_limit=2).run(attack(source))
    assert time.monotonic() - began < 15
    assert number(box, attack("return 7")) == 7


def test_disk_fill(box: EpicboxSandbox) -> None:
    """The one folder that can be written to is small, in bytes and in files."""
    source = """
        file, written = posix.open("/sandbox/x", 0o101), 0
        try:
            while True:
                written += posix.write(file, bytes(1 << 20))
        except OSError:
            posix.unlink("/sandbox/x")
            return written
    """
    assert 0 < number(box, attack(source)) <= 8 << 20
    source = """
        for made in range(100_000):
            try:
                posix.close(posix.open(f"/sandbox/{made}", 0o101))
            except OSError:
                return made
    """
    assert 0 < number(box, attack(source)) <= 4096


def test_memory_of_many_processes(docker_engine: DockerEngine) -> None:
    """Together they may not have more than the container; what the host kills is no outcome."""
    box = docker_engine.sandbox(wall_clock_limit=30, memory_mib=640)
    source = """
        for _ in range(3):
            if posix.fork() == 0:
                kept = [b"x" * (1 << 20) for _ in range(350)]
                while True:
                    sleep(60)
        return posix.wait()[1]
    """
    with pytest.raises(SandboxError, match="640 MiB"):
        box.run(attack(source))


def test_orphans_end_with_the_run(box: EpicboxSandbox, docker_engine: DockerEngine) -> None:
    """Processes that left their session do not keep an answered run alive, nor stay behind."""
    source = """
        if posix.fork() == 0:
            posix.setsid()
            if posix.fork() == 0:
                while True:
                    sleep(60)
            posix._exit(0)
        return 5
    """
    began = time.monotonic()
    assert number(box, attack(source)) == 5
    assert time.monotonic() - began < 10
    client = docker_engine.client()
    assert client.api.containers(all=True) == []
    client.close()


@pytest.mark.parametrize("descriptors", ["(0, 1, 2)", "range(3, 64)"])
def test_floods(box: EpicboxSandbox, descriptors: str) -> None:
    """The standard streams lead nowhere; whoever finds the way of the answer can only spoil his own."""
    source = f"""
        for file in {descriptors}:
            try:
                for _ in range(64):
                    posix.write(file, b"x" * (1 << 20))
            except OSError:
                pass
        return 5
    """
    expected = (Status.OK, (5).to_bytes(32, "big")) if descriptors == "(0, 1, 2)" else ABORTED
    assert outcome(box, attack(source)) == expected


@pytest.mark.parametrize(
    ("signal", "outcome_of_it"), [(9, None), (15, None), (24, None), (11, ABORTED), (6, ABORTED)]
)
def test_ends_by_signal(box: EpicboxSandbox, signal: int, outcome_of_it: tuple[Status, bytes] | None) -> None:
    """What only a host sends is no outcome; what a broken interpreter gets is the artifact's own end."""
    run = attack(f"posix.kill(posix.getpid(), {signal})\nsleep(5)\nreturn 1")
    if outcome_of_it is None:
        with pytest.raises(SandboxError, match="killed"):
            box.run(run)
    else:
        assert outcome(box, run) == outcome_of_it


def test_an_exit_without_an_answer_is_the_artifacts_end(box: EpicboxSandbox) -> None:
    """Any other trap or exit of the artifact is ABORTED."""
    assert outcome(box, attack("posix._exit(0)")) == ABORTED


def test_cpu_time(docker_engine: DockerEngine) -> None:
    """A limit of its own, reached before the clock's."""
    box = docker_engine.sandbox(wall_clock_limit=60, cpu_seconds=1)
    began = time.monotonic()
    with pytest.raises(SandboxError, match="1 s of CPU time"):
        box.run(job(ENDLESS))
    assert time.monotonic() - began < 20


def test_largest_question(box: EpicboxSandbox) -> None:
    """Sixteen files of a mebibyte each come through whole."""
    source = '# /// chainboy\n# outputs = ["uint256"]\n# ///\nfrom chainboy import files\n'
    source += "def main(): return sum(map(sum, files.values()))\n"
    files = {f"f{index}": bytes([index]) * (1 << 20) for index in range(16)}
    asked = job(source)
    found = box.run(Job(program=asked.program, input=b"", fuel_limit=asked.fuel_limit, files=files))
    assert int.from_bytes(found.outcome.payload) == sum(range(16)) << 20
