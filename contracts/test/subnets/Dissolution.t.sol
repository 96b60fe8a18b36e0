// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued} from "../../src/subnets/emission/IPoolEmission.sol";
import {IEpochs, Posting} from "../../src/subnets/results/IEpochs.sol";
import {ISubnetTerms} from "../../src/subnets/ISubnetTerms.sol";
import {ISubnets, Outcome, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {IAlphaStaking} from "../../src/subnets/pool/IAlphaStaking.sol";
import {IPermits} from "../../src/subnets/pool/IPermits.sol";
import {IPools} from "../../src/subnets/pool/IPools.sol";
import {AmountWords} from "../../src/subnets/results/SeatWords.sol";
import {Subnets} from "../../src/subnets/Subnets.sol";
import {SubnetTerms} from "../../src/subnets/SubnetTerms.sol";
import {KoinonToken} from "../../src/token/KoinonToken.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev Pools that take any lock, even none.
contract FreePools {
    KoinonToken public immutable token;

    constructor(KoinonToken token_) {
        token = token_;
    }

    function pools() external view returns (IPools) {
        return IPools(address(this));
    }

    function permits() external pure returns (IPermits) {
        return IPermits(address(0));
    }

    function unbondingSeconds() external pure returns (uint48) {
        return 7 days;
    }

    function bindSubnets() external {}
    function open(uint32, uint256, uint256) external {}
    function dissolve(uint32) external {}

    function coinbase() external view returns (address) {
        return token.minter();
    }
}

contract DissolutionTest is Network {
    address private constant ANN = address(0xA);
    address private constant HOTKEY = address(0x407);
    uint256 private constant LIMIT = 128;

    function setUp() public {
        deployNetwork();
    }

    function test_the_lock_price_doubles_with_each_subnet_and_falls_with_time() public {
        eq(subnets.lockPrice(), LOCK, "first");
        fund(FOUNDER, 10 * LOCK);
        vm.startPrank(FOUNDER);
        subnets.createSubnet(params(), LOCK);
        eq(subnets.lockPrice(), 2 * LOCK, "second, in the same second");
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.PriceAboveMaximum.selector, 2 * LOCK, LOCK));
        subnets.createSubnet(params(), LOCK);
        subnets.createSubnet(params(), 2 * LOCK);
        vm.stopPrank();
        eq(pools.stateOf(2).koin, 2 * LOCK, "its pool has all of it");
        eq(pools.priceOf(2), 1e18, "and as much alpha");
        eq(subnets.lockPrice(), 4 * LOCK, "third");
        vm.warp(block.timestamp + 14 days);
        eq(subnets.lockPrice(), 2 * LOCK, "an interval later");
        vm.warp(block.timestamp + 365 days);
        eq(subnets.lockPrice(), LOCK, "never below");
    }

    function test_a_full_network_refuses_while_all_are_immune() public {
        // At no price; otherwise doubling makes so many within the immunity impossible.
        IAlphaStaking free = IAlphaStaking(address(new FreePools(token)));
        subnets = new Subnets(identity, new SubnetTerms(), free, conviction, 0);
        for (uint256 i = 0; i < LIMIT; ++i) subnets.createSubnet(params(), 0);
        vm.warp(block.timestamp + 120 days - 1);
        vm.expectRevert(ISubnets.TooManySubnets.selector);
        subnets.createSubnet(params(), 0);
        vm.warp(block.timestamp + 1);
        subnets.createSubnet(params(), 0);
        eq(subnets.dissolvedAtOf(1), block.timestamp, "of equals the oldest");
    }

    function test_the_subnet_with_the_lowest_price_makes_room_and_what_people_hold_is_paid_out() public {
        createSubnet();
        uint32 second = createSubnet();
        _fill(LIMIT - 2);
        uint256 shares = stakeOn(second, HOTKEY, ANN, 60e18);
        _sell(second, 15e18);
        _haveResults();
        vm.warp(block.timestamp + 120 days);
        _buy(second, 1_000e18);
        yes(pools.priceOf(second) > 100e18, "dear on the day");
        vm.warp(block.timestamp + 1 hours);
        advance();
        uint32 newest = createSubnet();
        eq(newest, LIMIT + 1, "never used again");
        eq(subnets.dissolvedAtOf(second), block.timestamp, "a price of an hour saves nobody");
        eq(subnets.livingSubnets().length, LIMIT, "full again");

        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SubnetIsDissolved.selector, second));
        staking.stake(second, HOTKEY, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.PoolIsDissolved.selector, second));
        pools.sell(second, 1e18, 1);
        staking.unstake(second, HOTKEY, shares, 60e18);
        (uint256 all, uint256 outstanding, uint256 pot) =
            (pools.balanceOf(ANN, second), pools.supplyOf(second), pools.stateOf(second).koin);
        uint256 had = token.balanceOf(ANN);
        pools.redeem(second, all);
        eq(token.balanceOf(ANN) - had, all * pot / outstanding, "its part of the pot");
        vm.stopPrank();

        vm.warp(block.timestamp + PERIOD);
        advance();
        Accrued memory then = emission.accruedUntil(second, emission.finalUntil());
        vm.warp(block.timestamp + 30 days);
        advance();
        eq(emission.accruedUntil(second, emission.finalUntil()).miners, then.miners, "accrues no more");
        emission.burnRest(second);
        eq(pools.supplyOf(second), 0, "nor keeps what nobody can be paid");
        yes(emission.accruedUntil(newest, emission.finalUntil()).miners > 0, "the newest does");
    }

    function test_a_subnet_without_results_goes_before_any_that_has_some() public {
        uint32 first = createSubnet();
        uint32 second = createSubnet();
        uint256[] memory keys = addValidators(first, 1, MIN_STAKE);
        _sell(first, 9e18);
        vm.warp(block.timestamp + 120 days);
        uint64 epoch = subnets.epochAt(first, block.timestamp);
        toRoot(first, epoch);
        Posting memory posting = postingFor(first, epoch, keys, new bytes32[](0), new bytes32[](0));
        submit(resultFor(first, epoch, posting, 0, 0), posting, keys, 1);
        uint256 score = subnets.pruningScore().scoreOf(subnets, first);
        eq(score, pools.averageOf(first), "by its price");
        yes(score > 0 && score < pools.averageOf(second), "which is the lower one");
        eq(subnets.pruningScore().scoreOf(subnets, second), 0, "but works");
        vm.warp(subnets.epochWindow(first, epoch).endsAt + 90 days);
        yes(subnets.pruningScore().scoreOf(subnets, first) > 0, "for so long");
        vm.warp(block.timestamp + 1);
        eq(subnets.pruningScore().scoreOf(subnets, first), 0, "no longer");
    }

    function test_a_dissolved_subnet_takes_nobody_and_refunds_challengers() public {
        SubnetParams memory small = params();
        (small.maxNeurons, small.rules.noticeSeconds) = (2, 7 days);
        uint32 netuid = createSubnet(small);
        join(netuid, HOTKEY);
        join(netuid, address(0x408));
        _fill(LIMIT - 1);
        vm.warp(block.timestamp + 120 days);
        fund(ANN, 1_000e18);
        vm.startPrank(ANN);
        uint256 agentId = identity.register();
        subnets.challenge(netuid, 0, agentId, "", 1e18);
        vm.stopPrank();
        uint256 deposit = token.balanceOf(address(subnets));
        yes(deposit > 0, "open");
        createSubnet();
        vm.startPrank(HOTKEY);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetIsDissolved.selector, netuid));
        subnets.matchChallenge(netuid, 0, 1e18);
        subnets.deregister(netuid, HOTKEY);
        vm.stopPrank();
        uint256 before = token.balanceOf(ANN);
        yes(subnets.finaliseChallenge(netuid, 0) == Outcome.Refunded, "refunded");
        eq(token.balanceOf(ANN), before + deposit, "to the payer");
        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetIsDissolved.selector, netuid));
        subnets.register(netuid, agentId, "", 1e18);
        vm.stopPrank();
        vm.prank(FOUNDER);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.SubnetIsDissolved.selector, netuid));
        terms.announceUpdate(netuid, "x", SPEC);
    }

    function test_validators_of_a_dissolved_subnet_still_sign_and_miners_redeem_what_accrued() public {
        uint32 netuid = createSubnet();
        uint256[] memory keys = addValidators(netuid, 3, MIN_STAKE);
        _fill(LIMIT - 1);
        vm.warp(block.timestamp + 120 days);
        advance();
        uint64 epoch = subnets.epochAt(netuid, block.timestamp);
        createSubnet();
        toRoot(netuid, epoch);
        uint256 accrued = emission.accrued(netuid, epoch + 1).miners;
        bytes32[] memory amounts = new bytes32[](1);
        amounts[0] = AmountWords.pack(accrued, 0);
        Posting memory posting = postingFor(netuid, epoch, keys, new bytes32[](0), amounts);
        submit(resultFor(netuid, epoch, posting, accrued, 0), posting, keys, 3);
        vm.warp(block.timestamp + 120);
        address miner = vm.addr(keys[0]);
        (uint256 mined,) = epochs.claim(claimOf(netuid, epoch, 0, posting));
        yes(mined == accrued && accrued > 0, "paid");
        eq(pools.balanceOf(miner, netuid), accrued, "as free alpha: nothing is staked there any more");
        uint256 before = token.balanceOf(miner);
        vm.prank(miner);
        uint256 koin = pools.redeem(netuid, accrued);
        yes(koin > 0 && token.balanceOf(miner) == before + koin, "and redeemed");
    }

    function _fill(uint256 count) private {
        fund(FOUNDER, count * LOCK);
        for (uint256 i = 0; i < count; ++i) {
            vm.warp(block.timestamp + 28 days);
            vm.prank(FOUNDER);
            subnets.createSubnet(params(), type(uint256).max);
        }
    }

    /// @dev All subnets have one, and of an epoch that is not over.
    function _haveResults() private {
        bytes memory asked = abi.encodeWithSelector(IEpochs.lastRootEpoch.selector);
        vm.mockCall(address(epochs), asked, abi.encode(true, uint64(1e7)));
    }

    function _buy(uint32 netuid, uint256 koin) private {
        fund(ANN, koin);
        vm.prank(ANN);
        pools.buy(netuid, koin, 1);
    }

    function _sell(uint32 netuid, uint256 alpha) private {
        mintAlpha(netuid, ANN, alpha);
        vm.prank(ANN);
        pools.sell(netuid, alpha, 1);
    }
}
