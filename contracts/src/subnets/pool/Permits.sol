// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {ISubnets} from "../ISubnets.sol";
import {HotkeyState, IAlphaStaking} from "./IAlphaStaking.sol";
import {IPermits} from "./IPermits.sol";

/// @title The validators of each subnet: of those who want to be one, the top by weight
/// @dev Of the registered hotkeys that seek a permit and weigh at least the subnet's minimum, at most the subnet's number hold one; one
///      that comes in with more puts out the least. A hotkey that seeks none costs one read at each change of its weight.
contract Permits is IPermits {
    using SafeCast for uint256;
    using Checkpoints for Checkpoints.Trace208;
    using EnumerableSet for EnumerableSet.AddressSet;

    struct Hotkey {
        bool seeks;
        uint48 lostAt;
        Checkpoints.Trace208 permitted;
    }

    /// @notice The only caller of {onWeightChanged}: its creator.
    IAlphaStaking public immutable staking;

    mapping(uint32 netuid => mapping(address hotkey => Hotkey)) private _hotkeys;
    mapping(uint32 netuid => Checkpoints.Trace208) private _totals;
    mapping(uint32 netuid => EnumerableSet.AddressSet) private _validators;

    constructor() {
        staking = IAlphaStaking(msg.sender);
    }

    /// @inheritdoc IPermits
    function seekPermit(uint32 netuid, bool seeks) external {
        HotkeyState memory state = staking.hotkeyOf(netuid, msg.sender);
        if (seeks && !state.registered && state.weight == 0) revert NoSeatOrStake(netuid, msg.sender);
        Hotkey storage entry = _hotkeys[netuid][msg.sender];
        if (entry.seeks != seeks) {
            entry.seeks = seeks;
            emit PermitSought(netuid, msg.sender, seeks);
        }
        if (seeks) _refresh(netuid, msg.sender, state.weight, state.registered, true);
        else _take(netuid, msg.sender);
    }

    /// @inheritdoc IPermits
    function refreshPermit(uint32 netuid, address hotkey) public {
        HotkeyState memory state = staking.hotkeyOf(netuid, hotkey);
        _refresh(netuid, hotkey, state.weight, state.registered, true);
    }

    /// @inheritdoc IPermits
    function onWeightChanged(uint32 netuid, address hotkey, uint256 before, uint256 weight, bool registered) external {
        if (msg.sender != address(staking)) revert NotStaking(msg.sender);
        _refresh(netuid, hotkey, weight, registered, weight >= before);
    }

    /// @inheritdoc IPermits
    function isSeeking(uint32 netuid, address hotkey) external view returns (bool) {
        return _hotkeys[netuid][hotkey].seeks;
    }

    /// @inheritdoc IPermits
    function validatorsOf(uint32 netuid) external view returns (address[] memory) {
        return _validators[netuid].values();
    }

    /// @inheritdoc IPermits
    function permittedStakeOf(uint32 netuid, address hotkey) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].permitted.latest();
    }

    /// @inheritdoc IPermits
    function permittedStakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256) {
        return _at(_hotkeys[netuid][hotkey].permitted, timestamp);
    }

    /// @inheritdoc IPermits
    function totalPermittedStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256) {
        return _at(_totals[netuid], timestamp);
    }

    /// @inheritdoc IPermits
    function heldUntil(uint32 netuid, address hotkey) external view returns (uint48) {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        return entry.permitted.latest() > 0 ? uint48(block.timestamp) : entry.lostAt;
    }

    /// @dev Keeps: a hotkey is in the set if and only if its permitted stake is positive, and then that is its weight. One whose weight
    ///      fell puts nobody out, so that no slash pays for a search.
    function _refresh(uint32 netuid, address hotkey, uint256 weight, bool registered, bool mayPutOut) private {
        if (!_hotkeys[netuid][hotkey].seeks) return;
        ISubnets subnets = staking.subnets();
        if (!registered || weight < subnets.minValidatorStakeOf(netuid)) return _take(netuid, hotkey);
        EnumerableSet.AddressSet storage validators = _validators[netuid];
        if (!validators.contains(hotkey)) {
            if (validators.length() >= subnets.maxValidatorsOf(netuid)) {
                address least = mayPutOut ? _lightest(netuid, weight) : address(0);
                if (least == address(0)) return;
                _take(netuid, least);
            }
            validators.add(hotkey);
        }
        _setPermitted(netuid, hotkey, weight.toUint208());
    }

    /// @dev The validator with the least weight, of those with less than `weight`; zero when there is none. About 6,500 gas a validator.
    function _lightest(uint32 netuid, uint256 weight) private view returns (address least) {
        EnumerableSet.AddressSet storage validators = _validators[netuid];
        uint256 count = validators.length();
        for (uint256 i = 0; i < count; ++i) {
            address candidate = validators.at(i);
            uint256 candidateWeight = _hotkeys[netuid][candidate].permitted.latest();
            if (candidateWeight < weight) (least, weight) = (candidate, candidateWeight);
        }
    }

    function _take(uint32 netuid, address hotkey) private {
        if (!_validators[netuid].remove(hotkey)) return;
        _hotkeys[netuid][hotkey].lostAt = uint48(block.timestamp);
        _setPermitted(netuid, hotkey, 0);
    }

    /// @dev Keeps: permitted total = sum over hotkeys of their permitted stake.
    function _setPermitted(uint32 netuid, address hotkey, uint208 permitted) private {
        Checkpoints.Trace208 storage trace = _hotkeys[netuid][hotkey].permitted;
        uint208 before = trace.latest();
        if (permitted == before) return;
        uint48 nowAt = uint48(block.timestamp);
        uint208 total = _totals[netuid].latest() - before + permitted;
        trace.push(nowAt, permitted);
        _totals[netuid].push(nowAt, total);
        emit PermittedStakeChanged(netuid, hotkey, permitted, total);
    }

    /// @dev The current second may still change, so it is not a snapshot yet.
    function _at(Checkpoints.Trace208 storage trace, uint256 timestamp) private view returns (uint256) {
        if (timestamp >= block.timestamp) revert SnapshotNotFinal(timestamp, block.timestamp);
        return trace.upperLookupRecent(uint48(timestamp));
    }
}
