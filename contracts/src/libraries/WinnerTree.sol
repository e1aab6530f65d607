// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Root of OpenZeppelin's `StandardMerkleTree` over leaves in the given order (`sortLeaves: false`)
library WinnerTree {
    /// @notice Root over the first `count` of `leaves`, already double-hashed; at least one. Warning: overwrites `leaves`.
    /// @dev That tree is complete, in an array with the leaves last first and node k over 2k + 1 and 2k + 2. Built from
    /// its end it is a queue: take two, append their hash, until one is left. The queue runs round in `leaves`.
    function root(bytes32[] memory leaves, uint256 count) internal pure returns (bytes32) {
        if (count == 1) return leaves[0];
        unchecked {
            for (uint256 i = 0; i < count - 1; ++i) {
                leaves[i] = Hashes.commutativeKeccak256(leaves[2 * i % count], leaves[(2 * i + 1) % count]);
            }
            return leaves[count - 2];
        }
    }
}
