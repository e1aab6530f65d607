// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot, IConsensusHub, UNREVEALED} from "../src/interfaces/IConsensusHub.sol";
import {Mode} from "../src/libraries/Params.sol";
import {Record} from "../src/libraries/Records.sol";
import {RoundTest} from "./base/RoundTest.sol";

/// @notice Given a round of three nodes, 40, 30 and 30: when someone finalizes it.
contract ConsensusHubFinalizeTest is RoundTest {
    Play private play;

    function setUp() public override {
        super.setUp();
        play.weights = _weights(40, 30, 30);
        play.outcomes = _three(_text("yes"), _text("yes"), _text("no"));
        play.reveals = [true, true, true];
    }

    function _finalizeReverts(bytes memory problem) private {
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        _finalizeReverts(words, ballots, problem);
    }

    function _finalizeReverts(bytes32[] memory words, Ballot[] memory ballots, bytes memory problem) private {
        vm.expectRevert(problem);
        hub.finalize(REQUEST_HASH, params, words, ballots);
    }

    // What follows

    function test_consensus_isRecorded() external {
        _play(play);
        Record memory record = _expected(play, Mode.EXACT, 0);
        vm.assertEq(record.agreeingWeight, 70);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        uint256[] memory weights = new uint256[](2);
        (weights[ballots[0].choice], weights[ballots[2].choice]) = (70, 30);
        bytes32 emptyRoot = hub.recordsRoot();
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.Finalized(taskId, 1, 0, record, words, weights, 0);
        hub.finalize(REQUEST_HASH, params, words, ballots);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(record));
        vm.assertEq(hub.recordsCount(), 1);
        vm.assertTrue(hub.recordsRoot() != emptyRoot);
    }

    function test_halfOfTheTotal_isNoConsensus() external {
        play.outcomes[1] = _text("perhaps");
        play.weights = _weights(50, 30, 20);
        _play(play);
        _finalize(play, Mode.EXACT);
        Record memory record;
        (record.taskId, record.totalWeight) = (taskId, 100);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(record));
    }

    function test_unrevealedWeight_countsInTheTotal() external {
        play.reveals = [true, false, true];
        _play(play);
        _endRound();
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        (ballots[1].payout, ballots[1].weight) = (address(0), 0);
        Record memory record;
        (record.taskId, record.totalWeight) = (taskId, 100);
        uint256[] memory weights = new uint256[](2);
        (weights[ballots[0].choice], weights[ballots[2].choice]) = (40, 30);
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.Finalized(taskId, 1, 0, record, words, weights, 2);
        hub.finalize(REQUEST_HASH, params, words, ballots);
    }

    function test_nobodyRevealed_isNoConsensus() external {
        play.reveals = [false, false, false];
        _play(play);
        _endRound();
        _finalize(play, Mode.EXACT);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(_expected(play, Mode.EXACT, 0)));
    }

    function test_slashedAndChangedWeights_countAsOfTheEpoch() external {
        _play(play);
        registry.set(EPOCH + 1, _node(2), 10 ** 6, _payout(2));
        vm.warp(NOW + EPOCH_LENGTH);
        _finalize(play, Mode.EXACT);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(_expected(play, Mode.EXACT, 0)));
    }

    // When

    function test_revert_noRound() external {
        _finalizeReverts(abi.encodeWithSelector(IConsensusHub.RoundNotOver.selector, taskId));
    }

    function test_revert_beforeQuorum() external {
        _enrol(play.weights);
        _commit(_signed(0, 1, play.outcomes[0]));
        vm.warp(NOW + 1 days);
        _finalizeReverts(abi.encodeWithSelector(IConsensusHub.RoundNotOver.selector, taskId));
    }

    function test_revert_whileSomeoneMayReveal() external {
        play.reveals = [true, true, false];
        _play(play);
        bytes memory notOver = abi.encodeWithSelector(IConsensusHub.RoundNotOver.selector, taskId);
        vm.warp(NOW + WINDOW + REVEAL_WINDOW - 1);
        vm.roll(BLOCK + WINDOW_BLOCKS + PHASE_BLOCKS);
        _finalizeReverts(notOver);
        vm.warp(NOW + WINDOW + REVEAL_WINDOW);
        vm.roll(BLOCK + WINDOW_BLOCKS + PHASE_BLOCKS - 1);
        _finalizeReverts(notOver);
        vm.roll(BLOCK + WINDOW_BLOCKS + PHASE_BLOCKS);
        _finalize(play, Mode.EXACT);
    }

    function test_revert_twice() external {
        _play(play);
        _finalize(play, Mode.EXACT);
        _finalizeReverts(abi.encodeWithSelector(IConsensusHub.AlreadyFinalized.selector, taskId));
        bytes memory problem = abi.encodeWithSelector(IConsensusHub.AlreadyFinalized.selector, taskId);
        _commitReverts(_signed(0, 2, play.outcomes[0]), problem);
    }

    function test_otherParams_areAnotherTask() external {
        _play(play);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        _useTask(Mode.MEDIAN, 10_000);
        _finalizeReverts(words, ballots, abi.encodeWithSelector(IConsensusHub.RoundNotOver.selector, taskId));
    }

    // Lies

    function test_revert_ballotsMissingOrTooMany() external {
        _play(play);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        Ballot[] memory fewer = new Ballot[](2);
        (fewer[0], fewer[1]) = (ballots[0], ballots[1]);
        _finalizeReverts(words, fewer, abi.encodeWithSelector(IConsensusHub.BallotsMismatch.selector, 2));
        Ballot[] memory more = new Ballot[](4);
        (more[0], more[1], more[2], more[3]) = (ballots[0], ballots[1], ballots[2], ballots[2]);
        _finalizeReverts(words, more, abi.encodeWithSelector(IConsensusHub.BallotsMismatch.selector, 4));
    }

    function _expectMismatch(uint256 at, Ballot memory lie) private {
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        ballots[at] = lie;
        _finalizeReverts(words, ballots, abi.encodeWithSelector(IConsensusHub.BallotsMismatch.selector, at));
    }

    function test_revert_anyFieldOfABallotAltered() external {
        _play(play);
        (, Ballot[] memory b) = _shown(play, Mode.EXACT);
        _expectMismatch(0, b[1]);
        _expectMismatch(1, b[0]);
        _expectMismatch(1, Ballot(_node(7), b[1].payout, b[1].weight, b[1].choice));
        _expectMismatch(1, Ballot(b[1].node, _payout(7), b[1].weight, b[1].choice));
        _expectMismatch(1, Ballot(b[1].node, b[1].payout, b[1].weight + 1, b[1].choice));
        _expectMismatch(1, Ballot(b[1].node, b[1].payout, b[1].weight, 1 - b[1].choice));
        _expectMismatch(1, Ballot(b[1].node, b[1].payout, b[1].weight, 2));
        _expectMismatch(1, Ballot(b[1].node, b[1].payout, b[1].weight, UNREVEALED));
    }

    function test_revert_unrevealedShownAsRevealedOrElsewhere() external {
        play.reveals = [true, true, false];
        _play(play);
        _endRound();
        (, Ballot[] memory b) = _shown(play, Mode.EXACT);
        _expectMismatch(2, Ballot(b[2].node, b[2].payout, b[2].weight, b[1].choice));
        _expectMismatch(0, b[2]);
    }

    function test_revert_wordsNotAscending() external {
        _play(play);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        (words[0], words[1]) = (words[1], words[0]);
        for (uint256 i = 0; i < 3; ++i) {
            ballots[i].choice = 1 - ballots[i].choice;
        }
        _finalizeReverts(words, ballots, abi.encodeWithSelector(IConsensusHub.WordsMismatch.selector, 1));
    }

    function test_revert_wordWithoutBallot() external {
        _play(play);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        bytes32[] memory more = new bytes32[](3);
        (more[0], more[1], more[2]) = (words[0], words[1], bytes32(uint256(type(int256).max)));
        _finalizeReverts(more, ballots, abi.encodeWithSelector(IConsensusHub.WordsMismatch.selector, 2));
    }

    /// @dev Else the weight of one word could be split in two.
    function test_revert_wordTwice() external {
        _play(play);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, Mode.EXACT);
        uint256 yes = ballots[0].choice;
        bytes32[] memory twice = new bytes32[](3);
        (twice[0], twice[1], twice[2]) = yes == 0 ? (words[0], words[0], words[1]) : (words[0], words[1], words[1]);
        ballots[1].choice = yes + 1;
        ballots[2].choice = yes == 0 ? 2 : 0;
        _finalizeReverts(twice, ballots, abi.encodeWithSelector(IConsensusHub.WordsMismatch.selector, yes + 1));
    }
}
