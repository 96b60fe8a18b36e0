// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ISubnetTerms} from "./ISubnetTerms.sol";
import {ISubnets, RulesVersion, SeatRules, Subnet, SubnetParams, SubnetVersion} from "./ISubnets.sol";
import {Prices} from "./Prices.sol";
import {SeatHistory} from "./SeatHistory.sol";

/// @title What a subnet may be like, by what rules its seats are kept, who held them, and what the next one costs
/// @dev Bound by the subnet registry in its own constructor, for ever; bound to another it is of no use to this network.
contract SubnetTerms is ISubnetTerms {
    using SeatHistory for Checkpoints.Trace160;

    uint256 public constant MAX_NAME_BYTES = 64;
    uint256 public constant MAX_URI_BYTES = 512;
    uint256 public constant MIN_EPOCH_SECONDS = 10;
    uint256 public constant MAX_EPOCH_SECONDS = 30 days;
    uint256 public constant MAX_DELAY_SECONDS = 30 days;
    uint256 public constant MAX_NEURONS = 256;
    uint256 public constant MAX_VALIDATORS = 64;
    uint256 public constant MAX_IMMUNITY_SECONDS = 30 days;
    uint256 public constant MIN_NOTICE_SECONDS = 60;
    uint256 public constant MAX_NOTICE_SECONDS = 7 days;
    uint256 public constant MIN_BURN = 0.0005e18;
    uint256 public constant MAX_BURN = 1_000e18;
    uint256 public constant MIN_HALF_LIFE_SECONDS = 60;
    uint256 public constant MAX_HALF_LIFE_SECONDS = 7 days;

    /// @notice Epochs between an announcement and its force: at least one whole epoch of notice.
    uint64 public constant UPDATE_DELAY_EPOCHS = 2;

    /// @notice The registry; zero until it is deployed.
    ISubnets public subnets;

    /// @dev The price as it was at second `since`, and the sales of `epoch`.
    struct Till {
        uint128 price;
        uint40 since;
        uint64 epoch;
        uint16 sales;
    }

    mapping(uint32 netuid => Till) private _tills;
    mapping(uint32 netuid => RulesVersion[]) private _rules;
    mapping(uint32 netuid => SubnetVersion[]) private _versions;
    mapping(uint32 netuid => mapping(uint16 uid => Checkpoints.Trace160)) private _seats;

    /// @inheritdoc ISubnetTerms
    function bind() external {
        if (address(subnets) != address(0)) revert AlreadyBound(address(subnets));
        subnets = ISubnets(msg.sender);
    }

    /// @inheritdoc ISubnetTerms
    function announceUpdate(uint32 netuid, string calldata metadataURI, bytes32 specHash) external {
        _requireOwner(netuid);
        _requireTexts(metadataURI, specHash);
        uint64 current = subnets.epochAt(netuid, block.timestamp);
        SubnetVersion[] storage versions = _versions[netuid];
        SubnetVersion storage target = versions[versions.length - 1];
        if (target.fromEpoch <= current) target = versions.push();
        target.fromEpoch = current + UPDATE_DELAY_EPOCHS;
        target.metadataURI = metadataURI;
        target.specHash = specHash;
        emit SubnetUpdateAnnounced(netuid, target.fromEpoch, metadataURI, specHash);
    }

    /// @inheritdoc ISubnetTerms
    function announceRules(uint32 netuid, SeatRules calldata rules) external {
        _requireOwner(netuid);
        _requireRules(rules);
        RulesVersion[] storage all = _rules[netuid];
        RulesVersion storage last = all[all.length - 1];
        if (last.from > block.timestamp) revert ChangePending(last.from);
        // So that at most one change of rules lies between a stored price and now.
        _setPrice(netuid, burnPriceOf(netuid));
        uint64 fromEpoch = subnets.epochAt(netuid, block.timestamp) + UPDATE_DELAY_EPOCHS;
        emit RulesAnnounced(netuid, fromEpoch, last.rules, rules);
        _push(netuid, uint40(subnets.epochWindow(netuid, fromEpoch).startsAt), rules);
    }

    /// @inheritdoc ISubnetTerms
    function open(uint32 netuid, SubnetParams calldata params) external {
        _requireSubnets();
        _requireInRange(params);
        _push(netuid, uint40(block.timestamp), params.rules);
        _setPrice(netuid, params.initialBurn);
        _versions[netuid].push(SubnetVersion(0, params.specHash, params.metadataURI));
    }

    /// @inheritdoc ISubnetTerms
    function sell(uint32 netuid, uint64 epoch, uint256 maxBurn) external returns (uint256 price) {
        _requireSubnets();
        price = burnPriceOf(netuid);
        if (price > maxBurn) revert PriceAboveMaximum(price, maxBurn);
        SeatRules memory rules = rulesOf(netuid);
        Till memory till = _tills[netuid];
        if (till.epoch != epoch) (till.epoch, till.sales) = (epoch, 0);
        if (++till.sales > rules.maxRegistrationsPerEpoch) revert RegistrationsExhausted(epoch);
        (till.price, till.since) = (uint128(Prices.raised(price, rules.maxBurn)), uint40(block.timestamp));
        _tills[netuid] = till;
    }

    /// @inheritdoc ISubnetTerms
    function recordSeat(uint32 netuid, uint16 uid, address hotkey) external {
        _requireSubnets();
        _seats[netuid][uid].record(hotkey);
    }

    /// @inheritdoc ISubnetTerms
    function seatAt(uint32 netuid, uint16 uid, uint256 timestamp) external view returns (address hotkey, uint48 since) {
        return _seats[netuid][uid].at(timestamp);
    }

    /// @inheritdoc ISubnetTerms
    function versionAt(uint32 netuid, uint64 epoch) external view returns (SubnetVersion memory) {
        return _versions[netuid][versionKeyAt(netuid, epoch)];
    }

    /// @inheritdoc ISubnetTerms
    function specHashAt(uint32 netuid, uint64 epoch) external view returns (bytes32) {
        return _versions[netuid][versionKeyAt(netuid, epoch)].specHash;
    }

    /// @inheritdoc ISubnetTerms
    function rulesHistoryOf(uint32 netuid) external view returns (RulesVersion[] memory) {
        return _rules[netuid];
    }

    /// @inheritdoc ISubnetTerms
    function burnPriceOf(uint32 netuid) public view returns (uint256 price) {
        RulesVersion[] storage all = _existing(netuid);
        uint256 since = _tills[netuid].since;
        price = _tills[netuid].price;
        RulesVersion storage last = all[all.length - 1];
        if (last.from > since) {
            RulesVersion storage before = all[all.length - 2];
            if (last.from > block.timestamp) return _priced(before, price, block.timestamp - since);
            price = _priced(before, price, last.from - since);
            since = last.from;
        }
        return _priced(last, price, block.timestamp - since);
    }

    /// @inheritdoc ISubnetTerms
    function rulesOf(uint32 netuid) public view returns (SeatRules memory) {
        RulesVersion[] storage all = _existing(netuid);
        uint256 index = all.length - 1;
        return all[index].from > block.timestamp ? all[index - 1].rules : all[index].rules;
    }

    /// @inheritdoc ISubnetTerms
    /// @dev Versions are at least one epoch apart, so the scan is as short as the epoch is recent.
    function versionKeyAt(uint32 netuid, uint64 epoch) public view returns (uint256 key) {
        _existing(netuid);
        SubnetVersion[] storage versions = _versions[netuid];
        key = versions.length - 1;
        while (versions[key].fromEpoch > epoch) --key;
    }

    function _existing(uint32 netuid) private view returns (RulesVersion[] storage all) {
        all = _rules[netuid];
        if (all.length == 0) revert SubnetNotFound(netuid);
    }

    function _push(uint32 netuid, uint40 from, SeatRules calldata rules) private {
        _rules[netuid].push(RulesVersion(from, Prices.decayFactor(rules.burnHalfLifeSeconds), rules));
    }

    function _setPrice(uint32 netuid, uint256 price) private {
        (_tills[netuid].price, _tills[netuid].since) = (uint128(price), uint40(block.timestamp));
    }

    /// @dev The price after `elapsed` seconds under one version of the rules.
    function _priced(RulesVersion storage version, uint256 price, uint256 elapsed) private view returns (uint256) {
        SeatRules storage rules = version.rules;
        price = Prices.decayed(price, elapsed, rules.burnHalfLifeSeconds, version.decayFactor);
        if (price < rules.minBurn) return rules.minBurn;
        return price > rules.maxBurn ? rules.maxBurn : price;
    }

    function _requireOwner(uint32 netuid) private view {
        Subnet memory entry = subnets.subnet(netuid);
        if (entry.dissolvedAt != 0) revert SubnetIsDissolved(netuid);
        if (msg.sender != entry.owner) revert NotSubnetOwner(msg.sender, entry.owner);
    }

    function _requireSubnets() private view {
        if (msg.sender != address(subnets)) revert NotSubnets(msg.sender);
    }

    function _requireInRange(SubnetParams calldata params) private view {
        _requireRange(bytes(params.name).length, 1, MAX_NAME_BYTES, "name");
        _requireTexts(params.metadataURI, params.specHash);
        _requireRange(params.epochSeconds, MIN_EPOCH_SECONDS, MAX_EPOCH_SECONDS, "epochSeconds");
        _requireRange(params.workCommitSeconds, 1, params.epochSeconds, "workCommitSeconds");
        _requireRange(params.weightCommitSeconds, 1, params.epochSeconds, "weightCommitSeconds");
        _requireRange(params.weightRevealSeconds, 1, params.epochSeconds, "weightRevealSeconds");
        uint256 phases =
            uint256(params.workCommitSeconds) + params.weightCommitSeconds + params.weightRevealSeconds;
        _requireRange(phases, 3, params.epochSeconds - 1, "phases");
        _requireRange(params.activationDelaySeconds, 1, MAX_DELAY_SECONDS, "activationDelaySeconds");
        _requireReachable(params);
        _requireRange(params.maxNeurons, 1, MAX_NEURONS, "maxNeurons");
        _requireRange(params.maxValidators, 1, MAX_VALIDATORS, "maxValidators");
        _requireRange(params.minValidatorStake, 1, type(uint128).max, "minValidatorStake");
        _requireRules(params.rules);
        _requireRange(params.initialBurn, params.rules.minBurn, params.rules.maxBurn, "initialBurn");
    }

    /// @dev Whose stake counts at the first second of an epoch can be slashed for a wrong result of it until that would be active, also
    ///      when it began to leave in the next second: the epoch, all of the next, in which its result is signed, and the delay.
    function _requireReachable(SubnetParams calldata params) private view {
        uint256 lasts = 2 * uint256(params.epochSeconds) + params.activationDelaySeconds;
        uint256 unbonding = subnets.staking().unbondingSeconds();
        if (lasts > unbonding) revert EpochOutlastsUnbonding(lasts, unbonding);
    }

    function _requireRules(SeatRules calldata rules) private pure {
        _requireRange(rules.minBurn, MIN_BURN, MAX_BURN, "minBurn");
        _requireRange(rules.maxBurn, rules.minBurn, MAX_BURN, "maxBurn");
        _requireRange(rules.burnHalfLifeSeconds, MIN_HALF_LIFE_SECONDS, MAX_HALF_LIFE_SECONDS, "burnHalfLifeSeconds");
        _requireRange(rules.immunitySeconds, 0, MAX_IMMUNITY_SECONDS, "immunitySeconds");
        _requireRange(rules.noticeSeconds, MIN_NOTICE_SECONDS, MAX_NOTICE_SECONDS, "noticeSeconds");
        _requireRange(rules.maxRegistrationsPerEpoch, 1, MAX_NEURONS, "maxRegistrationsPerEpoch");
    }

    function _requireTexts(string calldata metadataURI, bytes32 specHash) private pure {
        _requireRange(bytes(metadataURI).length, 0, MAX_URI_BYTES, "metadataURI");
        if (specHash == 0) revert ParameterOutOfRange("specHash");
    }

    function _requireRange(uint256 value, uint256 least, uint256 most, string memory parameter) private pure {
        if (value < least || value > most) revert ParameterOutOfRange(parameter);
    }
}
