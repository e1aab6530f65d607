// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Keccak} from "./Keccak.sol";

/// @title The preimage of a distribution of tokens among nodes
/// @notice A word for each node, in strictly ascending order of nodes: the node above 96 bits of weight.
library StakeLists {
    bytes32 internal constant STAKE_LIST = keccak256("ChainBoy.StakeList.v1");

    uint256 private constant NODE = 96;

    /// @notice keccak256(abi.encode(STAKE_LIST, keccak256(words))).
    function hash(uint256[] memory words) internal pure returns (bytes32) {
        return _hash(Keccak.ofWords(words));
    }

    /// @notice The same of words that need not be copied one by one.
    function hashCalldata(uint256[] calldata words) internal pure returns (bytes32) {
        return _hash(keccak256(abi.encodePacked(words)));
    }

    /// @notice Make words of the weights of `nodes`, in place, up to the first one that weighs nothing or does not come
    /// after the one before it.
    /// @dev In assembly because it pays: 256 nodes are sealed for 60,000 gas less. Weights are below 2^96, and as many
    /// as there are nodes; of addresses only the 160 bits count. Memory-safe: it writes into the array alone.
    /// @return good how many were made
    /// @return sum of their weights
    function fromWeights(uint256[] memory weights, address[] calldata nodes)
        internal
        pure
        returns (uint256 good, uint256 sum)
    {
        assembly ("memory-safe") {
            let start := add(weights, 0x20)
            let end := add(start, shl(5, nodes.length))
            let at := start
            let from := nodes.offset
            let previous := 0
            for {} lt(at, end) { at := add(at, 0x20) } {
                let weight := mload(at)
                mstore(at, or(shl(NODE, calldataload(from)), weight))
                let word := mload(at)
                if iszero(mul(weight, gt(word, previous))) { break }
                sum := add(sum, weight)
                previous := word
                from := add(from, 0x20)
            }
            good := shr(5, sub(at, start))
        }
    }

    function nodeOf(uint256 word_) internal pure returns (address) {
        return address(uint160(word_ >> NODE));
    }

    function weightOf(uint256 word_) internal pure returns (uint256) {
        return uint96(word_);
    }

    function _hash(bytes32 content) private pure returns (bytes32) {
        return keccak256(abi.encode(STAKE_LIST, content));
    }
}
