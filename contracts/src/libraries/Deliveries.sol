// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Keccak} from "./Keccak.sol";

/// @title The word a gateway keeps of a delivered task
/// @notice 224 bits of a hash that binds who can claim what, above the claim bits of ranks 0 … 31: most claims so
/// touch no other slot. To find two deliveries that share a hash takes some 2^112 tries.
library Deliveries {
    bytes32 internal constant DELIVERED = keccak256("ChainBoy.Delivered.v1");

    /// @notice How many ranks have their claim bit in the word.
    uint256 internal constant EARLY_RANKS = 32;

    /// @notice The word of a task that was just delivered: nothing is claimed.
    function word(uint256 price, bytes32 winnersRoot, uint256 restWeight, uint256 winnersCount)
        internal
        pure
        returns (uint256)
    {
        bytes32 hash =
            Keccak.ofFive(DELIVERED, bytes32(price), winnersRoot, bytes32(restWeight), bytes32(winnersCount));
        return uint256(hash) >> EARLY_RANKS << EARLY_RANKS;
    }

    /// @notice Whether both are words of the same delivery, whatever has been claimed.
    function same(uint256 left, uint256 right) internal pure returns (bool) {
        return left >> EARLY_RANKS == right >> EARLY_RANKS;
    }

    /// @notice Whether it is a delivery's word at all; smaller ones are free to mean something else.
    function isDelivery(uint256 value) internal pure returns (bool) {
        return value >> EARLY_RANKS != 0;
    }
}
