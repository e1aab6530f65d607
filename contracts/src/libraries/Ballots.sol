// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConsensusHub} from "../interfaces/IConsensusHub.sol";
import {Keccak} from "./Keccak.sol";

/// @title One node's ballot in one word
/// @dev From the least significant bit: position in commit order 8, state 8, and the first 240 bits of a hash that binds
/// payout and weight to the commitment, later to the revealed word. They need no slots of their own: whoever reveals or
/// finalizes supplies them again.
library Ballots {
    bytes32 internal constant COMMITMENT = keccak256("ChainBoy.Commitment.v1");
    bytes32 internal constant COMMITTED = keccak256("ChainBoy.Ballot.Committed.v1");
    bytes32 internal constant REVEALED = keccak256("ChainBoy.Ballot.Revealed.v1");

    uint256 private constant HASH_MASK = type(uint256).max << 16;

    /// @notice What a node commits to: bound to its task, attempt and name, so that a copy is of no use.
    function commitment(bytes32 taskId, uint256 attempt, address node, bytes32 outcomeHash, bytes32 salt)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(COMMITMENT, taskId, attempt, node, outcomeHash, salt));
    }

    function committed(uint256 at, bytes32 commitment_, address payout, uint256 weight) internal pure returns (uint256) {
        return _pack(at, IConsensusHub.BallotState.COMMITTED, COMMITTED, commitment_, payout, weight);
    }

    function revealed(uint256 at, bytes32 word, address payout, uint256 weight) internal pure returns (uint256) {
        return _pack(at, IConsensusHub.BallotState.REVEALED, REVEALED, word, payout, weight);
    }

    function slashed(uint256 ballot) internal pure returns (uint256) {
        return (ballot & ~uint256(0xff00)) | uint256(IConsensusHub.BallotState.SLASHED) << 8;
    }

    function state(uint256 ballot) internal pure returns (IConsensusHub.BallotState) {
        return IConsensusHub.BallotState(uint8(ballot >> 8));
    }

    function position(uint256 ballot) internal pure returns (uint256) {
        return uint8(ballot);
    }

    function _pack(
        uint256 at,
        IConsensusHub.BallotState state_,
        bytes32 kind,
        bytes32 content,
        address payout,
        uint256 weight
    ) private pure returns (uint256) {
        bytes32 digest = Keccak.ofFour(kind, content, Keccak.word(payout), bytes32(weight));
        return (uint256(digest) & HASH_MASK) | uint256(state_) << 8 | at;
    }
}
