// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {CommitEntry, IConsensusHub, RevealEntry} from "../src/interfaces/IConsensusHub.sol";
import {Mode} from "../src/libraries/Params.sol";
import {HubTest} from "./base/HubTest.sol";

/// @notice Given nodes of weight 40, 30 and 30 and several tasks: when a node does the same for all in one transaction.
contract ConsensusHubMulticallTest is HubTest {
    bytes private answer;

    function setUp() public override {
        super.setUp();
        answer = _text("answer");
        _enrol(_weights(40, 30, 30));
    }

    function _useNth(uint256 n) private {
        _useParams(_params(Mode.EXACT, 0, NOW + 1 days + n));
    }

    function _commitCall(CommitEntry memory entry) private view returns (bytes memory) {
        CommitEntry[] memory entries = new CommitEntry[](1);
        entries[0] = entry;
        return abi.encodeCall(IConsensusHub.commit, (REQUEST_HASH, params, entries));
    }

    function _revealCall(RevealEntry memory entry) private view returns (bytes memory) {
        RevealEntry[] memory entries = new RevealEntry[](1);
        entries[0] = entry;
        return abi.encodeCall(IConsensusHub.reveal, (taskId, entries));
    }

    function _commits(uint256 tasks, uint256 i) private returns (bytes[] memory calls) {
        calls = new bytes[](tasks);
        for (uint256 n = 0; n < tasks; ++n) {
            _useNth(n);
            calls[n] = _commitCall(_direct(i, 1, answer));
        }
    }

    function _state(uint256 tasks) private returns (bytes32 state) {
        for (uint256 n = 0; n < tasks; ++n) {
            _useNth(n);
            state = keccak256(abi.encode(state, hub.roundOf(taskId), hub.ballotOf(taskId, 1, _node(0))));
        }
    }

    function testFuzz_leaves_whatSingleCallsLeave(uint256 tasks) external {
        tasks = tasks % 8;
        bytes[] memory calls = _commits(tasks, 0);
        uint256 snapshot = vm.snapshotState();
        vm.startPrank(_node(0));
        for (uint256 n = 0; n < tasks; ++n) {
            (bool success,) = address(hub).call(calls[n]);
            vm.assertTrue(success);
        }
        vm.stopPrank();
        bytes32 one = _state(tasks);
        vm.revertToState(snapshot);
        vm.assertTrue(tasks == 0 || _state(tasks) != one);
        vm.prank(_node(0));
        hub.multicall(calls);
        vm.assertEq(_state(tasks), one);
    }

    function test_sender_isWhoeverCalled() external {
        bytes[] memory calls = _commits(2, 0);
        bytes32 before = _state(2);
        hub.multicall(calls);
        vm.assertEq(_state(2), before, "an unsigned commitment is its node's alone to send");
        vm.prank(_node(0));
        hub.multicall(calls);
        vm.assertTrue(_state(2) != before);
    }

    function test_reveals_ofSeveralTasks() external {
        for (uint256 i = 0; i < 2; ++i) {
            bytes[] memory commits = _commits(3, i);
            vm.prank(_node(i));
            hub.multicall(commits);
        }
        _endCommitPhase();
        bytes[] memory calls = new bytes[](3);
        for (uint256 n = 0; n < 3; ++n) {
            _useNth(n);
            calls[n] = _revealCall(_revealEntry(0, 40, answer));
        }
        hub.multicall(calls);
        for (uint256 n = 0; n < 3; ++n) {
            _useNth(n);
            vm.assertEq(hub.roundOf(taskId).revealed, 1);
        }
    }

    function test_revert_takesAllWithIt() external {
        bytes[] memory calls = _commits(3, 0);
        _useNth(7);
        calls[1] = _revealCall(_revealEntry(0, 40, answer));
        bytes32 before = _state(3);
        _useNth(7);
        vm.expectRevert(abi.encodeWithSelector(IConsensusHub.RevealPhaseNotOpen.selector, taskId));
        vm.prank(_node(0));
        hub.multicall(calls);
        vm.assertEq(_state(3), before);
    }

    function test_revert_ofWhatIsNoFunction() external {
        bytes[] memory calls = new bytes[](1);
        calls[0] = hex"deadbeef";
        vm.expectRevert(Errors.FailedCall.selector);
        hub.multicall(calls);
    }
}
