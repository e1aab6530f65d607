// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IConsensusHub} from "../../src/interfaces/IConsensusHub.sol";
import {SystemSeals} from "./SystemSeals.sol";

/// @notice Plays random calls, valid and not, of everybody on the whole system, foretells whether each succeeds, and
/// lets honest nodes do what the rules ask of them in time. It never reverts but when something went otherwise.
contract SystemHandler is SystemSeals {
    /// @notice What to draw from; some steps more often than others.
    function steps() external pure returns (bytes4[] memory list) {
        list = new bytes4[](28);
        list[0] = this.ask.selector;
        list[1] = this.ask.selector;
        list[2] = this.goOn.selector;
        list[3] = this.goOn.selector;
        list[4] = this.goOn.selector;
        list[5] = this.goOn.selector;
        list[6] = this.attackerCommits.selector;
        list[7] = this.relay.selector;
        list[8] = this.relay.selector;
        list[9] = this.replay.selector;
        list[10] = this.replay.selector;
        list[11] = this.reveal.selector;
        list[12] = this.finalize.selector;
        list[13] = this.slashUnrevealed.selector;
        list[14] = this.deliver.selector;
        list[15] = this.retry.selector;
        list[16] = this.claim.selector;
        list[17] = this.refund.selector;
        list[18] = this.withdraw.selector;
        list[19] = this.moveTreasury.selector;
        list[20] = this.pass.selector;
        list[21] = this.manage.selector;
        list[22] = this.enter.selector;
        list[23] = this.dropIdle.selector;
        list[24] = this.sealList.selector;
        list[25] = this.sealEmpty.selector;
        list[26] = this.attest.selector;
        list[27] = this.forge.selector;
    }

    /// @notice Time passes: mostly a little; to the end of an epoch, an attempt or a task; some epochs; or the chain
    /// stalls.
    function pass(uint256 how, uint256 amount) external atItsTime {
        how %= 16;
        if (how == 0) _walkTo(GENESIS + (_epoch() + 1) * EPOCH_LENGTH);
        else if (how == 1) _walkTo(time + _between(amount, 1, 7) * EPOCH_LENGTH);
        else if (how == 2) _stall(_between(amount, 1, EPOCH_LENGTH));
        else if (how == 3) _walkTo(time + ATTEMPT_LIFE);
        else if (how < 6 && _tasks.length != 0) _walkTo(_tasks[_pick(amount)].expiresAt + (how - 4) * REFUND_MARGIN);
        else _walkTo(time + _between(amount, BLOCK_TIME, 120));
    }

    /// @notice One task goes on by some steps.
    function goOn(uint256 seed) external atItsTime {
        if (_tasks.length == 0) return;
        uint256 at = _pick(seed);
        for (uint256 k = 0; k <= (seed >> 8) % 8; ++k) {
            _goOn(at, uint256(keccak256(abi.encode(seed, k))));
        }
        _comeBack(seed % HONEST);
    }

    /// @notice The end of everything: whatever was decided is recorded, whatever was paid in can be taken out.
    function settle() external atItsTime {
        _walkTo(time);
        for (uint256 at = 0; at < _tasks.length; ++at) {
            Task storage task = _tasks[at];
            if (task.commitEndsAtBlock == 0 || task.finalized) continue;
            _walkTo(_endOf(task, REVEAL_WINDOW, 2));
            vm.assertTrue(_mayFinalize(task), "a round that never ends");
            _finalize(task, 0);
        }
        for (uint256 at = 0; at < _tasks.length; ++at) {
            Task storage task = _tasks[at];
            _walkTo(task.expiresAt + REFUND_MARGIN);
            if (uint256(task.state) == 1) _refund(task, false);
            for (uint256 rank = 0; rank < task.winners.length; ++rank) {
                _claim(task, rank, 0);
            }
        }
        for (uint256 k = 0; k < holders.length; ++k) {
            if (owedTo[holders[k]] != 0) _withdraw(holders[k], 0);
        }
        _takeOutBonds();
    }

    /// @dev What comes next for a task: commits, the end of a phase, its record, its delivery, its rewards.
    function _goOn(uint256 at, uint256 seed) private {
        Task storage task = _tasks[at];
        if (task.finalized) {
            if (uint256(task.state) == 1 && seed % 8 == 0) _walkTo(task.expiresAt);
            if (uint256(task.state) == 1) return _deliver(task, 0, (seed >> 8) % 10);
            if (task.callbackFailed) return _retry(task, 0, (seed >> 8) % 10);
            return seed % 2 == 0 ? _slashUnrevealed(task, seed >> 8) : _claim(task, seed >> 8, 0);
        }
        if (_mayFinalize(task)) return _finalize(task, 0);
        if (_commitPhaseIsOver(task)) return _walkTo(_endOf(task, REVEAL_WINDOW, 2));
        if (task.attempt != 0 && task.commitEndsAtBlock == 0 && seed % 4 == 0) _walkTo(task.openedAt + ATTEMPT_LIFE);
        for (uint256 i = 0; i < NODES; ++i) {
            bool willing = i < HONEST ? _honestMayCommit(task, i) && seed % 4 != i : (seed >> i) % 2 == 0;
            if (willing) _commitDirectly(at, i, i < HONEST ? Flavour.HONEST : Flavour((seed >> i) % 4));
            if (willing && seed % 8 == 0) return;
        }
        if (task.commitEndsAtBlock == 0 || seed % 2 == 0) return;
        // A chain that stalls over the whole round must cost nobody the time to reveal.
        if (seed % 16 == 1) return _stall(task.window + REVEAL_WINDOW);
        bool stallsAtTheEnd = seed % 16 == 3;
        _walkTo(_endOf(task, 0, 1) - (stallsAtTheEnd ? 1 : 0));
        if (stallsAtTheEnd) _stall(REVEAL_WINDOW + 1);
    }

    // Honest nodes

    /// @dev The owner of an honest node that lost its seat, or left, takes one again if there is one to take.
    function _comeBack(uint256 i) private {
        Stake storage stake = _stakes[i];
        if (stake.seated) return;
        uint256 purse = token.balanceOf(_ownerOf(i));
        if (stake.bonded < MIN_BOND && purse >= MIN_BOND) _bond(i, MIN_BOND);
        else if (purse != 0) _bond(i, purse < 100 ? purse : 100);
        for (uint256 victim = HONEST; victim <= NODES; ++victim) {
            if (!_mayEnter(i, victim)) continue;
            _enter(i, victim);
            ++reached["honest came back"];
            return;
        }
    }

    /// @dev Reveals what is due and shows that it is there, as the node software does.
    function _honestDuties() private {
        for (uint256 at = 0; at < _tasks.length; ++at) {
            Task storage task = _tasks[at];
            if (!_commitPhaseIsOver(task) || _roundIsOver(task)) continue;
            for (uint256 k = 0; k < task.votes.length; ++k) {
                if (_owesReveal(task.votes[k])) _reveal(task, task.votes[k].node, 0, _nodes[task.votes[k].node]);
            }
        }
        for (uint256 i = 0; i < HONEST; ++i) {
            if (_stakes[i].seated && 2 * (_epoch() - _stakes[i].lastActEpoch) >= IDLE_EPOCHS) _alive(i, _nodes[i]);
        }
    }

    function _owesReveal(Vote storage vote) private view returns (bool) {
        return vote.node < HONEST && vote.state == IConsensusHub.BallotState.COMMITTED;
    }

    // Time

    /// @dev Block after block, with a stop for honest nodes whenever something may be due.
    function _walkTo(uint256 target) private {
        _honestDuties();
        while (time < target) {
            uint256 next = _nextDuty();
            if (next > target) next = target;
            _setTime(next, blockNumber + (next - time + BLOCK_TIME - 1) / BLOCK_TIME);
            _honestDuties();
        }
    }

    /// @dev One block, late.
    function _stall(uint256 duration) private {
        _honestDuties();
        _setTime(time + duration, blockNumber + 1);
        _honestDuties();
        ++reached["stalled"];
    }

    /// @dev The next epoch, or an earlier end of a commit phase in which an honest node has committed.
    function _nextDuty() private view returns (uint256 next) {
        next = GENESIS + (_epoch() + 1) * EPOCH_LENGTH;
        for (uint256 at = 0; at < _tasks.length; ++at) {
            Task storage task = _tasks[at];
            if (task.commitEndsAtBlock == 0 || _commitPhaseIsOver(task)) continue;
            uint256 end = _endOf(task, 0, 1);
            if (end < next && end > time) next = end;
        }
    }

    /// @dev When a phase will be over in seconds and in blocks, if the chain does not stall.
    function _endOf(Task storage task, uint256 duration, uint256 phases) private view returns (uint256 end) {
        uint256 endBlock = task.commitEndsAtBlock + (phases - 1) * PHASE_BLOCKS;
        end = task.quorumAt + task.window + duration;
        if (endBlock > blockNumber && time + (endBlock - blockNumber) * BLOCK_TIME > end) {
            end = time + (endBlock - blockNumber) * BLOCK_TIME;
        }
    }

    function _takeOutBonds() private {
        _walkTo(time + 2 * EPOCH_LENGTH);
        for (uint256 i = 0; i < NODES; ++i) {
            if (_stakes[i].bonded == 0) continue;
            vm.prank(_ownerOf(i));
            registry.unbond(_nodes[i], _stakes[i].bonded);
            _stakes[i].unbonding += _stakes[i].bonded;
            (_stakes[i].bonded, _stakes[i].seated) = (0, false);
        }
        _walkTo(time + (UNBONDING_EPOCHS + 1) * EPOCH_LENGTH);
        for (uint256 i = 0; i < NODES; ++i) {
            if (_stakes[i].unbonding == 0) continue;
            vm.prank(_ownerOf(i));
            registry.withdraw(_nodes[i], _ownerOf(i));
            _stakes[i].unbonding = 0;
        }
    }

    function _commitDirectly(uint256 at, uint256 i, Flavour flavour) private {
        Draft[] memory drafts = new Draft[](1);
        drafts[0] = _direct(_tasks[at], i, flavour);
        _commit(at, _nodes[i], drafts);
    }
}
