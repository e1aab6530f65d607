// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Offence, RegistryProfile} from "../../src/interfaces/INodeRegistry.sol";

/// @notice What the hub sees of a registry, with members set by hand and every call counted.
contract MockRegistry {
    struct Member {
        uint256 weight;
        address payout;
    }

    RegistryProfile private _profile;
    address private _hub;
    mapping(uint256 epoch => mapping(address node => Member)) private _members;
    mapping(uint256 epoch => uint256) private _totals;
    mapping(uint256 epoch => uint256) private _counts;

    mapping(address node => uint256) public notes;
    mapping(address node => bool) public jailed;
    mapping(address node => uint256) public slashes;
    Offence public lastOffence;
    uint256 public lastRoundEpoch;

    constructor(RegistryProfile memory profile_) {
        _profile = profile_;
    }

    function set(uint256 epoch, address node, uint256 weight, address payout) external {
        _totals[epoch] += weight;
        ++_counts[epoch];
        _members[epoch][node] = Member(weight, payout);
    }

    function setHub(address hub_) external {
        _hub = hub_;
    }

    function jail(address node) external {
        jailed[node] = true;
    }

    /// @dev Unset, it belongs to whoever asks: a hub under construction.
    function hub() external view returns (address) {
        return _hub == address(0) ? msg.sender : _hub;
    }

    function profile() external view returns (RegistryProfile memory) {
        return _profile;
    }

    function currentEpoch() external view returns (uint256) {
        return (block.timestamp - _profile.genesisTime) / _profile.epochLength;
    }

    function totalAt(uint256 epoch) external view returns (uint256, uint256) {
        return (_totals[epoch], _counts[epoch]);
    }

    function weightsAt(address[] calldata nodes, uint256 epoch) external view returns (uint256[] memory weights) {
        weights = new uint256[](nodes.length);
        for (uint256 i = 0; i < nodes.length; ++i) {
            weights[i] = _members[epoch][nodes[i]].weight;
        }
    }

    function noteCommit(address node, uint256 epoch) external returns (uint256, address) {
        Member memory member = _members[epoch][node];
        if (member.weight == 0 || jailed[node]) return (0, address(0));
        ++notes[node];
        return (member.weight, member.payout);
    }

    function slash(address node, uint256 roundEpoch, Offence offence) external returns (uint256) {
        ++slashes[node];
        lastOffence = offence;
        lastRoundEpoch = roundEpoch;
        return offence == Offence.FORGERY && slashes[node] > 1 ? 0 : 1;
    }
}
