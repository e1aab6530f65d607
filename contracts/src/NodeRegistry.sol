// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ActiveSet} from "./ActiveSet.sol";
import {IConsensusHub} from "./interfaces/IConsensusHub.sol";
import {INodeRegistry, Node, Offence, RegistryProfile} from "./interfaces/INodeRegistry.sol";
import {RegistryProfiles} from "./libraries/RegistryProfiles.sol";
import {Snapshots} from "./libraries/Snapshots.sol";

/// @title Who owns the nodes, what they have bonded, and what a slash takes
contract NodeRegistry is ActiveSet {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev A node's tokens and what binds them.
    struct Stake {
        address owner;
        uint96 bonded;
        uint96 unbonding;
        uint32 releaseEpoch;
        uint32 lockedUntilEpoch;
        uint32 lastSlashEpoch; // of the round that the last UNREVEALED was for
    }

    bytes32 private constant REGISTER = keccak256("Register(address node,address owner,address payout)");

    /// @inheritdoc INodeRegistry
    uint256 public constant version = 1;
    /// @inheritdoc INodeRegistry
    IERC20 public immutable token;
    /// @inheritdoc INodeRegistry
    address public immutable treasurer;
    /// @inheritdoc INodeRegistry
    uint256 public treasury;

    uint256 private immutable _unbondingEpochs;
    uint256 private immutable _minBond;
    uint256 private immutable _unrevealedShare;
    uint256 private immutable _randomShare;
    uint256 private immutable _forgeryShare;

    mapping(address node => Stake) private _stakes;

    modifier onlyOwner(address node) {
        if (msg.sender != _ownerOf(node)) revert NotOwner(msg.sender);
        _;
    }

    modifier onlyOwnerOrNode(address node) {
        if (msg.sender != _ownerOf(node) && msg.sender != node) revert NotOwner(msg.sender);
        _;
    }

    /// @param hub_ the consensus hub, which may be deployed later at this address
    /// @param treasurer_ who may move slashed tokens
    constructor(IERC20 token_, address hub_, address treasurer_, RegistryProfile memory profile_)
        ActiveSet(hub_, profile_)
    {
        if (address(token_) == address(0) || treasurer_ == address(0)) revert ZeroAddress();
        token = token_;
        treasurer = treasurer_;
        _unbondingEpochs = profile_.unbondingEpochs;
        _minBond = profile_.minBond;
        _unrevealedShare = profile_.unrevealedShare;
        _randomShare = profile_.randomShare;
        _forgeryShare = profile_.forgeryShare;
    }

    /// @inheritdoc INodeRegistry
    function register(address node, address payout, bytes calldata nodeSignature) external {
        if (payout == address(0)) revert ZeroAddress();
        if (_stakes[node].owner != address(0)) revert AlreadyRegistered(node);
        bytes32 content = keccak256(abi.encode(REGISTER, node, msg.sender, payout));
        bytes32 digest = MessageHashUtils.toTypedDataHash(IConsensusHub(hub).domainSeparator(), content);
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, nodeSignature);
        if (problem != ECDSA.RecoverError.NoError || signer != node) revert BadSignature(node);

        _stakes[node].owner = msg.sender;
        _setPayout(node, payout);
        emit Registered(node, msg.sender, payout);
    }

    /// @inheritdoc INodeRegistry
    function bond(address node, uint256 amount) external onlyOwner(node) {
        if (amount == 0) revert ZeroAmount();
        uint256 bonded = _stakes[node].bonded + amount;

        _stakes[node].bonded = bonded.toUint96();
        emit Bonded(node, amount);
        if (_isMember(node)) _setWeight(node, bonded);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc INodeRegistry
    function enter(address node, address victim) external onlyOwnerOrNode(node) {
        Stake storage stake = _stakes[node];
        uint256 bonded = stake.bonded;
        Snapshots.Head memory head = _headOf(node);
        if (head.tombstoned) revert Tombstoned(node);
        if (head.weight != 0) revert AlreadyActive(node);
        if (bonded < _minBond) revert BondTooSmall(bonded, _minBond);

        // Else one bond could empty the set, or be rolled out of a slash.
        if (victim != address(0)) stake.lockedUntilEpoch = (currentEpoch() + 2).toUint32();
        _seat(node, bonded, victim);
    }

    /// @inheritdoc INodeRegistry
    function unbond(address node, uint256 amount) external onlyOwner(node) {
        if (amount == 0) revert ZeroAmount();
        Stake memory stake = _stakes[node];
        uint256 epoch = currentEpoch();
        if (epoch < stake.lockedUntilEpoch) revert LockedUntil(stake.lockedUntilEpoch);
        if (amount > stake.bonded) revert BondTooLarge(amount, stake.bonded);
        uint256 bonded = stake.bonded - amount;
        if (bonded != 0 && bonded < _minBond) revert BondTooSmall(bonded, _minBond);

        stake.bonded = bonded.toUint96();
        stake.unbonding += amount.toUint96();
        stake.releaseEpoch = (epoch + 1 + _unbondingEpochs).toUint32();
        _stakes[node] = stake;
        emit Unbonding(node, amount, stake.releaseEpoch);
        if (_isMember(node)) _setWeight(node, bonded);
    }

    /// @inheritdoc INodeRegistry
    function withdraw(address node, address to) external onlyOwner(node) {
        if (to == address(0)) revert ZeroAddress();
        Stake storage stake = _stakes[node];
        uint256 amount = stake.unbonding;
        if (amount == 0) revert NothingToWithdraw(node);
        if (currentEpoch() < stake.releaseEpoch) revert StillUnbonding(stake.releaseEpoch);

        stake.unbonding = 0;
        emit BondWithdrawn(node, to, amount);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc INodeRegistry
    function setPayout(address node, address payout) external onlyOwner(node) {
        if (payout == address(0)) revert ZeroAddress();
        _setPayout(node, payout);
        emit PayoutSet(node, payout);
    }

    /// @inheritdoc INodeRegistry
    function alive(address node) external onlyOwnerOrNode(node) {
        _noteAct(node, currentEpoch());
    }

    /// @inheritdoc INodeRegistry
    function moveTreasury(address to, uint256 amount) external {
        if (msg.sender != treasurer) revert NotTreasurer(msg.sender);
        if (to == address(0)) revert ZeroAddress();
        if (amount == 0) revert ZeroAmount();
        if (amount > treasury) revert TreasuryTooSmall(treasury);

        treasury -= amount;
        emit TreasuryMoved(to, amount);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc INodeRegistry
    function slash(address node, uint256 roundEpoch, Offence offence) external onlyHub returns (uint256 amount) {
        Stake memory stake = _stakes[node];
        if (offence == Offence.UNREVEALED) {
            if (roundEpoch <= stake.lastSlashEpoch) return 0;
            stake.lastSlashEpoch = roundEpoch.toUint32();
        }
        // Forging is one offence, however many signatures show it.
        if (offence == Offence.FORGERY && _headOf(node).tombstoned) return 0;

        uint256 share = _shareOf(offence);
        uint256 fromBonded = share * stake.bonded / RegistryProfiles.ALL;
        uint256 fromUnbonding = share * stake.unbonding / RegistryProfiles.ALL;
        amount = fromBonded + fromUnbonding;
        stake.bonded -= fromBonded.toUint96();
        stake.unbonding -= fromUnbonding.toUint96();
        _stakes[node] = stake;
        treasury += amount;
        emit Slashed(node, offence, amount);
        if (offence == Offence.FORGERY) _tombstone(node);
        else _jail(node);
        if (_isMember(node)) _setWeight(node, stake.bonded);
    }

    /// @inheritdoc INodeRegistry
    function profile() external view returns (RegistryProfile memory) {
        return RegistryProfile({
            genesisTime: _genesisTime,
            epochLength: _epochLength,
            unbondingEpochs: _unbondingEpochs,
            idleEpochs: _idleEpochs,
            maxActive: _maxActive,
            minBond: _minBond,
            minActiveWeight: _minActiveWeight,
            unrevealedShare: _unrevealedShare,
            randomShare: _randomShare,
            forgeryShare: _forgeryShare
        });
    }

    /// @inheritdoc INodeRegistry
    function nodeOf(address node) external view returns (Node memory) {
        Stake memory stake = _stakes[node];
        Snapshots.Head memory head = _headOf(node);
        return Node({
            owner: stake.owner,
            payout: _payoutOf(node),
            bonded: stake.bonded,
            unbonding: stake.unbonding,
            releaseEpoch: stake.releaseEpoch,
            weight: head.weight,
            lastActiveEpoch: head.lastActiveEpoch,
            jailedEpoch: head.jailedEpoch,
            lockedUntilEpoch: stake.lockedUntilEpoch,
            active: head.weight != 0,
            tombstoned: head.tombstoned
        });
    }

    function _ownerOf(address node) private view returns (address owner) {
        owner = _stakes[node].owner;
        if (owner == address(0)) revert NotRegistered(node);
    }

    function _isMember(address node) private view returns (bool) {
        return _headOf(node).weight != 0;
    }

    function _shareOf(Offence offence) private view returns (uint256) {
        if (offence == Offence.UNREVEALED) return _unrevealedShare;
        return offence == Offence.UNREVEALED_RANDOM ? _randomShare : _forgeryShare;
    }
}
