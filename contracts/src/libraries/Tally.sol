// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot} from "../interfaces/IConsensusHub.sol";
import {Mode, Params} from "./Params.sol";
import {Record, Records} from "./Records.sol";
import {WinnerTree} from "./WinnerTree.sol";
import {Words} from "./Words.sol";

/// @title From what was revealed to the record
/// @notice `words` are distinct and ascending as int256, `weights[k]` is the sum over the ballots that chose word k.
/// Those that agree are, in every mode, neighbours: words[first] … words[end − 1].
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
        if (mode == Mode.RANDOM) word = Words.random(taskId, _contributions(words, ballots));
        record.outcomeHash = mode == Mode.EXACT ? word : Words.outcomeHashOf(word);
        bytes32[] memory leaves;
        (leaves, record.restWeight) = _winners(ballots, first, end);
        record.winnersRoot = WinnerTree.root(leaves);
        record.winnersCount = leaves.length;
    }

    /// @notice The word of most weight, the least of equals; empty when there is none.
    function heaviest(bytes32[] calldata words, uint256[] memory weights)
        internal
        pure
        returns (uint256 first, uint256 end, bytes32 word)
    {
        uint256 most = 0;
        for (uint256 k = 0; k < words.length; ++k) {
            if (weights[k] > most) (most, first, end, word) = (weights[k], k, k + 1, words[k]);
        }
    }

    /// @notice The median m, the least value whose cumulative weight × 2 reaches the weight of all, and the values v
    /// with |v − m| × 10,000 ≤ tolerance × |m|; empty when there are none. Values are within ±2^200.
    function nearMedian(bytes32[] calldata words, uint256[] memory weights, uint256 tolerance)
        internal
        pure
        returns (uint256 first, uint256 end, bytes32 median)
    {
        if (words.length == 0) return (0, 0, 0);
        uint256 all = _sum(weights, 0, words.length);
        uint256 at = 0;
        for (uint256 below = weights[0]; 2 * below < all; below += weights[at]) ++at;
        median = words[at];
        int256 m = int256(uint256(median));
        uint256 reach = tolerance * _magnitude(m);
        (first, end) = (at, at + 1);
        while (first > 0 && _magnitude(m - int256(uint256(words[first - 1]))) * 10_000 <= reach) --first;
        while (end < words.length && _magnitude(int256(uint256(words[end])) - m) * 10_000 <= reach) ++end;
    }

    function _winners(Ballot[] calldata ballots, uint256 first, uint256 end)
        private
        pure
        returns (bytes32[] memory leaves, uint256 restWeight)
    {
        uint256 count = _chosen(ballots, first, end);
        leaves = new bytes32[](count);
        uint256 rank = 0;
        for (uint256 i = 0; rank < count; ++i) {
            Ballot calldata ballot = ballots[i];
            if (ballot.choice < first || ballot.choice >= end) continue;
            leaves[rank] = Records.winnerLeaf(rank, ballot.node, ballot.payout, ballot.weight);
            if (rank >= 2) restWeight += ballot.weight;
            ++rank;
        }
    }

    function _contributions(bytes32[] calldata words, Ballot[] calldata ballots)
        private
        pure
        returns (bytes32[] memory contributions)
    {
        contributions = new bytes32[](_chosen(ballots, 0, words.length));
        uint256 count = 0;
        for (uint256 i = 0; count < contributions.length; ++i) {
            if (ballots[i].choice < words.length) contributions[count++] = words[ballots[i].choice];
        }
    }

    /// @dev How many ballots chose one of words[first] … words[end − 1]; who did not reveal chose none.
    function _chosen(Ballot[] calldata ballots, uint256 first, uint256 end) private pure returns (uint256 count) {
        for (uint256 i = 0; i < ballots.length; ++i) {
            if (ballots[i].choice >= first && ballots[i].choice < end) ++count;
        }
    }

    function _sum(uint256[] memory weights, uint256 first, uint256 end) private pure returns (uint256 sum) {
        for (uint256 k = first; k < end; ++k) {
            sum += weights[k];
        }
    }

    function _magnitude(int256 value) private pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }
}
