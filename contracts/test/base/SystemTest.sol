// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Round} from "../../src/interfaces/IConsensusHub.sol";
import {Node} from "../../src/interfaces/INodeRegistry.sol";
import {Record} from "../../src/libraries/Records.sol";
import {SystemHandler} from "./SystemHandler.t.sol";
import {SystemStake} from "./SystemStake.sol";
import {SystemTasks} from "./SystemTasks.sol";
import {ForgeTest} from "./Vm.sol";

/// @notice The invariants of the protocol's section 12 that concern the home chain's contracts together, against the
/// handler's book.
abstract contract SystemTest is ForgeTest {
    SystemHandler internal handler;

    /// @param tasks of how many tasks, the last ones; what is wrong with another stays so until the end
    function _check(uint256 tasks) internal {
        vm.warp(handler.time());
        vm.roll(handler.blockNumber());
        _checkTokens();
        _checkWei();
        _checkWeights();
        _checkTasks(tasks);
    }

    /// @dev Invariant 1: registry's tokens = bonded + unbonding + treasury. Invariant 8: no honest node loses any.
    function _checkTokens() private view {
        uint256 sum = handler.slashedTokens();
        vm.assertEq(handler.registry().treasury(), sum, "slashed tokens");
        for (uint256 i = 0; i < handler.NODES(); ++i) {
            Node memory node = handler.registry().nodeOf(handler.nodeAt(i));
            SystemStake.Stake memory stake = handler.stakeOf(i);
            vm.assertEq(node.bonded, stake.bonded, "bonded");
            vm.assertEq(node.unbonding, stake.unbonding, "unbonding");
            vm.assertTrue(node.active == stake.seated, "seat");
            vm.assertEq(node.weight, stake.seated ? stake.bonded : 0, "next weight");
            vm.assertEq(node.jailedEpoch, stake.jailedEpoch, "jail");
            vm.assertTrue(node.tombstoned == stake.tombstoned, "tombstone");
            vm.assertEq(node.lastActiveEpoch, stake.lastActEpoch, "last act");
            sum += stake.bonded + stake.unbonding;
            if (i < handler.HONEST()) vm.assertEq(stake.slashed + stake.jailedEpoch, 0, "an honest node is punished");
        }
        vm.assertEq(handler.token().balanceOf(address(handler.registry())), sum, "tokens");
    }

    /// @dev Invariant 1: gateway's wei = open escrow + credits + unclaimed shares (dust among them) + treasury.
    function _checkWei() private view {
        uint256 owed = handler.openEscrow() + handler.unclaimed() + handler.treasury();
        for (uint256 k = 0; k < handler.holdersCount(); ++k) {
            address holder = handler.holders(k);
            vm.assertEq(handler.gateway().creditOf(holder), handler.owedTo(holder), "credit");
            owed += handler.owedTo(holder);
        }
        vm.assertEq(handler.gateway().treasury(), handler.treasury(), "treasury");
        vm.assertEq(address(handler.gateway()).balance, owed, "wei");
        vm.assertEq(handler.paidIn(), handler.paidOut() + owed, "wei in and out");
    }

    /// @dev Invariant 4: in each epoch a member weighs what was bonded when it began; together they are the total.
    function _checkWeights() private view {
        uint256 current = handler.currentEpoch();
        for (uint256 epoch = current - 1; epoch <= current; ++epoch) {
            uint256 sum = 0;
            for (uint256 i = 0; i < handler.NODES(); ++i) {
                (uint256 weight, address payout) = handler.registry().snapshotAt(handler.nodeAt(i), epoch);
                vm.assertEq(weight, handler.weightIn(i, epoch), "weight");
                vm.assertEq(payout, handler.payoutIn(i, epoch));
                sum += weight;
            }
            (uint256 total, uint256 count) = handler.registry().totalAt(epoch);
            (uint256 bookTotal, uint256 bookCount) = handler.totalIn(epoch);
            vm.assertEq(total, bookTotal, "total");
            vm.assertEq(count, bookCount, "count");
            if (total != 0) vm.assertEq(total, sum, "sum of weights");
        }
        // Invariant 8: others take at most a quarter, or one node, in each of three ways.
        (uint256 all,) = handler.totalIn(current);
        for (uint256 way = 0; way < 3; ++way) {
            vm.assertTrue(handler.takenCount(way) < 2 || 4 * handler.takenWeight(way) <= all, "budget");
        }
    }

    function _checkTasks(uint256 tasks) private view {
        uint256 count = handler.tasksCount();
        for (uint256 at = count < tasks ? 0 : count - tasks; at < count; ++at) {
            SystemTasks.Task memory task = handler.taskAt(at);
            _checkMoneyOf(task);
            _checkRoundOf(task);
        }
        vm.assertEq(handler.hub().recordsCount(), handler.recordsCount(), "records");
    }

    /// @dev Invariant 2: states are the book's, which only move forward; nothing is paid out twice.
    function _checkMoneyOf(SystemTasks.Task memory task) private view {
        vm.assertEq(uint256(handler.gateway().stateOf(task.id)), uint256(task.state), "state");
        vm.assertTrue(handler.gateway().callbackFailed(task.id) == task.callbackFailed, "callback");
        for (uint256 rank = 0; rank < 8; ++rank) {
            bool claimed = task.claimedRanks & (1 << rank) != 0;
            vm.assertTrue(handler.gateway().isClaimed(task.id, rank) == claimed, "claimed");
        }
        uint256 most = uint256(task.state) < 2 ? 0 : task.request.price + task.request.tip;
        vm.assertLe(task.paid, most, "paid out more than was paid in");
    }

    /// @dev Invariant 3: one record per task, the book's, and none where half or less agrees. The book counts a node
    /// with its weight at the round's epoch (4), and has no slashed honest node (8).
    function _checkRoundOf(SystemTasks.Task memory task) private view {
        Round memory round = handler.hub().roundOf(task.id);
        vm.assertEq(round.attempt, task.attempt, "attempt");
        vm.assertEq(round.epoch, task.epoch, "epoch of the round");
        vm.assertEq(round.committed, task.votes.length, "committed");
        vm.assertEq(round.commitEndsAtBlock, task.commitEndsAtBlock, "quorum");
        uint256 sum = 0;
        for (uint256 k = 0; k < task.votes.length; ++k) {
            SystemTasks.Vote memory vote = task.votes[k];
            address node = handler.nodeAt(vote.node);
            vm.assertEq(uint256(handler.hub().ballotOf(task.id, task.attempt, node)), uint256(vote.state), "ballot");
            sum += handler.weightIn(vote.node, task.epoch);
        }
        vm.assertLe(sum, task.total, "committed weight");
        vm.assertTrue((round.commitEndsAtBlock != 0) == (2 * sum > task.total), "quorum's weight");
        bytes32 recordHash = task.finalized ? _hashOf(task.record) : bytes32(0);
        vm.assertEq(handler.hub().recordHashOf(task.id), recordHash, "record");
        Record memory record = task.record;
        bool consensus = record.winnersCount != 0;
        vm.assertTrue(consensus == (2 * record.agreeingWeight > record.totalWeight), "no majority");
    }

    /// @dev Everything that was paid in is out, but for the treasuries and fewer wei than winners.
    function _checkSettled() internal view {
        vm.assertEq(handler.openEscrow(), 0, "escrow is stuck");
        uint256 winners = 0;
        for (uint256 at = 0; at < handler.tasksCount(); ++at) {
            SystemTasks.Task memory task = handler.taskAt(at);
            vm.assertTrue(uint256(task.state) != 1, "a task is stuck");
            vm.assertTrue(task.finalized == (task.commitEndsAtBlock != 0), "a round is stuck");
            winners += uint256(task.state) == 2 ? task.winners.length : 0;
        }
        vm.assertLe(handler.unclaimed(), winners, "dust");
        vm.assertEq(address(handler.gateway()).balance, handler.unclaimed() + handler.treasury(), "wei is stuck");
        uint256 tokens = handler.token().balanceOf(address(handler.registry()));
        vm.assertEq(tokens, handler.slashedTokens(), "bonds are stuck");
    }

    function _hashOf(Record memory record) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("ChainBoy.Record.v1"),
                record.taskId,
                record.outcomeHash,
                record.agreeingWeight,
                record.totalWeight,
                record.restWeight,
                record.winnersRoot,
                record.winnersCount
            )
        );
    }
}
