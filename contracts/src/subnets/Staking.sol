// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IStaking} from "./IStaking.sol";
import {ISubnets} from "./ISubnets.sol";

/// @title Stake on hotkeys
/// @dev Anyone may stake on any hotkey, registered or not; only a registered hotkey at or above the subnet's minimum
///      counts as a validator, and of those at most the subnet's number: one that comes in with more puts out the least. Staked
///      tokens carry no governance votes. Nobody but the staker can move a position.
///      Tokens held here = sum of the pools + sum of what waits. Amounts are counted, never read from a balance, so nobody can
///      raise the price of a share: it begins at one base unit and only slashes change it, downwards. Every rounding is in
///      favour of the pool and is worth less than one base unit.
contract Staking is IStaking {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;
    using Checkpoints for Checkpoints.Trace208;
    using EnumerableSet for EnumerableSet.AddressSet;

    struct Unbonding {
        uint208 shares;
        uint48 releaseAt;
        uint32 netuid;
        address hotkey;
    }

    /// @dev Amount and the shares in it.
    struct Pool {
        uint256 amount;
        uint256 shares;
    }

    /// @dev All that is remembered of one hotkey in one subnet.
    struct HotkeyStake {
        bool registered;
        Checkpoints.Trace208 total;
        Checkpoints.Trace208 permitted;
        uint256 shares;
        mapping(address staker => uint256) sharesOf;
        Pool unbonding;
    }

    /// @notice Longest unbonding that may be chosen.
    uint256 public constant MAX_UNBONDING_SECONDS = 365 days;
    /// @notice Most that one slash takes: a pool never becomes empty while somebody holds shares of it.
    uint256 public constant MAX_SLASH_BPS = 5_000;
    /// @notice Part of a slash that whoever showed the offence gets.
    uint256 public constant REWARD_BPS = 1_000;
    uint256 private constant BPS = 10_000;

    IERC20 public immutable token;
    /// @notice The registry; zero until it is deployed.
    ISubnets public subnets;
    /// @notice Seconds between {unstake} and the moment the tokens can be withdrawn.
    uint48 public immutable unbondingSeconds;
    address private immutable _setter;
    /// @notice The epoch contract.
    address public slasher;

    mapping(uint32 netuid => mapping(address hotkey => HotkeyStake)) private _hotkeys;
    mapping(uint32 netuid => Checkpoints.Trace208) private _totals;
    mapping(uint32 netuid => Checkpoints.Trace208) private _permittedTotals;
    mapping(uint32 netuid => EnumerableSet.AddressSet) private _validators;
    mapping(address staker => Unbonding[]) private _unbondings;
    mapping(address staker => uint256) private _nextUnbonding;

    /// @dev Bound by the subnet registry in its own constructor, for ever; bound to another it is of no use to this network. Whoever
    ///      deploys it may name the slasher, once.
    constructor(IERC20 token_, uint256 unbondingSeconds_) {
        if (unbondingSeconds_ == 0 || unbondingSeconds_ > MAX_UNBONDING_SECONDS) {
            revert UnbondingOutOfRange(unbondingSeconds_);
        }
        token = token_;
        unbondingSeconds = uint48(unbondingSeconds_);
        _setter = msg.sender;
    }

    /// @inheritdoc IStaking
    function bind() external {
        if (address(subnets) != address(0)) revert AlreadyBound(address(subnets));
        subnets = ISubnets(msg.sender);
    }

    /// @inheritdoc IStaking
    function stake(uint32 netuid, address hotkey, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        if (hotkey == address(0)) revert HotkeyIsZero();
        if (subnets.genesisOf(netuid) == 0) revert SubnetNotFound(netuid);
        if (subnets.dissolvedAtOf(netuid) != 0) revert SubnetIsDissolved(netuid);

        HotkeyStake storage entry = _hotkeys[netuid][hotkey];
        uint256 hotkeyStake = entry.total.latest();
        uint256 shares = entry.shares == 0 ? amount : Math.mulDiv(amount, entry.shares, hotkeyStake);
        entry.shares += shares;
        entry.sharesOf[msg.sender] += shares;
        hotkeyStake += amount;
        uint256 subnetStake = _totals[netuid].latest() + amount;
        _record(netuid, entry, hotkeyStake, subnetStake);
        emit Staked(netuid, hotkey, msg.sender, amount, hotkeyStake, subnetStake);
        _refreshPermit(netuid, hotkey, entry);

        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStaking
    function unstake(uint32 netuid, address hotkey, uint256 amount) external returns (uint256 unbondingId) {
        if (amount == 0) revert ZeroAmount();
        HotkeyStake storage entry = _hotkeys[netuid][hotkey];
        uint256 hotkeyStake = entry.total.latest();
        uint256 held = entry.sharesOf[msg.sender];
        uint256 position = held == 0 ? 0 : Math.mulDiv(held, hotkeyStake, entry.shares);
        if (amount > position) revert PositionTooSmall(amount, position);

        uint256 shares =
            amount == position ? held : Math.mulDiv(amount, entry.shares, hotkeyStake, Math.Rounding.Ceil);
        entry.sharesOf[msg.sender] = held - shares;
        entry.shares -= shares;
        hotkeyStake -= amount;
        uint256 subnetStake = _totals[netuid].latest() - amount;
        _record(netuid, entry, hotkeyStake, subnetStake);

        uint48 releaseAt = uint48(block.timestamp) + unbondingSeconds;
        unbondingId = _unbondings[msg.sender].length;
        _unbondings[msg.sender].push(Unbonding(_addTo(entry.unbonding, amount), releaseAt, netuid, hotkey));
        emit Unstaked(netuid, hotkey, msg.sender, amount, hotkeyStake, subnetStake, unbondingId, releaseAt);
        _refreshPermit(netuid, hotkey, entry);
    }

    /// @inheritdoc IStaking
    function withdraw(uint256 maxEntries) external returns (uint256 amount) {
        Unbonding[] storage queue = _unbondings[msg.sender];
        uint256 first = _nextUnbonding[msg.sender];
        uint256 next = first;
        // Every entry waits equally long, so the queue is ordered by release time.
        while (next < queue.length && next - first < maxEntries && queue[next].releaseAt <= block.timestamp) {
            amount += _takeFrom(_hotkeys[queue[next].netuid][queue[next].hotkey].unbonding, queue[next].shares);
            delete queue[next];
            ++next;
        }
        if (next == first) revert NothingMatured(msg.sender);
        _nextUnbonding[msg.sender] = next;
        emit Withdrawn(msg.sender, amount, first, next);
        token.safeTransfer(msg.sender, amount);
    }

    /// @inheritdoc IStaking
    function slash(uint32 netuid, address hotkey, uint256 bps, address beneficiary) external returns (uint256 amount) {
        if (msg.sender != slasher) revert NotSlasher(msg.sender);
        if (bps > MAX_SLASH_BPS) revert SlashTooLarge(bps);
        HotkeyStake storage entry = _hotkeys[netuid][hotkey];
        uint256 hotkeyStake = entry.total.latest();
        amount = hotkeyStake * bps / BPS;
        hotkeyStake -= amount;
        uint256 subnetStake = _totals[netuid].latest() - amount;
        if (amount > 0) _record(netuid, entry, hotkeyStake, subnetStake);
        uint256 waiting = entry.unbonding.amount * bps / BPS;
        if (waiting > 0) entry.unbonding.amount -= waiting;
        amount += waiting;
        uint256 reward = amount * REWARD_BPS / BPS;
        emit Slashed(netuid, hotkey, beneficiary, amount, reward, hotkeyStake, subnetStake);
        _refreshPermit(netuid, hotkey, entry);

        if (amount > reward) ERC20Burnable(address(token)).burn(amount - reward);
        if (reward > 0) token.safeTransfer(beneficiary, reward);
    }

    /// @inheritdoc IStaking
    function setSlasher(address slasher_) external {
        if (msg.sender != _setter || slasher != address(0) || slasher_ == address(0)) revert NotSetter(msg.sender);
        slasher = slasher_;
        emit SlasherSet(slasher_);
    }

    /// @inheritdoc IStaking
    function onRegistrationChanged(uint32 netuid, address hotkey, bool registered) external {
        if (msg.sender != address(subnets)) revert NotSubnets(msg.sender);
        HotkeyStake storage entry = _hotkeys[netuid][hotkey];
        entry.registered = registered;
        _refreshPermit(netuid, hotkey, entry);
    }

    /// @inheritdoc IStaking
    function refreshPermit(uint32 netuid, address hotkey) external {
        _refreshPermit(netuid, hotkey, _hotkeys[netuid][hotkey]);
    }

    /// @inheritdoc IStaking
    function validatorsOf(uint32 netuid) external view returns (address[] memory) {
        return _validators[netuid].values();
    }

    /// @inheritdoc IStaking
    function stakeOf(uint32 netuid, address hotkey) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].total.latest();
    }

    /// @inheritdoc IStaking
    function stakesOf(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory stakes) {
        stakes = new uint256[](hotkeys.length);
        for (uint256 i = 0; i < hotkeys.length; ++i) {
            stakes[i] = _hotkeys[netuid][hotkeys[i]].total.latest();
        }
    }

    /// @inheritdoc IStaking
    function totalStakeOf(uint32 netuid) external view returns (uint256) {
        return _totals[netuid].latest();
    }

    /// @inheritdoc IStaking
    function positionOf(uint32 netuid, address hotkey, address staker) external view returns (uint256) {
        HotkeyStake storage entry = _hotkeys[netuid][hotkey];
        uint256 held = entry.sharesOf[staker];
        return held == 0 ? 0 : Math.mulDiv(held, entry.total.latest(), entry.shares);
    }

    /// @inheritdoc IStaking
    function stakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].total.upperLookupRecent(_past(timestamp));
    }

    /// @inheritdoc IStaking
    function totalStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256) {
        return _totals[netuid].upperLookupRecent(_past(timestamp));
    }

    /// @inheritdoc IStaking
    function permittedStakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].permitted.upperLookupRecent(_past(timestamp));
    }

    /// @inheritdoc IStaking
    function totalPermittedStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256) {
        return _permittedTotals[netuid].upperLookupRecent(_past(timestamp));
    }

    /// @inheritdoc IStaking
    function unbondingRange(address staker) external view returns (uint256 next, uint256 count) {
        return (_nextUnbonding[staker], _unbondings[staker].length);
    }

    /// @inheritdoc IStaking
    function unbonding(address staker, uint256 unbondingId) external view returns (uint256 amount, uint48 releaseAt) {
        Unbonding storage entry = _unbondings[staker][unbondingId];
        Pool storage pool = _hotkeys[entry.netuid][entry.hotkey].unbonding;
        return (entry.shares == 0 ? 0 : Math.mulDiv(entry.shares, pool.amount, pool.shares), entry.releaseAt);
    }

    /// @inheritdoc IStaking
    function unbondingStakeOf(uint32 netuid, address hotkey) external view returns (uint256) {
        return _hotkeys[netuid][hotkey].unbonding.amount;
    }

    function _addTo(Pool storage pool, uint256 amount) private returns (uint208 shares) {
        shares = (pool.shares == 0 ? amount : Math.mulDiv(amount, pool.shares, pool.amount)).toUint208();
        pool.shares += shares;
        pool.amount += amount;
    }

    function _takeFrom(Pool storage pool, uint256 shares) private returns (uint256 amount) {
        amount = Math.mulDiv(shares, pool.amount, pool.shares);
        pool.shares -= shares;
        pool.amount -= amount;
    }

    function _record(uint32 netuid, HotkeyStake storage entry, uint256 hotkeyStake, uint256 subnetStake) private {
        uint48 nowAt = uint48(block.timestamp);
        entry.total.push(nowAt, hotkeyStake.toUint208());
        _totals[netuid].push(nowAt, subnetStake.toUint208());
    }

    /// @dev Keeps: a hotkey is in the set if and only if its permitted stake is positive, and then that is its stake.
    function _refreshPermit(uint32 netuid, address hotkey, HotkeyStake storage entry) private {
        EnumerableSet.AddressSet storage validators = _validators[netuid];
        uint208 current = entry.total.latest();
        bool mayHold = entry.registered && current >= subnets.minValidatorStakeOf(netuid);
        if (mayHold && !validators.contains(hotkey)) mayHold = _makeRoom(netuid, current);
        if (mayHold) validators.add(hotkey);
        else validators.remove(hotkey);
        _setPermitted(netuid, hotkey, entry, mayHold ? current : 0);
    }

    /// @dev Whether a validator with `stake_` finds a place: a free one, or that of the least when it has less. About 4,500 gas a
    ///      validator: 300,000 for 64.
    function _makeRoom(uint32 netuid, uint208 stake_) private returns (bool) {
        EnumerableSet.AddressSet storage validators = _validators[netuid];
        uint256 count = validators.length();
        if (count < subnets.maxValidatorsOf(netuid)) return true;
        address least;
        uint208 leastStake = stake_;
        for (uint256 i = 0; i < count; ++i) {
            address candidate = validators.at(i);
            uint208 candidateStake = _hotkeys[netuid][candidate].total.latest();
            if (candidateStake < leastStake) (least, leastStake) = (candidate, candidateStake);
        }
        if (least == address(0)) return false;
        validators.remove(least);
        _setPermitted(netuid, least, _hotkeys[netuid][least], 0);
        return true;
    }

    /// @dev Keeps: permitted total = sum over hotkeys of their permitted stake.
    function _setPermitted(uint32 netuid, address hotkey, HotkeyStake storage entry, uint208 permitted) private {
        uint208 before = entry.permitted.latest();
        if (permitted == before) return;
        uint48 nowAt = uint48(block.timestamp);
        uint208 total = _permittedTotals[netuid].latest() - before + permitted;
        entry.permitted.push(nowAt, permitted);
        _permittedTotals[netuid].push(nowAt, total);
        emit PermittedStakeChanged(netuid, hotkey, permitted, total);
    }

    /// @dev The current second may still change, so it is not a snapshot yet.
    function _past(uint256 timestamp) private view returns (uint48) {
        if (timestamp >= block.timestamp) revert SnapshotNotFinal(timestamp, block.timestamp);
        return uint48(timestamp);
    }
}
