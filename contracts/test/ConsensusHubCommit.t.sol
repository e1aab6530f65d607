// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CommitEntry, IConsensusHub, Round} from "../src/interfaces/IConsensusHub.sol";
import {Mode, Params} from "../src/libraries/Params.sol";
import {HubTest} from "./base/HubTest.sol";

/// @notice Given nodes of weight 40, 30 and 30 and a task: when someone commits.
contract ConsensusHubCommitTest is HubTest {
    bytes private answer;

    function setUp() public override {
        super.setUp();
        answer = _text("answer");
        _enrol(_weights(40, 30, 30));
    }

    function _expectRefused(CommitEntry memory entry, bytes4 reason) private {
        bytes32 before = keccak256(abi.encode(hub.roundOf(taskId)));
        uint256 notes = registry.notes(entry.node);
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.EntrySkipped(taskId, entry.node, reason);
        vm.assertEq(bytes32(_commit(entry)), bytes32(reason));
        vm.assertEq(keccak256(abi.encode(hub.roundOf(taskId))), before, "a refused commit changes nothing");
        vm.assertEq(registry.notes(entry.node), notes, "a refused commit is no sign of life");
    }

    function _expectRevert(bytes memory problem) private {
        _commitReverts(_signed(0, 1, answer), problem);
    }

    // The first commit

    function test_first_opensTheAttemptAndStartsNoClock() external {
        CommitEntry memory entry = _direct(0, 1, answer);
        vm.expectEmit(true, true, true, true);
        emit IConsensusHub.AttemptOpened(taskId, 1, EPOCH, 100);
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.Committed(taskId, _node(0), 1, 0, _payout(0), 40, entry.commitment);
        vm.prank(_node(0));
        vm.assertEq(bytes32(_commit(entry)), 0);

        Round memory round = hub.roundOf(taskId);
        vm.assertEq(round.attempt, 1);
        vm.assertEq(round.epoch, EPOCH);
        vm.assertEq(round.committed, 1);
        vm.assertEq(round.openedAt, NOW);
        vm.assertEq(round.commitEndsAt, 0);
        vm.assertEq(round.commitEndsAtBlock, 0);
        vm.assertEq(round.missingWeight, 11);
        vm.assertEq(round.mode, uint256(Mode.EXACT));
        vm.assertTrue(hub.ballotOf(taskId, 1, _node(0)) == IConsensusHub.BallotState.COMMITTED);
    }

    function test_quorum_startsTheClock() external {
        _commit(_signed(0, 1, answer));
        vm.warp(NOW + 50);
        vm.roll(BLOCK + 5);
        CommitEntry memory entry = _signed(1, 1, answer);
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.QuorumReached(taskId, 1, NOW + 50 + WINDOW, BLOCK + 5 + WINDOW_BLOCKS);
        _commit(entry);

        Round memory round = hub.roundOf(taskId);
        vm.assertEq(round.openedAt, 0);
        vm.assertEq(round.commitEndsAt, NOW + 50 + WINDOW);
        vm.assertEq(round.commitEndsAtBlock, BLOCK + 5 + WINDOW_BLOCKS);
        vm.assertEq(round.missingWeight, 30);
    }

    function test_half_isNoQuorum() external {
        registry.set(EPOCH, _node(3), 20, _payout(3));
        _commit(_signed(1, 1, answer));
        _commit(_signed(2, 1, answer));
        vm.assertEq(hub.roundOf(taskId).commitEndsAtBlock, 0);
        vm.assertEq(hub.roundOf(taskId).missingWeight, 1);
    }

    function testFuzz_quorum_isCrossedWhereMoreThanHalfHasCommitted(uint96[8] memory seeds) external {
        uint256 total = 100;
        uint256[] memory weights = new uint256[](8);
        for (uint256 i = 0; i < 8; ++i) {
            weights[i] = 1 + seeds[i] / 16;
            total += weights[i];
            registry.set(EPOCH, _node(100 + i), weights[i], _payout(100 + i));
        }
        uint256 committed = 0;
        for (uint256 i = 0; i < 8; ++i) {
            vm.assertEq(bytes32(_commit(_signed(100 + i, 1, answer))), 0);
            committed += weights[i];
            Round memory round = hub.roundOf(taskId);
            bool quorum = 2 * committed > total;
            vm.assertTrue((round.commitEndsAtBlock != 0) == quorum);
            vm.assertEq(round.missingWeight, (quorum ? total : total / 2 + 1) - committed);
        }
    }

    // Refused as a whole

    function test_revert_paramsInvalid() external {
        _useParams(params | 1 << 192);
        _expectRevert(abi.encodeWithSelector(Params.NonzeroPadding.selector, params));
    }

    function test_revert_noActiveNodes() external {
        vm.warp(NOW + EPOCH_LENGTH);
        _expectRevert(abi.encodeWithSelector(IConsensusHub.NoActiveNodes.selector, EPOCH + 1));
    }

    function test_tooLate_toTheSecond() external {
        uint256 expiresAt = NOW + 1 days;
        uint256 last = expiresAt - WINDOW - REVEAL_WINDOW;
        _enrolAt(EPOCH + 1, _weights(40, 30, 30));
        vm.warp(last + 1);
        _expectRevert(abi.encodeWithSelector(IConsensusHub.TooLateToCommit.selector, expiresAt));
    }

    function test_inTime_toTheSecond() external {
        uint256 last = NOW + 1 days - WINDOW - REVEAL_WINDOW;
        _enrolAt((last - GENESIS) / EPOCH_LENGTH, _weights(40, 30, 30));
        vm.warp(last);
        vm.assertEq(bytes32(_commit(_signed(0, 1, answer))), 0);
        _commit(_signed(1, 1, answer));
        vm.warp(last + 1);
        vm.assertEq(bytes32(_commit(_signed(2, 1, answer))), 0);
    }

    function test_expiresTooLate_toTheSecond() external {
        _useParams(_params(Mode.EXACT, 0, NOW + MAX_TASK_LIFE + 1));
        _expectRevert(
            abi.encodeWithSelector(IConsensusHub.ExpiresTooLate.selector, NOW + MAX_TASK_LIFE + 1, NOW + MAX_TASK_LIFE)
        );
        vm.warp(NOW + 1);
        vm.assertEq(bytes32(_commit(_signed(0, 1, answer))), 0);
    }

    function test_commitPhase_isOverWhenSecondsAndBlocksAre() external {
        _commit(_signed(0, 1, answer));
        _commit(_signed(1, 1, answer));
        vm.warp(NOW + WINDOW);
        vm.roll(BLOCK + WINDOW_BLOCKS);
        _expectRevert(abi.encodeWithSelector(IConsensusHub.CommitPhaseOver.selector, taskId));
    }

    function test_commitPhase_lastsWhileSecondsAreLeft() external {
        _commit(_signed(0, 1, answer));
        _commit(_signed(1, 1, answer));
        vm.warp(NOW + WINDOW - 1);
        vm.roll(BLOCK + 10 * PHASE_BLOCKS);
        vm.assertEq(bytes32(_commit(_signed(2, 1, answer))), 0);
    }

    function test_commitPhase_lastsWhileBlocksAreLeft() external {
        _commit(_signed(0, 1, answer));
        _commit(_signed(1, 1, answer));
        vm.warp(NOW + 10 * WINDOW);
        vm.roll(BLOCK + WINDOW_BLOCKS - 1);
        vm.assertEq(bytes32(_commit(_signed(2, 1, answer))), 0);
        _expectRevert(abi.encodeWithSelector(IConsensusHub.CommitPhaseOver.selector, taskId));
    }

    // Refused alone

    function test_refused_twiceInAnAttempt() external {
        _commit(_signed(0, 1, answer));
        _expectRefused(_signed(0, 1, _text("another")), IConsensusHub.AlreadyCommitted.selector);
    }

    function test_refused_stranger() external {
        _expectRefused(_direct(0, 1, answer), IConsensusHub.BadSignature.selector);
    }

    function test_refused_notActive() external {
        _expectRefused(_signed(9, 1, answer), IConsensusHub.NotActive.selector);
    }

    function test_refused_jailed() external {
        registry.jail(_node(0));
        _expectRefused(_signed(0, 1, answer), IConsensusHub.NotActive.selector);
    }

    function test_refused_deadlineIsExclusive() external {
        CommitEntry memory entry = _signed(0, 1, answer);
        vm.warp(entry.deadline);
        _expectRefused(entry, IConsensusHub.SignatureExpired.selector);
        vm.warp(entry.deadline - 1);
        vm.assertEq(bytes32(_commit(entry)), 0);
    }

    function test_refused_attemptThatIsNotCurrent() external {
        _expectRefused(_signed(0, 0, answer), IConsensusHub.WrongAttempt.selector);
        _expectRefused(_signed(0, 2, answer), IConsensusHub.WrongAttempt.selector);
        _commit(_signed(0, 1, answer));
        _expectRefused(_signed(1, 2, answer), IConsensusHub.WrongAttempt.selector);
    }

    function test_batch_skipsWhatItCannotTake() external {
        CommitEntry[] memory entries = new CommitEntry[](5);
        entries[0] = _signed(9, 1, answer);
        entries[1] = _signed(1, 1, answer);
        entries[2] = _signed(1, 1, answer);
        entries[3] = _signed(0, 7, answer);
        entries[4] = _signed(0, 1, answer);
        bytes4[] memory refusals = hub.commit(REQUEST_HASH, params, entries);
        vm.assertEq(bytes32(refusals[0]), bytes32(IConsensusHub.NotActive.selector));
        vm.assertEq(bytes32(refusals[1]), 0);
        vm.assertEq(bytes32(refusals[2]), bytes32(IConsensusHub.AlreadyCommitted.selector));
        vm.assertEq(bytes32(refusals[3]), bytes32(IConsensusHub.WrongAttempt.selector));
        vm.assertEq(bytes32(refusals[4]), 0);
        vm.assertEq(hub.roundOf(taskId).committed, 2);
        vm.assertEq(registry.notes(_node(1)), 1);
    }

    function test_batch_ofRefusedEntriesOpensNothing() external {
        CommitEntry[] memory entries = new CommitEntry[](2);
        entries[0] = _signed(9, 1, answer);
        entries[1] = _direct(0, 1, answer);
        hub.commit(REQUEST_HASH, params, entries);
        vm.assertEq(hub.roundOf(taskId).attempt, 0);
    }

    // Attempts

    function test_attempt_isVoidAfterItsLife() external {
        _commit(_signed(0, 1, answer));
        vm.warp(NOW + ATTEMPT_LIFE);
        _expectRefused(_signed(1, 1, answer), IConsensusHub.WrongAttempt.selector);
        vm.assertEq(bytes32(_commit(_signed(1, 2, answer))), 0);
        vm.assertEq(bytes32(_commit(_signed(0, 2, answer))), 0);

        Round memory round = hub.roundOf(taskId);
        vm.assertEq(round.attempt, 2);
        vm.assertEq(round.committed, 2);
        vm.assertTrue(hub.ballotOf(taskId, 1, _node(0)) == IConsensusHub.BallotState.COMMITTED);
        vm.assertTrue(hub.ballotOf(taskId, 1, _node(1)) == IConsensusHub.BallotState.NONE);
    }

    function test_attempt_livesToTheLastSecond() external {
        _commit(_signed(0, 1, answer));
        vm.warp(NOW + ATTEMPT_LIFE - 1);
        _expectRefused(_signed(1, 2, answer), IConsensusHub.WrongAttempt.selector);
        vm.assertEq(bytes32(_commit(_signed(1, 1, answer))), 0);
    }

    function test_attempt_withQuorumIsNeverVoid() external {
        _commit(_signed(0, 1, answer));
        _commit(_signed(1, 1, answer));
        vm.warp(NOW + 3 * ATTEMPT_LIFE);
        _expectRefused(_signed(2, 2, answer), IConsensusHub.WrongAttempt.selector);
        vm.assertEq(bytes32(_commit(_signed(2, 1, answer))), 0);
    }

    function test_attempt_keepsTheEpochItOpenedIn() external {
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH - 1);
        _commit(_signed(0, 1, answer));
        registry.set(EPOCH + 1, _node(1), 1000, _payout(1));
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH);
        _commit(_signed(1, 1, answer));
        vm.assertEq(hub.roundOf(taskId).epoch, EPOCH);
        vm.assertEq(hub.roundOf(taskId).missingWeight, 30);
    }
}
