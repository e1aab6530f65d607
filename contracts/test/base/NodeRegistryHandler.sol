// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ChainBoyToken} from "../../src/ChainBoyToken.sol";
import {NodeRegistry} from "../../src/NodeRegistry.sol";
import {Node, Offence} from "../../src/interfaces/INodeRegistry.sol";
import {RegistryUser} from "./NodeRegistryTest.sol";

/// @notice Plays random calls of owners, strangers, hub and treasurer, and writes down by itself what must follow. A
/// call that the registry refuses undoes its own notes.
contract NodeRegistryHandler is RegistryUser {
    enum Kind {
        EVICTED,
        DROPPED,
        JAILED
    }

    uint256 public constant NODES = 7;

    /// @dev Taken in the current epoch, by kind.
    uint256[3] public takenCount;
    uint256[3] public takenWeight;
    bool public overBudget;
    bool public lockBroken;
    bool public releasedEarly;
    bool public silenced;
    uint256 public lastEpoch;
    uint256 public deposited;
    uint256 public paidOut;

    mapping(address node => bool) public seated;
    mapping(address node => mapping(uint256 epoch => uint256)) public weightIn;
    mapping(address node => mapping(uint256 epoch => address)) public payoutIn;
    mapping(uint256 epoch => uint256) public totalIn;
    mapping(uint256 epoch => uint256) public countIn;
    mapping(address node => uint256) private _lockedUntil;
    mapping(address node => uint256) private _releaseAt;
    mapping(address node => uint256) private _lastAct;
    address[] private _nodes;
    address private _evictor;

    /// @dev Once: the owner has the tokens, and this is the hub and the treasurer.
    function start(ChainBoyToken token_, NodeRegistry registry_) external {
        (token, registry) = (token_, registry_);
        vm.prank(owner);
        token.approve(address(registry), type(uint256).max);
        for (uint256 key = 1; key <= NODES; ++key) {
            _nodes.push(_registered(key));
            bond(key - 1, 100 + key * 40);
        }
        for (uint256 i = 0; i < 4; ++i) {
            enter(i, i);
        }
        passTime(EPOCH, false);
    }

    function nodeAt(uint256 i) public view returns (address) {
        return _nodes[i % NODES];
    }

    // what owners do

    function bond(uint256 i, uint256 amount) public {
        amount = _between(amount, 1, 1 + token.balanceOf(owner) / 4);
        _bond(nodeAt(i), amount);
        deposited += amount;
    }

    function enter(uint256 i, uint256 j) public {
        address node = nodeAt(i);
        address victim = registry.seatsTaken() < 4 ? address(0) : _seatedFrom(j);
        if (victim != address(0)) _take(Kind.EVICTED, victim);
        _enter(node, victim);
        if (victim != address(0)) {
            (seated[victim], _evictor, _lockedUntil[node]) = (false, node, registry.currentEpoch() + 2);
        }
        (seated[node], _lastAct[node]) = (true, registry.currentEpoch());
    }

    /// @dev Often tries the last node that entered by evicting, which may be locked.
    function unbond(uint256 i, uint256 amount, bool all) external {
        address node = all && i % 2 == 0 && _evictor != address(0) ? _evictor : nodeAt(i);
        uint256 bonded = _node(node).bonded;
        amount = all ? bonded : _between(amount, 1, bonded + 1);
        _unbond(node, amount);
        if (amount == bonded) seated[node] = false;
        if (registry.currentEpoch() < _lockedUntil[node]) lockBroken = true;
        _releaseAt[node] = GENESIS + EPOCH * (registry.currentEpoch() + 6);
    }

    function withdraw(uint256 i) external {
        address node = nodeAt(i);
        paidOut += _node(node).unbonding;
        vm.prank(owner);
        registry.withdraw(node, owner);
        if (block.timestamp < _releaseAt[node]) releasedEarly = true;
    }

    function setPayout(uint256 i, address payout) external {
        vm.prank(owner);
        registry.setPayout(nodeAt(i), payout);
    }

    function alive(uint256 i) external {
        vm.prank(nodeAt(i));
        registry.alive(nodeAt(i));
        _lastAct[nodeAt(i)] = registry.currentEpoch();
    }

    // what others do

    function dropIdle(uint256 i) external {
        address node = _seatedFrom(i);
        _take(Kind.DROPPED, node);
        vm.prank(stranger);
        registry.dropIdle(node);
        seated[node] = false;
        if (registry.currentEpoch() - _lastAct[node] <= 3) silenced = true;
    }

    function commit(uint256 i, uint256 back) external {
        uint256 epoch = registry.currentEpoch();
        back = back % 2;
        Node memory node = _node(nodeAt(i));
        bool barred = node.tombstoned || node.jailedEpoch == epoch;
        uint256 expected = barred ? 0 : weightIn[nodeAt(i)][epoch - back];
        (uint256 weight,) = registry.noteCommit(nodeAt(i), epoch - back);
        if (weight != expected) silenced = true;
        if (weight != 0) _lastAct[nodeAt(i)] = epoch;
    }

    function slash(uint256 i, uint256 roundEpoch, uint8 dice) external {
        address node = nodeAt(i);
        Offence offence = dice < 8 ? Offence.FORGERY : dice < 100 ? Offence.UNREVEALED_RANDOM : Offence.UNREVEALED;
        uint256 before = _node(node).jailedEpoch;
        uint256 weight = _presentOrNext(node);
        registry.slash(node, _between(roundEpoch, 1, registry.currentEpoch()), offence);
        if (offence == Offence.FORGERY) seated[node] = false;
        if (_node(node).jailedEpoch != before) _take(Kind.JAILED, weight);
    }

    function moveTreasury(uint256 amount) external {
        amount = _between(amount, 1, registry.treasury());
        registry.moveTreasury(stranger, amount);
        paidOut += amount;
    }

    /// @dev Up to one epoch in which everybody is busy, or up to six in which nobody is; with an epoch what each node
    /// has bonded becomes what it weighs.
    function passTime(uint256 duration, bool busy) public {
        vm.warp(block.timestamp + _between(duration, 1, busy ? EPOCH : 6 * EPOCH));
        uint256 epoch = registry.currentEpoch();
        if (epoch != lastEpoch) delete takenCount;
        if (epoch != lastEpoch) delete takenWeight;
        for (; lastEpoch < epoch; ++lastEpoch) {
            for (uint256 i = 0; i < NODES; ++i) {
                _write(_nodes[i], lastEpoch + 1);
            }
        }
        if (busy) {
            for (uint256 i = 0; i < NODES; ++i) {
                vm.prank(_nodes[i]);
                registry.alive(_nodes[i]);
                _lastAct[_nodes[i]] = epoch;
            }
        }
    }

    /// @dev The first member at or after `i`, if there is one.
    function _seatedFrom(uint256 i) private view returns (address node) {
        i = i % NODES;
        for (uint256 k = 0; k < NODES; ++k) {
            if (seated[nodeAt(i + k)]) return nodeAt(i + k);
        }
    }

    function _write(address name, uint256 epoch) private {
        Node memory node = _node(name);
        payoutIn[name][epoch] = node.payout;
        if (!seated[name]) return;
        weightIn[name][epoch] = node.bonded;
        totalIn[epoch] += node.bonded;
        ++countIn[epoch];
    }

    function _presentOrNext(address node) private view returns (uint256) {
        uint256 present = weightIn[node][registry.currentEpoch()];
        uint256 next = seated[node] ? _node(node).bonded : 0;
        return present > next ? present : next;
    }

    function _take(Kind kind, address node) private {
        _take(kind, _presentOrNext(node));
    }

    function _take(Kind kind, uint256 weight) private {
        uint256 at = uint256(kind);
        ++takenCount[at];
        takenWeight[at] += weight;
        uint256 epoch = registry.currentEpoch();
        uint256 total = totalIn[epoch] < MIN_ACTIVE ? 0 : totalIn[epoch];
        if (takenCount[at] > 1 && 4 * takenWeight[at] > total) overBudget = true;
    }
}
