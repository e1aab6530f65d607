// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Claim, ITaskGateway} from "../../src/interfaces/ITaskGateway.sol";
import {Mode} from "../../src/libraries/Params.sol";
import {Record} from "../../src/libraries/Records.sol";
import {Request} from "../../src/libraries/Requests.sol";
import {ProbeConsumer} from "./ProbeConsumer.sol";
import {SystemRounds} from "./SystemRounds.sol";
import {Winner, Winners} from "./Winners.sol";

/// @notice Requests, deliveries, refunds and claims, and a book of every wei.
abstract contract SystemMoney is SystemRounds {
    using Winners for Winner[];

    uint256 public openEscrow;
    uint256 public unclaimed;
    uint256 public treasury;
    uint256 public paidIn;
    uint256 public paidOut;
    mapping(address holder => uint256) public owedTo;
    address[] public holders;

    constructor() {
        holders = [ALICE, MALLORY, RELAYER, address(probe), address(keeper)];
        for (uint256 i = 0; i < NODES; ++i) {
            holders.push(_payout(i, 0));
            holders.push(_payout(i, 1));
        }
    }

    function holdersCount() external view returns (uint256) {
        return holders.length;
    }

    // Steps

    function ask(uint256 who, uint256 seed, uint256 fault) external atItsTime {
        if (_open() >= 5) return;
        Task storage task = _tasks.push();
        task.mode = who % 4 == 1 ? Mode(seed % 2) : Mode(seed % 3);
        task.tolerance = task.mode == Mode.MEDIAN ? (seed >> 8) % 20 : 0;
        task.window = _between(seed >> 16, MIN_WINDOW, MAX_WINDOW);
        task.split = (seed >> 24) % 4 == 0;
        uint256 soonest = time + task.window + REVEAL_WINDOW + SETTLE_TIME;
        task.expiresAt = _between(seed >> 32, soonest, time + MAX_TASK_LIFE);
        task.request = _requestOf(task, [ALICE, address(keeper), address(probe), address(probe)][who % 4], seed >> 64);
        fault %= 16;
        if (fault == 9) _invent(task);
        else if (fault < 8 && fault > 0 && who % 4 != 1) _askWrongly(task, fault);
        else _ask(task);
    }

    function deliver(uint256 seed, uint256 fault, uint256 manner) external atItsTime {
        if (_tasks.length != 0) _deliver(_tasks[_pick(seed)], fault % 12, manner % 10);
    }

    function retry(uint256 seed, uint256 fault, uint256 manner) external atItsTime {
        if (_tasks.length != 0) _retry(_tasks[_pick(seed)], fault % 12, manner % 10);
    }

    function refund(uint256 seed, uint256 fault) external atItsTime {
        if (_tasks.length == 0) return;
        _refund(_tasks[_pick(seed)], fault % 8 == 1);
    }

    /// @notice Two entries in one call: the same one twice, the second sometimes spoiled.
    function claim(uint256 seed, uint256 rank, uint256 fault) external atItsTime {
        if (_tasks.length == 0) return;
        _claim(_tasks[_pick(seed)], rank, fault % 12);
    }

    function withdraw(uint256 who, uint256 manner) external atItsTime {
        _withdraw(holders[who % holders.length], manner % 4);
    }

    function moveTreasury(uint256 amount) external atItsTime {
        amount = _between(amount, 0, treasury + 1);
        bytes memory data = abi.encodeCall(gateway.moveTreasury, (payable(address(uint160(TREASURY_SINK))), amount));
        _call(TREASURER, address(gateway), 0, data, amount <= treasury, "move treasury");
        if (amount <= treasury) (treasury, paidOut) = (treasury - amount, paidOut + amount);
    }

    // What the steps are made of

    function _deliver(Task storage task, uint256 fault, uint256 manner) internal {
        address sender = manner % 2 == 0 ? RELAYER : MALLORY;
        bool due = uint256(task.state) == 1 && task.finalized && (fault == 0 || fault > 5)
            && time < task.expiresAt + REFUND_MARGIN;
        bytes memory data = _proof(task, fault, gateway.deliver.selector);
        _prepareProbe(task, manner);
        _call(sender, address(gateway), 0, data, due, "deliver");
        if (!due) return;
        _bookDelivery(task, sender);
        bool calls = task.winners.length != 0 && task.request.callbackGas != 0 && time < task.expiresAt
            && task.request.requester.code.length != 0;
        if (calls) _bookCallback(task, manner);
    }

    function _retry(Task storage task, uint256 fault, uint256 manner) internal {
        bool due = task.callbackFailed && (fault == 0 || fault > 5) && time < task.expiresAt;
        bytes memory data = _proof(task, fault, gateway.retry.selector);
        _prepareProbe(task, manner);
        _call(RELAYER, address(gateway), 0, data, due, "retry");
        if (!due) return;
        ++reached["retried"];
        _bookCallback(task, manner);
    }

    function _refund(Task storage task, bool otherwise) internal {
        Request memory request = task.request;
        if (otherwise) request.price += 1;
        bool due = uint256(task.state) == 1 && time >= task.expiresAt + REFUND_MARGIN && !otherwise;
        _call(MALLORY, address(gateway), 0, abi.encodeCall(gateway.refund, (request)), due, "refund");
        if (!due) return;
        task.state = ITaskGateway.TaskState.REFUNDED;
        _giveBack(task);
        ++reached["refunded"];
        if (task.finalized) ++reached["refunded though decided"];
    }

    function _claim(Task storage task, uint256 rank, uint256 fault) internal {
        bool real = task.winners.length != 0;
        Winner[] memory winners = real ? task.winners : _invented();
        rank %= winners.length;
        Claim[] memory claims = new Claim[](2);
        claims[0] = _claimOf(task, winners, rank);
        claims[1] = _claimOf(task, winners, rank);
        if (fault == 1) claims[0].rank += 1;
        if (fault == 2) claims[0].weight += 1;
        if (fault == 3) claims[0].payout = MALLORY;
        if (fault == 4) claims[0].price += 100;
        if (fault == 5) claims[0].restWeight += 1;
        if (fault == 6) claims[1].rank += 256;
        vm.prank(MALLORY);
        gateway.claim(claims);
        bool due = real && uint256(task.state) == 2;
        vm.assertTrue(gateway.isClaimed(task.id, rank) == due, "claim");
        if (due) _bookClaim(task, rank);
    }

    function _withdraw(address holder, uint256 manner) internal {
        bool due = owedTo[holder] != 0 && manner != 1;
        bytes memory data = abi.encodeCall(gateway.withdraw, (payable(manner == 1 ? address(0) : holder)));
        (address sender, address target) = (holder, address(gateway));
        if (holder == address(keeper)) {
            (sender, target) = (KEEPERS_OWNER, holder);
            data = abi.encodeCall(keeper.withdraw, (payable(manner == 1 ? address(0) : ALICE)));
        }
        probe.become(manner == 2 ? ProbeConsumer.Manner.REVERT : ProbeConsumer.Manner.ACCEPT);
        if (manner == 3) probe.reenterWith(abi.encodeCall(gateway.withdraw, (payable(address(probe)))));
        if (holder == address(probe) && manner == 2) due = false;
        _call(sender, target, 0, data, due, "withdraw");
        if (due) (paidOut, owedTo[holder]) = (paidOut + owedTo[holder], 0);
    }

    function _claimOf(Task storage task, Winner[] memory winners, uint256 rank) private view returns (Claim memory) {
        return Claim({
            taskId: task.id,
            price: task.request.price,
            winnersRoot: winners.root(),
            restWeight: winners.restWeight(),
            winnersCount: winners.length,
            rank: rank,
            node: winners[rank].node,
            payout: winners[rank].payout,
            weight: winners[rank].weight,
            proof: winners.proof(rank)
        });
    }

    /// @dev What the attacker would like to have won.
    function _invented() private view returns (Winner[] memory winners) {
        winners = new Winner[](1);
        winners[0] = Winner(_nodes[HONEST], MALLORY, 1_000);
    }

    // Requests

    function _requestOf(Task storage task, address requester, uint256 seed) private view returns (Request memory) {
        uint256 fuel = task.mode == Mode.RANDOM ? 0 : 10 ** 9;
        uint256 params = task.expiresAt + fuel * 2 ** 64 + task.window * 2 ** 128 + task.tolerance * 2 ** 160
            + uint256(task.mode) * 2 ** 176 + 2 ** 184;
        return Request({
            requester: requester,
            nonce: gateway.nonce(),
            program: task.mode == Mode.RANDOM ? bytes32(0) : PROGRAM,
            inputHash: keccak256(INPUT),
            price: _between(seed % 2 ** 64, MIN_PRICE, 10 ** 18),
            tip: (seed >> 64) % 2 == 0 ? 0 : (seed >> 64) % 1_000,
            callbackGas: (seed >> 80) % 8 == 0 ? 0 : 300_000,
            requestedAt: time,
            params: params
        });
    }

    /// @dev The hub may be told of a task that nobody has asked for, nor ever will.
    function _invent(Task storage task) private {
        task.request.nonce += 2 ** 128;
        _name(task);
    }

    /// @dev From the protocol's text, sections 3 and 4.
    function _name(Task storage task) private {
        Request memory r = task.request;
        bytes memory where = abi.encode(keccak256("ChainBoy.Request.v1"), block.chainid, address(gateway));
        bytes memory what = abi.encode(r.requester, r.nonce, r.program, r.inputHash, r.price, r.tip);
        task.requestHash = keccak256(bytes.concat(where, what, abi.encode(r.callbackGas, r.requestedAt)));
        task.id = keccak256(abi.encode(keccak256("ChainBoy.Task.v1"), task.requestHash, r.params));
    }

    function _ask(Task storage task) private {
        _name(task);
        Request memory r = task.request;
        bytes memory data = abi.encodeCall(gateway.request, (r.program, INPUT, r.params, r.callbackGas, r.tip));
        (address sender, address target) = (r.requester, address(gateway));
        if (r.requester == address(keeper)) {
            (sender, target) = (KEEPERS_OWNER, r.requester);
            data = abi.encodeCall(keeper.ask, (INPUT, r.params, r.callbackGas, r.tip));
        }
        bytes memory result = _call(sender, target, r.price + r.tip, data, true, "request");
        vm.assertEq(abi.decode(result, (bytes32)), task.id, "task id");
        task.state = ITaskGateway.TaskState.REQUESTED;
        openEscrow += r.price + r.tip;
        paidIn += r.price + r.tip;
    }

    function _askWrongly(Task storage task, uint256 fault) private {
        Request memory r = task.request;
        (uint256 value, uint256 tip, uint256 soon) = (r.price + r.tip, r.tip, time + task.window + REVEAL_WINDOW);
        if (fault == 1) value = MIN_PRICE - 1 + r.tip;
        if (fault == 2) r.params = r.params - task.expiresAt + soon + SETTLE_TIME - 1;
        if (fault == 3) r.params = r.params - task.expiresAt + time + MAX_TASK_LIFE + 1;
        if (fault == 4) tip = value + 1;
        if (fault == 5) r.program = r.program == 0 ? PROGRAM : bytes32(0);
        if (fault == 6) r.callbackGas = MAX_CALLBACK_GAS + 1;
        if (fault == 7) r.params += 2 ** 192;
        bytes memory data = abi.encodeCall(gateway.request, (r.program, INPUT, r.params, r.callbackGas, tip));
        _call(r.requester, address(gateway), value, data, false, "wrong request");
        _tasks.pop();
    }

    /// @dev Tasks that somebody may still do something for.
    function _open() private view returns (uint256 count) {
        for (uint256 at = 0; at < _tasks.length; ++at) {
            if (uint256(_tasks[at].state) < 2 && time < _tasks[at].expiresAt) ++count;
        }
    }

    // Deliveries

    function _proof(Task storage task, uint256 fault, bytes4 selector) private view returns (bytes memory) {
        (Request memory request, Record memory record, bytes memory outcome) =
            (task.request, task.record, task.outcome);
        if (!task.finalized) (record.taskId, record.totalWeight) = (task.id, task.total);
        if (fault == 1) record.agreeingWeight += 1;
        if (fault == 2) outcome = bytes.concat(outcome, hex"00");
        if (fault == 3) record.taskId = _tasks[0].id == task.id ? bytes32(0) : _tasks[0].id;
        if (fault == 4) request.tip += 1;
        return abi.encodeWithSelector(selector, request, record, outcome, fault == 5 ? bytes("proof") : bytes(""));
    }

    function _bookDelivery(Task storage task, address sender) private {
        task.state = ITaskGateway.TaskState.DELIVERED;
        if (task.winners.length == 0) {
            _giveBack(task);
            ++reached["delivered without consensus"];
            return;
        }
        ++reached[time < task.expiresAt ? "delivered" : "delivered late"];
        (uint256 price, uint256 tip) = (task.request.price, task.request.tip);
        uint256 shared = _speedShare(task, 0) + _speedShare(task, 1) + _pool(task);
        openEscrow -= price + tip;
        treasury += price - shared;
        unclaimed += shared;
        task.paid += price - shared;
        _pay(task, sender, tip);
    }

    /// @dev How the probe behaves when it is called, or given money.
    function _prepareProbe(Task storage task, uint256 manner) private {
        if (manner < 5) return probe.become(ProbeConsumer.Manner(manner));
        bytes memory data = _proof(task, 0, gateway.deliver.selector);
        if (manner == 6) data = _proof(task, 0, gateway.retry.selector);
        if (manner == 7) data = abi.encodeCall(gateway.refund, (task.request));
        if (manner == 8) data = abi.encodeCall(gateway.withdraw, (payable(address(probe))));
        if (manner == 9 && task.winners.length != 0) {
            Claim[] memory claims = new Claim[](1);
            claims[0] = _claimOf(task, task.winners, 0);
            data = abi.encodeCall(gateway.claim, (claims));
        }
        probe.reenterWith(data);
    }

    function _bookCallback(Task storage task, uint256 manner) private {
        bool byKeeper = task.request.requester == address(keeper);
        bool fails = !byKeeper && (manner == 1 || manner == 2 || manner == 4);
        task.callbackFailed = fails;
        if (byKeeper) vm.assertFalse(keeper.isPending(task.id));
        ++reached[fails ? "callback failed" : "called back"];
        if (byKeeper || manner < 5) return;
        bool succeeds = manner == 9 || (manner == 8 && owedTo[address(probe)] != 0);
        vm.assertTrue(probe.reentrySucceeded() == succeeds, "re-entry");
        if (manner == 8) (paidOut, owedTo[address(probe)]) = (paidOut + owedTo[address(probe)], 0);
        if (manner == 9) _bookClaim(task, 0);
        ++reached["re-entered"];
    }

    // Amounts

    function _bookClaim(Task storage task, uint256 rank) private {
        if (task.claimedRanks & (1 << rank) != 0) return;
        task.claimedRanks |= 1 << rank;
        uint256 share = _speedShare(task, rank);
        Winner[] memory winners = task.winners;
        if (rank >= 2) share = _pool(task) * winners[rank].weight / winners.restWeight();
        unclaimed -= share;
        _pay(task, winners[rank].payout, share);
        ++reached["claimed"];
    }

    function _giveBack(Task storage task) private {
        openEscrow -= task.request.price + task.request.tip;
        _pay(task, task.request.requester, task.request.price + task.request.tip);
    }

    function _pay(Task storage task, address holder, uint256 amount) private {
        owedTo[holder] += amount;
        task.paid += amount;
    }

    function _speedShare(Task storage task, uint256 rank) private view returns (uint256) {
        return rank < 2 && rank < task.winners.length ? task.request.price * 15 / 100 : 0;
    }

    function _pool(Task storage task) private view returns (uint256) {
        return task.winners.length > 2 ? task.request.price / 2 : 0;
    }
}
