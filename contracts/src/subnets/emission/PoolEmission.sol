// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {PoolState} from "../pool/IPools.sol";
import {Pools} from "../pool/Pools.sol";
import {Pool, WeightedPool} from "../pool/WeightedPool.sol";
import {Averages} from "./Averages.sol";
import {Coinbase} from "./Coinbase.sol";
import {EmissionAccounts} from "./EmissionAccounts.sol";
import {EmissionPolicies} from "./EmissionPolicies.sol";
import {Halving} from "./Halving.sol";
import {IEmissionPolicy} from "./IEmissionPolicy.sol";
import {Accrued, IPoolEmission, Step, SubnetIssue, SubnetShare} from "./IPoolEmission.sol";
import {Q64} from "./Q64.sol";

/// @title The coinbase of a network with pools
/// @dev Time goes in periods of {periodSeconds} from deployment on. A step takes all whole periods since the last one: its opening reads
///      averages and fixes shares, then its subnets are paid one by one, in portions as large as the caller likes.
///      KOIN leaves this contract only into pools, in the call in which it is minted. Nothing here can stop, choose or skip a subnet.
///      Whatever it calls (token, pools, staking, registry) was named at deployment and calls nobody back; the policy is called without
///      the right to change anything.
contract PoolEmission is EmissionAccounts {
    using SafeCast for uint256;
    using SafeCast for int256;

    /// @dev KOIN a second, of people and of this contract, and the average of the KOIN that people keep in the pool. One slot: there is
    ///      less KOIN than 2^85 units, and a step injects less than a thousandth of a reserve.
    struct Flows {
        int88 user;
        int80 protocol;
        uint88 capital;
    }

    /// @dev What the time of a step leaves of averages.
    struct Keeps {
        uint256 elapsed;
        uint256 flow;
        uint256 capital;
    }

    /// @dev The pool after the last injection, and what that brought.
    struct Mark {
        uint96 koin;
        uint96 injected;
    }

    struct Schedules {
        /// Base units a second before the first halving.
        uint256 koinPerSecond;
        uint256 alphaPerSecond;
        uint256 periodSeconds;
        /// Of {EmissionAccounts.restSeconds}.
        uint256 restSeconds;
    }

    /// @notice What one step adds to a pool at most, in 1/10,000 of its reserves. It is the fee of a trade, so that nobody gains by
    ///         moving the price, waiting for the injection and moving it back (specs/0020-pool-emission.md section 4).
    uint256 public constant MAX_INJECTION_BPS = 5;
    uint256 public constant MAX_PERIOD_SECONDS = 30 days;
    /// @notice What a flow average keeps of itself after a second, in parts of 2^64: half in 30 days.
    uint256 public constant FLOW_KEEP = 18446739140720764749;
    /// @notice The same of the average of the KOIN that people keep in a pool: half in 7 days.
    uint256 public constant CAPITAL_KEEP = 18446722932338324499;
    /// @notice What a flow average is multiplied by to be what came in lately: 30 days / ln 2, in seconds.
    uint256 public constant FLOW_MEMORY_SECONDS = 3_739_465;
    /// @notice Gas that the policy gets, beside what it gets per subnet. A caller that brings less is refused.
    uint256 public constant POLICY_GAS = 200_000;
    uint256 public constant POLICY_GAS_PER_SUBNET = 25_000;

    /// @notice How KOIN is shared between subnets.
    IEmissionPolicy public immutable policy;
    uint256 public immutable koinPerSecond;
    uint256 public immutable alphaPerSecond;
    uint256 public immutable periodSeconds;
    /// @dev Of the staking contract, in parts of 2^64.
    uint256 private immutable _rootWeight;

    Step private _step;
    uint48 private _closedAt;
    mapping(uint256 index => SubnetShare) private _entries;
    mapping(uint32 netuid => Flows) private _flows;
    mapping(uint32 netuid => Mark) private _marks;

    /// @param pools_ Names token, staking and registry, which are bound to it. The token's minter, which is the pools' coinbase, must become this contract.
    /// @param setter Whoever names the epoch contract, once.
    constructor(
        Pools pools_,
        address setter,
        IEmissionPolicy policy_,
        Schedules memory schedules
    ) EmissionAccounts(pools_, setter, schedules.restSeconds) {
        uint256 period = schedules.periodSeconds;
        if (period == 0 || period > MAX_PERIOD_SECONDS) revert ParameterOutOfRange("periodSeconds");
        policy = policy_;
        koinPerSecond = schedules.koinPerSecond;
        alphaPerSecond = schedules.alphaPerSecond;
        periodSeconds = period;
        _rootWeight = _inQ64(pools_.staking().rootWeight());
        // Refuses a schedule that could pass its cap.
        Halving.rate(_koinSchedule(), 0);
        Halving.rate(_alphaSchedule(), 0);
        token.approve(address(pools_), type(uint256).max);
    }

    /// @inheritdoc IPoolEmission
    function advance(uint256 maxSubnets) external returns (uint256 left) {
        Step memory step = _step;
        if (_isClosed(step)) step = _open(step);
        uint256 until = Math.min(step.count, uint256(step.paid) + maxSubnets);
        if (until > step.paid) {
            step.koinMinted += uint96(_pay(step, until));
            step.paid = uint16(until);
        }
        _step = step;
        if (_isClosed(step)) {
            _ends.push(step.end);
            _closedAt = uint48(block.timestamp);
            emit StepClosed(_ends.length, step.koinMinted, step.koinIssued - step.koinMinted);
        }
        return step.count - step.paid;
    }

    /// @inheritdoc IPoolEmission
    function lastStep() external view returns (uint256 number, Step memory step) {
        step = _step;
        if (step.end != 0) number = _isClosed(step) ? _ends.length : _ends.length + 1;
    }

    /// @inheritdoc IPoolEmission
    function lastShares() external view returns (SubnetShare[] memory shares) {
        shares = new SubnetShare[](_step.count);
        for (uint256 i = 0; i < shares.length; ++i) {
            shares[i] = _entries[i];
        }
    }

    /// @inheritdoc IPoolEmission
    function flowsOf(uint32 netuid) external view returns (int256 user, int256 protocol) {
        return (_flows[netuid].user, _flows[netuid].protocol);
    }

    /// @inheritdoc IPoolEmission
    function capitalOf(uint32 netuid) external view returns (uint256) {
        return _flows[netuid].capital;
    }

    function _isClosed(Step memory step) private pure returns (bool) {
        return step.paid == step.count;
    }

    /// @dev Never in the second in which the last step was closed: no two injections into a pool in one transaction.
    function _open(Step memory last) private returns (Step memory step) {
        uint256 from = last.end == 0 ? startsAt : last.end;
        uint256 periods = (block.timestamp - from) / periodSeconds;
        if (periods == 0) revert TooEarly(block.timestamp, from + periodSeconds);
        if (block.timestamp == _closedAt) revert TooEarly(block.timestamp, block.timestamp + 1);
        step.from = uint48(from);
        step.end = uint48(from + periods * periodSeconds);
        step.rootStake = token.balanceOf(address(staking)).toUint96();
        step.koinIssued =
            uint96(Halving.issuedOver(_koinSchedule(), token.totalMinted(), step.end - from));

        (uint32[] memory netuids, uint256[] memory averages, EmissionPolicies.Signals[] memory signals) =
            _measure(step);
        uint256[] memory shares = _sharesOf(netuids, signals);
        for (uint256 i = 0; i < netuids.length; ++i) {
            _entries[i] =
                SubnetShare(netuids[i], uint64(averages[i]), uint72(shares[i]), uint88(signals[i].capital));
        }
        step.count = netuids.length.toUint16();
        _announce(step, netuids, averages, signals, shares);
    }

    function _announce(
        Step memory step,
        uint32[] memory netuids,
        uint256[] memory averages,
        EmissionPolicies.Signals[] memory signals,
        uint256[] memory shares
    ) private {
        uint256[] memory capitals = new uint256[](netuids.length);
        for (uint256 i = 0; i < capitals.length; ++i) {
            capitals[i] = signals[i].capital;
        }
        emit StepOpened(
            _ends.length + 1, step.from, step.end, step.koinIssued, step.rootStake, netuids, averages, capitals, shares
        );
    }

    /// @dev The living subnets whose pools were open when the step began.
    function _measure(Step memory step)
        private
        returns (uint32[] memory netuids, uint256[] memory averages, EmissionPolicies.Signals[] memory signals)
    {
        netuids = subnets.livingSubnets();
        averages = new uint256[](netuids.length);
        signals = new EmissionPolicies.Signals[](netuids.length);
        Keeps memory keeps;
        keeps.elapsed = step.end - step.from;
        keeps.flow = Averages.keepOver(FLOW_KEEP, keeps.elapsed);
        keeps.capital = Averages.keepOver(CAPITAL_KEEP, keeps.elapsed);
        uint256 count;
        for (uint256 i = 0; i < netuids.length; ++i) {
            PoolState memory pool = pools.stateOf(netuids[i]);
            if (pool.openedAt == 0 || pool.openedAt > step.from || pool.weightKoin == 0) continue;
            netuids[count] = netuids[i];
            averages[count] = _averageAt(pool, step.end);
            signals[count].eligible = true;
            signals[count].priceEma = uint128(_inQ64(averages[count]));
            _moveFlows(signals[count], netuids[i], pool.koin, keeps);
            ++count;
        }
        assembly ("memory-safe") {
            mstore(netuids, count)
            mstore(averages, count)
            mstore(signals, count)
        }
    }

    /// @dev At `end`; when the pool moved since, at its last move, which counts a price only for the time that it stood.
    function _averageAt(PoolState memory pool, uint256 end) private pure returns (uint256) {
        if (pool.averagedAt >= end) return pool.average;
        uint256 price = WeightedPool.price(Pool(pool.alpha, pool.koin, pool.weightKoin));
        return WeightedPool.movedAverage(pool.average, price, pool.averagedAt - pool.openedAt, end - pool.openedAt);
    }

    /// @dev Counts what came into the pool since the last injection, and that injection, as flows of the elapsed time; then what of the
    ///      pool is people's. Before the first injection nothing is.
    function _moveFlows(EmissionPolicies.Signals memory signal, uint32 netuid, uint96 koin, Keeps memory keeps)
        private
    {
        Mark memory mark = _marks[netuid];
        Flows memory flows = _flows[netuid];
        int256 change = _accounts[netuid].firstStep == 0 ? int256(0) : int256(uint256(koin)) - int256(uint256(mark.koin));
        flows.user = Averages.flowAfter(flows.user, change, keeps.elapsed, keeps.flow).toInt88();
        flows.protocol = Averages.flowAfter(
            flows.protocol, int256(uint256(mark.injected)), keeps.elapsed, keeps.flow
        ).toInt80();
        (uint256 average, uint256 capital) = Averages.keptCapital(
            flows.capital,
            mark.koin,
            koin,
            uint256(int256(flows.protocol)),
            FLOW_MEMORY_SECONDS,
            keeps.capital
        );
        flows.capital = average.toUint88();
        _flows[netuid] = flows;
        (signal.userFlow, signal.protocolCost, signal.capital) = (flows.user, flows.protocol, uint128(capital));
    }

    /// @dev All zero, so that no KOIN is minted, when the policy reverts, runs out of its gas, or answers anything but one share a
    ///      subnet with a sum of at most one whole. Nothing of a longer answer is copied.
    function _sharesOf(uint32[] memory netuids, EmissionPolicies.Signals[] memory signals)
        private
        returns (uint256[] memory shares)
    {
        uint256 count = netuids.length;
        shares = new uint256[](count);
        if (count == 0) return shares;
        uint256 allowed = POLICY_GAS + POLICY_GAS_PER_SUBNET * count;
        bytes memory question = abi.encodeCall(IEmissionPolicy.shares, (netuids, signals));
        address answerer = address(policy);
        // A call passes on at most 63/64 of what is left.
        if (gasleft() < allowed + allowed / 32 + 10_000) revert GasTooLow(gasleft(), allowed + allowed / 32 + 10_000);
        bool fits;
        assembly ("memory-safe") {
            fits := staticcall(allowed, answerer, add(question, 0x20), mload(question), 0, 0)
            fits := and(fits, eq(returndatasize(), add(0x40, mul(0x20, count))))
            if fits {
                returndatacopy(0, 0, 0x40)
                fits := and(eq(mload(0), 0x20), eq(mload(0x20), count))
                returndatacopy(add(shares, 0x20), 0x40, mul(0x20, count))
            }
        }
        uint256 sum;
        for (uint256 i = 0; i < count && fits; ++i) {
            fits = shares[i] <= Q64.ONE;
            if (fits) sum += shares[i];
        }
        if (fits && sum <= Q64.ONE) return shares;
        emit PolicyFailed(_ends.length + 1);
        return new uint256[](count);
    }

    /// @dev Books first, then mints the KOIN of all and hands out.
    function _pay(Step memory step, uint256 until) private returns (uint256 koin) {
        uint256 number = _ends.length + 1;
        uint256 first = step.paid;
        uint32[] memory netuids = new uint32[](until - first);
        SubnetIssue[] memory issues = new SubnetIssue[](until - first);
        for (uint256 i = 0; i < issues.length; ++i) {
            SubnetShare memory entry = _entries[first + i];
            netuids[i] = entry.netuid;
            PoolState memory pool = pools.stateOf(entry.netuid);
            if (pool.weightKoin == 0) {
                emit SubnetSkipped(number, entry.netuid);
                continue;
            }
            issues[i] = _issueOf(step, entry, pool);
            koin += issues[i].koinIn;
            _marks[entry.netuid] = Mark(pool.koin + uint96(issues[i].koinIn), uint96(issues[i].koinIn));
            _book(number, entry.netuid, issues[i]);
        }
        if (koin > 0) token.mint(address(this), koin);
        for (uint256 i = 0; i < issues.length; ++i) {
            SubnetIssue memory issue = issues[i];
            if (issue.koinIn + issue.alphaIn > 0) pools.inject(netuids[i], issue.alphaIn, issue.koinIn);
            uint256 alpha = issue.owner + issue.miners + issue.dividends;
            if (alpha > 0) pools.mint(netuids[i], address(this), alpha);
        }
    }

    function _issueOf(Step memory step, SubnetShare memory entry, PoolState memory pool)
        private
        view
        returns (SubnetIssue memory issue)
    {
        uint256 issued = Halving.issuedOver(_alphaSchedule(), pool.minted, step.end - step.from);
        (uint256 ownerBps, uint256 minersBps, uint256 dividendsBps) = partsOf(entry.netuid, step.from);
        Coinbase.Parts memory parts = Coinbase.split(issued, ownerBps, minersBps, dividendsBps);
        (issue.owner, issue.miners, issue.dividends) = (parts.owner, parts.miners, parts.dividends);
        issue.alphaRecycled = parts.recycled;

        uint256 koin = Q64.mul(step.koinIssued, entry.share);
        uint256 proportion = Coinbase.rootProportion(step.rootStake, _rootWeight, pool.minted);
        uint256 most = pools.ALPHA_CAP() - pool.minted - issued;
        most = Math.min(most, Q64.mul(proportion, issued));
        most = Math.min(most, uint256(pool.alpha) * MAX_INJECTION_BPS / BPS);
        most = Math.min(most, koin * pool.alpha / pool.koin);
        issue.koinIn = most * pool.koin / pool.alpha;
        if (issue.koinIn > 0) issue.alphaIn = most;
        issue.koinExcess = koin - issue.koinIn;
    }

    function _book(uint256 number, uint32 netuid, SubnetIssue memory issue) private {
        Accrued memory total = _cumulative(netuid, number - 1);
        total.owner += uint96(issue.owner);
        total.miners += uint96(issue.miners);
        total.dividends += uint96(issue.dividends);
        _accrued[netuid][number] = total;
        if (_accounts[netuid].firstStep == 0) _accounts[netuid].firstStep = uint32(number);
        _accounts[netuid].lastStep = uint32(number);
        emit SubnetPaid(number, netuid, issue);
    }

    function _koinSchedule() private view returns (Halving.Schedule memory) {
        return Halving.Schedule(token.CAP(), koinPerSecond);
    }

    function _alphaSchedule() private view returns (Halving.Schedule memory) {
        return Halving.Schedule(pools.ALPHA_CAP(), alphaPerSecond);
    }

    /// @dev Parts of 1e18 as parts of 2^64, rounded down.
    function _inQ64(uint256 wad) private pure returns (uint256) {
        return wad * Q64.ONE / WeightedPool.WAD;
    }
}
