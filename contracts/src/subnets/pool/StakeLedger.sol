// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnets} from "../ISubnets.sol";
import {Edge, HotkeyState, IAlphaStaking} from "./IAlphaStaking.sol";
import {IPermits} from "./IPermits.sol";
import {IPools} from "./IPools.sol";
import {Permits} from "./Permits.sol";
import {Shares} from "./SharePool.sol";

/// @title Weights of hotkeys
/// @dev weight = own alpha - given + received + root KOIN * rootWeight where it counts. Keeps: a subnet's totals are
///      the sums over its hotkeys. Who may vote with its weight, {permits} says, which is told of every change.
abstract contract StakeLedger is IAlphaStaking {
    /// @dev All that is remembered of one hotkey in one subnet; on the root only the pools and positions are used.
    struct Hotkey {
        Shares staked;
        Shares leaving;
        uint96 given;
        uint96 received;
        uint48 slashableUntil;
        bool registered;
        bool countsRoot;
        /// The hotkey's alpha, that of at most 8 parents and its KOIN, each below 2^96.
        uint128 weight;
        /// The second in which its root stake ceased to count, the last time that it did; zero when it never did.
        uint48 rootLeftAt;
        mapping(address staker => uint256 shares) positions;
    }

    uint256 internal constant WAD = 1e18;
    /// @notice Subnets in which the root stake of one hotkey counts: the bound of every loop over them.
    uint256 internal constant MAX_ROOT_SUBNETS = 16;
    /// @notice Longest unbonding that may be chosen.
    uint256 internal constant MAX_UNBONDING_SECONDS = 365 days;
    uint32 internal constant ROOT = 0;

    /// @inheritdoc IAlphaStaking
    IPools public immutable pools;
    /// @inheritdoc IAlphaStaking
    IPermits public immutable permits;
    /// @inheritdoc IAlphaStaking
    uint48 public immutable unbondingSeconds;
    /// @inheritdoc IAlphaStaking
    uint256 public immutable rootWeight;

    mapping(uint32 netuid => mapping(address hotkey => Hotkey)) internal _hotkeys;
    mapping(uint32 netuid => uint256) private _totals;
    mapping(address hotkey => uint32[]) internal _rootSubnets;
    mapping(uint32 netuid => mapping(address parent => address[])) internal _children;
    mapping(uint32 netuid => mapping(address parent => mapping(address child => Edge))) internal _edges;

    constructor(IPools pools_, uint256 unbondingSeconds_, uint256 rootWeight_) {
        if (unbondingSeconds_ == 0 || unbondingSeconds_ > MAX_UNBONDING_SECONDS) {
            revert UnbondingOutOfRange(unbondingSeconds_);
        }
        if (rootWeight_ > WAD) revert RootWeightOutOfRange(rootWeight_);
        pools = pools_;
        permits = new Permits();
        unbondingSeconds = uint48(unbondingSeconds_);
        rootWeight = rootWeight_;
    }

    /// @inheritdoc IAlphaStaking
    function onRegistrationChanged(uint32 netuid, address hotkey, bool registered) external {
        if (msg.sender != address(subnets())) revert NotPermitted(msg.sender);
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        entry.registered = registered;
        uint256 before = entry.weight;
        if (entry.countsRoot && !registered) {
            _uncountRoot(netuid, hotkey, entry);
        } else if (registered && !entry.countsRoot && _rootSubnets[hotkey].length < MAX_ROOT_SUBNETS) {
            _countRoot(netuid, hotkey, entry);
        }
        _refresh(netuid, hotkey);
        if (entry.weight == before) _tell(netuid, hotkey, entry, before);
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
    function subnets() public view returns (ISubnets) {
        return pools.subnets();
    }

    /// @inheritdoc IAlphaStaking
    function weightOf(uint32 netuid, address hotkey) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].weight;
    }

    /// @inheritdoc IAlphaStaking
    function weightsOf(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory weights) {
        weights = new uint256[](hotkeys.length);
        for (uint256 i = 0; i < hotkeys.length; ++i) {
            weights[i] = _hotkeys[netuid][hotkeys[i]].weight;
        }
    }

    /// @inheritdoc IAlphaStaking
    function totalWeightOf(uint32 netuid) external view returns (uint256) {
        return _totals[netuid];
    }

    /// @inheritdoc IAlphaStaking
    function isSlashable(uint32 netuid, address hotkey) public view returns (bool) {
        if (netuid == ROOT || _backsPermit(netuid, hotkey)) return true;
        address[] storage children = _children[netuid][hotkey];
        for (uint256 i = 0; i < children.length; ++i) {
            if (_backsPermit(netuid, children[i])) return true;
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
            weight: entry.weight,
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
    function _rootPart(address hotkey, Hotkey storage entry) private view returns (uint256) {
        return entry.countsRoot ? _rootWorth(hotkey) : 0;
    }

    /// @dev What the KOIN on the hotkey weighs where it counts.
    function _rootWorth(address hotkey) private view returns (uint256) {
        return _hotkeys[ROOT][hotkey].staked.assets * rootWeight / WAD;
    }

    function _refresh(uint32 netuid, address hotkey) internal {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        uint256 before = entry.weight;
        uint256 weight = uint256(entry.staked.assets) - entry.given + entry.received + _rootPart(hotkey, entry);
        if (weight == before) return;
        entry.weight = uint128(weight);
        uint256 total = _totals[netuid] - before + weight;
        _totals[netuid] = total;
        emit WeightChanged(netuid, hotkey, weight, total);
        _tell(netuid, hotkey, entry, before);
    }

    /// @dev What dividends of the hotkey are divided by. The root's part is taken as if the hotkey had kept its seat: what its KOIN
    ///      stood for in an epoch is not lost to the stakers when the operator leaves before the claim. In a new seat in which it does
    ///      not count it still is for twice {unbondingSeconds}: by then all results from before are active, and were long to be claimed.
    function _dividendWeights(uint32 netuid, address hotkey) internal view returns (uint256 weight, uint256 rootPart) {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        (weight, rootPart) = (entry.weight, _rootWorth(hotkey));
        if (entry.countsRoot) return (weight, rootPart);
        uint256 leftAt = entry.rootLeftAt;
        if (leftAt == 0 || (entry.registered && block.timestamp >= leftAt + 2 * unbondingSeconds)) return (weight, 0);
        weight += rootPart;
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
        entry.rootLeftAt = uint48(block.timestamp);
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

    function _tell(uint32 netuid, address hotkey, Hotkey storage entry, uint256 before) private {
        permits.onWeightChanged(netuid, hotkey, before, entry.weight, entry.registered);
    }

    function _backsPermit(uint32 netuid, address hotkey) private view returns (bool) {
        if (block.timestamp < _hotkeys[netuid][hotkey].slashableUntil) return true;
        uint256 held = permits.heldUntil(netuid, hotkey);
        return held != 0 && block.timestamp < held + unbondingSeconds;
    }
}
