// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot, IConsensusHub, UNREVEALED} from "../interfaces/IConsensusHub.sol";
import {Ballots} from "./Ballots.sol";

/// @title Checks what `finalize` is shown against what was committed and revealed
library Counting {
    using Ballots for uint256;

    /// @notice Each word's weight, and a bit for the position of everyone who did not reveal. Reverts unless `ballots`
    /// are as cast, in commit order, and `words` are the words they chose, strictly ascending as int256.
    /// @param cast ballots by node; as many as `ballots`, which the caller has checked
    function weigh(
        mapping(address node => uint256 ballot) storage cast,
        bytes32[] calldata words,
        Ballot[] calldata ballots
    ) internal view returns (uint256[] memory weights, uint256 unrevealed) {
        weights = new uint256[](words.length);
        for (uint256 i = 0; i < ballots.length; ++i) {
            Ballot calldata ballot = ballots[i];
            uint256 stored = cast[ballot.node];
            uint256 choice = ballot.choice;
            if (choice == UNREVEALED) {
                bool committed = stored.state() == IConsensusHub.BallotState.COMMITTED && stored.position() == i;
                if (!committed) revert IConsensusHub.BallotsMismatch(i);
                unrevealed |= uint256(1) << i;
                continue;
            }
            if (choice >= words.length || stored != Ballots.revealed(i, words[choice], ballot.payout, ballot.weight)) {
                revert IConsensusHub.BallotsMismatch(i);
            }
            weights[choice] += ballot.weight;
        }
        int256 last = type(int256).min;
        for (uint256 k = 0; k < words.length; ++k) {
            int256 word = int256(uint256(words[k]));
            if (weights[k] == 0 || (word <= last && k != 0)) revert IConsensusHub.WordsMismatch(k);
            last = word;
        }
    }
}
