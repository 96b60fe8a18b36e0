// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConviction} from "./IConviction.sol";
import {ISubnetTerms} from "./ISubnetTerms.sol";
import {IAlphaStaking} from "./pool/IAlphaStaking.sol";
import {IPermits} from "./pool/IPermits.sol";
import {IPools} from "./pool/IPools.sol";

/// @dev Rules of a subnet's seats: what its owner may change, each within bounds, with notice, one announcement at a time.
struct SeatRules {
    /// KOIN base units: the least a registration costs, {MIN_BURN} or more.
    uint128 minBurn;
    /// The most it costs, from `minBurn` to {MAX_BURN}.
    uint128 maxBurn;
    /// In which the price halves, {MIN_HALF_LIFE_SECONDS} to {MAX_HALF_LIFE_SECONDS}.
    uint32 burnHalfLifeSeconds;
    /// How long a new neuron cannot be challenged, up to {MAX_IMMUNITY_SECONDS}.
    uint32 immunitySeconds;
    /// How long a challenged neuron may match, {MIN_NOTICE_SECONDS} to {MAX_NOTICE_SECONDS}.
    uint32 noticeSeconds;
    /// Registrations and challenges per epoch, 1 to {MAX_NEURONS}.
    uint16 maxRegistrationsPerEpoch;
}

/// @dev What the creator of a subnet chooses. All of it is immutable but `metadataURI`, `specHash` and `rules`.
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
    /// How long a signed root waits, open to objection, before it pays. 1 to {MAX_DELAY_SECONDS}; with two epochs at most the unbonding.
    uint32 activationDelaySeconds;
    /// 1 to {MAX_NEURONS}.
    uint16 maxNeurons;
    /// 1 to {MAX_VALIDATORS}: at most so many hotkeys hold a permit at once.
    uint16 maxValidators;
    /// Weight, in alpha base units, of a registered hotkey that may become a validator. Not zero.
    uint128 minValidatorStake;
    /// KOIN base units that the first registration costs, within the rules' bounds.
    uint128 initialBurn;
    SeatRules rules;
}

/// @dev What the registry stores of a subnet.
struct Subnet {
    address owner;
    /// Start of epoch 0: the second of creation.
    uint40 genesis;
    /// The second it was dissolved; 0 while it lives.
    uint40 dissolvedAt;
    uint16 neuronCount;
    uint16 maxNeurons;
    uint16 maxValidators;
    uint32 epochSeconds;
    uint32 workCommitSeconds;
    uint32 weightCommitSeconds;
    uint32 weightRevealSeconds;
    uint32 activationDelaySeconds;
    uint128 minValidatorStake;
    string name;
}

/// @dev A newcomer's claim to a seat of a full subnet. `endsAt` is 0 when there is none.
struct Challenge {
    /// Who takes the seat unless its holder matches.
    address hotkey;
    /// The last second of the notice is the one before.
    uint40 endsAt;
    /// KOIN base units held here; matching costs nine tenths of it.
    uint128 deposit;
    /// Who paid, and gets nine tenths back when the holder matches.
    address payer;
    uint256 agentId;
    string endpoint;
}

/// @dev How a challenge ended. `Matched`: the seat's holder paid nine tenths of the deposit and stays. `Seated`: the newcomer took the seat.
///      `SeatedElsewhere`: another seat had become free, and it took that. `Refunded`: the subnet was dissolved meanwhile.
enum Outcome {
    Matched,
    Seated,
    SeatedElsewhere,
    Refunded
}

