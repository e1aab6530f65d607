// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {Offence} from "../src/interfaces/INodeRegistry.sol";
import {Mode} from "../src/libraries/Params.sol";
import {RoundTest} from "./base/RoundTest.sol";

/// @notice Given a round of 40, 30 and 30 in which the last did not reveal: when someone has it slashed.
contract ConsensusHubSlashTest is RoundTest {
    Play private play;

    function setUp() public override {
        super.setUp();
        play.weights = _weights(40, 30, 30);
        play.reveals = [true, true, false];
    }

    function _finished(Mode mode) private {
        _useTask(mode, 0);
        bytes memory outcome = mode == Mode.RANDOM ? _contribution("mine") : _value(3);
        play.outcomes = _three(outcome, outcome, outcome);
        _play(play);
        _endRound();
        _finalize(play, mode);
    }

    function _slash(uint256 i) private returns (bytes4) {
        address[] memory nodes = new address[](1);
        nodes[0] = _node(i);
        return hub.slashUnrevealed(taskId, nodes)[0];
    }

    function _slashReverts(bytes memory problem) private {
        vm.expectRevert(problem);
        hub.slashUnrevealed(taskId, new address[](0));
    }

    function test_unrevealed_isSlashedOnce() external {
        _finished(Mode.EXACT);
        vm.assertEq(bytes32(_slash(2)), 0);
        vm.assertEq(registry.slashes(_node(2)), 1);
        vm.assertEq(registry.lastRoundEpoch(), EPOCH);
        vm.assertTrue(registry.lastOffence() == Offence.UNREVEALED);
        vm.assertTrue(hub.ballotOf(taskId, 1, _node(2)) == IConsensusHub.BallotState.SLASHED);
        vm.assertEq(bytes32(_slash(2)), bytes32(IConsensusHub.AlreadySlashed.selector));
        vm.assertEq(registry.slashes(_node(2)), 1);
    }

    function test_median_isTheSmallOffence() external {
        _finished(Mode.MEDIAN);
        _slash(2);
        vm.assertTrue(registry.lastOffence() == Offence.UNREVEALED);
    }

    function test_random_isTheLargerOffence() external {
        _finished(Mode.RANDOM);
        _slash(2);
        vm.assertTrue(registry.lastOffence() == Offence.UNREVEALED_RANDOM);
    }

    function test_batch_skipsWhoDidNothingWrong() external {
        _finished(Mode.EXACT);
        address[] memory nodes = new address[](4);
        (nodes[0], nodes[1], nodes[2], nodes[3]) = (_node(0), _node(9), _node(2), _node(2));
        vm.expectEmit(true, true, false, true);
        emit IConsensusHub.EntrySkipped(taskId, _node(0), IConsensusHub.AlreadyRevealed.selector);
        bytes4[] memory refusals = hub.slashUnrevealed(taskId, nodes);
        vm.assertEq(bytes32(refusals[0]), bytes32(IConsensusHub.AlreadyRevealed.selector));
        vm.assertEq(bytes32(refusals[1]), bytes32(IConsensusHub.NotCommitted.selector));
        vm.assertEq(bytes32(refusals[2]), 0);
        vm.assertEq(bytes32(refusals[3]), bytes32(IConsensusHub.AlreadySlashed.selector));
        vm.assertEq(registry.slashes(_node(0)), 0);
    }

    function test_revert_notFinalized() external {
        _slashReverts(abi.encodeWithSelector(IConsensusHub.NotFinalized.selector, taskId));
        play.outcomes = _three(_text("a"), _text("a"), _text("a"));
        _play(play);
        _endRound();
        _slashReverts(abi.encodeWithSelector(IConsensusHub.NotFinalized.selector, taskId));
    }

    function test_window_lastsToTheEndOfTheEpochAfter() external {
        _finished(Mode.EXACT);
        vm.warp(GENESIS + (EPOCH + 2) * EPOCH_LENGTH - 1);
        vm.assertEq(bytes32(_slash(2)), 0);
        vm.warp(GENESIS + (EPOCH + 2) * EPOCH_LENGTH);
        _slashReverts(abi.encodeWithSelector(IConsensusHub.SlashTooLate.selector, taskId));
    }

    function test_window_countsFromTheLastPossibleReveal() external {
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH - WINDOW - REVEAL_WINDOW);
        _finished(Mode.EXACT);
        vm.warp(GENESIS + (EPOCH + 3) * EPOCH_LENGTH - 1);
        vm.assertEq(bytes32(_slash(2)), 0);
    }

    function test_later_tasksChangeNothing() external {
        _finished(Mode.EXACT);
        bytes32 first = taskId;
        vm.warp(NOW);
        _useParams(_params(Mode.EXACT, 0, NOW + 2 days));
        _commitAll(1, _three(_text("b"), _text("b"), _text("b")));
        taskId = first;
        vm.assertEq(bytes32(_slash(2)), 0);
        vm.assertEq(bytes32(_slash(1)), bytes32(IConsensusHub.AlreadyRevealed.selector));
    }

    function test_void_attemptIsNotSlashed() external {
        _enrol(play.weights);
        _commit(_signed(2, 1, _text("early")));
        vm.warp(NOW + ATTEMPT_LIFE);
        bytes[] memory outcomes = _three(_text("a"), _text("a"), "");
        _commitAll(2, outcomes);
        _endCommitPhase();
        _reveal(_revealEntry(0, 40, outcomes[0]));
        _reveal(_revealEntry(1, 30, outcomes[1]));
        (play.weights, play.outcomes, play.reveals) = (new uint256[](0), new bytes[](0), new bool[](0));
        for (uint256 i = 0; i < 2; ++i) {
            play.weights.push(i == 0 ? 40 : 30);
            play.outcomes.push(outcomes[i]);
            play.reveals.push(true);
        }
        _finalize(play, Mode.EXACT);
        vm.assertEq(bytes32(_slash(2)), bytes32(IConsensusHub.NotCommitted.selector));
    }
}
