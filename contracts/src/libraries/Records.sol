// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Keccak} from "./Keccak.sol";

/// @notice What the hub found out about one task. No consensus iff `agreeingWeight` is zero, and then
/// all but `taskId` and `totalWeight` are zero.
struct Record {
    bytes32 taskId;
    bytes32 outcomeHash;
    uint256 agreeingWeight;
    uint256 totalWeight;
    uint256 restWeight;
    bytes32 winnersRoot;
    uint256 winnersCount;
}

/// @title Preimages of records and of the winners behind them
library Records {
    bytes32 internal constant RECORD = keccak256("ChainBoy.Record.v1");
    bytes32 internal constant WINNER = keccak256("ChainBoy.WinnerLeaf.v1");

    /// @notice The leaf of the hub's accumulator.
    function hash(Record memory record) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECORD, record));
    }

    /// @notice keccak256(keccak256(abi.encode(WINNER, rank, node, payout, weight))): a leaf of the winner tree, hashed
    /// twice as OpenZeppelin's `StandardMerkleTree` does.
    function winnerLeaf(uint256 rank, address node, address payout, uint256 weight) internal pure returns (bytes32) {
        bytes32 inner =
            Keccak.ofFive(WINNER, bytes32(rank), Keccak.word(node), Keccak.word(payout), bytes32(weight));
        return Keccak.ofOne(inner);
    }
}
