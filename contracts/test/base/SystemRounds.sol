// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ballot, CommitEntry, IConsensusHub, RevealEntry, UNREVEALED} from "../../src/interfaces/IConsensusHub.sol";
import {Mode} from "../../src/libraries/Params.sol";
import {SystemTally} from "./SystemTally.sol";
import {SystemTasks} from "./SystemTasks.sol";

/// @notice Commits, reveals, tallies and slashes, by those who should and those who should not.
abstract contract SystemRounds is SystemTasks {
    /// @dev A commit on its way; `genuine`: signed as it stands, or to be sent by its node.
    struct Draft {
        uint256 node;
        Flavour flavour;
        bool genuine;
        CommitEntry entry;
    }

    /// @dev An honest node's signed commit that a relayer holds back.
    struct Held {
        uint256 task;
        Draft draft;
    }

    uint256 public recordsCount;
    Held[] private _held;

    // Steps

    /// @notice The attacker's nodes commit to anything, whenever they like.
    function attackerCommits(uint256 seed, uint256 who, uint256 flavour) external atItsTime {
        if (_tasks.length == 0) return;
        Task storage task = _tasks[_pick(seed)];
        uint256 i = HONEST + who % (NODES - HONEST);
        Draft memory draft = _direct(task, i, Flavour(flavour % 4));
        if (who % 11 == 0) draft.entry.attempt += 1;
        _commit(_pick(seed), who % 7 == 0 ? MALLORY : _nodes[i], _one(draft));
    }

    /// @notice A batch of the attacker's and of honest nodes' commits, some of them spoiled or sent twice.
    function relay(uint256 seed, uint256 who, uint256 faults) external atItsTime {
        if (_tasks.length == 0) return;
        uint256 at = _pick(seed);
        Task storage task = _tasks[at];
        Draft[] memory drafts = new Draft[](NODES);
        for (uint256 k = 0; k < NODES; ++k) {
            uint256 i = (who >> 8 * k) % NODES;
            bool signs = i >= HONEST || _honestMayCommit(task, i);
            Draft memory draft = _signed(task, i, i < HONEST ? Flavour.HONEST : Flavour((who >> 3) % 4), time + 3_600);
            if (!signs) (draft.genuine, draft.entry.signature) = (false, _sign(NODES, 0));
            else if (i < HONEST) _held.push(Held(at, draft));
            // Half of the batches hold every honest commit back.
            _spoil(draft, i < HONEST && faults >> 255 == 0 ? 7 : (faults >> 8 * k) % 16);
            drafts[k] = draft;
        }
        _commit(at, MALLORY, drafts);
    }

    /// @notice What was held back arrives, or arrives again.
    function replay(uint256 which) external atItsTime {
        if (_held.length == 0) return;
        Held memory held = _held[_held.length - 1 - which % (_held.length < 8 ? _held.length : 8)];
        if (time >= held.draft.entry.deadline) held.draft.genuine = false;
        if (!_commit(held.task, MALLORY, _one(held.draft))) return;
        ++reached["held back"];
    }

    /// @notice One node's preimage, or something else in its name, by anybody. Honest salts are out only when the
    /// commit phase is over.
    function reveal(uint256 seed, uint256 who, uint256 fault) external atItsTime {
        if (_tasks.length == 0) return;
        Task storage task = _tasks[_pick(seed)];
        uint256 i = who % NODES;
        fault = i < HONEST && !_commitPhaseIsOver(task) ? 1 + fault % 4 : fault % 8;
        _reveal(task, i, fault, RELAYER);
    }

    function finalize(uint256 seed, uint256 fault) external atItsTime {
        if (_tasks.length == 0) return;
        _finalize(_tasks[_pick(seed)], fault % 12);
    }

    function slashUnrevealed(uint256 seed, uint256 who) external atItsTime {
        if (_tasks.length != 0) _slashUnrevealed(_tasks[_pick(seed)], who);
    }

    // What the steps are made of

    /// @dev The node's own rule: once per attempt, in a round that counts it, for a task that somebody pays for.
    function _honestMayCommit(Task storage task, uint256 i) internal view returns (bool) {
        if (uint256(task.state) != 1 || !_takesCommits(task)) return false;
        uint256 epoch = _isVoid(task) ? _epoch() : task.epoch;
        if (weightIn[i][epoch] == 0) return false;
        return _isVoid(task) || _positionOf(task, i) == task.votes.length;
    }

    /// @return taken whether any was
    function _commit(uint256 at, address sender, Draft[] memory drafts) internal returns (bool taken) {
        Task storage task = _tasks[at];
        CommitEntry[] memory entries = new CommitEntry[](drafts.length);
        for (uint256 k = 0; k < drafts.length; ++k) {
            entries[k] = drafts[k].entry;
        }
        bool due = _takesCommits(task);
        bytes memory data = abi.encodeCall(hub.commit, (task.requestHash, task.request.params, entries));
        bytes memory result = _call(sender, address(hub), 0, data, due, "commit");
        if (!due) return false;
        bytes4[] memory refusals = abi.decode(result, (bytes4[]));
        uint256 attempt = task.attempt + (_isVoid(task) ? 1 : 0);
        for (uint256 k = 0; k < drafts.length; ++k) {
            bool direct = drafts[k].entry.signature.length == 0;
            bool signed = direct ? sender == drafts[k].entry.node : drafts[k].genuine;
            bool takes = signed && drafts[k].entry.attempt == attempt && _mayVote(task, drafts[k].node);
            vm.assertTrue(takes == (refusals[k] == 0), "commit's refusals");
            if (takes) _bookVote(task, drafts[k]);
            taken = taken || takes;
        }
    }

    function _reveal(Task storage task, uint256 i, uint256 fault, address sender) internal {
        uint256 position = _positionOf(task, i);
        bool committed = position < task.votes.length;
        Vote memory vote;
        if (committed) vote = task.votes[position];
        RevealEntry[] memory entries = new RevealEntry[](1);
        bytes memory outcome = _outcomeOf(task, i, vote.flavour);
        entries[0] = RevealEntry(_nodes[i], vote.payout, vote.weight, outcome, _salt(task, i));
        if (fault == 1) entries[0].salt = keccak256("wrong");
        if (fault == 2) entries[0].weight += 1;
        if (fault == 3) entries[0].payout = MALLORY;
        if (fault == 4) entries[0].outcome = abi.encode(uint8(0), uint64(0), abi.encode("forged"));
        bool due = _commitPhaseIsOver(task) && !_roundIsOver(task);
        bytes memory result =
            _call(sender, address(hub), 0, abi.encodeCall(hub.reveal, (task.id, entries)), due, "reveal");
        if (!due) return;
        bool takes = committed && vote.state == IConsensusHub.BallotState.COMMITTED && (fault == 0 || fault > 4)
            && vote.flavour <= Flavour.OTHER;
        vm.assertTrue(takes == (abi.decode(result, (bytes4[]))[0] == 0), "reveal's refusal");
        if (takes) task.votes[position].state = IConsensusHub.BallotState.REVEALED;
    }

    function _finalize(Task storage task, uint256 fault) internal {
        (bytes32[] memory words, Ballot[] memory ballots) = SystemTally.shown(task.mode, _casts(task));
        bool spoiled;
        (spoiled, words, ballots) = _spoiled(words, ballots, fault);
        uint256 params = task.request.params;
        if (fault == 7) (spoiled, params) = (true, params ^ (1 << 64));
        bool due = !spoiled && _mayFinalize(task);
        bytes memory data = abi.encodeCall(hub.finalize, (task.requestHash, params, words, ballots));
        _call(RELAYER, address(hub), 0, data, due, "finalize");
        if (!due) return;
        task.finalized = true;
        ++recordsCount;
        (task.record, task.outcome, task.winners) =
            SystemTally.decide(task.id, task.mode, task.tolerance, task.total, _casts(task));
        ++reached[task.record.agreeingWeight == 0 ? "no consensus" : "consensus"];
        if (task.attempt > 1) ++reached["second attempt"];
    }

    function _slashUnrevealed(Task storage task, uint256 who) internal {
        address[] memory list = new address[](4);
        for (uint256 k = 0; k < list.length; ++k) {
            list[k] = _nodes[(who >> 8 * k) % NODES];
        }
        uint256 end = task.quorumAt + task.window + REVEAL_WINDOW;
        bool due = task.finalized && _epoch() <= (end - GENESIS) / EPOCH_LENGTH + 1;
        bytes memory data = abi.encodeCall(hub.slashUnrevealed, (task.id, list));
        bytes memory result = _call(MALLORY, address(hub), 0, data, due, "slash");
        if (!due) return;
        bytes4[] memory refusals = abi.decode(result, (bytes4[]));
        for (uint256 k = 0; k < list.length; ++k) {
            uint256 i = (who >> 8 * k) % NODES;
            uint256 position = _positionOf(task, i);
            bool hits = position < task.votes.length
                && task.votes[position].state == IConsensusHub.BallotState.COMMITTED;
            vm.assertTrue(hits == (refusals[k] == 0), "slash's refusals");
            if (!hits) continue;
            task.votes[position].state = IConsensusHub.BallotState.SLASHED;
            _bookSlash(i, task.epoch, task.mode == Mode.RANDOM);
        }
    }

    function _mayVote(Task storage task, uint256 i) private view returns (bool) {
        if (i >= NODES || _stakes[i].jailedEpoch == _epoch() || _stakes[i].tombstoned) return false;
        if (_isVoid(task)) return weightIn[i][_epoch()] != 0;
        return weightIn[i][task.epoch] != 0 && _positionOf(task, i) == task.votes.length;
    }

    function _bookVote(Task storage task, Draft memory draft) private {
        if (_isVoid(task)) {
            (task.attempt, task.epoch, task.openedAt) = (task.attempt + 1, _epoch(), time);
            (task.total,) = totalIn(_epoch());
            task.committedWeight = 0;
            delete task.votes;
        }
        uint256 i = draft.node;
        (uint256 weight, address payout) = (weightIn[i][task.epoch], payoutIn[i][task.epoch]);
        task.votes.push(Vote(i, weight, payout, draft.flavour, IConsensusHub.BallotState.COMMITTED));
        _stakes[i].lastActEpoch = _epoch();
        task.committedWeight += weight;
        if (!_stakes[i].seated) ++reached["voted after leaving"];
        if (task.commitEndsAtBlock == 0 && 2 * task.committedWeight > task.total) {
            uint256 windowBlocks = (task.window + BLOCK_TIME - 1) / BLOCK_TIME;
            task.quorumAt = time;
            task.commitEndsAtBlock = blockNumber + (windowBlocks > PHASE_BLOCKS ? windowBlocks : PHASE_BLOCKS);
        }
    }

    function _direct(Task storage task, uint256 i, Flavour flavour) internal view returns (Draft memory) {
        uint256 attempt = task.attempt + (_isVoid(task) ? 1 : 0);
        bytes32 commitment = _commitment(task, attempt, i, flavour);
        return Draft(i, flavour, true, CommitEntry(_nodes[i], attempt, commitment, 0, ""));
    }

    function _signed(Task storage task, uint256 i, Flavour flavour, uint256 deadline)
        private
        view
        returns (Draft memory draft)
    {
        draft = _direct(task, i, flavour);
        draft.entry.deadline = deadline;
        bytes32 kind = keccak256("Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)");
        CommitEntry memory entry = draft.entry;
        entry.signature =
            _sign(i, keccak256(abi.encode(kind, task.id, entry.commitment, entry.attempt, entry.deadline)));
    }

    function _spoil(Draft memory draft, uint256 fault) private view {
        CommitEntry memory entry = draft.entry;
        if (fault == 1) entry.commitment = keccak256(abi.encode(entry.commitment));
        if (fault == 2) entry.attempt += 1;
        if (fault == 3) entry.deadline += 1;
        if (fault == 4) entry.signature[5] ^= 0x01;
        if (fault == 5) entry.signature = abi.encodePacked(entry.signature, uint8(0));
        if (fault == 6) (entry.node, draft.node) = (_nodes[(draft.node + 1) % NODES], (draft.node + 1) % NODES);
        if (fault == 7) entry.signature = ""; // as if the relayer were the node
        if (fault != 0 && fault < 8) draft.genuine = false;
    }

    function _spoiled(bytes32[] memory words, Ballot[] memory ballots, uint256 fault)
        private
        pure
        returns (bool, bytes32[] memory, Ballot[] memory)
    {
        if (ballots.length == 0) return (false, words, ballots);
        bool revealed = ballots[0].choice != UNREVEALED;
        if (fault == 1) return (true, words, new Ballot[](ballots.length - 1));
        if (fault == 2 && ballots.length > 1) {
            (ballots[0], ballots[1]) = (ballots[1], ballots[0]);
            return (true, words, ballots);
        }
        if (fault == 3) return (true, _append(words, bytes32(uint256(type(int256).max))), ballots);
        if (fault == 4) return (true, words, _appendBallot(ballots));
        if (!revealed) return (false, words, ballots);
        if (fault == 5) ballots[0].choice = UNREVEALED;
        if (fault == 6) ballots[0].weight += 1;
        if (fault == 8) ballots[0].payout = MALLORY;
        if (fault == 9) words[ballots[0].choice] ^= bytes32(uint256(1));
        return (fault == 5 || fault == 6 || fault == 8 || fault == 9, words, ballots);
    }

    function _append(bytes32[] memory words, bytes32 word) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](words.length + 1);
        for (uint256 k = 0; k < words.length; ++k) {
            longer[k] = words[k];
        }
        longer[words.length] = word;
    }

    function _appendBallot(Ballot[] memory ballots) private pure returns (Ballot[] memory longer) {
        longer = new Ballot[](ballots.length + 1);
        for (uint256 k = 0; k < ballots.length; ++k) {
            longer[k] = ballots[k];
        }
        longer[ballots.length] = ballots[0];
    }

    function _one(Draft memory draft) private pure returns (Draft[] memory drafts) {
        drafts = new Draft[](1);
        drafts[0] = draft;
    }
}
