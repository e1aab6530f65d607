// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SystemWorld} from "./SystemWorld.sol";

/// @notice What owners and others do to the registry, and a book of what must follow from it.
abstract contract SystemStake is SystemWorld {
    enum Taking {
        EVICTION,
        IDLENESS,
        JAIL
    }

    /// @dev A node in the book. Epoch 0: never.
    struct Stake {
        bool registered;
        bool seated; // from the next epoch on
        uint256 bonded;
        uint256 unbonding;
        uint256 releaseEpoch;
        uint256 lockedUntilEpoch;
        uint256 lastActEpoch;
        uint256 jailedEpoch;
        uint256 lastSlashEpoch;
        address payout;
        uint256 slashed;
        bool tombstoned;
    }

    /// @notice Tokens in the registry that are nobody's bond.
    uint256 public slashedTokens;
    /// @notice Taken by others in this epoch, by the way they took it.
    uint256[3] public takenCount;
    uint256[3] public takenWeight;

    mapping(uint256 i => Stake) internal _stakes;
    mapping(uint256 i => mapping(uint256 epoch => uint256)) public weightIn;
    mapping(uint256 i => mapping(uint256 epoch => address)) public payoutIn;
    mapping(uint256 epoch => uint256) private _sumIn;
    mapping(uint256 epoch => uint256) private _countIn;
    uint256 private _lastEvictor; // which may be locked

    constructor() {
        uint256[8] memory bonds = [uint256(150), 200, 260, 310, 400, 180, 330, 0];
        for (uint256 i = 0; i < NODES; ++i) {
            token.transfer(_ownerOf(i), i < HONEST ? 600 : 300);
            vm.prank(_ownerOf(i));
            token.approve(address(registry), type(uint256).max);
            if (bonds[i] == 0) continue;
            _register(i, _ownerOf(i), 0);
            _bond(i, bonds[i]);
            if (i < SEATS) _enter(i, NODES);
        }
        _setTime(GENESIS + EPOCH_LENGTH, 1_200);
    }

    function stakeOf(uint256 i) external view returns (Stake memory) {
        return _stakes[i];
    }

    function currentEpoch() external view returns (uint256) {
        return _epoch();
    }

    /// @notice What an epoch's members weigh together, and their number; nothing when that is too little to count.
    function totalIn(uint256 epoch) public view returns (uint256 weight, uint256 count) {
        if (_sumIn[epoch] >= MIN_ACTIVE) (weight, count) = (_sumIn[epoch], _countIn[epoch]);
    }

    // Steps

    /// @notice One of the owners' or the treasurer's chores.
    function manage(uint256 what, uint256 i, uint256 amount) external atItsTime {
        what %= 8;
        if (what == 0) _register(NODES - 1 - i % 2, _ownerOf(NODES - 1), amount % 4);
        if (what == 1 || what == 2) _bond(i % NODES, _between(amount, 0, 1 + token.balanceOf(_ownerOf(i % NODES)) / 3));
        if (what == 3) _unbond(i % 4 == 0 ? _lastEvictor : i % NODES, amount);
        if (what == 4 || what == 5) _withdrawBond(i, amount);
        if (what == 6) _setPayout(i % NODES, amount);
        if (what == 7) _moveSlashed(amount);
    }

    function enter(uint256 i, uint256 victim) external atItsTime {
        // Mostly somebody who has no seat.
        for (uint256 k = 0; k < NODES - 1 && _stakes[i % NODES].seated; ++k) {
            i = i % NODES + 1;
        }
        _enter(i % NODES, _seatsTaken() < SEATS && victim % 8 != 0 ? NODES : _seatedFrom(victim));
    }

    function dropIdle(uint256 i) external atItsTime {
        i %= NODES;
        // Mostly one that has been silent for a while.
        for (uint256 k = 0; k < NODES - 1 && _epoch() - _stakes[i].lastActEpoch < IDLE_EPOCHS; ++k) {
            i = (i + 1) % NODES;
        }
        Stake storage stake = _stakes[i];
        bool idle = stake.seated && _epoch() - stake.lastActEpoch > IDLE_EPOCHS;
        bool due = idle && _fits(Taking.IDLENESS, i);
        _call(MALLORY, address(registry), 0, abi.encodeCall(registry.dropIdle, (_nodes[i])), due, "drop idle");
        if (due && i < HONEST) vm.assertTrue(false, "an honest node is dropped");
        if (!due) return;
        _take(Taking.IDLENESS, i);
        stake.seated = false;
        ++reached["dropped"];
    }

    // What the steps are made of

    function _register(uint256 i, address owner, uint256 fault) internal {
        address payout = _payout(i, 0);
        bytes32 kind = keccak256("Register(address node,address owner,address payout)");
        bytes32 content = keccak256(abi.encode(kind, _nodes[i], owner, fault == 1 ? RELAYER : payout));
        bytes memory consent = _sign(fault == 2 ? 0 : i, content);
        bool due = fault != 1 && fault != 2 && !_stakes[i].registered;
        bytes memory data = abi.encodeCall(registry.register, (_nodes[i], payout, consent));
        _call(owner, address(registry), 0, data, due, "register");
        if (due) (_stakes[i].registered, _stakes[i].payout) = (true, payout);
    }

    function _bond(uint256 i, uint256 amount) internal {
        bool due = _stakes[i].registered && amount != 0 && amount <= token.balanceOf(_ownerOf(i));
        _call(_ownerOf(i), address(registry), 0, abi.encodeCall(registry.bond, (_nodes[i], amount)), due, "bond");
        if (due) _stakes[i].bonded += amount;
    }

    function _unbond(uint256 i, uint256 amount) private {
        Stake storage stake = _stakes[i];
        amount = amount % 2 == 0 ? stake.bonded : _between(amount, 0, stake.bonded + 1);
        uint256 left = amount > stake.bonded ? 1 : stake.bonded - amount;
        bool due = stake.registered && amount != 0 && amount <= stake.bonded && _epoch() >= stake.lockedUntilEpoch
            && (left == 0 || left >= MIN_BOND);
        _call(_ownerOf(i), address(registry), 0, abi.encodeCall(registry.unbond, (_nodes[i], amount)), due, "unbond");
        if (!due) return;
        stake.bonded -= amount;
        stake.unbonding += amount;
        stake.releaseEpoch = _epoch() + 1 + UNBONDING_EPOCHS;
        if (stake.bonded == 0) stake.seated = false;
        ++reached["unbonded"];
    }

    function _withdrawBond(uint256 i, uint256 sender) private {
        for (uint256 k = 0; k < NODES && _stakes[i % NODES].unbonding == 0; ++k) {
            i = i % NODES + 1;
        }
        i %= NODES;
        Stake storage stake = _stakes[i];
        bool due = stake.unbonding != 0 && _epoch() >= stake.releaseEpoch && sender % 8 != 0;
        bytes memory data = abi.encodeCall(registry.withdraw, (_nodes[i], _ownerOf(i)));
        _call(sender % 8 == 0 ? RELAYER : _ownerOf(i), address(registry), 0, data, due, "withdraw bond");
        if (!due) return;
        stake.unbonding = 0;
        ++reached["bond withdrawn"];
    }

    function _setPayout(uint256 i, uint256 choice) private {
        address payout = i >= HONEST && choice % 4 == 0 ? address(probe) : _payout(i, choice % 2);
        bytes memory data = abi.encodeCall(registry.setPayout, (_nodes[i], payout));
        _call(_ownerOf(i), address(registry), 0, data, _stakes[i].registered, "set payout");
        if (_stakes[i].registered) _stakes[i].payout = payout;
    }

    function _moveSlashed(uint256 amount) private {
        amount = _between(amount, 0, slashedTokens + 1);
        bool due = amount != 0 && amount <= slashedTokens;
        bytes memory data = abi.encodeCall(registry.moveTreasury, (address(uint160(TREASURY_SINK)), amount));
        _call(TREASURER, address(registry), 0, data, due, "move slashed tokens");
        if (due) slashedTokens -= amount;
    }

    /// @param victim NODES: none
    function _enter(uint256 i, uint256 victim) internal {
        Stake storage stake = _stakes[i];
        bool due = _mayEnter(i, victim);
        bytes memory data = abi.encodeCall(registry.enter, (_nodes[i], victim == NODES ? address(0) : _nodes[victim]));
        _call(_ownerOf(i), address(registry), 0, data, due, "enter");
        if (!due) return;
        if (victim != NODES) {
            _take(Taking.EVICTION, victim);
            _stakes[victim].seated = false;
            (stake.lockedUntilEpoch, _lastEvictor) = (_epoch() + 2, i);
            ++reached[victim < HONEST ? "honest evicted" : "attacker evicted"];
        }
        (stake.seated, stake.lastActEpoch) = (true, _epoch());
    }

    function _mayEnter(uint256 i, uint256 victim) internal view returns (bool) {
        Stake storage stake = _stakes[i];
        if (!stake.registered || stake.seated || stake.bonded < MIN_BOND || stake.tombstoned) return false;
        if (_seatsTaken() < SEATS) return victim == NODES;
        if (victim == NODES || !_stakes[victim].seated) return false;
        return _stakes[victim].bonded < stake.bonded && _fits(Taking.EVICTION, victim);
    }

    function _alive(uint256 i, address sender) internal {
        bool due = _stakes[i].registered && (sender == _nodes[i] || sender == _ownerOf(i));
        _call(sender, address(registry), 0, abi.encodeCall(registry.alive, (_nodes[i])), due, "alive");
        if (due) _stakes[i].lastActEpoch = _epoch();
    }

    /// @dev What a slash must do to a node.
    function _bookSlash(uint256 i, uint256 roundEpoch, bool random) internal {
        Stake storage stake = _stakes[i];
        if (!random && roundEpoch <= stake.lastSlashEpoch) return;
        if (!random) stake.lastSlashEpoch = roundEpoch;
        uint256 share = random ? RANDOM_SHARE : UNREVEALED_SHARE;
        (uint256 fromBonded, uint256 fromUnbonding) = (stake.bonded * share / 10_000, stake.unbonding * share / 10_000);
        uint256 present = _presentOrNext(i);
        stake.bonded -= fromBonded;
        stake.unbonding -= fromUnbonding;
        stake.slashed += fromBonded + fromUnbonding;
        slashedTokens += fromBonded + fromUnbonding;
        ++reached[random ? "slashed in random" : "slashed"];
        if (stake.jailedEpoch == _epoch() || !_fitsWeight(Taking.JAIL, present)) return;
        _takeWeight(Taking.JAIL, present);
        stake.jailedEpoch = _epoch();
        ++reached["jailed"];
    }

    function _seatsTaken() internal view returns (uint256 count) {
        for (uint256 i = 0; i < NODES; ++i) {
            if (_stakes[i].seated) ++count;
        }
    }

    /// @dev The first member at or after `i`; NODES: there is none.
    function _seatedFrom(uint256 i) internal view returns (uint256) {
        for (uint256 k = 0; k < NODES; ++k) {
            if (_stakes[(i % NODES + k) % NODES].seated) return (i % NODES + k) % NODES;
        }
        return NODES;
    }

    function _payout(uint256 i, uint256 choice) internal pure returns (address) {
        return address(uint160(0xBA1000 + 16 * choice + i));
    }

    // Budgets

    function _fits(Taking way, uint256 i) private view returns (bool) {
        return _fitsWeight(way, _presentOrNext(i));
    }

    function _fitsWeight(Taking way, uint256 weight) private view returns (bool) {
        (uint256 total,) = totalIn(_epoch());
        return takenCount[uint256(way)] == 0 || 4 * (takenWeight[uint256(way)] + weight) <= total;
    }

    function _take(Taking way, uint256 i) private {
        _takeWeight(way, _presentOrNext(i));
    }

    function _takeWeight(Taking way, uint256 weight) private {
        ++takenCount[uint256(way)];
        takenWeight[uint256(way)] += weight;
    }

    function _presentOrNext(uint256 i) private view returns (uint256) {
        uint256 present = weightIn[i][_epoch()];
        uint256 next = _stakes[i].seated ? _stakes[i].bonded : 0;
        return present > next ? present : next;
    }

    // Time

    /// @dev With an epoch what each member has bonded becomes what it weighs.
    function _setTime(uint256 time_, uint256 blockNumber_) internal {
        uint256 before = _epoch();
        (time, blockNumber) = (time_, blockNumber_);
        vm.warp(time_);
        vm.roll(blockNumber_);
        if (_epoch() == before) return;
        delete takenCount;
        delete takenWeight;
        for (uint256 epoch = before + 1; epoch <= _epoch(); ++epoch) {
            for (uint256 i = 0; i < NODES; ++i) {
                payoutIn[i][epoch] = _stakes[i].payout;
                if (!_stakes[i].seated) continue;
                weightIn[i][epoch] = _stakes[i].bonded;
                _sumIn[epoch] += _stakes[i].bonded;
                ++_countIn[epoch];
            }
        }
    }
}
