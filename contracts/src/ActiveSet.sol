// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {INodeRegistry, RegistryProfile} from "./interfaces/INodeRegistry.sol";
import {Budgets} from "./libraries/Budgets.sol";
import {RegistryProfiles} from "./libraries/RegistryProfiles.sol";
import {Snapshots} from "./libraries/Snapshots.sol";
import {Totals} from "./libraries/Totals.sol";

/// @title The part of the registry that knows epochs, members and weights, but no tokens and no owners
abstract contract ActiveSet is INodeRegistry {
    using Budgets for Budgets.Budget;
    using SafeCast for uint256;
    using Snapshots for mapping(address => Snapshots.History);
    using Snapshots for Snapshots.History;
    using Totals for Checkpoints.Trace224;

    /// @inheritdoc INodeRegistry
    address public immutable hub;

    uint256 internal immutable _genesisTime;
    uint256 internal immutable _epochLength;
    uint256 internal immutable _idleEpochs;
    uint256 internal immutable _maxActive;
    uint256 internal immutable _minActiveWeight;

    mapping(address node => Snapshots.History) private _histories;
    Checkpoints.Trace224 private _totals;
    Budgets.Budget private _evicted;
    Budgets.Budget private _dropped;
    Budgets.Budget private _jailed;

    modifier onlyHub() {
        if (msg.sender != hub) revert NotHub(msg.sender);
        _;
    }

    constructor(address hub_, RegistryProfile memory profile_) {
        if (hub_ == address(0)) revert ZeroAddress();
        RegistryProfiles.requireConsistent(profile_);
        hub = hub_;
        _genesisTime = profile_.genesisTime;
        _epochLength = profile_.epochLength;
        _idleEpochs = profile_.idleEpochs;
        _maxActive = profile_.maxActive;
        _minActiveWeight = profile_.minActiveWeight;
    }

    /// @inheritdoc INodeRegistry
    function dropIdle(address node) external {
        Snapshots.Head memory head = _memberHead(node);
        if (currentEpoch() - head.lastActiveEpoch <= _idleEpochs) revert NotIdle(node, head.lastActiveEpoch);
        _takeOut(node, _dropped);
    }

    /// @inheritdoc INodeRegistry
    function noteCommit(address node, uint256 epoch) external onlyHub returns (uint256 weight, address payout) {
        uint256 current = currentEpoch();
        Snapshots.History storage history = _histories[node];
        Snapshots.Head storage head = history.head;
        if (head.tombstoned || head.jailedEpoch == current) return (0, address(0));
        (, weight, payout) = history.at(epoch);
        if (weight == 0) return (0, address(0));
        if (head.lastActiveEpoch != current) head.lastActiveEpoch = current.toUint24();
    }

    /// @inheritdoc INodeRegistry
    function snapshotAt(address node, uint256 epoch) external view returns (uint256 weight, address payout) {
        bool known;
        (known, weight, payout) = _histories[node].at(epoch);
        if (!known) revert EpochTooOld(epoch);
    }

    /// @inheritdoc INodeRegistry
    function weightsAt(address[] calldata nodes, uint256 epoch) external view returns (uint256[] memory) {
        // Offset, length and weights, returned as they lie: encoding them would copy each again.
        uint256[] memory answer = new uint256[](nodes.length + 2);
        (answer[0], answer[1]) = (0x20, nodes.length);
        uint256 done = 0;
        while ((done = _histories.headWeights(answer, nodes, epoch, done)) < nodes.length) {
            (bool known, uint256 weight,) = _histories[nodes[done]].at(epoch);
            if (!known) revert EpochTooOld(epoch);
            answer[2 + done++] = weight;
        }
        assembly ("memory-safe") {
            return(add(answer, 0x20), shl(5, mload(answer)))
        }
    }

    /// @inheritdoc INodeRegistry
    function lastChange(uint256 epoch) external view returns (uint256) {
        return _totals.lastChange(epoch);
    }

    /// @inheritdoc INodeRegistry
    function totalAt(uint256 epoch) public view returns (uint256 weight, uint256 count) {
        (weight, count) = _totals.at(epoch);
        if (weight < _minActiveWeight) return (0, 0);
    }

    /// @inheritdoc INodeRegistry
    function seatsTaken() public view returns (uint256 count) {
        (, count) = _totals.latest();
    }

    /// @inheritdoc INodeRegistry
    function currentEpoch() public view returns (uint256) {
        return (block.timestamp - _genesisTime) / _epochLength;
    }

    /// @dev Give `node` a seat with `weight`, at the cost of `victim` when the set is full.
    function _seat(address node, uint256 weight, address victim) internal {
        bool full = seatsTaken() >= _maxActive;
        if (full && victim == address(0)) revert SetFull();
        if (!full && victim != address(0)) revert SetHasRoom();
        if (full) {
            uint256 victimWeight = _memberHead(victim).weight;
            if (victimWeight >= weight) revert VictimNotWeaker(victim, victimWeight, weight);
            _takeOut(victim, _evicted);
        }
        emit Entered(node, victim);
        _setWeight(node, weight);
        _noteAct(node, currentEpoch());
    }

    /// @dev What counts from the next epoch on; zero: no member.
    function _setWeight(address node, uint256 weight) internal {
        Snapshots.History storage history = _histories[node];
        uint256 before = history.head.weight;
        if (weight == before) return;
        uint256 fromEpoch = currentEpoch() + 1;

        history.set(fromEpoch, history.latestPayout(), weight);
        _totals.change(fromEpoch, before, weight);
        emit WeightChanged(node, fromEpoch, weight);
        if (weight == 0) emit Left(node, fromEpoch);
    }

    /// @dev What counts from the next epoch on.
    function _setPayout(address node, address payout) internal {
        Snapshots.History storage history = _histories[node];
        history.set(currentEpoch() + 1, payout, history.head.weight);
    }

    /// @dev The node was there in `epoch`, the current one.
    function _noteAct(address node, uint256 epoch) internal {
        Snapshots.Head storage head = _histories[node].head;
        if (head.lastActiveEpoch != epoch) head.lastActiveEpoch = epoch.toUint24();
    }

    /// @dev Bar `node` from commits until the next epoch, as far as the budget goes.
    function _jail(address node) internal {
        uint256 epoch = currentEpoch();
        Snapshots.Head storage head = _histories[node].head;
        if (head.jailedEpoch == epoch || !_spend(_jailed, node)) return;
        head.jailedEpoch = epoch.toUint24();
        emit Jailed(node, epoch);
    }

    /// @dev Bar `node` from commits at once, and from the set for good.
    function _tombstone(address node) internal {
        _histories[node].head.tombstoned = true;
        _setWeight(node, 0);
    }

    function _headOf(address node) internal view returns (Snapshots.Head memory) {
        return _histories[node].head;
    }

    function _payoutOf(address node) internal view returns (address) {
        return _histories[node].latestPayout();
    }

    /// @dev What others do to a member must fit the epoch's budget.
    function _takeOut(address node, Budgets.Budget storage budget) private {
        if (!_spend(budget, node)) {
            uint256 epoch = currentEpoch();
            (uint256 totalWeight,) = totalAt(epoch);
            (, uint256 taken) = budget.spent(epoch);
            revert BudgetSpent(taken, Budgets.limit(totalWeight));
        }
        _setWeight(node, 0);
    }

    /// @dev A node counts with what it weighs now or next, whichever is more.
    function _spend(Budgets.Budget storage budget, address node) private returns (bool fits) {
        uint256 epoch = currentEpoch();
        Snapshots.History storage history = _histories[node];
        (, uint256 present,) = history.at(epoch);
        (uint256 totalWeight,) = totalAt(epoch);
        return budget.take(epoch, Math.max(present, history.head.weight), totalWeight);
    }

    function _memberHead(address node) private view returns (Snapshots.Head memory head) {
        head = _histories[node].head;
        if (head.weight == 0) revert NodeNotActive(node);
    }
}
