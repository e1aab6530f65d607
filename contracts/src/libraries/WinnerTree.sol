// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Root of OpenZeppelin's `StandardMerkleTree` over leaves in the given order (`sortLeaves: false`)
library WinnerTree {
    /// @notice Root over `leaves`, already double-hashed; there must be at least one.
    /// @dev The complete binary tree in one array: node k has the children 2k + 1 and 2k + 2, leaves stand last first.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 inner = leaves.length - 1;
        bytes32[] memory tree = new bytes32[](2 * inner + 1);
        for (uint256 i = 0; i <= inner; ++i) {
            tree[2 * inner - i] = leaves[i];
        }
        for (uint256 k = inner; k > 0; --k) {
            tree[k - 1] = Hashes.commutativeKeccak256(tree[2 * k - 1], tree[2 * k]);
        }
        return tree[0];
    }
}
