// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Round} from "../interfaces/IConsensusHub.sol";
import {Mode} from "./Params.sol";

/// @notice A task's current attempt in one word; zero: none yet.
/// @dev From the least significant bit: missingWeight 96, clock 40, epoch 32, commitEndsAtBlock 32, attempt 16,
/// committed 16, revealed 16, mode 8. The clock is `openedAt` before the quorum and `commitEndsAt` after it. Every field
/// fits: weights are below 2^96, times below 2^40, blocks and windows below 2^31, and the hub's profile allows fewer than 2^16 attempts of at most 256 nodes.
type PackedRound is uint256;

using Rounds for PackedRound global;

/// @title What a round's word says, what becomes of it, and when its phases end
/// @dev Never unpacked where it is changed: a commit or a reveal touches two fields of nine. Unchecked, since
/// nothing overflows: clocks, blocks and the profile's figures are below 2^40, counts at most 256.
library Rounds {
    uint256 private constant CLOCK = 96;
    uint256 private constant EPOCH = 136;
    uint256 private constant COMMIT_ENDS_AT_BLOCK = 168;
    uint256 private constant ATTEMPT = 200;
    uint256 private constant COMMITTED = 216;
    uint256 private constant REVEALED = 232;
    uint256 private constant MODE = 248;

    /// @notice An attempt that opens now; nobody has committed yet.
    function open(uint256 attempt_, uint256 epoch_, uint256 missingWeight_, Mode mode_)
        internal
        view
        returns (PackedRound)
    {
        return PackedRound.wrap(
            missingWeight_ | block.timestamp << CLOCK | epoch_ << EPOCH | attempt_ << ATTEMPT | uint256(mode_) << MODE
        );
    }

    /// @notice One node more has committed, and this much weight is still missing.
    function withCommit(PackedRound round, uint256 missingWeight_) internal pure returns (PackedRound) {
        uint256 others = PackedRound.unwrap(round) >> CLOCK << CLOCK;
        unchecked {
            return PackedRound.wrap((others | missingWeight_) + (1 << COMMITTED));
        }
    }

    /// @notice The quorum is there: the clock runs.
    function withQuorum(PackedRound round, uint256 commitEndsAt_, uint256 commitEndsAtBlock_)
        internal
        pure
        returns (PackedRound)
    {
        uint256 others = PackedRound.unwrap(round) & ~(uint256(type(uint40).max) << CLOCK);
        return PackedRound.wrap(others | commitEndsAt_ << CLOCK | commitEndsAtBlock_ << COMMIT_ENDS_AT_BLOCK);
    }

    /// @notice One node more has revealed.
    function withReveal(PackedRound round) internal pure returns (PackedRound) {
        unchecked {
            return PackedRound.wrap(PackedRound.unwrap(round) + (1 << REVEALED));
        }
    }

    function isNone(PackedRound round) internal pure returns (bool) {
        return PackedRound.unwrap(round) == 0;
    }

    function missingWeight(PackedRound round) internal pure returns (uint256) {
        return uint96(PackedRound.unwrap(round));
    }

    function epoch(PackedRound round) internal pure returns (uint256) {
        return uint32(PackedRound.unwrap(round) >> EPOCH);
    }

    /// @notice Zero before the quorum.
    function commitEndsAtBlock(PackedRound round) internal pure returns (uint256) {
        return uint32(PackedRound.unwrap(round) >> COMMIT_ENDS_AT_BLOCK);
    }

    function attempt(PackedRound round) internal pure returns (uint256) {
        return uint16(PackedRound.unwrap(round) >> ATTEMPT);
    }

    function committed(PackedRound round) internal pure returns (uint256) {
        return uint16(PackedRound.unwrap(round) >> COMMITTED);
    }

    function revealed(PackedRound round) internal pure returns (uint256) {
        return uint16(PackedRound.unwrap(round) >> REVEALED);
    }

    function mode(PackedRound round) internal pure returns (Mode) {
        return Mode(PackedRound.unwrap(round) >> MODE);
    }

    /// @notice Zero once there is a quorum.
    function openedAt(PackedRound round) internal pure returns (uint256) {
        return hasQuorum(round) ? 0 : _clock(round);
    }

    /// @notice Zero before the quorum.
    function commitEndsAt(PackedRound round) internal pure returns (uint256) {
        return hasQuorum(round) ? _clock(round) : 0;
    }

    function hasQuorum(PackedRound round) internal pure returns (bool) {
        return commitEndsAtBlock(round) != 0;
    }

    /// @notice The next commit opens the next attempt: there is none yet, or this one found no quorum in time.
    function isVoid(PackedRound round, uint256 attemptLife) internal view returns (bool) {
        unchecked {
            return !hasQuorum(round) && (isNone(round) || block.timestamp >= _clock(round) + attemptLife);
        }
    }

    /// @notice No more commits, reveals may start: the window is over in seconds and in blocks, or nobody is missing.
    function isCommitPhaseOver(PackedRound round) internal view returns (bool) {
        if (!hasQuorum(round)) return false;
        unchecked {
            return missingWeight(round) == 0
                || (block.timestamp >= _clock(round) && block.number >= commitEndsAtBlock(round));
        }
    }

    /// @notice No more reveals: both windows are over in seconds and in blocks.
    function isOver(PackedRound round, uint256 revealWindow, uint256 phaseBlocks) internal view returns (bool) {
        unchecked {
            return hasQuorum(round) && block.timestamp >= _clock(round) + revealWindow
                && block.number >= commitEndsAtBlock(round) + phaseBlocks;
        }
    }

    function unpack(PackedRound round) internal pure returns (Round memory) {
        return Round({
            attempt: attempt(round),
            epoch: epoch(round),
            committed: committed(round),
            revealed: revealed(round),
            openedAt: openedAt(round),
            commitEndsAt: commitEndsAt(round),
            commitEndsAtBlock: commitEndsAtBlock(round),
            missingWeight: missingWeight(round),
            mode: uint256(mode(round))
        });
    }

    function _clock(PackedRound round) private pure returns (uint256) {
        return uint40(PackedRound.unwrap(round) >> CLOCK);
    }
}
