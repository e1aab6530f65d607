// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot, UNREVEALED} from "../interfaces/IConsensusHub.sol";
import {Mode, Params} from "./Params.sol";
import {Record, Records} from "./Records.sol";
import {WinnerTree} from "./WinnerTree.sol";
import {Words} from "./Words.sol";

/// @title From what was revealed to the record
/// @notice `words` are distinct and ascending as int256, `weights[k]` is the sum over the ballots that chose word k.
/// Those that agree are, in every mode, neighbours: words[first] … words[end − 1].
/// @dev Nothing here overflows: weights sum up to less than 2^104, the values of a median are within ±2^200.
library Tally {
    using Params for uint256;

    /// @notice The record of a round: the majority's if more than half of `totalWeight` agrees, else one without
    /// consensus.
    /// @param ballots in commit order, already checked against what was committed and revealed
    function decide(
        bytes32 taskId,
        uint256 params,
        uint256 totalWeight,
        bytes32[] calldata words,
        uint256[] memory weights,
        Ballot[] calldata ballots
    ) internal pure returns (Record memory record) {
        record.taskId = taskId;
        record.totalWeight = totalWeight;
        Mode mode = params.mode();
        (uint256 first, uint256 end, bytes32 word) = (0, words.length, 0);
        if (mode == Mode.EXACT) (first, end, word) = heaviest(words, weights);
        if (mode == Mode.MEDIAN) (first, end, word) = nearMedian(words, weights, params.tolerance());
        uint256 agreeing = _sum(weights, first, end);
        if (2 * agreeing <= totalWeight) return record;

        record.agreeingWeight = agreeing;
        bytes32[] memory leaves;
        (leaves, record.winnersCount, record.restWeight) = _winners(ballots, first, end);
        record.winnersRoot = WinnerTree.root(leaves, record.winnersCount);
        if (mode == Mode.RANDOM) word = Words.random(taskId, _contributions(words, ballots, record.winnersCount));
        record.outcomeHash = mode == Mode.EXACT ? word : Words.outcomeHashOf(word);
    }

    /// @notice The word of most weight, the least of equals; empty when there is none.
    function heaviest(bytes32[] calldata words, uint256[] memory weights)
        internal
        pure
        returns (uint256 first, uint256 end, bytes32 word)
    {
        uint256 most = 0;
        for (uint256 k = 0; k < weights.length; ++k) {
            if (weights[k] > most) (most, first) = (weights[k], k);
        }
        if (most != 0) (end, word) = (first + 1, words[first]);
    }

    /// @notice The median m, the least value whose cumulative weight × 2 reaches the weight of all, and the values v
    /// with |v − m| × 10,000 ≤ tolerance × |m|; empty when there are none. Values are within ±2^200.
    function nearMedian(bytes32[] calldata words, uint256[] memory weights, uint256 tolerance)
        internal
        pure
        returns (uint256 first, uint256 end, bytes32 median)
    {
        if (words.length == 0) return (0, 0, 0);
        unchecked {
            uint256 all = _sum(weights, 0, weights.length);
            uint256 at = 0;
            for (uint256 upTo = weights[0]; 2 * upTo < all; upTo += weights[at]) ++at;
            median = words[at];
            int256 m = int256(uint256(median));
            int256 reach = int256(tolerance) * (m < 0 ? -m : m);
            (first, end) = (at, at + 1);
            while (first != 0 && (m - int256(uint256(words[first - 1]))) * 10_000 <= reach) --first;
            while (end < words.length && (int256(uint256(words[end])) - m) * 10_000 <= reach) ++end;
        }
    }

    function _winners(Ballot[] calldata ballots, uint256 first, uint256 end)
        private
        pure
        returns (bytes32[] memory leaves, uint256 count, uint256 restWeight)
    {
        leaves = new bytes32[](ballots.length);
        unchecked {
            for (uint256 i = 0; i < ballots.length; ++i) {
                Ballot calldata ballot = ballots[i];
                if (ballot.choice < first || ballot.choice >= end) continue;
                uint256 weight = ballot.weight;
                if (count >= 2) restWeight += weight;
                leaves[count] = Records.winnerLeaf(count, ballot.node, ballot.payout, weight);
                ++count;
            }
        }
    }

    /// @dev The words of all who revealed, `count` in number, in commit order.
    function _contributions(bytes32[] calldata words, Ballot[] calldata ballots, uint256 count)
        private
        pure
        returns (bytes32[] memory contributions)
    {
        contributions = new bytes32[](count);
        unchecked {
            uint256 i = 0;
            for (uint256 rank = 0; rank < count; ++i) {
                uint256 choice = ballots[i].choice;
                if (choice != UNREVEALED) contributions[rank++] = words[choice];
            }
        }
    }

    function _sum(uint256[] memory weights, uint256 first, uint256 end) private pure returns (uint256 sum) {
        unchecked {
            for (uint256 k = first; k < end; ++k) {
                sum += weights[k];
            }
        }
    }
}
