// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "./IStaking.sol";

/// @dev What the creator of a subnet chooses. All of it is immutable but `metadataURI` and `specHash`.
struct SubnetParams {
    /// 1 to 64 bytes.
    string name;
    /// Up to 512 bytes; where people read about the subnet.
    string metadataURI;
    /// Hash of the scorer, aggregator and parameters that the epoch engine must run. Not zero.
    bytes32 specHash;
    /// Length of an epoch, {MIN_EPOCH_SECONDS} to {MAX_EPOCH_SECONDS}.
    uint32 epochSeconds;
    /// Phases that follow an epoch, in this order, each at least 1; together shorter than an epoch.
    uint32 workCommitSeconds;
    uint32 weightCommitSeconds;
    uint32 weightRevealSeconds;
    /// How long a signed root waits, open to objection, before it pays. 1 to {MAX_DELAY_SECONDS}.
    uint32 activationDelaySeconds;
    /// 1 to {MAX_NEURONS}.
    uint16 maxNeurons;
    /// KOIN base units on a registered hotkey that make it a validator. Not zero.
    uint128 minValidatorStake;
    /// KOIN base units burned per registration.
    uint128 registrationBurn;
    /// How long a new neuron cannot be evicted, up to {MAX_IMMUNITY_SECONDS}.
    uint32 immunitySeconds;
}

/// @dev What the registry stores of a subnet.
struct Subnet {
    address owner;
    /// Start of epoch 0: the second of creation.
    uint48 genesis;
    uint16 neuronCount;
    uint16 maxNeurons;
    uint32 epochSeconds;
    uint32 workCommitSeconds;
    uint32 weightCommitSeconds;
    uint32 weightRevealSeconds;
    uint32 activationDelaySeconds;
    uint32 immunitySeconds;
    uint128 minValidatorStake;
    uint128 registrationBurn;
    string name;
}

/// @dev One version of the two changeable texts, in force from the start of `fromEpoch`.
struct SubnetVersion {
    uint64 fromEpoch;
    bytes32 specHash;
    string metadataURI;
}

/// @dev A seat. `hotkey` is zero when the seat is free.
struct Neuron {
    address hotkey;
    uint48 registeredAt;
    uint16 uid;
    uint256 agentId;
    string endpoint;
}

/// @dev Unix seconds; every phase is half open: [previous, this).
struct EpochWindow {
    uint48 startsAt;
    uint48 endsAt;
    uint48 workCommitEndsAt;
    uint48 weightCommitEndsAt;
    uint48 revealEndsAt;
}

/// @title Subnets, their seats and their clocks
interface ISubnets {
    event SubnetCreated(
        uint32 indexed netuid, address indexed owner, SubnetParams params, uint48 genesis, uint256 burned
    );
    /// @notice The owner announced texts that take force at the start of `fromEpoch`.
    event SubnetUpdateAnnounced(uint32 indexed netuid, uint64 fromEpoch, string metadataURI, bytes32 specHash);
    event NeuronRegistered(
        uint32 indexed netuid,
        address indexed hotkey,
        uint256 indexed agentId,
        uint16 uid,
        address registrant,
        string endpoint,
        uint256 burned
    );
    /// @notice A seat became free: `evicted` when a newcomer took it, else by its own hotkey or agent owner.
    event NeuronRemoved(
        uint32 indexed netuid, address indexed hotkey, uint256 indexed agentId, uint16 uid, bool evicted
    );
    event EndpointSet(uint32 indexed netuid, address indexed hotkey, uint16 uid, string endpoint);

    error SubnetNotFound(uint32 netuid);
    error TooManySubnets();
    error ParameterOutOfRange(string parameter);
    error NotSubnetOwner(address caller, address owner);
    error NotAgentController(address caller, uint256 agentId);
    error AgentWalletUnset(uint256 agentId);
    error HotkeyAlreadyRegistered(uint32 netuid, address hotkey);
    error HotkeyNotRegistered(uint32 netuid, address hotkey);
    error SubnetFull(uint32 netuid);
    error EndpointTooLong(uint256 length, uint256 limit);
    error BeforeGenesis(uint256 timestamp, uint256 genesis);

    /// @notice Creates a subnet; burns {creationBurn} KOIN of the caller, who becomes its owner.
    /// @return netuid Identifiers run from 1.
    function createSubnet(SubnetParams calldata params) external returns (uint32 netuid);

    /// @notice Announces new texts; they take force {UPDATE_DELAY_EPOCHS} epochs later. A later announcement
    ///         replaces one that is not yet in force, and starts its delay anew.
    function announceUpdate(uint32 netuid, string calldata metadataURI, bytes32 specHash) external;

    /// @notice Takes a seat for an ERC-8004 agent. The caller owns the agent or is its wallet; the agent wallet
    ///         becomes the hotkey; the caller pays the burn.
    /// @dev In a full subnet the newcomer evicts the neuron with the least stake among those past immunity, the
    ///      oldest of equals. When all are immune the call reverts.
    function register(uint32 netuid, uint256 agentId, string calldata endpoint) external returns (uint16 uid);

    /// @notice Publishes where the neuron is reached (up to 256 bytes); its hotkey or agent owner only.
    function setEndpoint(uint32 netuid, address hotkey, string calldata endpoint) external;

    /// @notice Leaves the subnet; its hotkey or agent owner only. Stake stays where it is.
    function deregister(uint32 netuid, address hotkey) external;

    function staking() external view returns (IStaking);
    function subnetCount() external view returns (uint32);
    function subnet(uint32 netuid) external view returns (Subnet memory);
    /// @notice Start of epoch 0, or 0 when there is no such subnet.
    function genesisOf(uint32 netuid) external view returns (uint48);
    function minValidatorStakeOf(uint32 netuid) external view returns (uint256);
    function activationDelayOf(uint32 netuid) external view returns (uint32);
    function maxNeuronsOf(uint32 netuid) external view returns (uint16);

    /// @notice The texts in force during `epoch` (as announced so far, for a future epoch).
    function versionAt(uint32 netuid, uint64 epoch) external view returns (SubnetVersion memory);

    /// @notice The `specHash` of {versionAt}.
    function specHashAt(uint32 netuid, uint64 epoch) external view returns (bytes32);

    function isRegistered(uint32 netuid, address hotkey) external view returns (bool);
    /// @notice The seat of a hotkey; reverts when it has none.
    function uidOf(uint32 netuid, address hotkey) external view returns (uint16);
    function neuron(uint32 netuid, uint16 uid) external view returns (Neuron memory);
    /// @notice All taken seats in order of uid.
    function neurons(uint32 netuid) external view returns (Neuron[] memory);

    /// @notice Who held a seat at the end of second `timestamp`, which must be past, and the second it came; zeros for a free seat.
    function seatAt(uint32 netuid, uint16 uid, uint256 timestamp) external view returns (address hotkey, uint48 since);

    /// @notice The epoch that `timestamp` falls in.
    function epochAt(uint32 netuid, uint256 timestamp) external view returns (uint64);

    /// @notice The phases of `epoch`: it covers [startsAt, endsAt); then its work commits are taken until
    ///         workCommitEndsAt, weight commits until weightCommitEndsAt, reveals until revealEndsAt, and from
    ///         there on its root may be submitted.
    function epochWindow(uint32 netuid, uint64 epoch) external view returns (EpochWindow memory);
}
