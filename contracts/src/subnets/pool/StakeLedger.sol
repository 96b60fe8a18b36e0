// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {ISubnets} from "../ISubnets.sol";
import {Edge, HotkeyState, IAlphaStaking} from "./IAlphaStaking.sol";
import {Shares} from "./SharePool.sol";

/// @title Weights and permits of hotkeys, remembered by second
/// @dev weight = own alpha - given + received + root KOIN * rootWeight where it counts. Keeps: a subnet's totals are
///      the sums over its hotkeys.
abstract contract StakeLedger is IAlphaStaking {
    using SafeCast for uint256;
    using Checkpoints for Checkpoints.Trace208;

    /// @dev All that is remembered of one hotkey in one subnet; on the root only the pools and positions are used.
    struct Hotkey {
        Shares staked;
        Shares leaving;
        uint96 given;
        uint96 received;
        uint48 slashableUntil;
        bool registered;
        bool countsRoot;
        Checkpoints.Trace208 weight;
        Checkpoints.Trace208 permitted;
        mapping(address staker => uint256 shares) positions;
    }

    uint256 internal constant WAD = 1e18;
    /// @notice Subnets in which the root stake of one hotkey counts: the bound of every loop over them.
    uint256 public constant MAX_ROOT_SUBNETS = 16;
    /// @notice Longest unbonding that may be chosen.
    uint256 public constant MAX_UNBONDING_SECONDS = 365 days;
    uint32 internal constant ROOT = 0;

    ISubnets public immutable subnets;
    /// @notice Seconds between leaving a slashable hotkey and the moment the tokens can be withdrawn.
    uint48 public immutable unbondingSeconds;
    /// @notice What 1 KOIN on the root weighs in alpha, in parts of 1e18.
    uint256 public immutable rootWeight;

    mapping(uint32 netuid => mapping(address hotkey => Hotkey)) internal _hotkeys;
    mapping(uint32 netuid => Checkpoints.Trace208) private _totals;
    mapping(uint32 netuid => Checkpoints.Trace208) private _permittedTotals;
    mapping(address hotkey => uint32[]) internal _rootSubnets;
    mapping(uint32 netuid => mapping(address parent => address[])) internal _children;
    mapping(uint32 netuid => mapping(address parent => mapping(address child => Edge))) internal _edges;

    constructor(ISubnets subnets_, uint256 unbondingSeconds_, uint256 rootWeight_) {
        if (unbondingSeconds_ == 0 || unbondingSeconds_ > MAX_UNBONDING_SECONDS) {
            revert UnbondingOutOfRange(unbondingSeconds_);
        }
        if (rootWeight_ > WAD) revert RootWeightOutOfRange(rootWeight_);
        subnets = subnets_;
        unbondingSeconds = uint48(unbondingSeconds_);
        rootWeight = rootWeight_;
    }

    /// @inheritdoc IAlphaStaking
    function onRegistrationChanged(uint32 netuid, address hotkey, bool registered) external {
        if (msg.sender != address(subnets)) revert NotPermitted(msg.sender);
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        entry.registered = registered;
        if (entry.countsRoot && !registered) {
            _uncountRoot(netuid, hotkey, entry);
        } else if (registered && !entry.countsRoot && _rootSubnets[hotkey].length < MAX_ROOT_SUBNETS) {
            _countRoot(netuid, hotkey, entry);
        }
        _refresh(netuid, hotkey);
    }

    /// @inheritdoc IAlphaStaking
    function countRoot(uint32 netuid, address hotkey) external {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        if (!entry.registered || entry.countsRoot) revert RootNotCountable(netuid, hotkey);
        if (_rootSubnets[hotkey].length >= MAX_ROOT_SUBNETS) revert RootSlotsFull(hotkey);
        _countRoot(netuid, hotkey, entry);
        _refresh(netuid, hotkey);
    }

    /// @inheritdoc IAlphaStaking
    function refresh(uint32 netuid, address hotkey) external {
        if (netuid == ROOT) revert SubnetNotFound(netuid);
        _refresh(netuid, hotkey);
    }

    /// @inheritdoc IAlphaStaking
    function stakeOf(uint32 netuid, address hotkey) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].weight.latest();
    }

    /// @inheritdoc IAlphaStaking
    function stakesOf(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory stakes) {
        stakes = new uint256[](hotkeys.length);
        for (uint256 i = 0; i < hotkeys.length; ++i) {
            stakes[i] = _hotkeys[netuid][hotkeys[i]].weight.latest();
        }
    }

    /// @inheritdoc IAlphaStaking
    function totalStakeOf(uint32 netuid) external view returns (uint256) {
        return _totals[netuid].latest();
    }

    /// @inheritdoc IAlphaStaking
    function stakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256) {
        return _at(_hotkeys[netuid][hotkey].weight, timestamp);
    }

    /// @inheritdoc IAlphaStaking
    function totalStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256) {
        return _at(_totals[netuid], timestamp);
    }

    /// @inheritdoc IAlphaStaking
    function permittedStakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256) {
        return _at(_hotkeys[netuid][hotkey].permitted, timestamp);
    }

    /// @inheritdoc IAlphaStaking
    function totalPermittedStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256) {
        return _at(_permittedTotals[netuid], timestamp);
    }

    /// @inheritdoc IAlphaStaking
    function isSlashable(uint32 netuid, address hotkey) public view returns (bool) {
        if (netuid == ROOT || _backsPermit(_hotkeys[netuid][hotkey])) return true;
        address[] storage children = _children[netuid][hotkey];
        for (uint256 i = 0; i < children.length; ++i) {
            if (_backsPermit(_hotkeys[netuid][children[i]])) return true;
        }
        return false;
    }

    /// @inheritdoc IAlphaStaking
    function hotkeyOf(uint32 netuid, address hotkey) external view returns (HotkeyState memory) {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        return HotkeyState({
            stakedAssets: entry.staked.assets,
            stakedShares: entry.staked.shares,
            leavingAssets: entry.leaving.assets,
            leavingShares: entry.leaving.shares,
            given: entry.given,
            received: entry.received,
            registered: entry.registered,
            countsRoot: entry.countsRoot,
            slashableUntil: entry.slashableUntil
        });
    }

    /// @inheritdoc IAlphaStaking
    function rootSubnetsOf(address hotkey) external view returns (uint32[] memory) {
        return _rootSubnets[hotkey];
    }

    /// @dev To be called after every change of a staked pool. At most {MAX_ROOT_SUBNETS} refreshes for the root, at
    ///      most one and one per child for a subnet.
    function _afterChange(uint32 netuid, address hotkey) internal {
        if (netuid == ROOT) {
            uint32[] storage counted = _rootSubnets[hotkey];
            for (uint256 i = 0; i < counted.length; ++i) {
                _refresh(counted[i], hotkey);
            }
            return;
        }
        address[] storage children = _children[netuid][hotkey];
        for (uint256 i = 0; i < children.length; ++i) {
            Edge storage edge = _edges[netuid][hotkey][children[i]];
            _give(netuid, hotkey, children[i], edge);
        }
        _refresh(netuid, hotkey);
    }

    /// @dev Makes the edge give its proportion of what the parent has now. The parent is refreshed by the caller.
    function _give(uint32 netuid, address parent, address child, Edge storage edge) internal {
        Hotkey storage giver = _hotkeys[netuid][parent];
        uint96 before = edge.amount;
        uint96 amount = uint96(uint256(giver.staked.assets) * edge.proportion / WAD);
        if (amount == before) return;
        edge.amount = amount;
        giver.given = giver.given - before + amount;
        Hotkey storage taker = _hotkeys[netuid][child];
        taker.received = taker.received - before + amount;
        _refresh(netuid, child);
    }

    /// @dev Part of the weight that comes from the root.
    function _rootPart(address hotkey, Hotkey storage entry) internal view returns (uint256) {
        return entry.countsRoot ? _hotkeys[ROOT][hotkey].staked.assets * rootWeight / WAD : 0;
    }

    function _refresh(uint32 netuid, address hotkey) internal {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        uint48 nowAt = uint48(block.timestamp);
        uint256 current = uint256(entry.staked.assets) - entry.given + entry.received + _rootPart(hotkey, entry);
        uint256 before = entry.weight.latest();
        if (current != before) {
            entry.weight.push(nowAt, current.toUint208());
            _totals[netuid].push(nowAt, (_totals[netuid].latest() - before + current).toUint208());
        }

        bool permit = entry.registered && current >= subnets.minValidatorStakeOf(netuid);
        uint256 permitted = permit ? current : 0;
        before = entry.permitted.latest();
        if (permitted == before) return;
        if (permitted == 0) _extendSlashable(entry);
        uint256 total = _permittedTotals[netuid].latest() - before + permitted;
        entry.permitted.push(nowAt, permitted.toUint208());
        _permittedTotals[netuid].push(nowAt, total.toUint208());
        emit PermittedStakeChanged(netuid, hotkey, permitted, total);
    }

    function _extendSlashable(Hotkey storage entry) internal {
        entry.slashableUntil = uint48(block.timestamp) + unbondingSeconds;
    }

    function _countRoot(uint32 netuid, address hotkey, Hotkey storage entry) private {
        entry.countsRoot = true;
        _rootSubnets[hotkey].push(netuid);
        emit RootCounted(netuid, hotkey, true);
    }

    function _uncountRoot(uint32 netuid, address hotkey, Hotkey storage entry) private {
        entry.countsRoot = false;
        uint32[] storage counted = _rootSubnets[hotkey];
        uint256 last = counted.length - 1;
        for (uint256 i = 0; i <= last; ++i) {
            if (counted[i] != netuid) continue;
            counted[i] = counted[last];
            break;
        }
        counted.pop();
        emit RootCounted(netuid, hotkey, false);
    }

    function _backsPermit(Hotkey storage entry) private view returns (bool) {
        return entry.permitted.latest() > 0 || block.timestamp < entry.slashableUntil;
    }

    /// @dev The current second may still change, so it is not a snapshot yet.
    function _at(Checkpoints.Trace208 storage trace, uint256 timestamp) private view returns (uint256) {
        if (timestamp >= block.timestamp) revert SnapshotNotFinal(timestamp, block.timestamp);
        return trace.upperLookupRecent(uint48(timestamp));
    }
}
