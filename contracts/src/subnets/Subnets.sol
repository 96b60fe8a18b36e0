// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IIdentityRegistry} from "../identity/IIdentityRegistry.sol";
import {IStaking} from "./IStaking.sol";
import {EpochWindow, ISubnets, Neuron, Subnet, SubnetParams, SubnetVersion} from "./ISubnets.sol";
import {SeatHistory} from "./SeatHistory.sol";
import {Staking} from "./Staking.sol";

/// @title Subnets, their seats and their clocks
/// @dev The registry has no owner. A subnet's owner can announce new texts and nothing else: no pause, no eviction, no
///      fee. Burns are taken with `burnFrom`, so the payer approves this contract first.
contract Subnets is ISubnets {
    using SafeCast for uint256;
    using SeatHistory for Checkpoints.Trace160;

    uint256 public constant MAX_SUBNETS = 1024;
    uint256 public constant MAX_NAME_BYTES = 64;
    uint256 public constant MAX_URI_BYTES = 512;
    uint256 public constant MAX_ENDPOINT_BYTES = 256;
    uint256 public constant MIN_EPOCH_SECONDS = 10;
    uint256 public constant MAX_EPOCH_SECONDS = 30 days;
    uint256 public constant MAX_DELAY_SECONDS = 30 days;
    uint256 public constant MAX_IMMUNITY_SECONDS = 365 days;
    uint256 public constant MAX_NEURONS = 256;
    /// @notice Epochs between an announcement and its texts: at least one whole epoch of notice.
    uint64 public constant UPDATE_DELAY_EPOCHS = 2;

    ERC20Burnable public immutable token;
    IIdentityRegistry public immutable identity;
    /// @inheritdoc ISubnets
    IStaking public immutable staking;
    /// @notice KOIN base units burned to create a subnet.
    uint256 public immutable creationBurn;

    /// @inheritdoc ISubnets
    uint32 public subnetCount;
    mapping(uint32 netuid => Subnet) private _subnets;
    mapping(uint32 netuid => SubnetVersion[]) private _versions;
    mapping(uint32 netuid => mapping(uint16 uid => Neuron)) private _neurons;
    mapping(uint32 netuid => mapping(uint16 uid => Checkpoints.Trace160)) private _seatHistory;
    mapping(uint32 netuid => mapping(address hotkey => uint256 uidPlusOne)) private _seats;
    mapping(uint32 netuid => uint16[]) private _freeUids;

    /// @param token_ KOIN.
    /// @param identity_ The ERC-8004 identity registry.
    /// @param creationBurn_ KOIN base units burned to create a subnet.
    /// @param unbondingSeconds Of the staking contract that this constructor creates; the caller then names its slasher.
    constructor(ERC20Burnable token_, IIdentityRegistry identity_, uint256 creationBurn_, uint256 unbondingSeconds) {
        token = token_;
        identity = identity_;
        creationBurn = creationBurn_;
        staking = new Staking(IERC20(address(token_)), this, unbondingSeconds, msg.sender);
    }

    /// @inheritdoc ISubnets
    function createSubnet(SubnetParams calldata params) external returns (uint32 netuid) {
        _requireInRange(params);
        if (subnetCount >= MAX_SUBNETS) revert TooManySubnets();
        netuid = ++subnetCount;

        Subnet storage created = _subnets[netuid];
        created.owner = msg.sender;
        created.genesis = uint48(block.timestamp);
        created.maxNeurons = params.maxNeurons;
        created.epochSeconds = params.epochSeconds;
        created.workCommitSeconds = params.workCommitSeconds;
        created.weightCommitSeconds = params.weightCommitSeconds;
        created.weightRevealSeconds = params.weightRevealSeconds;
        created.activationDelaySeconds = params.activationDelaySeconds;
        created.immunitySeconds = params.immunitySeconds;
        created.minValidatorStake = params.minValidatorStake;
        created.registrationBurn = params.registrationBurn;
        created.name = params.name;
        _versions[netuid].push(SubnetVersion(0, params.specHash, params.metadataURI));

        emit SubnetCreated(netuid, msg.sender, params, created.genesis, creationBurn);
        _burn(creationBurn);
    }

    /// @inheritdoc ISubnets
    function announceUpdate(uint32 netuid, string calldata metadataURI, bytes32 specHash) external {
        Subnet storage entry = _existing(netuid);
        if (msg.sender != entry.owner) revert NotSubnetOwner(msg.sender, entry.owner);
        if (bytes(metadataURI).length > MAX_URI_BYTES) revert ParameterOutOfRange("metadataURI");
        if (specHash == 0) revert ParameterOutOfRange("specHash");

        uint64 current = epochAt(netuid, block.timestamp);
        SubnetVersion[] storage versions = _versions[netuid];
        SubnetVersion storage target = versions[versions.length - 1];
        if (target.fromEpoch <= current) target = versions.push();
        target.fromEpoch = current + UPDATE_DELAY_EPOCHS;
        target.metadataURI = metadataURI;
        target.specHash = specHash;
        emit SubnetUpdateAnnounced(netuid, target.fromEpoch, metadataURI, specHash);
    }

    /// @inheritdoc ISubnets
    function register(uint32 netuid, uint256 agentId, string calldata endpoint) external returns (uint16 uid) {
        Subnet storage entry = _existing(netuid);
        _requireShort(endpoint);
        address hotkey = identity.getAgentWallet(agentId);
        if (msg.sender != hotkey && !identity.isAuthorizedOrOwner(msg.sender, agentId)) {
            revert NotAgentController(msg.sender, agentId);
        }
        if (hotkey == address(0)) revert AgentWalletUnset(agentId);
        if (_seats[netuid][hotkey] != 0) revert HotkeyAlreadyRegistered(netuid, hotkey);

        uid = _takeSeat(netuid, entry);
        _seats[netuid][hotkey] = uint256(uid) + 1;
        _neurons[netuid][uid] = Neuron(hotkey, uint48(block.timestamp), uid, agentId, endpoint);
        _seatHistory[netuid][uid].record(hotkey);
        uint256 burned = entry.registrationBurn;
        emit NeuronRegistered(netuid, hotkey, agentId, uid, msg.sender, endpoint, burned);

        staking.onRegistrationChanged(netuid, hotkey, true);
        _burn(burned);
    }

    /// @inheritdoc ISubnets
    function setEndpoint(uint32 netuid, address hotkey, string calldata endpoint) external {
        Neuron storage seat = _controlled(netuid, hotkey);
        _requireShort(endpoint);
        seat.endpoint = endpoint;
        emit EndpointSet(netuid, hotkey, seat.uid, endpoint);
    }

    /// @inheritdoc ISubnets
    function deregister(uint32 netuid, address hotkey) external {
        uint16 uid = _controlled(netuid, hotkey).uid;
        --_subnets[netuid].neuronCount;
        _freeUids[netuid].push(uid);
        _vacate(netuid, uid, false);
    }

    /// @inheritdoc ISubnets
    function subnet(uint32 netuid) external view returns (Subnet memory) {
        return _existing(netuid);
    }

    /// @inheritdoc ISubnets
    function genesisOf(uint32 netuid) external view returns (uint48) {
        return _subnets[netuid].genesis;
    }

    /// @inheritdoc ISubnets
    function minValidatorStakeOf(uint32 netuid) external view returns (uint256) {
        return _existing(netuid).minValidatorStake;
    }

    /// @inheritdoc ISubnets
    function activationDelayOf(uint32 netuid) external view returns (uint32) {
        return _existing(netuid).activationDelaySeconds;
    }

    /// @inheritdoc ISubnets
    function maxNeuronsOf(uint32 netuid) external view returns (uint16) {
        return _existing(netuid).maxNeurons;
    }

    /// @inheritdoc ISubnets
    function versionAt(uint32 netuid, uint64 epoch) external view returns (SubnetVersion memory) {
        return _versionAt(netuid, epoch);
    }

    /// @inheritdoc ISubnets
    function specHashAt(uint32 netuid, uint64 epoch) external view returns (bytes32) {
        return _versionAt(netuid, epoch).specHash;
    }

    /// @inheritdoc ISubnets
    function isRegistered(uint32 netuid, address hotkey) external view returns (bool) {
        return _seats[netuid][hotkey] != 0;
    }

    /// @inheritdoc ISubnets
    function uidOf(uint32 netuid, address hotkey) external view returns (uint16) {
        return _uidOf(netuid, hotkey);
    }

    /// @inheritdoc ISubnets
    function neuron(uint32 netuid, uint16 uid) external view returns (Neuron memory) {
        return _neurons[netuid][uid];
    }

    /// @inheritdoc ISubnets
    function neurons(uint32 netuid) external view returns (Neuron[] memory taken) {
        Subnet storage entry = _existing(netuid);
        taken = new Neuron[](entry.neuronCount);
        uint256 found;
        for (uint16 uid = 0; found < taken.length; ++uid) {
            if (_neurons[netuid][uid].hotkey != address(0)) taken[found++] = _neurons[netuid][uid];
        }
    }

    /// @inheritdoc ISubnets
    function seatAt(uint32 netuid, uint16 uid, uint256 timestamp) external view returns (address hotkey, uint48 since) {
        return _seatHistory[netuid][uid].at(timestamp);
    }

    /// @inheritdoc ISubnets
    function epochAt(uint32 netuid, uint256 timestamp) public view returns (uint64) {
        Subnet storage entry = _existing(netuid);
        if (timestamp < entry.genesis) revert BeforeGenesis(timestamp, entry.genesis);
        return ((timestamp - entry.genesis) / entry.epochSeconds).toUint64();
    }

    /// @inheritdoc ISubnets
    function epochWindow(uint32 netuid, uint64 epoch) external view returns (EpochWindow memory window) {
        Subnet storage entry = _existing(netuid);
        window.startsAt = (entry.genesis + uint256(epoch) * entry.epochSeconds).toUint48();
        window.endsAt = window.startsAt + entry.epochSeconds;
        window.workCommitEndsAt = window.endsAt + entry.workCommitSeconds;
        window.weightCommitEndsAt = window.workCommitEndsAt + entry.weightCommitSeconds;
        window.revealEndsAt = window.weightCommitEndsAt + entry.weightRevealSeconds;
    }

    function _takeSeat(uint32 netuid, Subnet storage entry) private returns (uint16 uid) {
        if (entry.neuronCount == entry.maxNeurons) {
            uid = _evictable(netuid, entry);
            _vacate(netuid, uid, true);
            return uid;
        }
        uint16[] storage free = _freeUids[netuid];
        if (free.length > 0) {
            uid = free[free.length - 1];
            free.pop();
        } else {
            uid = entry.neuronCount;
        }
        ++entry.neuronCount;
    }

    /// @dev Least stake among neurons past immunity; of equals the oldest; of those the lowest uid. All seats are
    ///      taken here. About 5,000 gas a seat: 1.3 million for 256.
    function _evictable(uint32 netuid, Subnet storage entry) private view returns (uint16 chosen) {
        address[] memory hotkeys = new address[](entry.maxNeurons);
        for (uint16 uid = 0; uid < hotkeys.length; ++uid) {
            hotkeys[uid] = _neurons[netuid][uid].hotkey;
        }
        uint256[] memory stakes = staking.stakesOf(netuid, hotkeys);
        bool found;
        uint48 chosenSince;
        for (uint16 uid = 0; uid < hotkeys.length; ++uid) {
            uint48 since = _neurons[netuid][uid].registeredAt;
            if (block.timestamp < uint256(since) + entry.immunitySeconds) continue;
            bool isLess = stakes[uid] < stakes[chosen] || (stakes[uid] == stakes[chosen] && since < chosenSince);
            if (!found || isLess) (found, chosen, chosenSince) = (true, uid, since);
        }
        if (!found) revert SubnetFull(netuid);
    }

    function _vacate(uint32 netuid, uint16 uid, bool evicted) private {
        Neuron storage seat = _neurons[netuid][uid];
        (address hotkey, uint256 agentId) = (seat.hotkey, seat.agentId);
        delete _seats[netuid][hotkey];
        delete _neurons[netuid][uid];
        if (!evicted) _seatHistory[netuid][uid].record(address(0));
        emit NeuronRemoved(netuid, hotkey, agentId, uid, evicted);
        staking.onRegistrationChanged(netuid, hotkey, false);
    }

    /// @dev Versions are at least one epoch apart, so the scan is as short as the epoch is recent.
    function _versionAt(uint32 netuid, uint64 epoch) private view returns (SubnetVersion storage) {
        _existing(netuid);
        SubnetVersion[] storage versions = _versions[netuid];
        uint256 index = versions.length - 1;
        while (versions[index].fromEpoch > epoch) --index;
        return versions[index];
    }

    function _existing(uint32 netuid) private view returns (Subnet storage entry) {
        entry = _subnets[netuid];
        if (entry.genesis == 0) revert SubnetNotFound(netuid);
    }

    function _uidOf(uint32 netuid, address hotkey) private view returns (uint16) {
        uint256 uidPlusOne = _seats[netuid][hotkey];
        if (uidPlusOne == 0) revert HotkeyNotRegistered(netuid, hotkey);
        return uint16(uidPlusOne - 1);
    }

    function _controlled(uint32 netuid, address hotkey) private view returns (Neuron storage seat) {
        seat = _neurons[netuid][_uidOf(netuid, hotkey)];
        if (msg.sender != hotkey && !identity.isAuthorizedOrOwner(msg.sender, seat.agentId)) {
            revert NotAgentController(msg.sender, seat.agentId);
        }
    }

    function _burn(uint256 amount) private {
        if (amount > 0) token.burnFrom(msg.sender, amount);
    }

    function _requireShort(string calldata endpoint) private pure {
        uint256 length = bytes(endpoint).length;
        if (length > MAX_ENDPOINT_BYTES) revert EndpointTooLong(length, MAX_ENDPOINT_BYTES);
    }

    function _requireInRange(SubnetParams calldata params) private pure {
        _requireRange(bytes(params.name).length, 1, MAX_NAME_BYTES, "name");
        _requireRange(bytes(params.metadataURI).length, 0, MAX_URI_BYTES, "metadataURI");
        if (params.specHash == 0) revert ParameterOutOfRange("specHash");
        _requireRange(params.epochSeconds, MIN_EPOCH_SECONDS, MAX_EPOCH_SECONDS, "epochSeconds");
        _requireRange(params.workCommitSeconds, 1, params.epochSeconds, "workCommitSeconds");
        _requireRange(params.weightCommitSeconds, 1, params.epochSeconds, "weightCommitSeconds");
        _requireRange(params.weightRevealSeconds, 1, params.epochSeconds, "weightRevealSeconds");
        uint256 phases =
            uint256(params.workCommitSeconds) + params.weightCommitSeconds + params.weightRevealSeconds;
        _requireRange(phases, 3, params.epochSeconds - 1, "phases");
        _requireRange(params.activationDelaySeconds, 1, MAX_DELAY_SECONDS, "activationDelaySeconds");
        _requireRange(params.maxNeurons, 1, MAX_NEURONS, "maxNeurons");
        _requireRange(params.minValidatorStake, 1, type(uint128).max, "minValidatorStake");
        _requireRange(params.immunitySeconds, 0, MAX_IMMUNITY_SECONDS, "immunitySeconds");
    }

    function _requireRange(uint256 value, uint256 least, uint256 most, string memory parameter) private pure {
        if (value < least || value > most) revert ParameterOutOfRange(parameter);
    }
}