/// @dev Rules in force from second `from` on. `decayFactor` is that of `rules.burnHalfLifeSeconds` (see {Prices}).
struct RulesVersion {
    uint40 from;
    uint32 decayFactor;
    SeatRules rules;
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
    uint40 registeredAt;
    /// Start of its immunity: its registration, or the last challenge that it matched.
    uint40 immuneFrom;
    uint8 uid;
    bool isChallenged;
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
    /// @notice The pool was opened with the lock price: `lock` KOIN and as much alpha.
    event SubnetCreated(
        uint32 indexed netuid, address indexed owner, SubnetParams params, uint40 genesis, uint256 lock
    );
    /// @notice The subnet made room for another: no more accrual, registrations, stakes or trades; everybody may still unstake, claim
    ///         and redeem its alpha.
    event SubnetDissolved(uint32 indexed netuid, uint256 score);
    /// @notice The subnet belongs to `to` from now on.
    event OwnerChanged(uint32 indexed netuid, address indexed from, address indexed to);
    /// @notice The owner named a hotkey that no one can challenge from `fromEpoch` on.
    event OwnerHotkeyNamed(uint32 indexed netuid, address indexed hotkey, uint64 fromEpoch);
    event OwnerHotkeyDropped(uint32 indexed netuid, address indexed hotkey);
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
    /// @notice `newcomer` wants the seat of `holder`, which may match `deposit` before second `endsAt`.
    event SeatChallenged(
        uint32 indexed netuid,
        address indexed holder,
        address indexed newcomer,
        uint16 uid,
        uint256 agentId,
        address payer,
        uint256 deposit,
        uint40 endsAt
    );
    event ChallengeEnded(
        uint32 indexed netuid, address indexed holder, address indexed newcomer, uint16 uid, Outcome outcome
    );

    error SubnetNotFound(uint32 netuid);
    error SubnetIsDissolved(uint32 netuid);
    error TooManySubnets();
    error NotConviction(address caller);
    error NotSubnetOwner(address caller, address owner);
    error NotAgentController(address caller, uint256 agentId);
    error AgentWalletUnset(uint256 agentId);
    error HotkeyAlreadyRegistered(uint32 netuid, address hotkey);
    error HotkeyNotRegistered(uint32 netuid, address hotkey);
    error HotkeyIsChallenging(uint32 netuid, address hotkey);
    error OwnerHotkeysFull(uint256 limit);
    error OwnerHotkeyUnknown(address hotkey);
    error PriceAboveMaximum(uint256 price, uint256 maximum);
    error SubnetFull(uint32 netuid);
    error SubnetNotFull(uint32 netuid);
    error NoSeatToChallenge(uint32 netuid);
    error NotTheLowest(uint16 named, uint16 lowest);
    error NoChallenge(uint32 netuid, uint16 uid);
    error NoticeOver(uint40 endsAt);
    error NoticeNotOver(uint40 endsAt);
    error EndpointTooLong(uint256 length, uint256 limit);
    error BeforeGenesis(uint256 timestamp, uint256 genesis);

    /// @notice Creates a subnet; opens its pool with {lockPrice}, at most `maxLock`, of the caller, who becomes its owner, and with as
    ///         much alpha. Neither comes back. When {MAX_SUBNETS} live, the one with the lowest {pruningScore} past its immunity is
    ///         dissolved, and its pool with it; of equals the oldest.
    /// @return netuid Identifiers run from 1 and are never used again.
    function createSubnet(SubnetParams calldata params, uint256 maxLock) external returns (uint32 netuid);

    /// @notice Makes `to` the owner of a living subnet; {conviction} only, by its rules.
    function passOwnership(uint32 netuid, address to) external;

    /// @notice Protects one of the owner's own hotkeys from challenges, {UPDATE_DELAY_EPOCHS} epochs later; at most an eighth of
    ///         the seats, or 10.
    function nameOwnerHotkey(uint32 netuid, address hotkey) external;

    /// @notice Ends the protection of one of the owner's hotkeys at once.
    function dropOwnerHotkey(uint32 netuid, address hotkey) external;

    /// @notice Takes a free seat for an ERC-8004 agent. The caller owns the agent or is its wallet; the agent wallet
    ///         becomes the hotkey; the caller burns {ISubnetTerms.burnPriceOf}, at most `maxBurn`. Reverts with `SubnetFull` when there is none.
    function register(uint32 netuid, uint256 agentId, string calldata endpoint, uint256 maxBurn)
        external
        returns (uint16 uid);

    /// @notice Claims the seat `uid` of a full subnet, which must be {challengeable}; otherwise as {register}. The caller deposits
    ///         {ISubnetTerms.burnPriceOf}, at most `maxBurn`: it is burned when the newcomer gets a seat. When the holder matches, nine tenths
    ///         come back.
    function challenge(uint32 netuid, uint16 uid, uint256 agentId, string calldata endpoint, uint256 maxBurn) external;

