// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Mode} from "../src/libraries/Params.sol";
import {Record} from "../src/libraries/Records.sol";
import {RoundTest} from "./base/RoundTest.sol";

/// @notice Given revealed outcomes: when the round is finalized, the record is what each mode's own sentence says.
contract ConsensusHubModesTest is RoundTest {
    function _expectRecord(Play memory play, Mode mode, uint256 tolerance) private returns (Record memory record) {
        _useTask(mode, tolerance);
        _play(play);
        _endRound();
        _finalize(play, mode);
        record = _expected(play, mode, tolerance);
        vm.assertEq(hub.recordHashOf(taskId), _recordHash(record));
    }

    function _expectMedian(int256[] memory values, uint256 tolerance, int256 median, uint256 agreeing) private {
        Record memory record = _expectRecord(_playOfValues(values), Mode.MEDIAN, tolerance);
        vm.assertEq(record.agreeingWeight, agreeing);
        if (agreeing == 0) return;
        vm.assertEq(record.outcomeHash, keccak256(abi.encode(uint8(0), uint64(0), abi.encode(median))));
    }

    function test_median_isTheLowerOfTwoMiddles() external {
        _expectMedian(_values(40, 10, 30, 20), 5_000, 20, 3);
    }

    function test_median_ofNegatives() external {
        _expectMedian(_values(-40, -10, -30, -20), 5_000, -30, 3);
    }

    function test_median_ofMixedSigns() external {
        _expectMedian(_values(-5, 5, -5, 6), 0, -5, 0);
    }

    function test_median_zeroAgreesWithZeroAlone() external {
        _expectMedian(_values(0, 0, 0, 1), 10_000, 0, 3);
    }

    function test_median_toleranceIsInclusive() external {
        _expectMedian(_values(10_000, 10_000, 10_100, 9_900), 100, 10_000, 4);
    }

    function test_median_toleranceIsExactBeyond() external {
        _expectMedian(_values(10_000, 10_000, 10_101, 9_899), 100, 10_000, 0);
    }

    function test_median_extremes() external {
        int256 most = 2 ** 200;
        _expectMedian(_values(most, -most, most, -most), 10_000, -most, 0);
    }

    function test_median_countsWeightsNotNodes() external {
        Play memory play = _playOfValues(_values(7, 1, 2, 3));
        play.weights[0] = 4;
        Record memory record = _expectRecord(play, Mode.MEDIAN, 0);
        vm.assertEq(record.agreeingWeight, 4);
        vm.assertEq(record.winnersCount, 1);
    }

    function test_median_ofRevealersMayMissTheTotal() external {
        Play memory play = _playOfValues(_values(5, 5, 9, 9));
        (play.reveals[2], play.reveals[3]) = (false, false);
        vm.assertEq(_expectRecord(play, Mode.MEDIAN, 0).agreeingWeight, 0);
    }

    function test_median_nobodyRevealed() external {
        Play memory play = _playOfValues(_values(5, 5, 5, 5));
        play.reveals = new bool[](4);
        vm.assertEq(_expectRecord(play, Mode.MEDIAN, 0).agreeingWeight, 0);
    }

    function test_random_twoEqualContributions() external {
        Play memory play = _playOf(3);
        play.outcomes = _three(_contribution("b"), _contribution("a"), _contribution("b"));
        vm.assertEq(_expectRecord(play, Mode.RANDOM, 0).winnersCount, 3);
    }

    function test_random_halfRevealed() external {
        Play memory play = _playOf(4);
        for (uint256 i = 0; i < 4; ++i) {
            play.outcomes[i] = _contribution(bytes32(i));
            play.reveals[i] = i < 2;
        }
        vm.assertEq(_expectRecord(play, Mode.RANDOM, 0).agreeingWeight, 0);
    }

    function test_one_nodeIsAMajority() external {
        Play memory play = _playOf(1);
        play.outcomes[0] = _text("alone");
        Record memory record = _expectRecord(play, Mode.EXACT, 0);
        vm.assertEq(record.winnersCount, 1);
        vm.assertEq(record.restWeight, 0);
    }

    function testFuzz_everyMode(uint256 seed, uint256 n, uint256 tolerance) external {
        Mode mode = Mode(seed % 3);
        tolerance = mode == Mode.MEDIAN ? tolerance % 10_001 : 0;
        Play memory play = _playOf(1 + n % 9);
        for (uint256 i = 0; i < play.weights.length; ++i) {
            uint256 noise = uint256(keccak256(abi.encode(seed, i)));
            play.weights[i] = 1 + (noise % 3 == 0 ? noise % 5 : noise % 2 ** 88);
            play.reveals[i] = (noise >> 100) % 6 != 0;
            play.outcomes[i] = _anyOutcome(mode, noise >> 128);
        }
        _expectRecord(play, mode, tolerance);
    }

    /// @dev Few enough different ones that ties and majorities are common.
    function _anyOutcome(Mode mode, uint256 noise) private pure returns (bytes memory) {
        if (mode == Mode.EXACT) return noise % 4 == 0 ? _text("no") : _text("yes");
        if (mode == Mode.RANDOM) return _contribution(keccak256(abi.encode(noise % 20)));
        int256 size = int256(noise % 11) * (noise % 7 == 0 ? int256(2 ** 190) : int256(1));
        return _value(size - (noise % 5 == 0 ? int256(20) : int256(3)));
    }
}
