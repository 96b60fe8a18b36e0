// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {KoinonToken} from "../../token/KoinonToken.sol";
import {ISubnets} from "../ISubnets.sol";
import {IAlphaStaking} from "../pool/IAlphaStaking.sol";
import {PoolState} from "../pool/IPools.sol";
import {Pools} from "../pool/Pools.sol";
import {Accrued, IPoolEmission} from "./IPoolEmission.sol";

/// @title What accrued to whom in each subnet, and what was paid of it
/// @dev All of it is alpha that this contract holds: free balance = accrued in all steps - paid (and burned by {burnRest}). Accrual is
///      kept at the ends of steps; within a step it grows evenly.
abstract contract EmissionAccounts is IPoolEmission {
    using SafeCast for uint256;

    struct Account {
        /// Steps, from 1, in which the subnet took part: all from the first to the last. Zero before.
        uint32 firstStep;
        uint32 lastStep;
        uint16 ownerBps;
        uint16 minersBps;
        uint16 nextOwnerBps;
        uint16 nextMinersBps;
        /// When the next two take the place of the first two; zero while nothing was ever announced.
        uint48 nextFrom;
    }

    /// @notice Parts of a subnet whose owner announced none, in 1/10,000; dividends get 4,100.
    uint256 public constant DEFAULT_OWNER_BPS = 1_800;
    uint256 public constant DEFAULT_MINERS_BPS = 4_100;
    uint256 public constant MAX_OWNER_BPS = 1_800;
    /// @notice Least part of miners, and of dividends.
    uint256 public constant MIN_PART_BPS = 2_000;
    uint48 public constant PARTS_DELAY_SECONDS = 7 days;
    uint256 internal constant BPS = 10_000;

    KoinonToken public immutable token;
    ISubnets public immutable subnets;
    Pools public immutable pools;
    /// @inheritdoc IPoolEmission
    IAlphaStaking public immutable staking;
    /// @notice When the first period begins: deployment.
    uint48 public immutable startsAt;
    /// @notice How long results may still pay after the end of their subnet.
    uint256 public immutable restSeconds;
    address private immutable _setter;
    /// @inheritdoc IPoolEmission
    address public epochs;

    /// @dev Of the closed steps, in order.
    uint48[] internal _ends;
    mapping(uint32 netuid => Account) internal _accounts;
    /// @dev Cumulative at the end of each step in which the subnet took part.
    mapping(uint32 netuid => mapping(uint256 step => Accrued)) internal _accrued;
    mapping(uint32 netuid => Accrued) private _paid;

    constructor(Pools pools_, address setter, uint256 restSeconds_) {
        if (restSeconds_ == 0) revert ParameterOutOfRange("restSeconds");
        token = pools_.token();
        subnets = pools_.subnets();
        pools = pools_;
        staking = pools_.staking();
        restSeconds = restSeconds_;
        startsAt = uint48(block.timestamp);
        _setter = setter;
    }

    /// @inheritdoc IPoolEmission
    function setEpochs(address epochs_) external {
        if (msg.sender != _setter || epochs != address(0) || epochs_ == address(0)) revert NotSetter(msg.sender);
        epochs = epochs_;
    }

    /// @inheritdoc IPoolEmission
    function announceParts(uint32 netuid, uint256 ownerBps, uint256 minersBps) external {
        address owner = subnets.ownerOf(netuid);
        if (msg.sender != owner) revert NotSubnetOwner(msg.sender, owner);
        bool fits = ownerBps <= MAX_OWNER_BPS && minersBps >= MIN_PART_BPS
            && minersBps <= BPS - MIN_PART_BPS - ownerBps;
        if (!fits) revert PartsOutOfRange(ownerBps, minersBps);
        Account storage account = _accounts[netuid];
        // Steps that began before those in force still need the ones before them.
        bool isDue = account.nextFrom <= block.timestamp;
        if (isDue && account.nextFrom > finalUntil()) revert AccrualNotFinal(account.nextFrom, finalUntil());
        (uint256 nowOwnerBps, uint256 nowMinersBps,) = partsOf(netuid, block.timestamp);
        (account.ownerBps, account.minersBps) = (uint16(nowOwnerBps), uint16(nowMinersBps));
        (account.nextOwnerBps, account.nextMinersBps) = (uint16(ownerBps), uint16(minersBps));
        account.nextFrom = uint48(block.timestamp) + PARTS_DELAY_SECONDS;
        emit PartsAnnounced(netuid, ownerBps, minersBps, account.nextFrom);
    }

    /// @inheritdoc IPoolEmission
    function payMiner(uint32 netuid, address hotkey, uint256 amount) external {
        _onlyEpochs();
        _paid[netuid].miners = _added(netuid, "miners", _paid[netuid].miners, amount, _closed(netuid).miners);
        if (amount > 0) emit MinerPaid(netuid, hotkey, amount, _give(netuid, hotkey, amount));
    }

    /// @inheritdoc IPoolEmission
    function payDividends(uint32 netuid, address hotkey, uint256 amount) external {
        _onlyEpochs();
        Accrued storage paid = _paid[netuid];
        paid.dividends = _added(netuid, "dividends", paid.dividends, amount, _closed(netuid).dividends);
        if (amount == 0) return;
        emit DividendsPaid(netuid, hotkey, amount);
        staking.payDividends(netuid, hotkey, amount);
    }

    /// @inheritdoc IPoolEmission
    function payOwner(uint32 netuid, uint64 epochExclusive) external returns (uint256 amount) {
        _onlyEpochs();
        uint256 due = accrued(netuid, epochExclusive).owner;
        uint256 had = _paid[netuid].owner;
        if (due <= had) return 0;
        amount = due - had;
        _paid[netuid].owner = uint96(due);
        address owner = subnets.ownerOf(netuid);
        emit OwnerPaid(netuid, owner, amount, _give(netuid, owner, amount));
    }

    /// @inheritdoc IPoolEmission
    function burnRest(uint32 netuid) external returns (uint256 alpha) {
        uint256 dissolvedAt = subnets.dissolvedAtOf(netuid);
        PoolState memory pool = pools.stateOf(netuid);
        if (dissolvedAt == 0 || pool.weightKoin != 0) revert RestNotFree(netuid, 0);
        if (block.timestamp < dissolvedAt + restSeconds) revert RestNotFree(netuid, dissolvedAt + restSeconds);
        alpha = pools.balanceOf(address(this), netuid);
        emit RestBurned(netuid, alpha);
        // Whoever holds the last alpha gets the pot: here nobody may.
        if (alpha < pools.supplyOf(netuid)) pools.burn(netuid, alpha);
        else if (alpha > 0) token.burn(pools.redeem(netuid, alpha));
    }

    /// @inheritdoc IPoolEmission
    function accrued(uint32 netuid, uint64 epochExclusive) public view returns (Accrued memory) {
        return accruedUntil(netuid, subnets.epochWindow(netuid, epochExclusive).startsAt);
    }

    /// @inheritdoc IPoolEmission
    function accruedUntil(uint32 netuid, uint256 timestamp) public view returns (Accrued memory) {
        uint256 limit = finalUntil();
        if (timestamp > limit) revert AccrualNotFinal(timestamp, limit);
        if (timestamp <= startsAt) return Accrued(0, 0, 0);
        uint256 step = _stepAt(timestamp);
        uint256 from = step == 1 ? startsAt : _ends[step - 2];
        (uint256 part, uint256 whole) = (timestamp - from, _ends[step - 1] - from);
        Accrued memory before = _cumulative(netuid, step - 1);
        Accrued memory then = _cumulative(netuid, step);
        return Accrued({
            owner: _between(before.owner, then.owner, part, whole),
            miners: _between(before.miners, then.miners, part, whole),
            dividends: _between(before.dividends, then.dividends, part, whole)
        });
    }

    /// @inheritdoc IPoolEmission
    function finalUntil() public view returns (uint256) {
        uint256 count = _ends.length;
        return count == 0 ? startsAt : _ends[count - 1];
    }

    /// @inheritdoc IPoolEmission
    function paidOf(uint32 netuid) external view returns (Accrued memory) {
        return _paid[netuid];
    }

    /// @inheritdoc IPoolEmission
    function partsOf(uint32 netuid, uint256 timestamp)
        public
        view
        returns (uint256 ownerBps, uint256 minersBps, uint256 validatorsBps)
    {
        Account memory account = _accounts[netuid];
        (ownerBps, minersBps) = (account.ownerBps, account.minersBps);
        if (account.nextFrom == 0) (ownerBps, minersBps) = (DEFAULT_OWNER_BPS, DEFAULT_MINERS_BPS);
        else if (timestamp >= account.nextFrom) (ownerBps, minersBps) = (account.nextOwnerBps, account.nextMinersBps);
        validatorsBps = BPS - ownerBps - minersBps;
    }

    /// @dev Cumulative after `step`, which may be one in which the subnet no longer took part.
    function _cumulative(uint32 netuid, uint256 step) internal view returns (Accrued memory) {
        Account storage account = _accounts[netuid];
        uint256 first = account.firstStep;
        if (first == 0 || step < first) return Accrued(0, 0, 0);
        return _accrued[netuid][Math.min(step, account.lastStep)];
    }

    /// @dev What may be paid: of closed steps only.
    function _closed(uint32 netuid) private view returns (Accrued memory) {
        return _cumulative(netuid, _ends.length);
    }

    /// @dev The first closed step that ends at or after `timestamp`, which is not after the last end.
    function _stepAt(uint256 timestamp) private view returns (uint256) {
        (uint256 low, uint256 high) = (0, _ends.length - 1);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_ends[middle] < timestamp) low = middle + 1;
            else high = middle;
        }
        return low + 1;
    }

    function _between(uint256 before, uint256 then, uint256 part, uint256 whole) private pure returns (uint96) {
        return uint96(before + (then - before) * part / whole);
    }

    function _added(uint32 netuid, string memory part, uint256 had, uint256 amount, uint256 limit)
        private
        pure
        returns (uint96)
    {
        if (amount > limit || had + amount > limit) revert PaymentExceedsAccrued(netuid, part, had + amount, limit);
        return uint96(had + amount);
    }

    /// @dev Staked where the account prefers. What a share pool refuses (too little for a share, or the pool is ruined) becomes the
    ///      account's free alpha, so that nobody's choice of a pool can stop a claim of many. A call that ran out of gas gives no
    ///      reason and is not taken for a refusal.
    function _give(uint32 netuid, address account, uint256 amount) private returns (bool staked) {
        try staking.stakeFor(netuid, account, amount) {
            return true;
        } catch (bytes memory reason) {
            if (reason.length == 0) revert GasTooLow(gasleft(), 0);
            pools.transfer(account, netuid, amount);
        }
    }

    function _onlyEpochs() private view {
        if (msg.sender != epochs) revert NotEpochs(msg.sender);
    }
}
