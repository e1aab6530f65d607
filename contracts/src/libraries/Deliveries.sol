// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a gateway keeps of a delivered task
library Deliveries {
    bytes32 internal constant DELIVERED = keccak256("ChainBoy.Delivered.v1");

    /// @notice Binds all that decides who can claim what of a task's price.
    function hash(uint256 price, bytes32 winnersRoot, uint256 restWeight, uint256 winnersCount)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(DELIVERED, price, winnersRoot, restWeight, winnersCount));
    }
}
