// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot, RevealEntry, UNREVEALED} from "../../src/interfaces/IConsensusHub.sol";
import {Mode} from "../../src/libraries/Params.sol";
import {Record} from "../../src/libraries/Records.sol";
import {HubTest} from "./HubTest.sol";

/// @notice Plays whole rounds, and tallies them a second time the slow and obvious way.
abstract contract RoundTest is HubTest {
    /// @notice A round as the test sees it: the i-th node's weight, its outcome, and whether it reveals.
    struct Play {
        uint256[] weights;
        bytes[] outcomes;
        bool[] reveals;
    }

    /// @dev Enrols, commits and reveals for all; the commit phase is over, the round is not.
    function _play(Play memory play) internal {
        _enrol(play.weights);
        _commitAll(1, play.outcomes);
        _endCommitPhase();
        for (uint256 i = 0; i < play.weights.length; ++i) {
            if (!play.reveals[i]) continue;
            vm.assertEq(bytes32(_reveal(_revealEntry(i, play.weights[i], play.outcomes[i]))), 0);
        }
    }

    function _finalize(Play memory play, Mode mode) internal {
        (bytes32[] memory words, Ballot[] memory ballots) = _shown(play, mode);
        hub.finalize(REQUEST_HASH, params, words, ballots);
    }

    /// @dev What `finalize` is to be shown: the distinct words ascending, and each node's choice among them.
    function _shown(Play memory play, Mode mode)
        internal
        pure
        returns (bytes32[] memory words, Ballot[] memory ballots)
    {
        uint256 n = play.weights.length;
        bytes32[] memory found = new bytes32[](n);
        uint256 count = 0;
        for (uint256 i = 0; i < n; ++i) {
            if (!play.reveals[i]) continue;
            bytes32 word = _word(mode, play.outcomes[i]);
            if (_indexOf(found, count, word) == UNREVEALED) found[count++] = word;
        }
        words = new bytes32[](count);
        for (uint256 k = 0; k < count; ++k) {
            uint256 rank = 0;
            for (uint256 j = 0; j < count; ++j) {
                if (int256(uint256(found[j])) < int256(uint256(found[k]))) ++rank;
            }
            words[rank] = found[k];
        }
        ballots = new Ballot[](n);
        for (uint256 i = 0; i < n; ++i) {
            uint256 choice = play.reveals[i] ? _indexOf(words, count, _word(mode, play.outcomes[i])) : UNREVEALED;
            ballots[i] = Ballot(_node(i), _payout(i), play.weights[i], choice);
        }
    }

    function _indexOf(bytes32[] memory words, uint256 count, bytes32 word) private pure returns (uint256) {
        for (uint256 k = 0; k < count; ++k) {
            if (words[k] == word) return k;
        }
        return UNREVEALED;
    }

    function _word(Mode mode, bytes memory outcome) internal pure returns (bytes32) {
        if (mode == Mode.EXACT) return keccak256(outcome);
        (,, bytes memory payload) = abi.decode(outcome, (uint8, uint64, bytes));
        return abi.decode(payload, (bytes32));
    }

    // The record, from the rules' own sentences

    function _expected(Play memory play, Mode mode, uint256 tolerance) internal view returns (Record memory record) {
        uint256 n = play.weights.length;
        bool[] memory agrees = new bool[](n);
        bytes memory outcome;
        if (mode == Mode.EXACT) outcome = _exact(play, agrees);
        if (mode == Mode.MEDIAN) outcome = _median(play, agrees, tolerance);
        if (mode == Mode.RANDOM) outcome = _random(play, agrees);

        uint256 agreeing = 0;
        for (uint256 i = 0; i < n; ++i) {
            record.totalWeight += play.weights[i];
            if (agrees[i]) agreeing += play.weights[i];
        }
        record.taskId = taskId;
        if (2 * agreeing <= record.totalWeight) return record;
        record.agreeingWeight = agreeing;
        record.outcomeHash = keccak256(outcome);
        bytes32[] memory leaves = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) {
            if (!agrees[i]) continue;
            uint256 rank = record.winnersCount++;
            bytes32 kind = keccak256("ChainBoy.WinnerLeaf.v1");
            bytes32 inner = keccak256(abi.encode(kind, rank, _node(i), _payout(i), play.weights[i]));
            leaves[rank] = keccak256(abi.encode(inner));
            if (rank > 1) record.restWeight += play.weights[i];
        }
        record.winnersRoot = _treeNode(leaves, record.winnersCount, 0);
    }

    function _exact(Play memory play, bool[] memory agrees) private pure returns (bytes memory best) {
        uint256 most = 0;
        for (uint256 i = 0; i < agrees.length; ++i) {
            uint256 sum = 0;
            for (uint256 j = 0; j < agrees.length; ++j) {
                if (play.reveals[j] && _same(play, i, j)) sum += play.weights[j];
            }
            if (play.reveals[i] && sum > most) (most, best) = (sum, play.outcomes[i]);
        }
        for (uint256 i = 0; i < agrees.length; ++i) {
            agrees[i] = play.reveals[i] && keccak256(play.outcomes[i]) == keccak256(best);
        }
    }

    function _same(Play memory play, uint256 i, uint256 j) private pure returns (bool) {
        return keccak256(play.outcomes[i]) == keccak256(play.outcomes[j]);
    }

    function _median(Play memory play, bool[] memory agrees, uint256 tolerance) private pure returns (bytes memory) {
        (bool found, int256 median) = (false, 0);
        for (uint256 i = 0; i < agrees.length; ++i) {
            if (!play.reveals[i]) continue;
            (uint256 all, uint256 upTo) = (0, 0);
            for (uint256 j = 0; j < agrees.length; ++j) {
                if (play.reveals[j]) all += play.weights[j];
                if (play.reveals[j] && _intOf(play.outcomes[j]) <= _intOf(play.outcomes[i])) upTo += play.weights[j];
            }
            if (2 * upTo < all || (found && _intOf(play.outcomes[i]) >= median)) continue;
            (found, median) = (true, _intOf(play.outcomes[i]));
        }
        int256 reach = int256(tolerance) * (median < 0 ? -median : median);
        for (uint256 i = 0; i < agrees.length; ++i) {
            if (!play.reveals[i]) continue;
            int256 away = _intOf(play.outcomes[i]) - median;
            agrees[i] = (away < 0 ? -away : away) * 10_000 <= reach;
        }
        return abi.encode(uint8(0), uint64(0), abi.encode(median));
    }

    function _intOf(bytes memory outcome) private pure returns (int256) {
        return int256(uint256(_word(Mode.MEDIAN, outcome)));
    }

    function _random(Play memory play, bool[] memory agrees) private view returns (bytes memory) {
        bytes memory all;
        for (uint256 i = 0; i < agrees.length; ++i) {
            if (!play.reveals[i]) continue;
            agrees[i] = true;
            all = bytes.concat(all, _word(Mode.RANDOM, play.outcomes[i]));
        }
        bytes32 drawn = keccak256(abi.encode(keccak256("ChainBoy.Random.v1"), taskId, keccak256(all)));
        return abi.encode(uint8(0), uint64(0), abi.encode(drawn));
    }

    function _treeNode(bytes32[] memory leaves, uint256 count, uint256 k) private pure returns (bytes32) {
        if (k >= count - 1) return leaves[2 * count - 2 - k];
        bytes32 left = _treeNode(leaves, count, 2 * k + 1);
        bytes32 right = _treeNode(leaves, count, 2 * k + 2);
        return left < right ? keccak256(bytes.concat(left, right)) : keccak256(bytes.concat(right, left));
    }

    function _recordHash(Record memory record) internal pure returns (bytes32) {
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

    // Plays

    function _playOf(uint256 n) internal pure returns (Play memory play) {
        play = Play(new uint256[](n), new bytes[](n), new bool[](n));
        for (uint256 i = 0; i < n; ++i) {
            (play.weights[i], play.reveals[i]) = (1, true);
        }
    }

    /// @dev Values of nodes of weight 1.
    function _playOfValues(int256[] memory values) internal pure returns (Play memory play) {
        play = _playOf(values.length);
        for (uint256 i = 0; i < values.length; ++i) {
            play.outcomes[i] = _value(values[i]);
        }
    }

    function _values(int256 a, int256 b, int256 c, int256 d) internal pure returns (int256[] memory list) {
        list = new int256[](4);
        (list[0], list[1], list[2], list[3]) = (a, b, c, d);
    }
}
