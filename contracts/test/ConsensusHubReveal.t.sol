// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CommitEntry, IConsensusHub, RevealEntry} from "../src/interfaces/IConsensusHub.sol";
import {Mode} from "../src/libraries/Params.sol";
import {HubTest} from "./base/HubTest.sol";

/// @notice Given nodes of weight 40, 30 and 30, of which the first two have committed: when someone reveals.
contract ConsensusHubRevealTest is HubTest {
    bytes private answer;
    bytes32 private firstCommitment;

    function setUp() public override {
        super.setUp();
        answer = _text("answer");
        firstCommitment = _commitment(0, 1, answer);
        _enrol(_weights(40, 30, 30));
    }

    function _commitTwo(bytes memory outcome) private {
        _commit(_signed(0, 1, outcome));
        _commit(_signed(1, 1, outcome));
    }

    function _expectRefused(RevealEntry memory entry, bytes4 reason) private {
        bytes32 before = keccak256(abi.encode(hub.roundOf(taskId)));
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.EntrySkipped(taskId, entry.node, reason);
        vm.assertEq(bytes32(_reveal(entry)), bytes32(reason));
        vm.assertEq(keccak256(abi.encode(hub.roundOf(taskId))), before, "a refused reveal changes nothing");
    }

    // Good

    function test_anyone_revealsForTheNode() external {
        _commitTwo(answer);
        _endCommitPhase();
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.Revealed(taskId, _node(0), 1, answer, _revealEntry(0, 40, answer).salt);
        vm.prank(address(0xbad));
        vm.assertEq(bytes32(_reveal(_revealEntry(0, 40, answer))), 0);
        vm.assertEq(hub.roundOf(taskId).revealed, 1);
        vm.assertTrue(hub.ballotOf(taskId, 1, _node(0)) == IConsensusHub.BallotState.REVEALED);
        vm.assertTrue(hub.ballotOf(taskId, 1, _node(1)) == IConsensusHub.BallotState.COMMITTED);
    }

    function test_batch_skipsWhatItCannotTake() external {
        _commitTwo(answer);
        _endCommitPhase();
        RevealEntry[] memory entries = new RevealEntry[](4);
        entries[0] = _revealEntry(2, 30, answer);
        entries[1] = _revealEntry(1, 30, answer);
        entries[2] = _revealEntry(1, 30, answer);
        entries[3] = _revealEntry(0, 41, answer);
        bytes4[] memory refusals = hub.reveal(taskId, entries);
        vm.assertEq(bytes32(refusals[0]), bytes32(IConsensusHub.NotCommitted.selector));
        vm.assertEq(bytes32(refusals[1]), 0);
        vm.assertEq(bytes32(refusals[2]), bytes32(IConsensusHub.AlreadyRevealed.selector));
        vm.assertEq(bytes32(refusals[3]), bytes32(IConsensusHub.CommitmentMismatch.selector));
        vm.assertEq(hub.roundOf(taskId).revealed, 1);
    }

    function test_atOnce_whenAllActiveWeightHasCommitted() external {
        _commitAll(1, _three(answer, answer, answer));
        vm.assertEq(hub.roundOf(taskId).missingWeight, 0);
        vm.assertEq(bytes32(_reveal(_revealEntry(2, 30, answer))), 0);
    }

    // Phases

    function test_revert_beforeTheQuorum() external {
        _commit(_signed(0, 1, answer));
        vm.warp(NOW + 1 days);
        vm.roll(BLOCK + 10 * PHASE_BLOCKS);
        _revealReverts(abi.encodeWithSelector(IConsensusHub.RevealPhaseNotOpen.selector, taskId));
    }

    function test_phase_opensToTheSecondAndBlock() external {
        _commitTwo(answer);
        bytes memory notOpen = abi.encodeWithSelector(IConsensusHub.RevealPhaseNotOpen.selector, taskId);
        vm.warp(NOW + WINDOW - 1);
        vm.roll(BLOCK + WINDOW_BLOCKS);
        _revealReverts(notOpen);
        vm.warp(NOW + WINDOW);
        vm.roll(BLOCK + WINDOW_BLOCKS - 1);
        _revealReverts(notOpen);
        vm.roll(BLOCK + WINDOW_BLOCKS);
        vm.assertEq(bytes32(_reveal(_revealEntry(0, 40, answer))), 0);
    }

    function test_round_endsToTheSecondAndBlock() external {
        _commitTwo(answer);
        vm.warp(NOW + WINDOW + REVEAL_WINDOW - 1);
        vm.roll(BLOCK + WINDOW_BLOCKS + PHASE_BLOCKS);
        vm.assertEq(bytes32(_reveal(_revealEntry(0, 40, answer))), 0);
        vm.warp(NOW + WINDOW + REVEAL_WINDOW);
        _revealReverts(abi.encodeWithSelector(IConsensusHub.RoundOver.selector, taskId));
    }

    function test_round_lastsWhileBlocksAreLeft() external {
        _commitTwo(answer);
        vm.warp(NOW + 10 days);
        vm.roll(BLOCK + WINDOW_BLOCKS + PHASE_BLOCKS - 1);
        vm.assertEq(bytes32(_reveal(_revealEntry(0, 40, answer))), 0);
        vm.roll(BLOCK + WINDOW_BLOCKS + PHASE_BLOCKS);
        _revealReverts(abi.encodeWithSelector(IConsensusHub.RoundOver.selector, taskId));
    }

    // Refused

    function test_refused_anyOtherPreimage() external {
        _commitTwo(answer);
        _endCommitPhase();
        bytes4 mismatch = IConsensusHub.CommitmentMismatch.selector;
        RevealEntry memory entry = _revealEntry(0, 40, answer);
        entry.salt = keccak256("other");
        _expectRefused(entry, mismatch);
        entry = _revealEntry(0, 40, _text("other"));
        _expectRefused(entry, mismatch);
        entry = _revealEntry(0, 39, answer);
        _expectRefused(entry, mismatch);
        entry = _revealEntry(0, 40, answer);
        entry.payout = _payout(1);
        _expectRefused(entry, mismatch);
    }

    function test_refused_copiedCommitment() external {
        _commit(_signed(0, 1, answer));
        vm.prank(_node(1));
        _commit(CommitEntry(_node(1), 1, firstCommitment, 0, ""));
        _endCommitPhase();
        _expectRefused(_revealEntry(1, 30, answer), IConsensusHub.CommitmentMismatch.selector);
    }

    function test_refused_commitmentOfAVoidAttempt() external {
        _commit(_signed(0, 1, answer));
        vm.warp(NOW + ATTEMPT_LIFE);
        vm.prank(_node(0));
        _commit(CommitEntry(_node(0), 2, firstCommitment, 0, ""));
        _commit(_signed(1, 2, answer));
        _endCommitPhase();
        _expectRefused(_revealEntry(0, 40, answer), IConsensusHub.CommitmentMismatch.selector);
    }

    // Shapes

    function _expectShape(Mode mode, bytes memory outcome, bool good) private {
        _useTask(mode, 0);
        _commitAll(1, _three(outcome, outcome, outcome));
        RevealEntry memory entry = _revealEntry(0, 40, outcome);
        if (good) vm.assertEq(bytes32(_reveal(entry)), 0);
        else _expectRefused(entry, IConsensusHub.OutcomeMalformed.selector);
    }

    function test_exact_takesOpaqueBytesUpTo1024() external {
        _expectShape(Mode.EXACT, new bytes(1024), true);
    }

    function test_exact_refuses1025Bytes() external {
        _expectShape(Mode.EXACT, new bytes(1025), false);
    }

    function test_exact_takesNoBytes() external {
        _commitTwo("");
        _endCommitPhase();
        vm.assertEq(bytes32(_reveal(_revealEntry(1, 30, ""))), 0);
    }

    function test_median_takesTheLargestValue() external {
        _expectShape(Mode.MEDIAN, _value(2 ** 200), true);
    }

    function test_median_takesTheLeastValue() external {
        _expectShape(Mode.MEDIAN, _value(-(2 ** 200)), true);
    }

    function test_median_refusesAValueTooLarge() external {
        _expectShape(Mode.MEDIAN, _value(2 ** 200 + 1), false);
    }

    function test_median_refusesAValueTooSmall() external {
        _expectShape(Mode.MEDIAN, _value(-(2 ** 200) - 1), false);
    }

    function test_median_refusesStatusOne() external {
        _expectShape(Mode.MEDIAN, abi.encode(uint8(1), uint64(5), abi.encode(int256(3))), false);
    }

    function test_median_takesAnyFuel() external {
        _expectShape(Mode.MEDIAN, abi.encode(uint8(0), type(uint64).max, abi.encode(int256(3))), true);
    }

    function test_median_refusesFuelBeyond64Bits() external {
        _expectShape(Mode.MEDIAN, abi.encode(uint8(0), uint256(2 ** 64), abi.encode(int256(3))), false);
    }

    function test_median_refusesAnotherOffset() external {
        _expectShape(Mode.MEDIAN, abi.encode(uint256(0), uint256(5), uint256(64), uint256(32), int256(3)), false);
    }

    function test_median_refusesAnotherLength() external {
        _expectShape(Mode.MEDIAN, abi.encode(uint256(0), uint256(5), uint256(96), uint256(31), int256(3)), false);
    }

    function test_median_refusesTwoWords() external {
        _expectShape(Mode.MEDIAN, abi.encode(uint8(0), uint64(5), abi.encode(int256(3), int256(4))), false);
    }

    function test_random_takesAContribution() external {
        _expectShape(Mode.RANDOM, _contribution(keccak256("mine")), true);
    }

    function test_random_refusesFuel() external {
        _expectShape(Mode.RANDOM, _value(3), false);
    }

    function test_random_refusesText() external {
        _expectShape(Mode.RANDOM, _text("answer"), false);
    }

    function testFuzz_shape_ofNoiseIsExactOnly(bytes memory noise) external {
        if (noise.length == 160 || noise.length == 0) noise = hex"01";
        _expectShape(Mode.EXACT, noise, noise.length <= 1024);
        _expectShape(Mode.MEDIAN, noise, false);
        _expectShape(Mode.RANDOM, noise, false);
    }
}
