// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Reading an outcome, `abi.encode(uint8 status, uint64 fuel, bytes payload)`
library OutcomeReader {
    uint8 internal constant ABORTED = 3;

    /// @dev status, fuel, the payload's offset and its length
    uint256 private constant HEAD = 128;

    /// @notice Status and payload of `outcome`; anything but a canonical encoding reads as aborted, with no payload:
    /// a majority that agreed on garbage must not make its task undeliverable.
    function read(bytes calldata outcome) internal pure returns (uint8 status, bytes calldata payload) {
        payload = outcome[:0];
        if (outcome.length < HEAD) return (ABORTED, payload);
        uint256 rawStatus = uint256(bytes32(outcome[:32]));
        uint256 fuel = uint256(bytes32(outcome[32:64]));
        uint256 length = uint256(bytes32(outcome[96:HEAD]));
        if (rawStatus > ABORTED || length > outcome.length - HEAD) return (ABORTED, payload);
        bytes calldata content = outcome[HEAD:HEAD + length];
        if (fuel > type(uint64).max || keccak256(abi.encode(rawStatus, fuel, content)) != keccak256(outcome)) {
            return (ABORTED, payload);
        }
        return (uint8(rawStatus), content);
    }
}
