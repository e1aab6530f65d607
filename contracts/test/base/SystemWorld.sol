// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ChainBoyToken} from "../../src/ChainBoyToken.sol";
import {ConsensusHub} from "../../src/ConsensusHub.sol";
import {HubVerifier} from "../../src/HubVerifier.sol";
import {NodeRegistry} from "../../src/NodeRegistry.sol";
import {TaskGateway} from "../../src/TaskGateway.sol";
import {ResultKeeper} from "../../src/examples/ResultKeeper.sol";
import {HubProfile} from "../../src/interfaces/IConsensusHub.sol";
import {RegistryProfile} from "../../src/interfaces/INodeRegistry.sol";
import {GatewayProfile} from "../../src/interfaces/ITaskGateway.sol";
import {Bounds} from "../../src/libraries/Params.sol";
import {ProbeConsumer} from "./ProbeConsumer.sol";
import {ForgeTest} from "./Vm.sol";

/// @notice Registry, hub, verifier and gateway as they are deployed together, with short epochs; and who is there:
/// honest nodes with owners of their own, an attacker's nodes, requesters of three sorts, a relayer.
abstract contract SystemWorld is ForgeTest {
    uint256 internal constant GENESIS = 1_000_000;
    uint256 internal constant EPOCH_LENGTH = 1 hours;
    uint256 internal constant BLOCK_TIME = 3;
    uint256 internal constant UNBONDING_EPOCHS = 5;
    uint256 internal constant IDLE_EPOCHS = 3;
    uint256 internal constant SEATS = 6;
    uint256 internal constant MIN_BOND = 100;
    uint256 internal constant MIN_ACTIVE = 300;
    uint256 internal constant UNREVEALED_SHARE = 100;
    uint256 internal constant RANDOM_SHARE = 1_000;
    uint256 internal constant MIN_WINDOW = 60;
    /// @dev Far longer than both phases' blocks take: a stall at its end must cost nobody the time to reveal.
    uint256 internal constant MAX_WINDOW = 10 * PHASE_BLOCKS * BLOCK_TIME;
    uint256 internal constant REVEAL_WINDOW = 300;
    uint256 internal constant PHASE_BLOCKS = 50;
    uint256 internal constant ATTEMPT_LIFE = 600;
    uint256 internal constant SETTLE_TIME = 2 * PHASE_BLOCKS * BLOCK_TIME;
    uint256 internal constant MAX_TASK_LIFE = 6 hours;
    uint256 internal constant REFUND_MARGIN = 1 hours;
    uint256 internal constant MIN_PRICE = 1_000;
    uint256 internal constant MAX_CALLBACK_GAS = 1_000_000;
    uint256 internal constant MAX_FUEL = 10 ** 12;
    uint256 internal constant MIN_SEAL_INTERVAL = 120;
    uint256 internal constant LISTING_DELAY = 2 hours;

    bytes32 internal constant PROGRAM = keccak256("a program");
    bytes internal constant INPUT = abi.encode(uint256(42));
    address internal constant TREASURER = address(0x7EA5);
    address internal constant RELAYER = address(0x4E1A);
    address internal constant ALICE = address(0xA11CE);
    address internal constant MALLORY = address(0xBAD);
    address internal constant KEEPERS_OWNER = address(0x0EE9);
    uint256 internal constant TREASURY_SINK = 0x5AFE;

    uint256 public constant NODES = 8;
    /// @notice The first nodes follow the rules, the others are the attacker's.
    uint256 public constant HONEST = 5;

    ChainBoyToken public token;
    NodeRegistry public registry;
    ConsensusHub public hub;
    TaskGateway public gateway;
    ProbeConsumer public probe;
    ResultKeeper public keeper;

    /// @notice How often the steps reached what they are meant to reach.
    mapping(string what => uint256) public reached;
    /// @notice Forge forgets between steps what time a step has set.
    uint256 public time = GENESIS;
    uint256 public blockNumber = 1_000;
    address[] internal _nodes;

    modifier atItsTime() {
        vm.warp(time);
        vm.roll(blockNumber);
        _;
    }

    constructor() {
        vm.warp(time);
        vm.roll(blockNumber);
        token = new ChainBoyToken(address(this), 2 ** 96 - 1);
        address hubAddress = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        registry = new NodeRegistry(token, hubAddress, TREASURER, _registryProfile());
        hub = new ConsensusHub(registry, TREASURER, _hubProfile());
        gateway = new TaskGateway(new HubVerifier(hub), TREASURER, _gatewayProfile());
        probe = new ProbeConsumer();
        keeper = new ResultKeeper(gateway, KEEPERS_OWNER, PROGRAM);
        for (uint256 i = 0; i < NODES; ++i) {
            _nodes.push(vm.addr(_key(i)));
        }
    }

    function nodeAt(uint256 i) external view returns (address) {
        return _nodes[i];
    }

    /// @dev `sender` makes the call, which must succeed just if `due`.
    function _call(address sender, address target, uint256 value, bytes memory data, bool due, string memory what)
        internal
        returns (bytes memory result)
    {
        if (value != 0) vm.deal(sender, sender.balance + value);
        bool success;
        vm.prank(sender);
        (success, result) = target.call{value: value}(data);
        vm.assertTrue(success == due, string.concat(what, due ? " failed" : " succeeded"));
    }

    function _key(uint256 i) internal pure returns (uint256) {
        return 0xB0B0 + i;
    }

    function _ownerOf(uint256 i) internal pure returns (address) {
        return i < HONEST ? address(uint160(0xA000 + i / 2)) : MALLORY;
    }

    function _epoch() internal view returns (uint256) {
        return (time - GENESIS) / EPOCH_LENGTH;
    }

    function _sign(uint256 i, bytes32 content) internal view returns (bytes memory) {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(kind, keccak256("ChainBoy"), keccak256("1"), block.chainid, address(hub))
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key(i), keccak256(abi.encodePacked(hex"1901", domain, content)));
        return abi.encodePacked(r, s, v);
    }

    function _registryProfile() private pure returns (RegistryProfile memory) {
        return RegistryProfile({
            genesisTime: GENESIS,
            epochLength: EPOCH_LENGTH,
            unbondingEpochs: UNBONDING_EPOCHS,
            idleEpochs: IDLE_EPOCHS,
            maxActive: SEATS,
            minBond: MIN_BOND,
            minActiveWeight: MIN_ACTIVE,
            unrevealedShare: UNREVEALED_SHARE,
            randomShare: RANDOM_SHARE,
            forgeryShare: 5_000
        });
    }

    function _hubProfile() private pure returns (HubProfile memory) {
        return HubProfile({
            bounds: _bounds(),
            revealWindow: REVEAL_WINDOW,
            phaseBlocks: PHASE_BLOCKS,
            blockTime: BLOCK_TIME,
            attemptLife: ATTEMPT_LIFE,
            maxTaskLife: MAX_TASK_LIFE,
            minSealInterval: MIN_SEAL_INTERVAL,
            listingDelay: LISTING_DELAY
        });
    }

    function _gatewayProfile() private pure returns (GatewayProfile memory) {
        return GatewayProfile({
            bounds: _bounds(),
            revealWindow: REVEAL_WINDOW,
            settleTime: SETTLE_TIME,
            maxTaskLife: MAX_TASK_LIFE,
            refundMargin: REFUND_MARGIN,
            minPrice: MIN_PRICE,
            maxCallbackGas: MAX_CALLBACK_GAS
        });
    }

    function _bounds() private pure returns (Bounds memory) {
        return Bounds({minCommitWindow: MIN_WINDOW, maxCommitWindow: MAX_WINDOW, maxFuel: MAX_FUEL});
    }
}
