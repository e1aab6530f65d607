// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {GatewayProfile, ITaskGateway} from "../interfaces/ITaskGateway.sol";

/// @title The relations between a gateway's figures
library GatewayProfiles {
    /// @notice Reverts with {ITaskGateway-ProfileInconsistent} naming the first relation that `profile` breaks.
    function requireConsistent(GatewayProfile memory profile) internal view {
        _require(profile.maxTaskLife <= type(uint32).max, "maxTaskLife < 2^32");
        _require(profile.refundMargin <= type(uint32).max, "refundMargin < 2^32");
        _require(profile.refundMargin > 0, "refundMargin > 0");
        _require(profile.bounds.minCommitWindow > 0, "minCommitWindow > 0");
        _require(profile.bounds.minCommitWindow <= profile.bounds.maxCommitWindow, "minCommitWindow <= maxCommitWindow");
        _require(profile.revealWindow > 0, "revealWindow > 0");
        _require(_windowsFit(profile), "maxCommitWindow + revealWindow + settleTime <= maxTaskLife");
        _require(profile.bounds.maxFuel > 0, "maxFuel > 0");
        _require(profile.bounds.maxFuel <= type(uint64).max, "maxFuel < 2^64");
        _require(profile.maxCallbackGas <= block.gaslimit / 4, "maxCallbackGas <= block gas limit / 4");
    }

    /// @dev By subtraction, so that nothing overflows.
    function _windowsFit(GatewayProfile memory profile) private pure returns (bool) {
        uint256 left = profile.maxTaskLife;
        if (profile.bounds.maxCommitWindow > left) return false;
        left -= profile.bounds.maxCommitWindow;
        if (profile.revealWindow > left) return false;
        return profile.settleTime <= left - profile.revealWindow;
    }

    function _require(bool holds, string memory relation) private pure {
        if (!holds) revert ITaskGateway.ProfileInconsistent(relation);
    }
}
