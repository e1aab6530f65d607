// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title An append-only Merkle tree of depth 32, empty leaf 0, sorted pairs
/// @notice The same tree as OpenZeppelin's `structs/MerkleTree`, which writes up to 32 words a push and keeps the root.
/// Here a push writes one word beside the count, and the root is computed when it is asked for.
/// @dev Bit h of the count is set iff a full subtree of 2^h leaves stands at the right edge; `sides[h]` is its root.
library Accumulator {
    uint256 internal constant DEPTH = 32;

    struct Tree {
        uint32 count;
        bytes32[DEPTH] sides;
    }

    /// @notice Append `leaf`; panics when 2^32 − 1 leaves are there.
    function push(Tree storage self, bytes32 leaf) internal returns (uint256 index) {
        uint32 count = self.count;
        self.count = count + 1;
        bytes32 node = leaf;
        uint256 level = 0;
        for (; (count >> level) & 1 == 1; ++level) {
            node = Hashes.commutativeKeccak256(self.sides[level], node);
        }
        self.sides[level] = node;
        return count;
    }

    function root(Tree storage self) internal view returns (bytes32 node) {
        uint256 count = self.count;
        bytes32 empty = 0;
        for (uint256 level = 0; level < DEPTH; ++level) {
            bool full = (count >> level) & 1 == 1;
            node = Hashes.commutativeKeccak256(full ? self.sides[level] : empty, node);
            empty = Hashes.efficientKeccak256(empty, empty);
        }
    }

    /// @notice The root of a tree without leaves.
    function emptyRoot() internal pure returns (bytes32 node) {
        for (uint256 level = 0; level < DEPTH; ++level) {
            node = Hashes.efficientKeccak256(node, node);
        }
    }

    /// @notice The root of a tree in which `leaf` has these siblings, from the leaf upwards.
    function rootAbove(bytes32 leaf, bytes32[DEPTH] memory siblings) internal pure returns (bytes32 node) {
        node = leaf;
        for (uint256 level = 0; level < DEPTH; ++level) {
            node = Hashes.commutativeKeccak256(node, siblings[level]);
        }
    }
}
