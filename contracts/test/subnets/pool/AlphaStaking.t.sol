// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {HotkeyState, IAlphaStaking, Ticket} from "../../../src/subnets/pool/IAlphaStaking.sol";
import {AlphaStaking} from "../../../src/subnets/pool/AlphaStaking.sol";
import {IPools} from "../../../src/subnets/pool/IPools.sol";
import {Pools} from "../../../src/subnets/pool/Pools.sol";
import {KoinonToken} from "../../../src/token/KoinonToken.sol";
import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

contract AlphaStakingTest is PoolNetwork {
    address private constant HOTKEY = address(0x407);
    address private constant OTHER = address(0x408);
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    uint32 private _netuid;

    event WeightChanged(uint32 indexed netuid, address indexed hotkey, uint256 weight, uint256 totalWeight);
    event SlashPaid(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed beneficiary,
        uint256 alphaTaken,
        uint256 koinTaken,
        uint256 alphaReward,
        uint256 koinReward
    );

    function setUp() public {
        deployPools();
        _netuid = openSubnet();
    }

    function test_positions_add_up_per_hotkey_and_subnet() public {
        uint32 other = openSubnet();
        stakeOn(_netuid, HOTKEY, ANN, 5e18);
        mintAlpha(_netuid, BOB, 7e18);
        vm.prank(BOB);
        vm.expectEmit(true, true, true, true);
        emit WeightChanged(_netuid, HOTKEY, 12e18, 12e18);
        staking.stake(_netuid, HOTKEY, 7e18);
        stakeOn(other, HOTKEY, BOB, 1e18);
        eq(staking.weightOf(_netuid, HOTKEY), 12e18, "hotkey");
        eq(staking.totalWeightOf(_netuid), 12e18, "subnet");
        eq(staking.totalWeightOf(other), 1e18, "other subnet");
        eq(worthOf(_netuid, HOTKEY, BOB), 7e18, "position");
        eq(pools.balanceOf(address(staking), _netuid), 12e18, "held");
    }

    function test_tickets_are_paid_in_order_after_the_wait_and_in_portions() public {
        uint256 shares = stakeOn(_netuid, HOTKEY, ANN, 2 * MIN_STAKE);
        seat(_netuid, HOTKEY, true);
        uint256 start = block.timestamp;
        vm.startPrank(ANN);
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(start + 100 * i);
            staking.unstake(_netuid, HOTKEY, shares / 8, 1);
        }
        vm.warp(start + UNBONDING + 99);
        staking.withdraw(ANN, 10);
        eq(pools.balanceOf(ANN, _netuid), MIN_STAKE / 4, "only the first");
        vm.warp(start + UNBONDING + 300);
        staking.withdraw(ANN, 1);
        eq(pools.balanceOf(ANN, _netuid), MIN_STAKE / 2, "then the second");
        staking.withdraw(ANN, 100);
        eq(pools.balanceOf(ANN, _netuid), MIN_STAKE, "the rest");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingMatured.selector, ANN));
        staking.withdraw(ANN, 10);
        vm.stopPrank();
        (uint256 next, uint256 count) = staking.ticketRange(ANN);
        yes(next == 4 && count == 4, "range");
    }

    function test_gifts_of_KOIN_to_the_contract_move_no_price() public {
        stakeRoot(HOTKEY, ANN, 1);
        fund(address(staking), 1_000e18);
        stakeRoot(HOTKEY, BOB, 7e18 + 1);
        eq(worthOf(0, HOTKEY, BOB), 7e18 + 1, "all of it");
        eq(worthOf(0, HOTKEY, ANN), 1, "no more");
    }

    function test_without_a_permit_leaving_is_immediate() public {
        uint256 shares = stakeOn(_netuid, HOTKEY, ANN, 5e18);
        vm.prank(ANN);
        (uint256 amount, bool queued) = staking.unstake(_netuid, HOTKEY, shares, 5e18);
        no(queued, "not queued");
        eq(amount, 5e18, "all of it");
        eq(pools.balanceOf(ANN, _netuid), 5e18, "paid");
        eq(staking.weightOf(_netuid, HOTKEY), 0, "gone");
    }

    function test_with_a_permit_and_a_while_after_leaving_is_queued() public {
        uint256 shares = stakeOn(_netuid, HOTKEY, ANN, 2 * MIN_STAKE);
        seat(_netuid, HOTKEY, true);
        vm.startPrank(ANN);
        (, bool queued) = staking.unstake(_netuid, HOTKEY, shares / 4, 1);
        yes(queued && staking.isSlashable(_netuid, HOTKEY), "permit");
        (Ticket memory ticket, uint256 amount) = staking.ticketOf(ANN, 0);
        yes(ticket.releaseAt == block.timestamp + UNBONDING && amount == MIN_STAKE / 2, "ticket");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingMatured.selector, ANN));
        staking.withdraw(ANN, 10);
        vm.stopPrank();

        seat(_netuid, HOTKEY, false);
        vm.warp(block.timestamp + UNBONDING - 1);
        yes(staking.isSlashable(_netuid, HOTKEY), "not long ago");
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.StillSlashable.selector, _netuid, HOTKEY));
        staking.move(_netuid, HOTKEY, OTHER, shares / 4, 1);
        vm.warp(block.timestamp + 1);
        no(staking.isSlashable(_netuid, HOTKEY), "long enough");
        staking.withdraw(ANN, 10);
        eq(pools.balanceOf(ANN, _netuid), MIN_STAKE / 2, "anyone may pay it out");
        vm.prank(ANN);
        (, queued) = staking.unstake(_netuid, HOTKEY, shares / 4, 1);
        no(queued, "at once");
    }

    function test_dividends_raise_everyones_worth_by_share_after_the_take() public {
        stakeOn(_netuid, HOTKEY, ANN, 30e18);
        stakeOn(_netuid, HOTKEY, BOB, 10e18);
        payDividends(_netuid, HOTKEY, 10e18);
        eq(worthOf(_netuid, HOTKEY, HOTKEY), 1.8e18 - 1, "take");
        eq(worthOf(_netuid, HOTKEY, ANN), 36.15e18 - 1, "three quarters");
        eq(worthOf(_netuid, HOTKEY, BOB), 12.05e18 - 1, "one quarter");
        eq(staking.weightOf(_netuid, HOTKEY), 50e18, "weight");
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, ANN));
        staking.payDividends(_netuid, HOTKEY, 1);
        payDividends(_netuid, OTHER, 4e18);
        eq(worthOf(_netuid, OTHER, OTHER), 4e18, "nobody there: all to the hotkey");
    }

    function test_a_first_depositor_cannot_round_the_next_one_away() public {
        stakeOn(_netuid, HOTKEY, ANN, 1);
        // The largest gift there can be: dividends paid to a pool of one unit.
        payDividends(_netuid, HOTKEY, 10_000e18);
        stakeOn(_netuid, HOTKEY, BOB, 1e18);
        uint256 kept = worthOf(_netuid, HOTKEY, BOB);
        atMost(1e18 - 0.01e18, kept, "99 % at least, after a gift of 10,000 times as much");
        atMost(worthOf(_netuid, HOTKEY, ANN), 5_000e18, "and the gift is half lost");
    }

    function test_slashing_takes_from_stake_and_queue_alike_and_pays_a_tenth_of_it() public {
        uint256 shares = stakeOn(_netuid, HOTKEY, ANN, 400e18);
        stakeRoot(HOTKEY, BOB, 100e18);
        seat(_netuid, HOTKEY, true);
        vm.prank(ANN);
        staking.unstake(_netuid, HOTKEY, shares / 4, 1);
        (uint256 supply, uint256 koin) = (pools.supplyOf(_netuid), token.totalSupply());
        vm.expectEmit(true, true, true, true);
        emit SlashPaid(_netuid, HOTKEY, FINDER, 40e18, 10e18, 4e18, 1e18);
        (uint256 alphaTaken, uint256 koinTaken) = slash(_netuid, HOTKEY, 1_000);
        yes(alphaTaken == 40e18 && koinTaken == 10e18, "taken");
        HotkeyState memory state = staking.hotkeyOf(_netuid, HOTKEY);
        yes(state.stakedAssets == 270e18 && state.leavingAssets == 90e18, "a tenth of both");
        eq(pools.supplyOf(_netuid), supply - 36e18, "burned");
        eq(pools.balanceOf(FINDER, _netuid), 4e18, "who showed it has a tenth, as free alpha");
        eq(token.totalSupply(), koin - 9e18, "the root stands in too");
        eq(token.balanceOf(FINDER), 1e18, "and a tenth of it in KOIN");
        eq(staking.weightOf(_netuid, HOTKEY), 270e18 + 16.2e18, "weight");
        vm.warp(block.timestamp + UNBONDING);
        staking.withdraw(ANN, 1);
        eq(pools.balanceOf(ANN, _netuid), 90e18, "what is left of the ticket");
        slash(_netuid, HOTKEY, 10_000);
        eq(staking.hotkeyOf(_netuid, HOTKEY).stakedAssets, 135e18, "half at most");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, address(this)));
        staking.slash(_netuid, HOTKEY, 1, FINDER);
    }

    /// @dev A slash of one unit would otherwise keep all KOIN that follows out of reach for an unbonding.
    function test_nobody_stakes_on_the_root_while_no_slash_reaches_it() public {
        stakeRoot(HOTKEY, ANN, 5);
        (, uint256 koinTaken) = slash(_netuid, HOTKEY, 2_000);
        eq(koinTaken, 1, "dust");
        uint256 until = block.timestamp + UNBONDING + 1 days;
        fund(BOB, 10_000e18);
        vm.warp(until - 1);
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.RootSlashedLately.selector, HOTKEY, until));
        staking.stake(0, HOTKEY, 10_000e18);
        staking.stake(0, OTHER, 1_000e18);
        vm.warp(until);
        staking.stake(0, HOTKEY, 9_000e18);
        vm.stopPrank();
        (, koinTaken) = slash(_netuid, HOTKEY, 2_000);
        eq(koinTaken, 1_800e18, "a fifth of what came");
    }

    function test_who_leaves_the_root_within_a_day_of_a_slash_meets_no_other() public {
        uint256 shares = stakeRoot(HOTKEY, ANN, 1_000e18);
        slash(_netuid, HOTKEY, 2_000);
        uint256 leavesAt = block.timestamp + 1 days - 1;
        vm.warp(leavesAt);
        vm.prank(ANN);
        staking.unstake(0, HOTKEY, shares, 1);
        vm.warp(leavesAt + UNBONDING);
        slash(_netuid, HOTKEY, 2_000);
        staking.withdraw(ANN, 1);
        eq(token.balanceOf(ANN), 800e18, "slashed once");
    }

    function test_a_pool_slashed_to_dust_still_takes_and_pays_stake() public {
        stakeOn(_netuid, HOTKEY, ANN, 1_000e18);
        for (uint256 i = 0; i < 75; ++i) {
            slash(_netuid, HOTKEY, 5_000);
        }
        eq(staking.hotkeyOf(_netuid, HOTKEY).stakedAssets, 1, "dust");
        uint256 shares = stakeOn(_netuid, HOTKEY, BOB, 1_000e18);
        atMost(worthOf(_netuid, HOTKEY, ANN), 1e6, "the slashed gain nothing from newcomers");
        vm.prank(BOB);
        (uint256 amount,) = staking.unstake(_netuid, HOTKEY, shares, 999.999e18);
        atMost(1_000e18 - 1e6, amount, "nor lose these");
    }

    function test_root_stake_counts_where_its_hotkey_sits() public {
        uint32 second = openSubnet();
        uint256 shares = stakeRoot(HOTKEY, BOB, 1_000e18);
        seat(_netuid, HOTKEY, true);
        seat(second, HOTKEY, true);
        eq(staking.weightOf(_netuid, HOTKEY), 180e18, "first");
        stakeOn(second, HOTKEY, ANN, 20e18);
        eq(staking.weightOf(second, HOTKEY), 200e18, "alpha + root * 0.18");
        stakeRoot(HOTKEY, ANN, 1_000e18);
        vm.warp(block.timestamp + 1);
        eq(permits.totalPermittedStakeAt(_netuid, block.timestamp - 1), 360e18, "both totals follow");
        eq(permits.totalPermittedStakeAt(second, block.timestamp - 1), 380e18, "both totals follow");
        seat(_netuid, HOTKEY, false);
        eq(staking.weightOf(_netuid, HOTKEY), 0, "no seat, no weight");
        eq(staking.rootSubnetsOf(HOTKEY).length, 1, "left the list");
        vm.startPrank(BOB);
        vm.expectRevert(IAlphaStaking.RootNotMovable.selector);
        staking.move(0, HOTKEY, OTHER, shares, 1);
        (, bool queued) = staking.unstake(0, HOTKEY, shares, 1);
        yes(queued, "the root is always queued");
        vm.warp(block.timestamp + UNBONDING);
        staking.withdraw(BOB, 1);
        vm.stopPrank();
        eq(token.balanceOf(BOB), 1_000e18, "KOIN back");
    }

    function test_root_stake_counts_in_sixteen_subnets_at_most() public {
        stakeRoot(HOTKEY, BOB, 1_000e18);
        for (uint32 netuid = 1; netuid <= 17; ++netuid) {
            if (netuid > 1) createSubnet();
            seat(netuid, HOTKEY, true);
        }
        eq(staking.rootSubnetsOf(HOTKEY).length, 16, "bound");
        eq(staking.weightOf(17, HOTKEY), 0, "not the seventeenth");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.RootSlotsFull.selector, HOTKEY));
        staking.countRoot(17, HOTKEY);
        seat(3, HOTKEY, false);
        staking.countRoot(17, HOTKEY);
        eq(staking.weightOf(17, HOTKEY), 180e18, "now");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.RootNotCountable.selector, 3, HOTKEY));
        staking.countRoot(3, HOTKEY);
    }

    function test_root_dividends_go_to_who_held_at_each_payment() public {
        seat(_netuid, HOTKEY, true);
        vm.prank(HOTKEY);
        delegation.setTake(0);
        uint256 annShares = stakeRoot(HOTKEY, ANN, 100e18);
        payDividends(_netuid, HOTKEY, 6e18);
        stakeRoot(HOTKEY, BOB, 200e18);
        payDividends(_netuid, HOTKEY, 9e18);
        vm.prank(ANN);
        staking.unstake(0, HOTKEY, annShares, 1);
        payDividends(_netuid, HOTKEY, 5e18);
        near(staking.claimableRoot(_netuid, HOTKEY, ANN, 10), 9e18, "6 + a third of 9");
        near(staking.claimableRoot(_netuid, HOTKEY, BOB, 10), 11e18, "two thirds of 9 + 5");
        vm.startPrank(ANN);
        near(staking.claimRoot(_netuid, HOTKEY, 2), 9e18, "in portions");
        eq(staking.claimRoot(_netuid, HOTKEY, 5), 0, "the rest, in which nothing was held");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingToClaim.selector, _netuid, HOTKEY, ANN));
        staking.claimRoot(_netuid, HOTKEY, 5);
        vm.stopPrank();
        vm.prank(BOB);
        staking.claimRoot(_netuid, HOTKEY, 10);
        near(pools.balanceOf(BOB, _netuid), 11e18, "in alpha, to sell or to stake");
        atMost(pools.balanceOf(ANN, _netuid) + pools.balanceOf(BOB, _netuid), 20e18, "no more than was paid");
    }

    function test_moving_and_swapping_name_what_must_arrive() public {
        uint32 second = openSubnet();
        uint256 shares = stakeOn(_netuid, HOTKEY, ANN, 10e18);
        vm.startPrank(ANN);
        vm.expectRevert(IAlphaStaking.Unprotected.selector);
        staking.move(_netuid, HOTKEY, OTHER, shares, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.AmountTooSmall.selector, 5e18, 5e18 + 1));
        staking.move(_netuid, HOTKEY, OTHER, shares / 2, 5e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SameHotkey.selector, HOTKEY));
        staking.move(_netuid, HOTKEY, HOTKEY, shares, 1);
        eq(staking.move(_netuid, HOTKEY, OTHER, shares / 2, 5e18), 5e18, "moved");
        eq(worthOf(_netuid, OTHER, ANN), 5e18, "arrived");
        uint256 quoted = pools.quoteSwap(_netuid, second, 5e18);
        uint256 rest = sharesOf(_netuid, HOTKEY, ANN);
        vm.expectRevert(abi.encodeWithSelector(IPools.OutputTooSmall.selector, quoted, quoted + 1));
        staking.swap(_netuid, HOTKEY, second, OTHER, rest, quoted + 1);
        eq(staking.swap(_netuid, HOTKEY, second, OTHER, rest, quoted), quoted, "as quoted");
        eq(worthOf(second, OTHER, ANN), quoted, "staked there");
        vm.expectRevert(IAlphaStaking.RootNotMovable.selector);
        staking.swap(0, HOTKEY, second, OTHER, 1, 1);
        vm.stopPrank();
    }

    function test_gifts_of_stake_go_where_the_receiver_wants_them() public {
        mintAlpha(_netuid, coinbase, 10e18);
        vm.prank(coinbase);
        staking.stakeFor(_netuid, ANN, 4e18);
        eq(worthOf(_netuid, ANN, ANN), 4e18, "itself by default");
        vm.prank(ANN);
        delegation.setAutoStake(_netuid, HOTKEY);
        vm.startPrank(coinbase);
        staking.stakeFor(_netuid, ANN, 6e18);
        eq(worthOf(_netuid, HOTKEY, ANN), 6e18, "there");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SubnetNotFound.selector, 0));
        staking.stakeFor(0, ANN, 1);
        vm.stopPrank();
    }

    function test_nobody_moves_what_is_not_theirs_and_bad_input_is_refused() public {
        stakeOn(_netuid, HOTKEY, ANN, 5e18);
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SharesTooFew.selector, 1, 0));
        staking.unstake(_netuid, HOTKEY, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, BOB, 0, 1, _netuid));
        staking.stake(_netuid, HOTKEY, 1);
        vm.expectRevert(IAlphaStaking.ZeroAmount.selector);
        staking.stake(_netuid, HOTKEY, 0);
        vm.expectRevert(IAlphaStaking.HotkeyIsZero.selector);
        staking.stake(_netuid, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SubnetNotFound.selector, 99));
        staking.stake(99, HOTKEY, 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, BOB));
        staking.onRegistrationChanged(_netuid, HOTKEY, true);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingToClaim.selector, _netuid, HOTKEY, BOB));
        staking.claimRoot(_netuid, HOTKEY, 5);
        vm.stopPrank();
        vm.prank(address(epochs));
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SubnetNotFound.selector, 0));
        staking.slash(0, HOTKEY, 1, FINDER);
        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.AmountTooSmall.selector, 0, 1));
        staking.unstake(_netuid, HOTKEY, 0, 1);
        vm.expectRevert(IAlphaStaking.Unprotected.selector);
        staking.unstake(_netuid, HOTKEY, 1, 0);
        vm.stopPrank();
    }

    function test_what_is_chosen_at_deployment_is_within_bounds_and_bound_once() public {
        Pools fresh = new Pools(token);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.UnbondingOutOfRange.selector, 0));
        new AlphaStaking(fresh, 0, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.UnbondingOutOfRange.selector, 366 days));
        new AlphaStaking(fresh, 366 days, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.RootWeightOutOfRange.selector, 1e18 + 1));
        new AlphaStaking(fresh, 1, 1e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.AlreadyBound.selector, address(staking)));
        new AlphaStaking(pools, 1, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPools.AlreadyBound.selector, address(subnets)));
        pools.bindSubnets();
    }

    function test_nobody_pays_or_slashes_before_the_minter_is_named() public {
        KoinonToken early = new KoinonToken(TREASURY, 1, address(this));
        AlphaStaking young = new AlphaStaking(new Pools(early), 1, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, address(this)));
        young.payDividends(1, HOTKEY, 1);
        vm.expectRevert();
        young.slash(1, HOTKEY, 1, FINDER);
        early.setMinter(address(emission));
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, address(this)));
        young.slash(1, HOTKEY, 1, FINDER);
        vm.prank(address(epochs));
        young.slash(1, HOTKEY, 1, FINDER);
    }

    function near(uint256 actual, uint256 expected, string memory what) private pure {
        atMost(actual, expected, what);
        atMost(expected, actual + 2, what);
    }
}
