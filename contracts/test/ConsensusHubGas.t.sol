// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConsensusHub} from "../src/ConsensusHub.sol";
import {Ballot, CommitEntry, IConsensusHub, RevealEntry} from "../src/interfaces/IConsensusHub.sol";
import {Mode} from "../src/libraries/Params.sol";
import {NetworkTest} from "./base/NetworkTest.sol";

/// @notice What each step costs, the transaction and its calldata included, against its goal. Every call is a
/// transaction of its own, so that storage is priced as on a chain.
/// forge-config: default.isolate = true
/// forge-config: ci.isolate = true
contract ConsensusHubGasTest is NetworkTest {
    uint256 private constant SMALLEST_BLOCK = 4_500_000;

    event log_named_uint(string key, uint256 value);

    /// @dev Upper bound: refunds are not taken off.
    function _gasOf(address sender, bytes memory data) private returns (uint256 used) {
        vm.prank(sender);
        used = gasleft();
        (bool success,) = address(hub).call(data);
        used -= gasleft();
        vm.assertTrue(success);
    }

    function _report(string memory step, uint256 gasUsed, uint256 goal) private {
        emit log_named_uint(step, gasUsed);
        vm.assertLe(gasUsed, goal, step);
    }

    function _commitCall(CommitEntry[] memory entries) private view returns (bytes memory) {
        return abi.encodeCall(IConsensusHub.commit, (REQUEST_HASH, params, entries));
    }

    function _answers(uint256 n) private pure returns (Play memory play) {
        play = _playOf(n);
        for (uint256 i = 0; i < n; ++i) {
            play.weights[i] = 10 ** 21 + i;
            play.outcomes[i] = abi.encode(uint8(0), uint64(10 ** 8), new bytes(0));
        }
    }

    function test_direct_commitAndReveal() external {
        Play memory play = _answers(5);
        _enrol(play.weights);
        string[4] memory names = ["commit, first", "commit, second", "commit, with the quorum", "commit, after the quorum"];
        for (uint256 i = 0; i < 4; ++i) {
            CommitEntry[] memory entries = new CommitEntry[](1);
            entries[0] = _direct(i, 1, play.outcomes[i]);
            _report(names[i], _gasOf(_node(i), _commitCall(entries)), i % 2 == 0 ? 96_000 : 72_000);
        }
        _endCommitPhase();
        RevealEntry[] memory reveals = new RevealEntry[](1);
        reveals[0] = _revealEntry(0, play.weights[0], play.outcomes[0]);
        bytes memory call = abi.encodeCall(IConsensusHub.reveal, (taskId, reveals));
        _report("reveal, 128-byte outcome", _gasOf(_node(0), call), 48_000);
    }

    function test_ten_tasksOfOneNode() external {
        Play memory play = _answers(5);
        _enrol(play.weights);
        bytes[] memory commits = new bytes[](10);
        bytes[] memory reveals = new bytes[](10);
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 n = 0; n < 10; ++n) {
                _useParams(_params(Mode.EXACT, 0, NOW + 1 days + n));
                CommitEntry[] memory entries = new CommitEntry[](1);
                entries[0] = _direct(i, 1, play.outcomes[i]);
                commits[n] = _commitCall(entries);
                RevealEntry[] memory opened = new RevealEntry[](1);
                opened[0] = _revealEntry(i, play.weights[i], play.outcomes[i]);
                reveals[n] = abi.encodeCall(IConsensusHub.reveal, (taskId, opened));
            }
            uint256 used = _gasOf(_node(i), abi.encodeCall(IConsensusHub.multicall, (commits))) / 10;
            if (i == 1) _report("commit, each of 10 tasks", used, 53_000);
        }
        _endCommitPhase();
        uint256 each = _gasOf(_node(3), abi.encodeCall(IConsensusHub.multicall, (reveals))) / 10;
        _report("reveal, each of 10 tasks", each, 30_000);
    }

    function test_ten_inATransaction() external {
        Play memory play = _answers(10);
        _enrol(play.weights);
        CommitEntry[] memory entries = new CommitEntry[](10);
        RevealEntry[] memory reveals = new RevealEntry[](10);
        for (uint256 i = 0; i < 10; ++i) {
            entries[i] = _signed(i, 1, play.outcomes[i]);
            reveals[i] = _revealEntry(i, play.weights[i], play.outcomes[i]);
        }
        uint256 commits = _gasOf(address(this), _commitCall(entries)) / 10;
        uint256 each = _gasOf(address(this), abi.encodeCall(IConsensusHub.reveal, (taskId, reveals))) / 10;
        emit log_named_uint("signed commit, each of 10", commits);
        emit log_named_uint("reveal, each of 10", each);
        _report("commit + reveal, each of 10", commits + each, 70_000);
    }

    function _finalizeGas(string memory step, Play memory play, Mode mode, uint256 goal) private {
        _useTask(mode, mode == Mode.MEDIAN ? 10_000 : 0);
        _play(play);
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, mode);
        bytes memory call = abi.encodeCall(IConsensusHub.finalize, (REQUEST_HASH, params, words, ballots));
        _report(step, _gasOf(address(this), call), goal);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(_expected(play, mode, mode == Mode.MEDIAN ? 10_000 : 0)));
    }

    function _distinctValues(uint256 n) private pure returns (Play memory play) {
        play = _answers(n);
        for (uint256 i = 0; i < n; ++i) {
            play.outcomes[i] = _value(2 ** 199 + int256(uint256(keccak256(abi.encode(i))) >> 60));
        }
    }

    function _contributions(uint256 n) private pure returns (Play memory play) {
        play = _answers(n);
        for (uint256 i = 0; i < n; ++i) {
            play.outcomes[i] = _contribution(keccak256(abi.encode(i)));
        }
    }

    function test_finalize_exact5() external {
        _finalizeGas("finalize, EXACT, 5 agree", _answers(5), Mode.EXACT, 150_000);
    }

    function test_finalize_exact31() external {
        _finalizeGas("finalize, EXACT, 31 agree", _answers(31), Mode.EXACT, 350_000);
    }

    function test_finalize_exact256() external {
        _finalizeGas("finalize, EXACT, 256 agree", _answers(256), Mode.EXACT, 2_000_000);
    }

    /// @dev As many different answers as a majority leaves room for.
    function test_finalize_exact256Worst() external {
        Play memory play = _answers(256);
        for (uint256 i = 0; i < 127; ++i) {
            play.outcomes[2 * i] = abi.encode(uint8(0), uint64(i), new bytes(0));
        }
        _finalizeGas("finalize, EXACT, 129 agree, 127 differ", play, Mode.EXACT, SMALLEST_BLOCK);
    }

    function test_finalize_median5() external {
        _finalizeGas("finalize, MEDIAN, 5 values", _distinctValues(5), Mode.MEDIAN, 150_000);
    }

    function test_finalize_median31() external {
        _finalizeGas("finalize, MEDIAN, 31 values", _distinctValues(31), Mode.MEDIAN, 350_000);
    }

    function test_finalize_median256() external {
        _finalizeGas("finalize, MEDIAN, 256 values", _distinctValues(256), Mode.MEDIAN, 2_000_000);
    }

    function test_finalize_random5() external {
        _finalizeGas("finalize, RANDOM, 5 reveal", _contributions(5), Mode.RANDOM, 150_000);
    }

    function test_finalize_random31() external {
        _finalizeGas("finalize, RANDOM, 31 reveal", _contributions(31), Mode.RANDOM, 350_000);
    }

    function test_finalize_random256() external {
        _finalizeGas("finalize, RANDOM, 256 reveal", _contributions(256), Mode.RANDOM, 2_000_000);
    }

    function test_deployment() external {
        bytes memory code = abi.encodePacked(type(ConsensusHub).creationCode, abi.encode(nodes, CURATOR, _profile()));
        uint256 used = 53_000 + 200 * address(hub).code.length;
        for (uint256 i = 0; i < code.length; ++i) {
            used += code[i] == 0 ? 4 : 16;
        }
        _report("deployment, the constructor's own work left out", used, SMALLEST_BLOCK - 200_000);
        vm.assertLt(address(hub).code.length, 24_576);
    }
}
