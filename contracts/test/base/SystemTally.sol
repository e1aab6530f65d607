// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot, UNREVEALED} from "../../src/interfaces/IConsensusHub.sol";
import {Mode} from "../../src/libraries/Params.sol";
import {Record} from "../../src/libraries/Records.sol";
import {Winner, Winners} from "./Winners.sol";

/// @notice A committed node as whoever tallies sees it.
struct Cast {
    address node;
    address payout;
    uint256 weight;
    bool revealed;
    bytes outcome;
}

/// @notice Tallies a round from the rules' own sentences, apart from the contracts: by comparing everybody with
/// everybody.
library SystemTally {
    using Winners for Winner[];

    /// @notice What `finalize` is to be shown: the distinct words ascending, and each node's choice among them.
    function shown(Mode mode, Cast[] memory casts)
        internal
        pure
        returns (bytes32[] memory words, Ballot[] memory ballots)
    {
        bytes32[] memory found = new bytes32[](casts.length);
        uint256 count = 0;
        for (uint256 i = 0; i < casts.length; ++i) {
            if (!casts[i].revealed) continue;
            bytes32 word = _word(mode, casts[i].outcome);
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
        ballots = new Ballot[](casts.length);
        for (uint256 i = 0; i < casts.length; ++i) {
            uint256 choice =
                casts[i].revealed ? _indexOf(words, count, _word(mode, casts[i].outcome)) : UNREVEALED;
            ballots[i] = Ballot(casts[i].node, casts[i].payout, casts[i].weight, choice);
        }
    }

    /// @notice The record, its outcome and its winners in commit order; without consensus no outcome and no winners.
    function decide(bytes32 taskId, Mode mode, uint256 tolerance, uint256 total, Cast[] memory casts)
        internal
        pure
        returns (Record memory record, bytes memory outcome, Winner[] memory winners)
    {
        bool[] memory agrees;
        if (mode == Mode.EXACT) (agrees, outcome) = _exact(casts);
        if (mode == Mode.MEDIAN) (agrees, outcome) = _median(casts, tolerance);
        if (mode == Mode.RANDOM) (agrees, outcome) = _random(taskId, casts);
        uint256 count = 0;
        for (uint256 i = 0; i < casts.length; ++i) {
            if (agrees[i]) (record.agreeingWeight, count) = (record.agreeingWeight + casts[i].weight, count + 1);
        }
        (record.taskId, record.totalWeight) = (taskId, total);
        if (2 * record.agreeingWeight <= total) {
            record.agreeingWeight = 0;
            return (record, "", winners);
        }
        winners = new Winner[](count);
        uint256 rank = 0;
        for (uint256 i = 0; i < casts.length; ++i) {
            if (agrees[i]) winners[rank++] = Winner(casts[i].node, casts[i].payout, casts[i].weight);
        }
        record.outcomeHash = keccak256(outcome);
        record.restWeight = winners.restWeight();
        record.winnersRoot = winners.root();
        record.winnersCount = count;
    }

    function _exact(Cast[] memory casts) private pure returns (bool[] memory agrees, bytes memory best) {
        uint256 most = 0;
        for (uint256 i = 0; i < casts.length; ++i) {
            uint256 sum = 0;
            for (uint256 j = 0; j < casts.length; ++j) {
                if (casts[j].revealed && _same(casts[i].outcome, casts[j].outcome)) sum += casts[j].weight;
            }
            if (casts[i].revealed && sum > most) (most, best) = (sum, casts[i].outcome);
        }
        agrees = new bool[](casts.length);
        for (uint256 i = 0; i < casts.length; ++i) {
            agrees[i] = casts[i].revealed && _same(casts[i].outcome, best);
        }
    }

    function _median(Cast[] memory casts, uint256 tolerance)
        private
        pure
        returns (bool[] memory agrees, bytes memory outcome)
    {
        (bool found, int256 median) = (false, 0);
        for (uint256 i = 0; i < casts.length; ++i) {
            if (!casts[i].revealed) continue;
            int256 value = _value(casts[i]);
            (uint256 all, uint256 upTo) = (0, 0);
            for (uint256 j = 0; j < casts.length; ++j) {
                if (casts[j].revealed) all += casts[j].weight;
                if (casts[j].revealed && _value(casts[j]) <= value) upTo += casts[j].weight;
            }
            if (2 * upTo >= all && (!found || value < median)) (found, median) = (true, value);
        }
        agrees = new bool[](casts.length);
        int256 reach = int256(tolerance) * (median < 0 ? -median : median);
        for (uint256 i = 0; i < casts.length; ++i) {
            if (!casts[i].revealed) continue;
            int256 away = _value(casts[i]) - median;
            agrees[i] = (away < 0 ? -away : away) * 10_000 <= reach;
        }
        outcome = abi.encode(uint8(0), uint64(0), abi.encode(median));
    }

    function _random(bytes32 taskId, Cast[] memory casts)
        private
        pure
        returns (bool[] memory agrees, bytes memory outcome)
    {
        agrees = new bool[](casts.length);
        bytes memory all;
        for (uint256 i = 0; i < casts.length; ++i) {
            if (!casts[i].revealed) continue;
            agrees[i] = true;
            all = bytes.concat(all, _word(Mode.RANDOM, casts[i].outcome));
        }
        bytes32 drawn = keccak256(abi.encode(keccak256("ChainBoy.Random.v1"), taskId, keccak256(all)));
        outcome = abi.encode(uint8(0), uint64(0), abi.encode(drawn));
    }

    function _word(Mode mode, bytes memory outcome) private pure returns (bytes32) {
        if (mode == Mode.EXACT) return keccak256(outcome);
        (,, bytes memory payload) = abi.decode(outcome, (uint8, uint64, bytes));
        return abi.decode(payload, (bytes32));
    }

    function _value(Cast memory cast) private pure returns (int256) {
        return int256(uint256(_word(Mode.MEDIAN, cast.outcome)));
    }

    function _same(bytes memory left, bytes memory right) private pure returns (bool) {
        return keccak256(left) == keccak256(right);
    }

    function _indexOf(bytes32[] memory words, uint256 count, bytes32 word) private pure returns (uint256) {
        for (uint256 k = 0; k < count; ++k) {
            if (words[k] == word) return k;
        }
        return UNREVEALED;
    }
}