    /// @notice Keeps a challenged seat: its hotkey, or whoever owns or may act for its agent, pays the newcomer's payer nine
    ///         tenths of the deposit, which is at most `maxBurn` and is burned, before the notice ends. The seat's immunity begins anew.
    function matchChallenge(uint32 netuid, uint16 uid, uint256 maxBurn) external;

    /// @notice Ends a challenge whose notice is over, or that needs no seat of another's any more; anyone may call.
    function finaliseChallenge(uint32 netuid, uint16 uid) external returns (Outcome outcome);

    /// @notice Publishes where the neuron is reached (up to 256 bytes); its hotkey or agent owner only.
    function setEndpoint(uint32 netuid, address hotkey, string calldata endpoint) external;

    /// @notice Leaves the subnet; its hotkey or agent owner only. Stake stays where it is. A newcomer that challenged the seat gets it.
    function deregister(uint32 netuid, address hotkey) external;

    function pools() external view returns (IPools);
    function staking() external view returns (IAlphaStaking);
    function permits() external view returns (IPermits);
    function terms() external view returns (ISubnetTerms);
    /// @notice Decides who owns a subnet once it is contested.
    function conviction() external view returns (IConviction);
    /// @notice Subnets ever created, dissolved ones included.
    function subnetCount() external view returns (uint32);
    /// @notice Identifiers of the living subnets, in no order.
    function livingSubnets() external view returns (uint32[] memory);
    function subnet(uint32 netuid) external view returns (Subnet memory);
    function ownerOf(uint32 netuid) external view returns (address);
    /// @notice KOIN base units that creating a subnet costs in this second.
    function lockPrice() external view returns (uint256);
    /// @notice Start of epoch 0, or 0 when there is no such subnet.
    function genesisOf(uint32 netuid) external view returns (uint40);
    /// @notice The second the subnet was dissolved, or 0.
    function dissolvedAtOf(uint32 netuid) external view returns (uint40);
    function minValidatorStakeOf(uint32 netuid) external view returns (uint256);
    function maxValidatorsOf(uint32 netuid) external view returns (uint16);
    function activationDelayOf(uint32 netuid) external view returns (uint32);
    function maxNeuronsOf(uint32 netuid) external view returns (uint16);

    /// @notice The `specHash` in force during `epoch` (as announced so far, for a future epoch).
    function specHashAt(uint32 netuid, uint64 epoch) external view returns (bytes32);

    /// @notice The owner's named hotkeys and from which epoch each is protected.
    function ownerHotkeysOf(uint32 netuid) external view returns (address[] memory hotkeys, uint64[] memory fromEpochs);

    /// @notice The seat that may be challenged now: of those past immunity, neither challenged nor protected, the one that earned
    ///         least in the last results, of equals the oldest, of those the lowest uid. Reverts when at most
    ///         a quarter of the seats, or 10, are such, or a seat is free.
    function challengeable(uint32 netuid) external view returns (uint16 uid);

    function challengeOf(uint32 netuid, uint16 uid) external view returns (Challenge memory);

    function isRegistered(uint32 netuid, address hotkey) external view returns (bool);
    /// @notice The seat of a hotkey; reverts when it has none.
    function uidOf(uint32 netuid, address hotkey) external view returns (uint16);
    function neuron(uint32 netuid, uint16 uid) external view returns (Neuron memory);
    /// @notice All taken seats in order of uid.
    function neurons(uint32 netuid) external view returns (Neuron[] memory);

    /// @notice The epoch that `timestamp` falls in.
    function epochAt(uint32 netuid, uint256 timestamp) external view returns (uint64);

    /// @notice The phases of `epoch`: it covers [startsAt, endsAt); then its work commits are taken until
    ///         workCommitEndsAt, weight commits until weightCommitEndsAt, reveals until revealEndsAt, and from
    ///         there on its root may be submitted.
    function epochWindow(uint32 netuid, uint64 epoch) external view returns (EpochWindow memory window);
}
