// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICheckpointVerifier, VerifierProfile} from "../interfaces/ICheckpointVerifier.sol";

/// @title The relations between a checkpoint verifier's figures
library VerifierProfiles {
    /// @dev So that no sum overflows: a distribution's epoch is never later than the present.
    uint256 private constant LIMIT = 2 ** 40;

    /// @notice Reverts with {ICheckpointVerifier-ProfileInconsistent} naming the first relation that does not hold.
    function requireConsistent(VerifierProfile memory profile) internal view {
        _require(profile.genesisTime <= block.timestamp, "genesisTime <= now");
        _require(profile.epochLength > 0, "epochLength > 0");
        _require(profile.trustPeriod < LIMIT, "trustPeriod < 2^40");
        _require(profile.guardianDelay > 0, "guardianDelay > 0");
        _require(profile.guardianDelay <= profile.trustPeriod / 2, "guardianDelay <= trustPeriod / 2");
    }

    function _require(bool holds, string memory relation) private pure {
        if (!holds) revert ICheckpointVerifier.ProfileInconsistent(relation);
    }
}
