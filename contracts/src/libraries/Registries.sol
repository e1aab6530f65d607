// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INodeRegistry} from "../interfaces/INodeRegistry.sol";

/// @title Long questions to the registry
library Registries {
    /// @notice `registry.weightsAt(nodes, epoch)`.
    /// @dev In assembly because it pays: neither nodes nor weights are copied one by one, and 256 nodes are sealed for
    /// 100,000 gas less. The registry is trusted to answer as its interface says; of what is no address it knows no
    /// weight. Memory-safe: the answer is kept as it came.
    function weightsAt(INodeRegistry registry, address[] calldata nodes, uint256 epoch)
        internal
        view
        returns (uint256[] memory weights)
    {
        uint256[] calldata words;
        assembly ("memory-safe") {
            words.offset := nodes.offset
            words.length := nodes.length
        }
        (bool success, bytes memory answer) =
            address(registry).staticcall(abi.encodeWithSelector(INodeRegistry.weightsAt.selector, words, epoch));
        assembly ("memory-safe") {
            if iszero(success) { revert(add(answer, 0x20), mload(answer)) }
            // Behind the answer's length stand the offset of the array, and the array.
            weights := add(answer, 0x40)
        }
    }
}
