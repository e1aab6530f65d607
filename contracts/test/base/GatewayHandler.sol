// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TaskGateway} from "../../src/TaskGateway.sol";
import {Claim, ITaskGateway} from "../../src/interfaces/ITaskGateway.sol";
import {Record} from "../../src/libraries/Records.sol";
import {Request} from "../../src/libraries/Requests.sol";
import {GatewaySteps} from "./GatewaySteps.sol";
import {MockVerifier} from "./MockVerifier.sol";
import {ProbeConsumer} from "./ProbeConsumer.sol";
import {Winner, Winners} from "./Winners.sol";

/// @notice Takes random steps on a gateway, foretells whether each succeeds, and keeps books of the money in plain
/// arithmetic of its own.
contract GatewayHandler is GatewaySteps {
    using Winners for Winner[];

    uint256 private constant MAX_WINNERS = 5;

    struct Entry {
        Request task;
        ITaskGateway.TaskState state;
        uint256 winnersCount;
        uint256 seed; // of the winners
        mapping(uint256 rank => bool) claimed;
    }

    /// @notice The first step that went otherwise than foretold; empty: none.
    string public broken;
    uint256 public openEscrow;
    uint256 public unclaimed;
    uint256 public treasury;
    uint256 public paidIn;
    uint256 public paidOut;
    mapping(address holder => uint256) public owedTo;
    address[] public holders;
    uint256 public tasksCount;

    mapping(uint256 index => Entry) private _entries;
    uint256 private _time = NOW;

    /// @dev Time that a step set must be set again in the next.
    modifier atItsTime() {
        vm.warp(_time);
        _;
    }

    constructor(TaskGateway gateway_, MockVerifier verifier_, ProbeConsumer probe_) {
        (gateway, verifier, probe) = (gateway_, verifier_, probe_);
        holders = [ALICE, BOB, DELIVERER, address(probe)];
        for (uint256 rank = 0; rank < MAX_WINNERS; rank++) {
            holders.push(_winners(MAX_WINNERS)[rank].payout);
        }
    }

    function holdersCount() external view returns (uint256) {
        return holders.length;
    }

    function taskAt(uint256 index) external view returns (bytes32 taskId, ITaskGateway.TaskState state) {
        return (_taskId(_entries[index].task), _entries[index].state);
    }

    function steps() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](10);
        selectors[0] = this.ask.selector;
        selectors[1] = this.deliver.selector;
        selectors[2] = this.deliverWithoutConsensus.selector;
        selectors[3] = this.retry.selector;
        selectors[4] = this.refund.selector;
        selectors[5] = this.claim.selector;
        selectors[6] = this.withdraw.selector;
        selectors[7] = this.moveTreasury.selector;
        selectors[8] = this.pass.selector;
        selectors[9] = this.claimAll.selector;
    }

    function ask(uint256 price, uint256 tip, bool byContract, bool withCallback) external atItsTime {
        address requester = byContract ? address(probe) : ALICE;
        (price, tip) = (_bound(price, MIN_PRICE, 10 ** 18), _bound(tip, 0, 10 ** 15));
        Entry storage entry = _entries[tasksCount++];
        Request memory task = _task(requester, gateway.nonce(), price, tip, withCallback ? CALLBACK_GAS : 0);
        task.params = _exact(_time + 1 days);
        entry.task = task;
        entry.state = ITaskGateway.TaskState.REQUESTED;
        vm.deal(requester, price + tip);
        vm.prank(requester);
        gateway.request{value: price + tip}(PROGRAM, INPUT, task.params, task.callbackGas, tip);
        openEscrow += price + tip;
        paidIn += price + tip;
    }

    function deliver(uint256 index, uint256 count, uint256 seed, uint8 manner) external atItsTime {
        Entry storage entry = _entries[_pick(index, ITaskGateway.TaskState.REQUESTED)];
        Request memory task = entry.task;
        count = _bound(count, 1, MAX_WINNERS);
        Winner[] memory winners = _winnersOf(count, seed);
        Record memory record = _proven(task, _outcome(), winners);
        _prepareProbe(task, record, winners, manner);
        bool due = _isDue(entry);
        vm.prank(DELIVERER);
        try gateway.deliver(task, record, _outcome(), "") {
            if (!due) return _break("deliver succeeded");
            (entry.state, entry.winnersCount, entry.seed) = (ITaskGateway.TaskState.DELIVERED, count, seed);
            uint256 shared = _speedShare(entry, 0) + _speedShare(entry, 1) + _pool(entry);
            openEscrow -= task.price + task.tip;
            treasury += task.price - shared;
            unclaimed += shared;
            owedTo[DELIVERER] += task.tip;
            if (gateway.isClaimed(record.taskId, 0)) _book(entry, winners, 0);
        } catch {
            if (due) _break("deliver failed");
        }
    }

    function deliverWithoutConsensus(uint256 index) external atItsTime {
        Entry storage entry = _entries[_pick(index, ITaskGateway.TaskState.REQUESTED)];
        Request memory task = entry.task;
        Record memory record = _noConsensus(_taskId(task));
        verifier.accept(record);
        bool due = _isDue(entry);
        try gateway.deliver(task, record, "", "") {
            if (!due) return _break("deliver without consensus succeeded");
            entry.state = ITaskGateway.TaskState.DELIVERED;
            _giveBack(task);
        } catch {
            if (due) _break("deliver without consensus failed");
        }
    }

    function retry(uint256 index, uint8 manner) external atItsTime {
        Entry storage entry = _entries[_pickFailed(index)];
        Request memory task = entry.task;
        if (entry.winnersCount == 0) return;
        Winner[] memory winners = _winnersOf(entry.winnersCount, entry.seed);
        Record memory record = _proven(task, _outcome(), winners);
        _prepareProbe(task, record, winners, manner);
        bool due = gateway.callbackFailed(record.taskId) && _time < uint64(task.params);
        try gateway.retry(task, record, _outcome(), "") {
            if (!due) return _break("retry succeeded");
            if (gateway.callbackFailed(record.taskId) != _isProbeFailing()) _break("retry's flag");
            if (gateway.isClaimed(record.taskId, 0)) _book(entry, winners, 0);
        } catch {
            if (due) _break("retry failed");
        }
    }

    function refund(uint256 index) external atItsTime {
        Entry storage entry = _entries[_pick(index, ITaskGateway.TaskState.REQUESTED)];
        bool due = entry.state == ITaskGateway.TaskState.REQUESTED && !_isDue(entry);
        try gateway.refund(entry.task) {
            if (!due) return _break("refund succeeded");
            entry.state = ITaskGateway.TaskState.REFUNDED;
            _giveBack(entry.task);
        } catch {
            if (due) _break("refund failed");
        }
    }

    function claim(uint256 index, uint256 rank, uint256 fault) external atItsTime {
        Entry storage entry = _entries[_pick(index, ITaskGateway.TaskState.DELIVERED)];
        uint256 count = entry.winnersCount == 0 ? 3 : entry.winnersCount;
        Winner[] memory winners = _winnersOf(count, entry.seed);
        Claim memory claimed = _claim(entry.task, winners, rank %= count);
        fault %= 8;
        if (fault == 1) claimed.rank += 1;
        if (fault == 2) claimed.weight += 1;
        if (fault == 3) claimed.payout = ALICE;
        if (fault == 4) claimed.price += 100;
        bool due = (fault == 0 || fault > 4) && entry.winnersCount > 0 && !entry.claimed[rank];
        gateway.claim(_one(claimed));
        if (due != (gateway.isClaimed(claimed.taskId, rank) && !entry.claimed[rank])) return _break("claim");
        if (due) _book(entry, winners, rank);
    }

    function claimAll(uint256 index) external atItsTime {
        Entry storage entry = _entries[_pick(index, ITaskGateway.TaskState.DELIVERED)];
        if (entry.winnersCount == 0) return;
        Winner[] memory winners = _winnersOf(entry.winnersCount, entry.seed);
        _claimAll(entry.task, winners);
        for (uint256 rank = 0; rank < winners.length; rank++) {
            _book(entry, winners, rank);
        }
    }

    function withdraw(uint256 index, uint8 manner) external atItsTime {
        address holder = holders[index % holders.length];
        probe.become(ProbeConsumer.Manner.ACCEPT);
        if (manner % 2 == 0) probe.reenterWith(abi.encodeCall(gateway.withdraw, (payable(address(probe)))));
        vm.prank(holder);
        try gateway.withdraw(payable(holder)) {
            if (owedTo[holder] == 0) return _break("withdraw succeeded");
            paidOut += owedTo[holder];
            owedTo[holder] = 0;
        } catch {
            if (owedTo[holder] > 0) _break("withdraw failed");
        }
    }

    function moveTreasury(uint256 amount) external atItsTime {
        amount = _bound(amount, 0, treasury + 1);
        vm.prank(TREASURER);
        try gateway.moveTreasury(payable(address(0x5AFE)), amount) {
            if (amount > treasury) return _break("moveTreasury succeeded");
            treasury -= amount;
            paidOut += amount;
        } catch {
            if (amount <= treasury) _break("moveTreasury failed");
        }
    }

    function pass(uint256 time) external {
        _time += _bound(time, 1, 12 hours);
    }

    function _prepareProbe(Request memory task, Record memory record, Winner[] memory winners, uint8 manner) private {
        probe.become(ProbeConsumer.Manner(manner % 5));
        if (manner % 9 == 5) probe.reenterWith(abi.encodeCall(gateway.deliver, (task, record, _outcome(), "")));
        if (manner % 9 == 6) probe.reenterWith(abi.encodeCall(gateway.retry, (task, record, _outcome(), "")));
        if (manner % 9 == 7) probe.reenterWith(abi.encodeCall(gateway.refund, (task)));
        if (manner % 9 == 8) {
            probe.reenterWith(abi.encodeCall(gateway.claim, (_one(_claim(task, winners, 0)))));
        }
    }

    function _book(Entry storage entry, Winner[] memory winners, uint256 rank) private {
        if (entry.claimed[rank]) return;
        entry.claimed[rank] = true;
        uint256 share = _speedShare(entry, rank);
        if (rank >= 2) share = _pool(entry) * winners[rank].weight / winners.restWeight();
        unclaimed -= share;
        owedTo[winners[rank].payout] += share;
    }

    function _giveBack(Request memory task) private {
        openEscrow -= task.price + task.tip;
        owedTo[task.requester] += task.price + task.tip;
    }

    function _break(string memory what) private {
        if (bytes(broken).length == 0) broken = what;
    }

    function _isDue(Entry storage entry) private view returns (bool) {
        uint256 end = uint64(entry.task.params) + REFUND_MARGIN;
        return entry.state == ITaskGateway.TaskState.REQUESTED && _time < end;
    }

    function _speedShare(Entry storage entry, uint256 rank) private view returns (uint256) {
        return rank < 2 && rank < entry.winnersCount ? entry.task.price * 15 / 100 : 0;
    }

    function _pool(Entry storage entry) private view returns (uint256) {
        return entry.winnersCount > 2 ? entry.task.price / 2 : 0;
    }

    /// @dev Mostly a task in the `wanted` state; sometimes any, or one that was never asked for.
    function _pick(uint256 index, ITaskGateway.TaskState wanted) private view returns (uint256) {
        for (uint256 i = 0; i < tasksCount && index % 4 > 0; i++) {
            uint256 at = (index / 4 + i) % tasksCount;
            if (_entries[at].state == wanted) return at;
        }
        return index / 4 % (tasksCount + 1);
    }

    /// @dev Mostly a task whose callback failed.
    function _pickFailed(uint256 index) private view returns (uint256) {
        for (uint256 i = 0; i < tasksCount && index % 4 > 0; i++) {
            uint256 at = (index / 4 + i) % tasksCount;
            if (gateway.callbackFailed(_taskId(_entries[at].task))) return at;
        }
        return index / 4 % (tasksCount + 1);
    }

    function _isProbeFailing() private view returns (bool) {
        ProbeConsumer.Manner manner = probe.manner();
        return manner == ProbeConsumer.Manner.REVERT || manner == ProbeConsumer.Manner.BURN_ALL_GAS
            || manner == ProbeConsumer.Manner.REVERT_FLOOD;
    }

    function _winnersOf(uint256 count, uint256 seed) private pure returns (Winner[] memory winners) {
        winners = _winners(count);
        for (uint256 rank = 0; rank < count; rank++) {
            winners[rank].weight = 1 + uint256(keccak256(abi.encode(seed, rank))) >> (160 + seed % 90);
            if (winners[rank].weight == 0) winners[rank].weight = 1;
        }
    }
}
