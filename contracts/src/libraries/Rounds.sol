// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Round} from "../interfaces/IConsensusHub.sol";

/// @title A task's current attempt in one word, and when its phases end
/// @dev From the least significant bit: missingWeight 96, clock 40, epoch 32, quorumBlock 32, attempt 16, committed 16,
/// revealed 16, mode 8. The clock is `openedAt` before the quorum and `commitEndsAt` after it. Every field fits: weights
/// are below 2^96, times below 2^40, and the hub's profile allows fewer than 2^16 attempts of at most 256 nodes.
library Rounds {
    function pack(Round memory round) internal pure returns (uint256) {
        return round.missingWeight | (hasQuorum(round) ? round.commitEndsAt : round.openedAt) << 96 | round.epoch << 136
            | round.quorumBlock << 168 | round.attempt << 200 | round.committed << 216 | round.revealed << 232
            | round.mode << 248;
    }

    function unpack(uint256 packed) internal pure returns (Round memory round) {
        round.missingWeight = uint96(packed);
        round.epoch = uint32(packed >> 136);
        round.quorumBlock = uint32(packed >> 168);
        round.attempt = uint16(packed >> 200);
        round.committed = uint16(packed >> 216);
        round.revealed = uint16(packed >> 232);
        round.mode = uint8(packed >> 248);
        uint256 clock = uint40(packed >> 96);
        if (hasQuorum(round)) round.commitEndsAt = clock;
        else round.openedAt = clock;
    }

    function hasQuorum(Round memory round) internal pure returns (bool) {
        return round.quorumBlock != 0;
    }

    /// @notice The next commit opens the next attempt: there is none yet, or this one found no quorum in time.
    function isVoid(Round memory round, uint256 attemptLife) internal view returns (bool) {
        return !hasQuorum(round) && (round.attempt == 0 || block.timestamp >= round.openedAt + attemptLife);
    }

    /// @notice No more commits, reveals may start: the window is over in seconds and in blocks, or nobody is missing.
    function isCommitPhaseOver(Round memory round, uint256 phaseBlocks) internal view returns (bool) {
        if (!hasQuorum(round)) return false;
        return round.missingWeight == 0
            || (block.timestamp >= round.commitEndsAt && block.number >= round.quorumBlock + phaseBlocks);
    }

    /// @notice No more reveals: both windows are over in seconds and in blocks.
    function isOver(Round memory round, uint256 revealWindow, uint256 phaseBlocks) internal view returns (bool) {
        return hasQuorum(round) && block.timestamp >= round.commitEndsAt + revealWindow
            && block.number >= round.quorumBlock + 2 * phaseBlocks;
    }
}
