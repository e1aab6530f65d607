// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The preimage of a distribution of tokens among nodes
/// @notice A word for each node, in strictly ascending order of nodes: the node above 96 bits of weight.
library StakeLists {
    bytes32 internal constant STAKE_LIST = keccak256("ChainBoy.StakeList.v1");

    uint256 private constant NODE = 96;

    /// @notice keccak256(abi.encode(STAKE_LIST, keccak256(words))).
    function hash(uint256[] memory words) internal pure returns (bytes32) {
        return _hash(keccak256(abi.encodePacked(words)));
    }

    /// @notice The same of words that need not be copied one by one.
    function hashCalldata(uint256[] calldata words) internal pure returns (bytes32) {
        return _hash(keccak256(abi.encodePacked(words)));
    }

    /// @dev `weight` is below 2^96.
    function word(address node, uint256 weight) internal pure returns (uint256) {
        return uint256(uint160(node)) << NODE | weight;
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
