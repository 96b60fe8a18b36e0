// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {KoinonToken} from "../token/KoinonToken.sol";
import {IConviction} from "./IConviction.sol";
import {IPruningScore} from "./IScores.sol";
import {ISubnetTerms} from "./ISubnetTerms.sol";
import {EpochWindow, ISubnets, Subnet, SubnetParams} from "./ISubnets.sol";
import {IAlphaStaking} from "./pool/IAlphaStaking.sol";
import {IPermits} from "./pool/IPermits.sol";
import {IPools} from "./pool/IPools.sol";
import {Prices} from "./Prices.sol";
import {PriceScore} from "./PriceScore.sol";

/// @title Subnets: how they come, go, tell the time, and what their owners may change
/// @dev The registry has no owner. A subnet's owner can announce texts and rules, within bounds and with notice, one change of rules at
///      a time, and nothing else: no pause, no eviction, no fee.
abstract contract SubnetRegistry is ISubnets {
    using SafeCast for uint256;

    /// @notice Subnets that live at once.
    uint256 public constant MAX_SUBNETS = 128;
    /// @notice Epochs between an announcement and its force: at least one whole epoch of notice.
    uint64 public constant UPDATE_DELAY_EPOCHS = 2;
    /// @notice In which the lock price falls by what the last subnet cost.
    uint256 public constant LOCK_INTERVAL_SECONDS = 14 days;
    /// @notice For which a new subnet cannot be dissolved.
    uint256 public constant SUBNET_IMMUNITY_SECONDS = 120 days;

    KoinonToken public immutable token;
    /// @inheritdoc ISubnets
    IPools public immutable pools;
    /// @inheritdoc ISubnets
    IAlphaStaking public immutable staking;
    /// @inheritdoc ISubnets
    IPermits public immutable permits;
    /// @inheritdoc ISubnets
    ISubnetTerms public immutable terms;
    /// @inheritdoc ISubnets
    IConviction public immutable conviction;
    /// @notice By what the subnet that has to go is chosen.
    IPruningScore public immutable pruningScore;
    /// @notice The least that a subnet costs, KOIN base units.
    uint256 public immutable minLock;

    struct Lock {
        uint128 paid;
        uint40 since;
    }

    /// @inheritdoc ISubnets
    uint32 public subnetCount;
    Lock private _lastLock;
    uint32[] private _living;
    mapping(uint32 netuid => Subnet) internal _subnets;

    constructor(IAlphaStaking staking_, ISubnetTerms terms_, IConviction conviction_, uint256 minLock_) {
        IPools pools_ = staking_.pools();
        (staking, permits, pools, token) = (staking_, staking_.permits(), pools_, pools_.token());
        (terms, conviction, minLock) = (terms_, conviction_, minLock_);
        pruningScore = new PriceScore();
        pools_.bindSubnets();
        terms_.bind();
        pools_.token().approve(address(pools_), type(uint256).max);
    }

    /// @inheritdoc ISubnets
    function createSubnet(SubnetParams calldata params, uint256 maxLock) external returns (uint32 netuid) {
        uint256 price = lockPrice();
        if (price > maxLock) revert PriceAboveMaximum(price, maxLock);
        if (_living.length >= MAX_SUBNETS) _dissolveLowest();
        netuid = ++subnetCount;
        uint40 genesis = uint40(block.timestamp);
        _lastLock = Lock(price.toUint128(), genesis);
        _living.push(netuid);

        Subnet storage created = _subnets[netuid];
        created.owner = msg.sender;
        created.genesis = genesis;
        created.maxNeurons = params.maxNeurons;
        created.maxValidators = params.maxValidators;
        created.epochSeconds = params.epochSeconds;
        created.workCommitSeconds = params.workCommitSeconds;
        created.weightCommitSeconds = params.weightCommitSeconds;
        created.weightRevealSeconds = params.weightRevealSeconds;
        created.activationDelaySeconds = params.activationDelaySeconds;
        created.minValidatorStake = params.minValidatorStake;
        created.name = params.name;
        terms.open(netuid, params);

        emit SubnetCreated(netuid, msg.sender, params, genesis, price);
        token.transferFrom(msg.sender, address(this), price);
        pools.open(netuid, price, price);
    }

    /// @inheritdoc ISubnets
    function passOwnership(uint32 netuid, address to) external {
        if (msg.sender != address(conviction)) revert NotConviction(msg.sender);
        Subnet storage entry = _alive(netuid);
        emit OwnerChanged(netuid, entry.owner, to);
        entry.owner = to;
    }

    /// @inheritdoc ISubnets
    function lockPrice() public view returns (uint256) {
        Lock memory last = _lastLock;
        return Prices.lock(last.paid, block.timestamp - last.since, LOCK_INTERVAL_SECONDS, minLock);
    }

    /// @inheritdoc ISubnets
    function livingSubnets() external view returns (uint32[] memory) {
        return _living;
    }

    /// @inheritdoc ISubnets
    function subnet(uint32 netuid) external view returns (Subnet memory) {
        return _existing(netuid);
    }

    /// @inheritdoc ISubnets
    function ownerOf(uint32 netuid) external view returns (address) {
        return _existing(netuid).owner;
    }

    /// @inheritdoc ISubnets
    function genesisOf(uint32 netuid) external view returns (uint40) {
        return _subnets[netuid].genesis;
    }

    /// @inheritdoc ISubnets
    function dissolvedAtOf(uint32 netuid) external view returns (uint40) {
        return _existing(netuid).dissolvedAt;
    }

    /// @inheritdoc ISubnets
    function minValidatorStakeOf(uint32 netuid) external view returns (uint256) {
        return _existing(netuid).minValidatorStake;
    }

    /// @inheritdoc ISubnets
    function maxValidatorsOf(uint32 netuid) external view returns (uint16) {
        return _existing(netuid).maxValidators;
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
    function specHashAt(uint32 netuid, uint64 epoch) external view returns (bytes32) {
        return terms.specHashAt(netuid, epoch);
    }

    /// @inheritdoc ISubnets
    function epochAt(uint32 netuid, uint256 timestamp) public view returns (uint64) {
        Subnet storage entry = _existing(netuid);
        if (timestamp < entry.genesis) revert BeforeGenesis(timestamp, entry.genesis);
        return ((timestamp - entry.genesis) / entry.epochSeconds).toUint64();
    }

    /// @inheritdoc ISubnets
    function epochWindow(uint32 netuid, uint64 epoch) public view returns (EpochWindow memory window) {
        Subnet storage entry = _existing(netuid);
        window.startsAt = (entry.genesis + uint256(epoch) * entry.epochSeconds).toUint48();
        window.endsAt = window.startsAt + entry.epochSeconds;
        window.workCommitEndsAt = window.endsAt + entry.workCommitSeconds;
        window.weightCommitEndsAt = window.workCommitEndsAt + entry.weightCommitSeconds;
        window.revealEndsAt = window.weightCommitEndsAt + entry.weightRevealSeconds;
    }

    function _existing(uint32 netuid) internal view returns (Subnet storage entry) {
        entry = _subnets[netuid];
        if (entry.genesis == 0) revert SubnetNotFound(netuid);
    }

    function _alive(uint32 netuid) internal view returns (Subnet storage entry) {
        entry = _existing(netuid);
        if (entry.dissolvedAt != 0) revert SubnetIsDissolved(netuid);
    }

    function _ownedAlive(uint32 netuid) internal view returns (Subnet storage entry) {
        entry = _alive(netuid);
        if (msg.sender != entry.owner) revert NotSubnetOwner(msg.sender, entry.owner);
    }

    /// @dev About 32,000 gas a subnet: 4 million for 128.
    function _dissolveLowest() private {
        uint256 count = _living.length;
        uint256 chosen = count;
        uint256 lowest = type(uint256).max;
        for (uint256 i = 0; i < count; ++i) {
            uint32 netuid = _living[i];
            if (block.timestamp < uint256(_subnets[netuid].genesis) + SUBNET_IMMUNITY_SECONDS) continue;
            uint256 score = pruningScore.scoreOf(this, netuid);
            bool isLower = chosen == count || score < lowest || (score == lowest && netuid < _living[chosen]);
            if (isLower) (chosen, lowest) = (i, score);
        }
        if (chosen == count) revert TooManySubnets();
        uint32 dissolved = _living[chosen];
        _living[chosen] = _living[count - 1];
        _living.pop();
        _subnets[dissolved].dissolvedAt = uint40(block.timestamp);
        emit SubnetDissolved(dissolved, lowest);
        pools.dissolve(dissolved);
    }
}
