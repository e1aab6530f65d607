// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Checkpoint} from "../libraries/SealedCheckpoints.sol";
import {IRecordVerifier} from "./IRecordVerifier.sol";

/// @notice The tokens among nodes at `epoch`: whose signatures count.
struct Distribution {
    uint256 epoch;
    bytes32 stakeHash;
    uint256 stakeTotal;
}

/// @notice Times in seconds. Genesis and epochs are the registry's.
struct VerifierProfile {
    uint256 genesisTime;
    uint256 epochLength;
    uint256 trustPeriod; // from the start of a distribution's epoch
    uint256 guardianDelay; // between an announcement and its effect
}

/// @title A remote chain's verifier: believes the checkpoints that a majority of tokens signed
/// @notice A checkpoint is signed by the distribution that is kept here, and replaces it by its own. The signers of one
/// that is older than the trust period may have left with their bonds, so it is believed no longer: only then may the
/// guardian name another. Records under accepted checkpoints stay provable for good.
interface ICheckpointVerifier is IRecordVerifier {
    event CheckpointAccepted(uint256 indexed number, Checkpoint checkpoint);
    /// @notice From `activeAt` on anybody can activate this distribution.
    event DistributionAnnounced(uint256 epoch, bytes32 stakeHash, uint256 stakeTotal, uint256 activeAt);
    /// @notice Whose signatures count from here on: the guardian's announcement, or the first of all.
    event DistributionActivated(uint256 epoch, bytes32 stakeHash, uint256 stakeTotal);

    error ProfileInconsistent(string relation);
    error ZeroAddress();
    /// @notice The distribution kept here is too old to be believed.
    error NotLive(uint256 liveUntil);
    /// @notice The list is not the one whose signatures count.
    error DistributionMismatch();
    error NumberNotNewer(uint256 number, uint256 last);
    error EpochGoesBack(uint256 epoch, uint256 stored);
    error EpochInFuture(uint256 epoch, uint256 current);
    error SameEpochOtherStake(uint256 epoch);
    error CountGoesBack(uint256 count, uint256 stored);
    error SameCountOtherRoot(uint256 count);
    error EmptyDistribution();
    /// @notice There is not one signature of 65 bytes for each bit, or a bit without a node.
    error SignaturesMismatch();
    error BadSignature(address node);
    /// @notice Not more than half has signed.
    error NotEnoughWeight(uint256 signed, uint256 total);
    error NotGuardian(address sender);
    error StillLive(uint256 liveUntil);
    error NothingAnnounced();
    error TooEarly(uint256 activeAt);

    /// @notice Bring a checkpoint, by anyone.
    /// @param storedList the distribution kept here: words node << 96 | weight, as its `Sealed` event gave them
    /// @param bitmap bit i: the i-th entry of the list has signed
    /// @param signatures 65 bytes r‖s‖v each, in the order of the list
    function submit(
        Checkpoint calldata checkpoint,
        uint256[] calldata storedList,
        uint256 bitmap,
        bytes calldata signatures
    ) external;

    /// @notice Name a later distribution once this one is too old; the guardian's alone. Starts the delay, or starts it
    /// again.
    function announce(uint256 epoch, bytes32 stakeHash, uint256 stakeTotal) external;

    /// @notice Let the announced distribution count, by anyone, after the delay.
    function activate() external;

    function version() external view returns (uint256);
    function homeChainId() external view returns (uint256);
    /// @notice On the home chain.
    function hub() external view returns (address);
    function guardian() external view returns (address);
    function profile() external view returns (VerifierProfile memory);
    /// @notice The hub's, on its own chain.
    function domainSeparator() external view returns (bytes32);
    /// @notice By this chain's clock.
    function currentEpoch() external view returns (uint256);
    /// @notice Of the newest accepted checkpoint; zero: none yet.
    function lastNumber() external view returns (uint256);
    /// @notice Whose signatures count.
    function distribution() external view returns (Distribution memory);
    /// @notice How many records there are under the newest accepted checkpoint.
    function recordsCount() external view returns (uint256);
    /// @notice Root of the records under an accepted checkpoint, of none for number 0; zero: not accepted. How many
    /// they are its `CheckpointAccepted` event tells.
    function rootOf(uint256 number) external view returns (bytes32);
    /// @notice What was announced; `activeAt` zero: nothing.
    function announcement() external view returns (Distribution memory announced, uint256 activeAt);
}
