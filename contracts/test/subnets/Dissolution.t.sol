// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Posting} from "../../src/subnets/IEpochs.sol";
import {IStaking} from "../../src/subnets/IStaking.sol";
import {ISubnetTerms} from "../../src/subnets/ISubnetTerms.sol";
import {ISubnets, Outcome, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {Staking} from "../../src/subnets/Staking.sol";
import {SubnetTerms} from "../../src/subnets/SubnetTerms.sol";
import {Subnets} from "../../src/subnets/Subnets.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract DissolutionTest is Network {
    address private constant ANN = address(0xA);
    address private constant HOTKEY = address(0x407);
    address private constant FOUNDER = address(0x0E0E);
    uint256 private constant LIMIT = 128;

    function setUp() public {
        deployNetwork();
    }

    function test_the_lock_price_doubles_with_each_subnet_and_falls_with_time() public {
        eq(subnets.lockPrice(), CREATION_BURN, "first");
        fund(FOUNDER, 10 * CREATION_BURN);
        vm.startPrank(FOUNDER);
        subnets.createSubnet(params(), CREATION_BURN);
        eq(subnets.lockPrice(), 2 * CREATION_BURN, "second, in the same second");
        vm.expectRevert(
            abi.encodeWithSelector(ISubnetTerms.PriceAboveMaximum.selector, 2 * CREATION_BURN, CREATION_BURN)
        );
        subnets.createSubnet(params(), CREATION_BURN);
        subnets.createSubnet(params(), 2 * CREATION_BURN);
        vm.stopPrank();
        eq(subnets.lockPrice(), 4 * CREATION_BURN, "third");
        vm.warp(block.timestamp + 14 days);
        eq(subnets.lockPrice(), 2 * CREATION_BURN, "an interval later");
        vm.warp(block.timestamp + 365 days);
        eq(subnets.lockPrice(), CREATION_BURN, "never below");
    }

    function test_a_full_network_refuses_while_all_are_immune() public {
        // At no price; otherwise doubling makes so many within the immunity impossible.
        subnets = new Subnets(token, identity, new Staking(token, UNBONDING), new SubnetTerms(), 0);
        for (uint256 i = 0; i < LIMIT; ++i) subnets.createSubnet(params(), 0);
        vm.warp(block.timestamp + 120 days - 1);
        vm.expectRevert(ISubnets.TooManySubnets.selector);
        subnets.createSubnet(params(), 0);
        vm.warp(block.timestamp + 1);
        subnets.createSubnet(params(), 0);
        eq(subnets.dissolvedAtOf(1), block.timestamp, "of equals the oldest");
    }

    function test_the_subnet_with_the_least_stake_makes_room_and_nothing_of_it_is_lost() public {
        uint32 first = createSubnet();
        uint32 second = createSubnet();
        stakeOn(first, HOTKEY, ANN, 7e18);
        _fill(LIMIT - 2);
        for (uint32 netuid = 3; netuid <= LIMIT; ++netuid) stakeOn(netuid, HOTKEY, ANN, 9e18);
        vm.warp(block.timestamp + 120 days);
        stakeOn(second, HOTKEY, ANN, 1_000e18);
        vm.warp(block.timestamp + 6 days);
        uint32 newest = createSubnet();
        eq(newest, LIMIT + 1, "never used again");
        eq(subnets.dissolvedAtOf(second), block.timestamp, "stake of the last seven days saves nobody");
        eq(subnets.livingSubnets().length, LIMIT, "full again");

        stakeOn(newest, HOTKEY, ANN, 1e18);
        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IStaking.SubnetIsDissolved.selector, second));
        staking.stake(second, HOTKEY, 1);
        staking.unstake(second, HOTKEY, 1_000e18);
        vm.warp(block.timestamp + UNBONDING);
        eq(staking.withdraw(1), 1_000e18, "in full");
        vm.stopPrank();

        uint256 accrued = emission.accruedUntil(second, block.timestamp);
        vm.warp(block.timestamp + 30 days);
        eq(emission.accruedUntil(second, block.timestamp), accrued, "accrues no more");
        uint256 sum;
        for (uint32 netuid = 1; netuid <= newest; ++netuid) sum += emission.accruedUntil(netuid, block.timestamp);
        uint256 issued = emission.issuedUntil(block.timestamp);
        emission.sync(type(uint32).max);
        atMost(sum, issued, "sum of all");
        eq(emission.accruedUntil(second, block.timestamp), accrued, "written down or not");
    }

    function test_a_dissolved_subnet_takes_nobody_and_refunds_challengers() public {
        SubnetParams memory small = params();
        (small.maxNeurons, small.rules.noticeSeconds) = (2, 7 days);
        uint32 netuid = createSubnet(small);
        join(netuid, HOTKEY);
        join(netuid, address(0x408));
        _fill(LIMIT - 1);
        for (uint32 other = 2; other <= LIMIT; ++other) stakeOn(other, HOTKEY, ANN, 9e18);
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

    function test_validators_of_a_dissolved_subnet_still_sign_and_are_paid_what_accrued() public {
        uint32 netuid = createSubnet();
        uint256[] memory keys = addValidators(netuid, 3, MIN_STAKE);
        _fill(LIMIT - 1);
        for (uint32 other = 2; other <= LIMIT; ++other) stakeOn(other, HOTKEY, ANN, 1_000e18);
        vm.warp(block.timestamp + 120 days);
        uint64 epoch = subnets.epochAt(netuid, block.timestamp);
        createSubnet();
        toRoot(netuid, epoch);
        uint256 accrued = emission.accrued(netuid, epoch + 1);
        bytes32[] memory seats = new bytes32[](1);
        seats[0] = bytes32(accrued);
        Posting memory posting = postingFor(netuid, epoch, keys, seats);
        submit(resultFor(netuid, epoch, posting, accrued), posting, keys, 3);
        vm.warp(block.timestamp + 120);
        eq(epochs.claim(claimOf(netuid, epoch, 0, seats)), accrued, "paid");
    }

    function _fill(uint256 count) private {
        fund(FOUNDER, count * CREATION_BURN);
        for (uint256 i = 0; i < count; ++i) {
            vm.warp(block.timestamp + 28 days);
            vm.prank(FOUNDER);
            subnets.createSubnet(params(), type(uint256).max);
        }
    }
}
