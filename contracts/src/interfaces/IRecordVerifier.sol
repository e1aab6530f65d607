// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Record} from "../libraries/Records.sol";

/// @title What a gateway asks before it believes a record
/// @notice On the home chain the hub stands beside it; on a remote chain signed checkpoints do.
interface IRecordVerifier {
    /// @notice The record is not the hub's, or the proof does not show that it is.
    error UnprovenRecord(bytes32 taskId);

    /// @notice Until when (exclusive, in seconds) this verifier can learn of new records.
    function liveUntil() external view returns (uint256);

    /// @notice Reverts with {UnprovenRecord} unless the hub made `record`.
    /// @param proof what the verifier needs: nothing on the home chain
    function requireRecord(Record calldata record, bytes calldata proof) external view;
}
