// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskConsumer} from "../../src/interfaces/ITaskConsumer.sol";

/// @notice A requester that notes how it was called, and then behaves as told.
contract ProbeConsumer is ITaskConsumer {
    enum Manner {
        ACCEPT,
        REVERT,
        BURN_ALL_GAS,
        RETURN_FLOOD,
        REVERT_FLOOD,
        CALL_BACK
    }

    error Refused();

    Manner public manner;
    uint256 public calls;
    uint256 public gasAtEntry;
    bytes32 public argumentsHash;
    /// @notice What CALL_BACK calls its caller with, and what came of it.
    bytes public reentry;
    bool public reentrySucceeded;
    bytes public reentryResult;

    function become(Manner manner_) external {
        manner = manner_;
    }

    function reenterWith(bytes calldata data) external {
        manner = Manner.CALL_BACK;
        reentry = data;
    }

    /// @notice Make a call as this contract.
    function execute(address target, uint256 value, bytes calldata data) external payable returns (bytes memory) {
        (bool success, bytes memory result) = target.call{value: value}(data);
        if (success) return result;
        assembly ("memory-safe") {
            revert(add(result, 0x20), mload(result))
        }
    }

    function onTaskResult(bytes32 taskId, uint8 status, bytes calldata payload, uint256 agreeing, uint256 total)
        external
        override
    {
        uint256 entry = gasleft();
        if (manner == Manner.REVERT) revert Refused();
        if (manner == Manner.BURN_ALL_GAS) while (true) {}
        if (manner == Manner.RETURN_FLOOD || manner == Manner.REVERT_FLOOD) _flood();
        calls++;
        gasAtEntry = entry;
        argumentsHash = keccak256(abi.encode(taskId, status, payload, agreeing, total));
        if (manner == Manner.CALL_BACK) (reentrySucceeded, reentryResult) = msg.sender.call(reentry);
    }

    /// @notice Money arrives: the same, as far as it applies.
    receive() external payable {
        if (manner == Manner.REVERT) revert Refused();
        if (manner == Manner.CALL_BACK) (reentrySucceeded, reentryResult) = msg.sender.call(reentry);
    }

    /// @dev Many zero bytes: 10,000 words if the gas is there, else 1,000.
    function _flood() private view {
        bool good = manner == Manner.RETURN_FLOOD;
        assembly ("memory-safe") {
            // Memory of w words costs 3w + w²/512: 225,312 for 10,000 words.
            let size := 32000
            if gt(gas(), 250000) { size := 320000 }
            if good { return(0, size) }
            revert(0, size)
        }
    }
}
