// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {HubProfile, IConsensusHub} from "../interfaces/IConsensusHub.sol";
import {RegistryProfile} from "../interfaces/INodeRegistry.sol";

/// @title The relations between a hub's figures and its registry's
library HubProfiles {
    /// @dev No figure reaches this, so that no sum of them overflows.
    uint256 private constant LIMIT = 2 ** 40;
    /// @dev A window ends within so many blocks, and {Rounds} keeps 32 bits of a block's number.
    uint256 private constant BLOCK_LIMIT = 2 ** 31;

    /// @notice Reverts with {IConsensusHub-ProfileInconsistent} naming the first relation that does not hold.
    /// @dev A round ends within its epoch and the next; blocks, attempts and positions fit {Rounds} and {Ballots}.
    function requireConsistent(HubProfile memory hub, RegistryProfile memory stake) internal pure {
        uint256 minCommitWindow = hub.bounds.minCommitWindow;
        uint256 maxCommitWindow = hub.bounds.maxCommitWindow;
        _require(minCommitWindow > 0, "minCommitWindow > 0");
        _require(minCommitWindow <= maxCommitWindow, "minCommitWindow <= maxCommitWindow");
        _require(maxCommitWindow < BLOCK_LIMIT, "maxCommitWindow < 2^31");
        _require(hub.bounds.maxFuel > 0, "maxFuel > 0");
        _require(hub.bounds.maxFuel <= type(uint64).max, "maxFuel < 2^64");
        _require(hub.revealWindow > 0, "revealWindow > 0");
        _require(hub.revealWindow < LIMIT, "revealWindow < 2^40");
        _require(hub.phaseBlocks >= 20, "phaseBlocks >= 20");
        _require(hub.phaseBlocks < BLOCK_LIMIT, "phaseBlocks < 2^31");
        _require(hub.blockTime > 0, "blockTime > 0");
        _require(hub.attemptLife > 0, "attemptLife > 0");
        _require(hub.attemptLife < LIMIT, "attemptLife < 2^40");
        _require(
            hub.attemptLife + maxCommitWindow + hub.revealWindow <= stake.epochLength,
            "attemptLife + maxCommitWindow + revealWindow <= epochLength"
        );
        _require(hub.maxTaskLife < LIMIT, "maxTaskLife < 2^40");
        _require(
            maxCommitWindow + hub.revealWindow <= hub.maxTaskLife, "maxCommitWindow + revealWindow <= maxTaskLife"
        );
        _require(hub.maxTaskLife / hub.attemptLife < type(uint16).max, "maxTaskLife / attemptLife < 2^16 - 1");
        _require(stake.maxActive <= 256, "maxActive <= 256");
        _require(hub.minSealInterval > 0, "minSealInterval > 0");
        _require(hub.minSealInterval < LIMIT, "minSealInterval < 2^40");
        _require(hub.listingDelay > 0, "listingDelay > 0");
        _require(hub.listingDelay < LIMIT, "listingDelay < 2^40");
    }

    function _require(bool holds, string memory relation) private pure {
        if (!holds) revert IConsensusHub.ProfileInconsistent(relation);
    }
}
