// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConsensusHub} from "../../src/interfaces/IConsensusHub.sol";
import {ITaskGateway} from "../../src/interfaces/ITaskGateway.sol";
import {Mode} from "../../src/libraries/Params.sol";
import {Record} from "../../src/libraries/Records.sol";
import {Request} from "../../src/libraries/Requests.sol";
import {SystemStake} from "./SystemStake.sol";
import {Cast} from "./SystemTally.sol";
import {Winner} from "./Winners.sol";

/// @notice The book's page of tasks and rounds: what there is, what phase it is in, what nodes answer.
abstract contract SystemTasks is SystemStake {
    /// @dev What a node means to reveal.
    enum Flavour {
        HONEST,
        OTHER,
        MALFORMED,
        UNKNOWN
    }

    struct Vote {
        uint256 node;
        uint256 weight;
        address payout;
        Flavour flavour;
        IConsensusHub.BallotState state;
    }

    struct Task {
        Request request;
        bytes32 id;
        bytes32 requestHash;
        ITaskGateway.TaskState state; // NONE: nobody asked, the hub tallies it all the same
        Mode mode;
        uint256 tolerance;
        uint256 window;
        uint256 expiresAt;
        bool split; // honest nodes do not agree: its program is no function of its input
        // the current attempt
        uint256 attempt;
        uint256 epoch;
        uint256 openedAt;
        uint256 total;
        uint256 committedWeight;
        uint256 quorumAt;
        uint256 commitEndsAtBlock;
        Vote[] votes;
        // once finalized
        bool finalized;
        Record record;
        bytes outcome;
        Winner[] winners;
        // money
        uint256 claimedRanks;
        uint256 paid; // wei credited to anybody for it
        bool callbackFailed;
    }

    Task[] internal _tasks;

    function tasksCount() external view returns (uint256) {
        return _tasks.length;
    }

    function taskAt(uint256 at) external view returns (Task memory) {
        return _tasks[at];
    }

    /// @dev Mostly one of the last few.
    function _pick(uint256 seed) internal view returns (uint256 at) {
        uint256 count = _tasks.length;
        uint256 recent = count < 3 || seed % 16 == 0 ? count : 3;
        return count - 1 - (seed / 16) % recent;
    }

    // Phases, from the protocol's text, section 6

    function _isVoid(Task storage task) internal view returns (bool) {
        return task.commitEndsAtBlock == 0 && (task.attempt == 0 || time >= task.openedAt + ATTEMPT_LIFE);
    }

    function _takesCommits(Task storage task) internal view returns (bool) {
        if (task.commitEndsAtBlock != 0) return !_commitPhaseIsOver(task);
        if (time + task.window + REVEAL_WINDOW > task.expiresAt || task.expiresAt > time + MAX_TASK_LIFE) return false;
        (uint256 total,) = totalIn(_epoch());
        return !_isVoid(task) || total > 0;
    }

    function _commitPhaseIsOver(Task storage task) internal view returns (bool) {
        if (task.commitEndsAtBlock == 0) return false;
        bool passed = time >= task.quorumAt + task.window && blockNumber >= task.commitEndsAtBlock;
        return passed || task.committedWeight == task.total;
    }

    function _roundIsOver(Task storage task) internal view returns (bool) {
        return task.commitEndsAtBlock != 0 && time >= task.quorumAt + task.window + REVEAL_WINDOW
            && blockNumber >= task.commitEndsAtBlock + PHASE_BLOCKS;
    }

    function _mayFinalize(Task storage task) internal view returns (bool) {
        if (task.finalized || task.commitEndsAtBlock == 0) return false;
        return _roundIsOver(task) || (_commitPhaseIsOver(task) && _unrevealed(task) == 0);
    }

    function _unrevealed(Task storage task) internal view returns (uint256 count) {
        for (uint256 k = 0; k < task.votes.length; ++k) {
            if (task.votes[k].state == IConsensusHub.BallotState.COMMITTED) ++count;
        }
    }

    /// @dev Where in the commit order; past the end: it has not committed.
    function _positionOf(Task storage task, uint256 i) internal view returns (uint256 at) {
        while (at < task.votes.length && task.votes[at].node != i) ++at;
    }

    // What nodes know

    function _salt(Task storage task, uint256 i) internal view returns (bytes32) {
        return keccak256(abi.encode("salt", task.id, i));
    }

    function _commitment(Task storage task, uint256 attempt, uint256 i, Flavour flavour)
        internal
        view
        returns (bytes32)
    {
        if (flavour == Flavour.UNKNOWN) return keccak256(abi.encode("no preimage", task.id, i));
        bytes32 outcomeHash = keccak256(_outcomeOf(task, i, flavour));
        bytes32 kind = keccak256("ChainBoy.Commitment.v1");
        return keccak256(abi.encode(kind, task.id, attempt, _nodes[i], outcomeHash, _salt(task, i)));
    }

    function _outcomeOf(Task storage task, uint256 i, Flavour flavour) internal view returns (bytes memory) {
        if (flavour == Flavour.MALFORMED) return new bytes(1_025);
        bool honest = flavour == Flavour.HONEST;
        if (task.mode == Mode.EXACT) {
            bytes32 answer = keccak256(abi.encode(task.id, honest, task.split ? i % 3 : 0));
            return abi.encode(uint8(0), uint64(7), abi.encode(answer));
        }
        if (task.mode == Mode.RANDOM) {
            return abi.encode(uint8(0), uint64(0), abi.encode(keccak256(abi.encode(task.id, honest ? i : NODES))));
        }
        int256 apart = int256(i) * (task.split ? int256(900) : int256(1));
        int256 value = honest ? 10_000 + apart : int256(2 ** 200) - apart;
        return abi.encode(uint8(0), uint64(i), abi.encode(uint256(task.id) % 2 == 0 ? value : -value));
    }

    function _casts(Task storage task) internal view returns (Cast[] memory casts) {
        casts = new Cast[](task.votes.length);
        for (uint256 k = 0; k < casts.length; ++k) {
            Vote storage vote = task.votes[k];
            bool revealed = vote.state == IConsensusHub.BallotState.REVEALED;
            bytes memory outcome = revealed ? _outcomeOf(task, vote.node, vote.flavour) : bytes("");
            casts[k] = Cast(_nodes[vote.node], vote.payout, vote.weight, revealed, outcome);
        }
    }
}
