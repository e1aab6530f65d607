"""The requester's side: ask for programs to be run, and follow what becomes of them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from chainboy.chain.sender import Sender
from chainboy.consensus.outcome import Status
from chainboy.consensus.params import Mode
from chainboy.contracts.gateway import Gateway, TaskState
from chainboy.contracts.gateway_events import TaskRequested
from chainboy.contracts.profile import GatewayProfile
from chainboy.errors import ChainError, EncodingError, InputError, TaskNotFound
from chainboy.events.scan import newest_first
from chainboy.tasks.asking import Ask, Asker, Via, fingerprint
from chainboy.tasks.question import Askable, Question, question
from chainboy.tasks.result import Estimate, Trial
from chainboy.tasks.session import Session
from chainboy.tasks.submissions import MemorySubmissions, Submissions
from chainboy.tasks.task import Task
from chainboy.tasks.terms import Terms
from chainboy.tasks.trial import trial, with_margin
from chainboy.units import Address, Fuel, TaskId, Wei

if TYPE_CHECKING:
    from chainboy.chain.call import Call
    from chainboy.chain.client import Chain
    from chainboy.chain.decode import Receipt
    from chainboy.chain.signer import Signer
    from chainboy.content.store import ContentStore
    from chainboy.contracts.deployment import Deployment
    from chainboy.contracts.remote import RemoteDeployment
    from chainboy.sandbox.protocol import Sandbox
    from chainboy.sources.reading import SourceReader

TASK_ID_BYTES = 32
LOOKS_A_BLOCK = 10
"""How often a waiting client looks in the time of one block, but at least once a second."""


class TaskClient:
    """Asks for tasks at one gateway, and finds them again. Safe to use from many threads.

    ``chain`` and ``deployment`` are the home chain's, where tasks are answered and, unless ``remote`` names
    another chain and its deployment, asked for.
    Without ``signer`` it only reads; a process that uses the key elsewhere, too, gives its one
    :class:`~chainboy.chain.sender.Sender` instead. ``sandbox`` tries programs before they are paid for; the
    default is the one nodes use. ``sources`` reads what such a program declares; without it a program with
    sources cannot be tried. ``submissions`` remembers idempotency keys; the default forgets them with
    the process, a :class:`~chainboy.tasks.DirectorySubmissions` does not. ``poll_interval`` is in seconds.
    ``first_block``: no block of the home chain before it has anything of the hub, for what is looked up from
    the beginning: the way to a remote chain.
    Nothing is asked of the chain before the first call; that one raises what
    :meth:`~chainboy.contracts.deployment.Deployment.check` raises.
    """

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        *,
        content: ContentStore,
        remote: tuple[Chain, RemoteDeployment] | None = None,
        signer: Signer | Sender | None = None,
        sandbox: Sandbox | None = None,
        sources: SourceReader | None = None,
        submissions: Submissions | None = None,
        poll_interval: float | None = None,
        first_block: int = 0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        asking, place = remote or (chain, deployment)
        a_look = min(1.0, asking.profile.block_seconds / LOOKS_A_BLOCK)
        self._session = Session(
            chain=asking,
            place=place,
            home=chain,
            deployment=deployment,
            content=content,
            sender=signer if signer is None or isinstance(signer, Sender) else Sender(asking, signer),
            interval=a_look if poll_interval is None else poll_interval,
            first_block=first_block,
            sleep=sleep,
        )
        self._sandbox = sandbox
        self._sources = sources
        self._asker = Asker(self._session, submissions or MemorySubmissions())
        self._profile: GatewayProfile | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> Address:
        """The account that asks and pays."""
        return self._session.signing().address

    def submit(
        self,
        program: Askable,
        /,
        *args: Any,
        price: int,
        tip: int = 0,
        mode: Mode | str = Mode.EXACT,
        tolerance_bps: int = 0,
        fuel_limit: int | None = None,
        commit_window: int | None = None,
        lifetime: int | None = None,
        callback_gas: int = 0,
        via: Via | None = None,
        idempotency_key: str | None = None,
        **kwargs: Any,
    ) -> Task:
        """Ask for ``program`` to be run on the arguments; returns once the request is in a block.

        ``price`` goes to the nodes that agree, ``tip`` to who delivers, both in wei. ``tolerance_bps`` is
        MEDIAN's, in hundredths of a percent; ``commit_window`` and ``lifetime`` are in seconds of block
        time, with the defaults of :meth:`~chainboy.tasks.terms.Terms.params`. Without ``fuel_limit`` the
        program is tried here and given a quarter more than it used. ``via`` asks through the caller's own
        consumer contract, which then is the requester. Two calls with the same ``idempotency_key`` are one
        task, whatever happens between them. The arguments of a program that have names of this method's
        own are given by position.

        The program and the data files that came with it are put into the content store first. Raises
        :class:`~chainboy.errors.InputError`, :class:`~chainboy.errors.ProgramError`,
        :class:`~chainboy.errors.ContentNotFound`, and what :meth:`~chainboy.chain.sender.Sender.send`
        raises.
        """
        asked = question(program, args, kwargs, self._session.content)
        terms = Terms(
            price=Wei(price),
            tip=Wei(tip),
            mode=mode,
            tolerance=tolerance_bps,
            fuel_limit=None if fuel_limit is None else Fuel(fuel_limit),
            commit_window=commit_window,
            lifetime=lifetime,
            callback_gas=callback_gas,
        )
        if terms.mode is Mode.RANDOM:
            raise InputError("a random number comes from no program; ask with random()")
        return self._ask(asked, terms, via, idempotency_key)

    def random(
        self,
        *,
        price: int,
        tip: int = 0,
        commit_window: int | None = None,
        lifetime: int | None = None,
        callback_gas: int = 0,
        via: Via | None = None,
        idempotency_key: str | None = None,
    ) -> Task:
        """Ask the nodes for a random number below 2**256; see :meth:`submit` for the rest."""
        terms = Terms(
            price=Wei(price),
            tip=Wei(tip),
            mode=Mode.RANDOM,
            commit_window=commit_window,
            lifetime=lifetime,
            callback_gas=callback_gas,
        )
        return self._ask(Question(program=None), terms, via, idempotency_key)

    def dry_run(self, program: Askable, /, *args: Any, fuel_limit: int | None = None, **kwargs: Any) -> Trial:
        """Run ``program`` on this machine as a node would; nothing is sent, nothing is paid.

        ``fuel_limit`` is the network's largest unless given. Raises what
        :func:`~chainboy.tasks.trial.trial` raises; the program's own failures are outcomes.
        """
        return self._trial(question(program, args, kwargs, self._session.content), fuel_limit)

    def estimate(self, program: Askable, /, *args: Any, **kwargs: Any) -> Estimate:
        """What a task needs, found by running it here: its fuel is exact, its seconds are this machine's."""
        tried = self.dry_run(program, *args, **kwargs)
        return Estimate(
            fuel=tried.fuel,
            seconds=tried.seconds,
            least_price=self._figures().min_price,
            status=tried.outcome.status,
        )

    def task(self, task_id: bytes | str, *, since: int = 0) -> Task:
        """The task of this id (bytes or hex text), from the chain alone.

        Raises :class:`~chainboy.errors.TaskNotFound`. ``since``: no block before this one is searched.
        """
        name = _task_id(task_id)
        self._figures()
        if self._session.gateway.state_of(name) is TaskState.NONE:
            gateway, chain_id = self._session.gateway.address, self._session.chain.chain_id
            raise TaskNotFound(
                f"gateway {gateway} on chain {chain_id} has no task 0x{name.hex()}; check all three"
            )
        found = next(self._search([Gateway.topic(TaskRequested), name], since), None)
        if found is None:
            raise ChainError(
                f"the endpoint's logs do not tell how task 0x{name.hex()} began; "
                "search from an earlier block, or use another endpoint"
            )
        return found

    def tasks(
        self, requester: Address | None = None, *, since: int = 0, limit: int | None = None
    ) -> list[Task]:
        """The tasks that ``requester`` (default: this account) asked for, newest first, ``limit`` at most."""
        self._figures()
        topic = bytes(12) + bytes.fromhex((requester or self.address)[2:])
        found = self._search([Gateway.topic(TaskRequested), None, None, topic], since)
        return list(itertools.islice(found, limit))

    def credit(self) -> Wei:
        """What the gateway owes this account: refunds, and rewards if it is a payout address."""
        return self._session.gateway.credit_of(self.address)

    def withdraw(self, to: Address | None = None) -> Receipt:
        """Send this account's credit to ``to`` (default: itself)."""
        sender = self._session.signing()
        return sender.send(self._session.gateway.withdraw(to or sender.address))

    def _ask(self, asked: Question, terms: Terms, via: Via | None, key: str | None) -> Task:
        self._session.signing()
        asked.publish(self._session.content)

        def make() -> Call:
            return self._call(asked, terms, via)

        if key is None:
            return Task(self._session, self._asker.ask(make))
        mark = fingerprint(asked.digest, asked.input, terms, direct=via is None)
        return Task(self._session, self._asker.ask_once(make, key, mark))

    def _call(self, asked: Question, terms: Terms, via: Via | None) -> Call:
        profile = self._figures()
        fuel_limit = self._fuel_limit(asked, terms, profile)
        params = terms.params(profile, now=self._session.chain.head().timestamp, fuel_limit=fuel_limit)
        if via is not None:
            return via(
                Ask(
                    program=asked.digest,
                    input=asked.input,
                    params=params.pack(),
                    price=terms.price,
                    tip=terms.tip,
                    callback_gas=terms.callback_gas,
                )
            )
        return self._session.gateway.request(
            program=asked.digest,
            input=asked.input,
            params=params.pack(),
            price=terms.price,
            tip=terms.tip,
            callback_gas=terms.callback_gas,
        )

    def _fuel_limit(self, asked: Question, terms: Terms, profile: GatewayProfile) -> Fuel:
        """What the terms say, or a quarter more than the run here used."""
        if terms.fuel_limit is not None or asked.program is None:
            return terms.fuel_limit or Fuel(0)
        tried = self._trial(asked, None)
        if tried.outcome.status is Status.OUT_OF_FUEL:
            raise InputError(
                f"the program does not end within {tried.fuel} of fuel, the most there is; "
                "give fuel_limit to ask anyway"
            )
        return with_margin(tried.fuel, Fuel(profile.bounds.max_fuel))

    def _trial(self, asked: Question, fuel_limit: int | None) -> Trial:
        limit = Fuel(self._figures().bounds.max_fuel if fuel_limit is None else fuel_limit)
        return trial(asked, self._session.content, self._local_sandbox(), limit, self._sources)

    def _search(self, topics: list[bytes | None], since: int) -> Iterator[Task]:
        gateway, chain = self._session.gateway, self._session.chain
        logs = newest_first(chain, [gateway.address], topics, last=chain.head().number, first=since)
        return (Task(self._session, event) for log in logs for event in gateway.events([log], TaskRequested))

    def _figures(self) -> GatewayProfile:
        """The gateway's figures, after the handshake with the contracts; asked for once."""
        with self._lock:
            if self._profile is None:
                self._session.check()
                self._profile = self._session.gateway.profile()
            return self._profile

    def _local_sandbox(self) -> Sandbox:
        with self._lock:
            if self._sandbox is None:
                from chainboy.sandbox.wasm import WasmSandbox  # noqa: PLC0415 - loads the runtime's engine

                self._sandbox = WasmSandbox()
            return self._sandbox


def _task_id(task_id: bytes | str) -> TaskId:
    try:
        raw = bytes.fromhex(task_id.removeprefix("0x")) if isinstance(task_id, str) else bytes(task_id)
    except ValueError as error:
        raise EncodingError(f"{task_id!r} is no task id; give 32 bytes or 64 hex digits") from error
    if len(raw) != TASK_ID_BYTES:
        raise EncodingError(f"a task id has {TASK_ID_BYTES} bytes, this one {len(raw)}; check it")
    return TaskId(raw)
