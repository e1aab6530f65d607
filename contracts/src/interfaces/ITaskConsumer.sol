// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a requester implements to be called back with its result
interface ITaskConsumer {
    /// @notice Called by the gateway once a result with consensus is delivered in time.
    /// @param status 0 OK, 1 raised, 2 out of fuel, 3 aborted
    /// @param payload ABI-encoded return values (status 0) or the exception's name (status 1)
    /// @param agreeingWeight tokens of the nodes that agreed; more than half of `totalWeight`
    function onTaskResult(
        bytes32 taskId,
        uint8 status,
        bytes calldata payload,
        uint256 agreeingWeight,
        uint256 totalWeight
    ) external;
}
