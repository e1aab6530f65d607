// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {HubVerifier} from "../src/HubVerifier.sol";
import {Ballot, IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {IRecordVerifier} from "../src/interfaces/IRecordVerifier.sol";
import {Mode} from "../src/libraries/Params.sol";
import {Record} from "../src/libraries/Records.sol";
import {NetworkTest} from "./base/NetworkTest.sol";

/// @notice Given hub, registry and verifier as they are deployed: whole rounds.
contract ConsensusHubNetworkTest is NetworkTest {
    function _playThree(Mode mode, bool thirdReveals) private returns (Play memory play, Record memory record) {
        _useTask(mode, 0);
        play = _playOf(3);
        play.weights = _weights(400, 300, 300);
        bytes memory outcome = mode == Mode.RANDOM ? _contribution("mine") : _text("answer");
        play.outcomes = _three(outcome, outcome, outcome);
        play.reveals[2] = thirdReveals;
        _play(play);
        if (!thirdReveals) _endRound();
        _finalize(play, mode);
        record = _expected(play, mode, 0);
    }

    function _slash(uint256 i) private returns (bytes4) {
        address[] memory list = new address[](1);
        list[0] = _node(i);
        return hub.slashUnrevealed(taskId, list)[0];
    }

    function test_round_isRecordedAndProven() external {
        (, Record memory record) = _playThree(Mode.EXACT, true);
        vm.assertEq(record.agreeingWeight, 1000);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(record));
        HubVerifier verifier = new HubVerifier(hub);
        verifier.requireRecord(record, "");
        ++record.agreeingWeight;
        vm.expectRevert(abi.encodeWithSelector(IRecordVerifier.UnprovenRecord.selector, taskId));
        verifier.requireRecord(record, "");
    }

    function test_unrevealed_losesAShareAndIsJailedForTheEpoch() external {
        _playThree(Mode.EXACT, false);
        vm.assertEq(bytes32(_slash(2)), 0);
        vm.assertEq(nodes.treasury(), 3);
        vm.assertEq(nodes.nodeOf(_node(2)).bonded, 297);

        vm.warp(NOW);
        _useParams(_params(Mode.EXACT, 0, NOW + 2 days));
        vm.assertEq(bytes32(_commit(_signed(2, 1, _text("b")))), bytes32(IConsensusHub.NotActive.selector));
        vm.warp(NOW + EPOCH_LENGTH);
        vm.assertEq(bytes32(_commit(_signed(2, 1, _text("b")))), 0);
    }

    function test_unrevealedRandom_losesTheLargerShare() external {
        _playThree(Mode.RANDOM, false);
        _slash(2);
        vm.assertEq(nodes.treasury(), 30);
    }

    function test_left_nodesMayStillCommitAndRevealInTheirRound() external {
        _enrol(_weights(400, 300, 300));
        bytes memory answer = _text("answer");
        _commit(_signed(0, 1, answer));
        nodes.unbond(_node(1), 300);
        vm.assertEq(bytes32(_commit(_signed(1, 1, answer))), 0);
        _endCommitPhase();
        vm.assertEq(bytes32(_reveal(_revealEntry(1, 300, answer))), 0);
    }

    /// @dev Blocks came on time until the chain stopped for a whole reveal window, in the last block of an hour's window.
    function test_stallAtTheEndOfALongWindow_leavesBlocksToRevealIn() external {
        _enrol(_weights(400, 300, 300));
        _useParams(_params(Mode.EXACT, 0, NOW + 1 days, 1 hours));
        bytes memory answer = _text("answer");
        _commit(_signed(0, 1, answer));
        _commit(_signed(1, 1, answer));
        vm.roll(BLOCK + 1 hours / BLOCK_TIME);
        vm.warp(NOW + 1 hours + REVEAL_WINDOW);
        for (uint256 late = 1; late < PHASE_BLOCKS; ++late) {
            vm.roll(block.number + 1);
            vm.expectRevert(abi.encodeWithSelector(IConsensusHub.RoundNotOver.selector, taskId));
            hub.finalize(REQUEST_HASH, params, new bytes32[](0), new Ballot[](0));
        }
        vm.assertEq(bytes32(_reveal(_revealEntry(0, 400, answer))), 0);
        vm.assertEq(bytes32(_reveal(_revealEntry(1, 300, answer))), 0);
    }

    /// @dev However late, a round with quorum can be finalized: totals are kept for good.
    function test_finalize_manyEpochsLater() external {
        Play memory play = _playOf(3);
        play.outcomes = _three(_text("a"), _text("a"), _text("b"));
        _play(play);
        for (uint256 epoch = EPOCH + 1; epoch < EPOCH + 30; ++epoch) {
            vm.warp(GENESIS + epoch * EPOCH_LENGTH);
            nodes.bond(_node(0), 1000);
        }
        _finalize(play, Mode.EXACT);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(_expected(play, Mode.EXACT, 0)));
    }
}
