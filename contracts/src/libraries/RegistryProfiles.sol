// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INodeRegistry, RegistryProfile} from "../interfaces/INodeRegistry.sol";

/// @title The relations between the registry's parameters
library RegistryProfiles {
    uint256 internal constant MAX_SEATS = 256; // a round's ballots are positions of 8 bits
    uint256 internal constant MAX_UNBONDING_EPOCHS = 10_000; // bonds must come free some day
    uint256 internal constant ALL = 10_000;

    /// @notice Reverts with the first relation that does not hold.
    function requireConsistent(RegistryProfile memory profile) internal view {
        _require(profile.genesisTime <= block.timestamp, "genesisTime <= now");
        _require(profile.epochLength > 0, "epochLength > 0");
        // A checkpoint is trusted for unbondingEpochs - 3 epochs: its signers can still be slashed then.
        _require(profile.unbondingEpochs > 3, "unbondingEpochs > 3");
        _require(profile.unbondingEpochs <= MAX_UNBONDING_EPOCHS, "unbondingEpochs <= 10000");
        _require(profile.idleEpochs > 0, "idleEpochs > 0");
        _require(profile.maxActive > 0, "maxActive > 0");
        _require(profile.maxActive <= MAX_SEATS, "maxActive <= 256");
        _require(profile.minBond > 0, "minBond > 0");
        _require(profile.minActiveWeight >= profile.minBond, "minActiveWeight >= minBond");
        _require(profile.unrevealedShare <= profile.randomShare, "unrevealedShare <= randomShare");
        _require(profile.randomShare <= profile.forgeryShare, "randomShare <= forgeryShare");
        _require(profile.forgeryShare <= ALL, "forgeryShare <= 10000");
        // A slash that removes nobody must leave some weight: that is what makes a member.
        _require(profile.randomShare < ALL, "randomShare < 10000");
    }

    function _require(bool holds, string memory relation) private pure {
        if (!holds) revert INodeRegistry.ProfileInconsistent(relation);
    }
}
