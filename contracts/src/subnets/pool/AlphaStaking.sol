// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {KoinonToken} from "../../token/KoinonToken.sol";
import {ChildKeys} from "./ChildKeys.sol";
import {IAlphaStaking, REACTION_SECONDS, Ticket} from "./IAlphaStaking.sol";
import {ICoinbase, IPools} from "./IPools.sol";
import {SharePool, Shares} from "./SharePool.sol";
import {StakeLedger} from "./StakeLedger.sol";

/// @title Stake by shares, with unbonding, dividends, root claims and slashing
/// @dev No loop over stakers anywhere. Holds as free alpha in {pools}: all staked and leaving assets and unclaimed
///      root dividends; holds KOIN of the root's staked and leaving assets. Nobody but the staker moves a position,
///      and nobody at all can keep one from leaving. Emission is paid by the minter of {token}, and slashes come from the
///      epoch contract that the minter names: both once, for ever, and nobody before.
contract AlphaStaking is ChildKeys {
    using SafeCast for uint256;
    using Checkpoints for Checkpoints.Trace208;
    using SharePool for Shares;

    /// @dev Up to where root dividends were claimed: the payment, and how many changes of the position came by then.
    struct Cursor {
        uint48 payment;
        uint32 changes;
    }

    /// @notice One slash takes at most half, so that a pool stays countable after very many.
    uint256 private constant MAX_SLASH_BPS = 5000;
    /// @notice Part of a slash that whoever showed the offence gets.
    uint256 private constant REWARD_BPS = 1000;
    uint256 private constant BPS = 10_000;
    /// @dev Claim rates are alpha per root share in parts of 2^96.
    uint256 private constant RATE_BITS = 96;

    /// @notice KOIN.
    KoinonToken public immutable token;

    mapping(address staker => Ticket[]) private _tickets;
    /// @dev Root stake is slashed once in {unbondingSeconds} and REACTION_SECONDS: whoever runs subnets of its own cannot burn faster
    ///      than people leave.
    mapping(address hotkey => uint256) private _rootSlashedAt;
    mapping(address staker => uint256) private _nextTicket;
    /// @dev Numbers of payments, per hotkey over all subnets, order root positions and claim rates in time.
    mapping(address hotkey => uint48) private _payments;
    mapping(address hotkey => mapping(address staker => Checkpoints.Trace208)) private _rootShares;
    mapping(uint32 netuid => mapping(address hotkey => Checkpoints.Trace208)) private _rates;
    mapping(uint32 netuid => mapping(address hotkey => mapping(address staker => Cursor))) private _claimed;

    /// @param pools_ Fresh; bound here.
    /// @param unbondingSeconds_ 1 to {MAX_UNBONDING_SECONDS}.
    /// @param rootWeight_ At most 1e18.
    constructor(IPools pools_, uint256 unbondingSeconds_, uint256 rootWeight_)
        StakeLedger(pools_, unbondingSeconds_, rootWeight_)
    {
        token = pools_.token();
        pools_.bindStaking();
    }

    /// @inheritdoc IAlphaStaking
    function stake(uint32 netuid, address hotkey, uint256 amount) external returns (uint256) {
        return _stake(netuid, hotkey, msg.sender, amount);
    }

    /// @inheritdoc IAlphaStaking
    function stakeFor(uint32 netuid, address account, uint256 amount) external returns (uint256) {
        // On the root a gift would be able to lengthen the receiver's claims.
        if (netuid == ROOT) revert SubnetNotFound(netuid);
        return _stake(netuid, delegation.autoStakeOf(netuid, account), account, amount);
    }

    /// @inheritdoc IAlphaStaking
    function unstake(uint32 netuid, address hotkey, uint256 shares, uint256 minAmount)
        external
        returns (uint256 amount, bool queued)
    {
        queued = isSlashable(netuid, hotkey);
        amount = _redeem(netuid, hotkey, shares, minAmount);
        if (queued) {
            uint48 releaseAt = uint48(block.timestamp) + unbondingSeconds;
            uint256 ticketShares = _hotkeys[netuid][hotkey].leaving.deposit(amount);
            uint256 ticketId = _tickets[msg.sender].length;
            _tickets[msg.sender].push(Ticket(netuid, hotkey, releaseAt, ticketShares));
            emit Queued(netuid, hotkey, msg.sender, ticketId, amount, ticketShares, releaseAt);
        } else {
            _pay(netuid, msg.sender, amount);
        }
    }

    /// @inheritdoc IAlphaStaking
    function withdraw(address staker, uint256 maxTickets) external {
        Ticket[] storage queue = _tickets[staker];
        uint256 first = _nextTicket[staker];
        uint256 next = first;
        // Every ticket waits equally long, so the queue is ordered by release time.
        while (next < queue.length && next - first < maxTickets && queue[next].releaseAt <= block.timestamp) {
            Ticket memory ticket = queue[next];
            delete queue[next];
            _nextTicket[staker] = next + 1;
            uint256 amount = _hotkeys[ticket.netuid][ticket.hotkey].leaving.redeem(ticket.shares);
            emit Withdrawn(ticket.netuid, ticket.hotkey, staker, next, amount);
            _pay(ticket.netuid, staker, amount);
            ++next;
        }
        if (next == first) revert NothingMatured(staker);
    }

    /// @inheritdoc IAlphaStaking
    function move(uint32 netuid, address fromHotkey, address toHotkey, uint256 shares, uint256 minAmount)
        external
        returns (uint256 amount)
    {
        if (fromHotkey == toHotkey) revert SameHotkey(toHotkey);
        _requireMovable(netuid, fromHotkey);
        amount = _redeem(netuid, fromHotkey, shares, minAmount);
        _deposit(netuid, toHotkey, msg.sender, amount);
    }

    /// @inheritdoc IAlphaStaking
    function swap(
        uint32 fromNetuid,
        address fromHotkey,
        uint32 toNetuid,
        address toHotkey,
        uint256 shares,
        uint256 minAlphaOut
    ) external returns (uint256 alphaOut) {
        _requireMovable(fromNetuid, fromHotkey);
        uint256 amount = _redeem(fromNetuid, fromHotkey, shares, 1);
        alphaOut = pools.swap(fromNetuid, toNetuid, amount, minAlphaOut);
        _deposit(toNetuid, toHotkey, msg.sender, alphaOut);
    }

    /// @inheritdoc IAlphaStaking
    function claimRoot(uint32 netuid, address hotkey, uint256 maxSteps) external returns (uint256 amount) {
        Cursor memory cursor;
        (amount, cursor) = _owed(netuid, hotkey, msg.sender, maxSteps);
        Cursor storage stored = _claimed[netuid][hotkey][msg.sender];
        if (cursor.payment == stored.payment && cursor.changes == stored.changes) {
            revert NothingToClaim(netuid, hotkey, msg.sender);
        }
        _claimed[netuid][hotkey][msg.sender] = cursor;
        emit RootClaimed(netuid, hotkey, msg.sender, amount, cursor.payment);
        if (amount > 0) _pay(netuid, msg.sender, amount);
    }

    /// @inheritdoc IAlphaStaking
    function payDividends(uint32 netuid, address hotkey, uint256 amount) external {
        if (msg.sender != token.minter()) revert NotPermitted(msg.sender);
        if (hotkey == address(0)) revert HotkeyIsZero();
        if (amount == 0) revert ZeroAmount();
        _move(netuid, msg.sender, address(this), amount);
        (uint256 takeBps, uint256 childTakeBps) = _takesOf(hotkey);
        (uint256 weight, uint256 rootPart) = _dividendWeights(netuid, hotkey);
        uint256 fromRoot = _hotkeys[ROOT][hotkey].staked.shares == 0 || rootPart == 0 ? 0 : amount * rootPart / weight;
        uint256 taken = fromRoot * takeBps / BPS;
        if (fromRoot > 0) _raiseRate(netuid, hotkey, fromRoot - taken);
        uint256 own = amount - fromRoot;

        address[] storage parents = _parents[netuid][hotkey];
        for (uint256 i = 0; i < parents.length; ++i) {
            uint256 part = amount * _edges[netuid][parents[i]][hotkey].amount;
            if (part < weight || weight == 0) continue;
            part /= weight;
            own -= part;
            uint256 cut = part * childTakeBps / BPS;
            taken += cut;
            _raise(netuid, parents[i], part - cut);
        }
        if (taken > 0) _creditHotkey(netuid, hotkey, taken);
        _raise(netuid, hotkey, own);
    }

    /// @inheritdoc IAlphaStaking
    function slash(uint32 netuid, address hotkey, uint256 bps, address beneficiary)
        external
        returns (uint256 alphaTaken, uint256 koinTaken)
    {
        if (msg.sender != ICoinbase(token.minter()).epochs()) revert NotPermitted(msg.sender);
        if (netuid == ROOT) revert SubnetNotFound(netuid);
        if (bps > MAX_SLASH_BPS) bps = MAX_SLASH_BPS;
        alphaTaken = _slash(netuid, hotkey, bps * WAD);
        address[] storage parents = _parents[netuid][hotkey];
        for (uint256 i = 0; i < parents.length; ++i) {
            alphaTaken += _slash(netuid, parents[i], bps * _reach(_edges[netuid][parents[i]][hotkey]));
        }
        if (block.timestamp >= _rootSparedUntil(hotkey)) {
            koinTaken = _slash(ROOT, hotkey, bps * WAD);
            if (koinTaken > 0) _rootSlashedAt[hotkey] = block.timestamp;
        }
        uint256 alphaReward = alphaTaken * REWARD_BPS / BPS;
        uint256 koinReward = koinTaken * REWARD_BPS / BPS;
        emit SlashPaid(netuid, hotkey, beneficiary, alphaTaken, koinTaken, alphaReward, koinReward);
        if (alphaReward > 0) _pay(netuid, beneficiary, alphaReward);
        if (koinReward > 0) _pay(ROOT, beneficiary, koinReward);
        if (alphaTaken > 0) pools.burnSlashed(netuid, alphaTaken - alphaReward);
        if (koinTaken > 0) token.burn(koinTaken - koinReward);
    }

    /// @inheritdoc IAlphaStaking
    function positionOf(uint32 netuid, address hotkey, address staker)
        external
        view
        returns (uint256 shares, uint256 amount)
    {
        shares = _hotkeys[netuid][hotkey].positions[staker];
        return (shares, _hotkeys[netuid][hotkey].staked.worth(shares));
    }

    /// @inheritdoc IAlphaStaking
    function ticketRange(address staker) external view returns (uint256 next, uint256 count) {
        return (_nextTicket[staker], _tickets[staker].length);
    }

    /// @inheritdoc IAlphaStaking
    function ticketOf(address staker, uint256 ticketId) external view returns (Ticket memory ticket, uint256 amount) {
        ticket = _tickets[staker][ticketId];
        return (ticket, _hotkeys[ticket.netuid][ticket.hotkey].leaving.worth(ticket.shares));
    }

    /// @inheritdoc IAlphaStaking
    function claimableRoot(uint32 netuid, address hotkey, address staker, uint256 maxSteps)
        external
        view
        returns (uint256 amount)
    {
        (amount,) = _owed(netuid, hotkey, staker, maxSteps);
    }

    function _stake(uint32 netuid, address hotkey, address beneficiary, uint256 amount)
        private
        returns (uint256 shares)
    {
        if (amount == 0) revert ZeroAmount();
        shares = _deposit(netuid, hotkey, beneficiary, amount);
        if (netuid != ROOT) {
            _move(netuid, msg.sender, address(this), amount);
            return shares;
        }
        // What came now would be out of reach of slashes.
        uint256 sparedUntil = _rootSparedUntil(hotkey);
        if (block.timestamp < sparedUntil) revert RootSlashedLately(hotkey, sparedUntil);
        token.transferFrom(msg.sender, address(this), amount);
    }

    /// @dev Until then no slash reaches the root stake of the hotkey, because one did.
    function _rootSparedUntil(address hotkey) private view returns (uint256) {
        return _rootSlashedAt[hotkey] + unbondingSeconds + REACTION_SECONDS;
    }

    /// @dev The tokens are here already or follow in the same call.
    function _deposit(uint32 netuid, address hotkey, address staker, uint256 amount)
        private
        returns (uint256 shares)
    {
        if (hotkey == address(0)) revert HotkeyIsZero();
        // Reverts when there is no such subnet.
        if (netuid != ROOT && subnets().dissolvedAtOf(netuid) != 0) revert SubnetIsDissolved(netuid);
        Shares storage pool = _hotkeys[netuid][hotkey].staked;
        shares = pool.deposit(amount);
        _setPosition(netuid, hotkey, staker, _hotkeys[netuid][hotkey].positions[staker] + shares);
        emit Staked(netuid, hotkey, staker, amount, shares, pool.assets, pool.shares);
        _afterChange(netuid, hotkey);
    }

    /// @dev Takes `shares` of the caller out of the staked pool; the tokens stay here.
    function _redeem(uint32 netuid, address hotkey, uint256 shares, uint256 minAmount)
        private
        returns (uint256 amount)
    {
        if (minAmount == 0) revert Unprotected();
        uint256 position = _hotkeys[netuid][hotkey].positions[msg.sender];
        if (shares > position) revert SharesTooFew(shares, position);
        Shares storage pool = _hotkeys[netuid][hotkey].staked;
        amount = pool.redeem(shares);
        if (amount < minAmount) revert AmountTooSmall(amount, minAmount);
        _setPosition(netuid, hotkey, msg.sender, position - shares);
        emit Unstaked(netuid, hotkey, msg.sender, amount, shares, pool.assets, pool.shares);
        _afterChange(netuid, hotkey);
    }

    function _setPosition(uint32 netuid, address hotkey, address staker, uint256 shares) private {
        _hotkeys[netuid][hotkey].positions[staker] = shares;
        if (netuid == ROOT) _rootShares[hotkey][staker].push(_payments[hotkey], uint208(shares));
    }

    function _pay(uint32 netuid, address to, uint256 amount) private {
        if (netuid == ROOT) token.transfer(to, amount);
        else _move(netuid, address(this), to, amount);
    }

    function _move(uint32 netuid, address from, address to, uint256 amount) private {
        pools.transferFor(netuid, from, to, amount);
    }

    function _takesOf(address hotkey) private view returns (uint256 takeBps, uint256 childTakeBps) {
        return delegation.takesOf(hotkey);
    }

    function _requireMovable(uint32 netuid, address hotkey) private view {
        if (netuid == ROOT) revert RootNotMovable();
        if (isSlashable(netuid, hotkey)) revert StillSlashable(netuid, hotkey);
    }

    function _raiseRate(uint32 netuid, address hotkey, uint256 amount) private {
        uint48 payment = ++_payments[hotkey];
        Checkpoints.Trace208 storage rates = _rates[netuid][hotkey];
        uint256 rate = rates.latest() + (amount << RATE_BITS) / _hotkeys[ROOT][hotkey].staked.shares;
        rates.push(payment, rate.toUint208());
        emit RootDividendsAdded(netuid, hotkey, amount, rate, payment);
    }

    /// @dev The take goes first, then the rest raises the share price; without shares all is the hotkey's own. Who came for it cannot
    ///      leave at once: stake on the hotkey is bound from here on as if it had just lost a permit.
    function _raise(uint32 netuid, address hotkey, uint256 amount) private {
        if (amount == 0) return;
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        _extendSlashable(entry);
        Shares storage pool = entry.staked;
        (uint256 takeBps,) = _takesOf(hotkey);
        uint256 taken = pool.shares == 0 ? amount : amount * takeBps / BPS;
        if (taken < amount) {
            pool.raise(amount - taken);
            emit DividendsAdded(netuid, hotkey, amount - taken, pool.assets);
        }
        if (taken > 0) _creditHotkey(netuid, hotkey, taken);
        else _afterChange(netuid, hotkey);
    }

    /// @dev Stakes `amount` for the hotkey on itself. Never reverts: what is worth no share raises the others.
    function _creditHotkey(uint32 netuid, address hotkey, uint256 amount) private {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        uint256 shares = entry.staked.depositOrRaise(amount);
        if (shares > 0) {
            entry.positions[hotkey] += shares;
            emit Staked(netuid, hotkey, hotkey, amount, shares, entry.staked.assets, entry.staked.shares);
        } else {
            emit DividendsAdded(netuid, hotkey, amount, entry.staked.assets);
        }
        _afterChange(netuid, hotkey);
    }

    /// @dev Takes `part` of BPS * WAD from both pools of the hotkey.
    function _slash(uint32 netuid, address hotkey, uint256 part) private returns (uint256 taken) {
        Hotkey storage entry = _hotkeys[netuid][hotkey];
        uint256 fromStaked = entry.staked.slash(part, BPS * WAD);
        uint256 fromLeaving = entry.leaving.slash(part, BPS * WAD);
        taken = fromStaked + fromLeaving;
        if (taken == 0) return 0;
        emit Slashed(netuid, hotkey, fromStaked, fromLeaving);
        _afterChange(netuid, hotkey);
    }

    /// @dev Walks over the staker's changes of position: its shares held for all payments up to the next change.
    function _owed(uint32 netuid, address hotkey, address staker, uint256 maxSteps)
        private
        view
        returns (uint256 amount, Cursor memory cursor)
    {
        Checkpoints.Trace208 storage changes = _rootShares[hotkey][staker];
        Checkpoints.Trace208 storage rates = _rates[netuid][hotkey];
        cursor = _claimed[netuid][hotkey][staker];
        uint256 count = changes.length();
        uint256 rate = rates.upperLookupRecent(cursor.payment);
        for (uint256 step = 0; step < maxSteps; ++step) {
            uint256 shares = cursor.changes == 0 ? 0 : changes.at(cursor.changes - 1)._value;
            uint48 until = cursor.changes < count ? changes.at(cursor.changes)._key : _payments[hotkey];
            uint256 next = rates.upperLookupRecent(until);
            amount += shares * (next - rate) >> RATE_BITS;
            (rate, cursor.payment) = (next, until);
            if (cursor.changes == count) break;
            ++cursor.changes;
        }
    }
}
