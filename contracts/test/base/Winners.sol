// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice One winner, as the hub's record binds it.
struct Winner {
    address node;
    address payout;
    uint256 weight;
}

/// @notice A winner tree with its proofs, written apart from the contracts: OpenZeppelin's `StandardMerkleTree` with
/// leaves in the given order.
library Winners {
    function root(Winner[] memory winners) internal pure returns (bytes32) {
        return winners.length == 0 ? bytes32(0) : _tree(winners)[0];
    }

    function proof(Winner[] memory winners, uint256 rank) internal pure returns (bytes32[] memory) {
        return _siblings(_tree(winners), 2 * winners.length - 2 - rank);
    }

    /// @notice Weight of ranks from 2 on.
    function restWeight(Winner[] memory winners) internal pure returns (uint256 sum) {
        for (uint256 rank = 2; rank < winners.length; rank++) {
            sum += winners[rank].weight;
        }
    }

    function weight(Winner[] memory winners) internal pure returns (uint256 sum) {
        for (uint256 rank = 0; rank < winners.length; rank++) {
            sum += winners[rank].weight;
        }
    }

    function _siblings(bytes32[] memory tree, uint256 at) private pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](_depthOf(at));
        for (uint256 i = 0; i < siblings.length; i++) {
            siblings[i] = tree[at % 2 == 0 ? at - 1 : at + 1];
            at = (at - 1) / 2;
        }
    }

    function _depthOf(uint256 at) private pure returns (uint256 depth) {
        for (; at > 0; at = (at - 1) / 2) {
            depth++;
        }
    }

    function _tree(Winner[] memory winners) private pure returns (bytes32[] memory tree) {
        tree = new bytes32[](2 * winners.length - 1);
        for (uint256 rank = 0; rank < winners.length; rank++) {
            Winner memory winner = winners[rank];
            bytes memory leaf = abi.encode(
                keccak256("ChainBoy.WinnerLeaf.v1"), rank, winner.node, winner.payout, winner.weight
            );
            tree[tree.length - 1 - rank] = keccak256(abi.encode(keccak256(leaf)));
        }
        for (uint256 at = winners.length - 1; at > 0; at--) {
            (bytes32 left, bytes32 right) = (tree[2 * at - 1], tree[2 * at]);
            tree[at - 1] = left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
        }
    }
}
