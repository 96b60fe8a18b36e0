// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HotkeyState, IAlphaStaking, Ticket} from "../../../src/subnets/pool/IAlphaStaking.sol";
import {IPools} from "../../../src/subnets/pool/IPools.sol";
import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

contract AlphaStakingTest is PoolNetwork {
    address private constant HOTKEY = address(0x407);
    address private constant OTHER = address(0x408);
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    uint32 private _netuid;

    function setUp() public {
        deployPools();
        _netuid = openSubnet();
    }

    function test_history_and_permits_are_by_the_end_of_each_past_second() public {
        uint256 start = block.timestamp;
        uint256 shares = stakeAlpha(_netuid, HOTKEY, ANN, MIN_STAKE);
        vm.warp(start + 10);
        seat(_netuid, HOTKEY, true);
        vm.warp(start + 20);
        vm.prank(ANN);
        alphaStaking.unstake(_netuid, HOTKEY, shares / 2, 1);
        vm.warp(start + 30);
        stakeAlpha(_netuid, HOTKEY, BOB, MIN_STAKE);
        vm.warp(start + 40);
        seat(_netuid, HOTKEY, false);
        vm.warp(start + 50);
        eq(alphaStaking.stakeAt(_netuid, HOTKEY, start + 9), MIN_STAKE, "stake without a seat");
        eq(alphaStaking.permittedStakeAt(_netuid, HOTKEY, start + 9), 0, "no seat yet");
        eq(alphaStaking.permittedStakeAt(_netuid, HOTKEY, start + 10), MIN_STAKE, "seated");
        eq(alphaStaking.permittedStakeAt(_netuid, HOTKEY, start + 20), 0, "too little");
        eq(alphaStaking.totalPermittedStakeAt(_netuid, start + 30), 1.5e2 * 1e18, "again enough");
        eq(alphaStaking.totalPermittedStakeAt(_netuid, start + 40), 0, "left");
        eq(alphaStaking.totalStakeAt(_netuid, start + 40), 1.5e2 * 1e18, "stake stays");
        vm.expectRevert(
            abi.encodeWithSelector(IAlphaStaking.SnapshotNotFinal.selector, block.timestamp, block.timestamp)
        );
        alphaStaking.stakeAt(_netuid, HOTKEY, block.timestamp);
    }

    function test_without_a_permit_leaving_is_immediate() public {
        uint256 shares = stakeAlpha(_netuid, HOTKEY, ANN, 5e18);
        vm.prank(ANN);
        (uint256 amount, bool queued) = alphaStaking.unstake(_netuid, HOTKEY, shares, 5e18);
        no(queued, "not queued");
        eq(amount, 5e18, "all of it");
        eq(pools.balanceOf(_netuid, ANN), 5e18, "paid");
        eq(alphaStaking.stakeOf(_netuid, HOTKEY), 0, "gone");
    }

    function test_with_a_permit_and_a_while_after_leaving_is_queued() public {
        uint256 shares = stakeAlpha(_netuid, HOTKEY, ANN, 2 * MIN_STAKE);
        seat(_netuid, HOTKEY, true);
        vm.startPrank(ANN);
        (, bool queued) = alphaStaking.unstake(_netuid, HOTKEY, shares / 4, 1);
        yes(queued && alphaStaking.isSlashable(_netuid, HOTKEY), "permit");
        (Ticket memory ticket, uint256 amount) = alphaStaking.ticketOf(ANN, 0);
        yes(ticket.releaseAt == block.timestamp + UNBONDING && amount == MIN_STAKE / 2, "ticket");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingMatured.selector, ANN));
        alphaStaking.withdraw(ANN, 10);
        vm.stopPrank();

        seat(_netuid, HOTKEY, false);
        vm.warp(block.timestamp + UNBONDING - 1);
        yes(alphaStaking.isSlashable(_netuid, HOTKEY), "not long ago");
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.StillSlashable.selector, _netuid, HOTKEY));
        alphaStaking.move(_netuid, HOTKEY, OTHER, shares / 4, 1);
        vm.warp(block.timestamp + 1);
        no(alphaStaking.isSlashable(_netuid, HOTKEY), "long enough");
        alphaStaking.withdraw(ANN, 10);
        eq(pools.balanceOf(_netuid, ANN), MIN_STAKE / 2, "anyone may pay it out");
        vm.prank(ANN);
        (, queued) = alphaStaking.unstake(_netuid, HOTKEY, shares / 4, 1);
        no(queued, "at once");
    }

    function test_dividends_raise_everyones_worth_by_share_after_the_take() public {
        stakeAlpha(_netuid, HOTKEY, ANN, 30e18);
        stakeAlpha(_netuid, HOTKEY, BOB, 10e18);
        payDividends(_netuid, HOTKEY, 10e18);
        eq(worthOf(_netuid, HOTKEY, HOTKEY), 1.8e18 - 1, "take");
        eq(worthOf(_netuid, HOTKEY, ANN), 36.15e18 - 1, "three quarters");
        eq(worthOf(_netuid, HOTKEY, BOB), 12.05e18 - 1, "one quarter");
        eq(alphaStaking.stakeOf(_netuid, HOTKEY), 50e18, "weight");
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, ANN));
        alphaStaking.payDividends(_netuid, HOTKEY, 1);
        payDividends(_netuid, OTHER, 4e18);
        eq(worthOf(_netuid, OTHER, OTHER), 4e18, "nobody there: all to the hotkey");
    }

    function test_a_first_depositor_cannot_round_the_next_one_away() public {
        stakeAlpha(_netuid, HOTKEY, ANN, 1);
        // The largest gift there can be: dividends paid to a pool of one unit.
        payDividends(_netuid, HOTKEY, 10_000e18);
        stakeAlpha(_netuid, HOTKEY, BOB, 1e18);
        uint256 kept = worthOf(_netuid, HOTKEY, BOB);
        atMost(1e18 - 0.01e18, kept, "99 % at least, after a gift of 10,000 times as much");
        atMost(worthOf(_netuid, HOTKEY, ANN), 5_000e18, "and the gift is half lost");
    }

    function test_slashing_takes_from_stake_and_queue_alike_and_burns() public {
        uint256 shares = stakeAlpha(_netuid, HOTKEY, ANN, 400e18);
        stakeRoot(HOTKEY, BOB, 100e18);
        seat(_netuid, HOTKEY, true);
        vm.prank(ANN);
        alphaStaking.unstake(_netuid, HOTKEY, shares / 4, 1);
        (uint256 supply, uint256 koin) = (pools.supplyOf(_netuid), token.totalSupply());
        slash(_netuid, HOTKEY, 1_000);
        HotkeyState memory state = alphaStaking.hotkeyOf(_netuid, HOTKEY);
        yes(state.stakedAssets == 270e18 && state.leavingAssets == 90e18, "a tenth of both");
        eq(pools.supplyOf(_netuid), supply - 40e18, "burned");
        eq(token.totalSupply(), koin - 10e18, "the root stands in too");
        eq(alphaStaking.stakeOf(_netuid, HOTKEY), 270e18 + 16.2e18, "weight");
        vm.warp(block.timestamp + UNBONDING);
        alphaStaking.withdraw(ANN, 1);
        eq(pools.balanceOf(_netuid, ANN), 90e18, "what is left of the ticket");
        slash(_netuid, HOTKEY, 10_000);
        eq(alphaStaking.hotkeyOf(_netuid, HOTKEY).stakedAssets, 135e18, "half at most");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, address(this)));
        alphaStaking.slash(_netuid, HOTKEY, 1);
    }

    function test_a_pool_slashed_to_dust_still_takes_and_pays_stake() public {
        stakeAlpha(_netuid, HOTKEY, ANN, 1_000e18);
        for (uint256 i = 0; i < 75; ++i) {
            slash(_netuid, HOTKEY, 5_000);
        }
        eq(alphaStaking.hotkeyOf(_netuid, HOTKEY).stakedAssets, 1, "dust");
        uint256 shares = stakeAlpha(_netuid, HOTKEY, BOB, 1_000e18);
        atMost(worthOf(_netuid, HOTKEY, ANN), 1e6, "the slashed gain nothing from newcomers");
        vm.prank(BOB);
        (uint256 amount,) = alphaStaking.unstake(_netuid, HOTKEY, shares, 999.999e18);
        atMost(1_000e18 - 1e6, amount, "nor lose these");
    }

    function test_root_stake_counts_where_its_hotkey_sits() public {
        uint32 second = openSubnet();
        uint256 shares = stakeRoot(HOTKEY, BOB, 1_000e18);
        seat(_netuid, HOTKEY, true);
        seat(second, HOTKEY, true);
        eq(alphaStaking.stakeOf(_netuid, HOTKEY), 180e18, "first");
        stakeAlpha(second, HOTKEY, ANN, 20e18);
        eq(alphaStaking.stakeOf(second, HOTKEY), 200e18, "alpha + root * 0.18");
        stakeRoot(HOTKEY, ANN, 1_000e18);
        vm.warp(block.timestamp + 1);
        eq(alphaStaking.totalPermittedStakeAt(_netuid, block.timestamp - 1), 360e18, "both totals follow");
        eq(alphaStaking.totalPermittedStakeAt(second, block.timestamp - 1), 380e18, "both totals follow");
        seat(_netuid, HOTKEY, false);
        eq(alphaStaking.stakeOf(_netuid, HOTKEY), 0, "no seat, no weight");
        eq(alphaStaking.rootSubnetsOf(HOTKEY).length, 1, "left the list");
        vm.startPrank(BOB);
        vm.expectRevert(IAlphaStaking.RootNotMovable.selector);
        alphaStaking.move(0, HOTKEY, OTHER, shares, 1);
        (, bool queued) = alphaStaking.unstake(0, HOTKEY, shares, 1);
        yes(queued, "the root is always queued");
        vm.warp(block.timestamp + UNBONDING);
        alphaStaking.withdraw(BOB, 1);
        vm.stopPrank();
        eq(token.balanceOf(BOB), 1_000e18, "KOIN back");
    }

    function test_root_stake_counts_in_sixteen_subnets_at_most() public {
        stakeRoot(HOTKEY, BOB, 1_000e18);
        for (uint32 netuid = 1; netuid <= 17; ++netuid) {
            if (netuid > 1) createSubnet();
            seat(netuid, HOTKEY, true);
        }
        eq(alphaStaking.rootSubnetsOf(HOTKEY).length, 16, "bound");
        eq(alphaStaking.stakeOf(17, HOTKEY), 0, "not the seventeenth");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.RootSlotsFull.selector, HOTKEY));
        alphaStaking.countRoot(17, HOTKEY);
        seat(3, HOTKEY, false);
        alphaStaking.countRoot(17, HOTKEY);
        eq(alphaStaking.stakeOf(17, HOTKEY), 180e18, "now");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.RootNotCountable.selector, 3, HOTKEY));
        alphaStaking.countRoot(3, HOTKEY);
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
        alphaStaking.unstake(0, HOTKEY, annShares, 1);
        payDividends(_netuid, HOTKEY, 5e18);
        near(alphaStaking.claimableRoot(_netuid, HOTKEY, ANN, 10), 9e18, "6 + a third of 9");
        near(alphaStaking.claimableRoot(_netuid, HOTKEY, BOB, 10), 11e18, "two thirds of 9 + 5");
        vm.startPrank(ANN);
        near(alphaStaking.claimRoot(_netuid, HOTKEY, 2), 9e18, "in portions");
        eq(alphaStaking.claimRoot(_netuid, HOTKEY, 5), 0, "the rest, in which nothing was held");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingToClaim.selector, _netuid, HOTKEY, ANN));
        alphaStaking.claimRoot(_netuid, HOTKEY, 5);
        vm.stopPrank();
        vm.prank(BOB);
        alphaStaking.claimRoot(_netuid, HOTKEY, 10);
        near(pools.balanceOf(_netuid, BOB), 11e18, "in alpha, to sell or to stake");
        atMost(pools.balanceOf(_netuid, ANN) + pools.balanceOf(_netuid, BOB), 20e18, "no more than was paid");
    }

    function test_moving_and_swapping_name_what_must_arrive() public {
        uint32 second = openSubnet();
        uint256 shares = stakeAlpha(_netuid, HOTKEY, ANN, 10e18);
        vm.startPrank(ANN);
        vm.expectRevert(IAlphaStaking.Unprotected.selector);
        alphaStaking.move(_netuid, HOTKEY, OTHER, shares, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.AmountTooSmall.selector, 5e18, 5e18 + 1));
        alphaStaking.move(_netuid, HOTKEY, OTHER, shares / 2, 5e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SameHotkey.selector, HOTKEY));
        alphaStaking.move(_netuid, HOTKEY, HOTKEY, shares, 1);
        eq(alphaStaking.move(_netuid, HOTKEY, OTHER, shares / 2, 5e18), 5e18, "moved");
        eq(worthOf(_netuid, OTHER, ANN), 5e18, "arrived");
        uint256 quoted = pools.quoteSwap(_netuid, second, 5e18);
        uint256 rest = sharesOf(_netuid, HOTKEY, ANN);
        vm.expectRevert(abi.encodeWithSelector(IPools.OutputTooSmall.selector, quoted, quoted + 1));
        alphaStaking.swap(_netuid, HOTKEY, second, OTHER, rest, quoted + 1);
        eq(alphaStaking.swap(_netuid, HOTKEY, second, OTHER, rest, quoted), quoted, "as quoted");
        eq(worthOf(second, OTHER, ANN), quoted, "staked there");
        vm.expectRevert(IAlphaStaking.RootNotMovable.selector);
        alphaStaking.swap(0, HOTKEY, second, OTHER, 1, 1);
        vm.stopPrank();
    }

    function test_gifts_of_stake_go_where_the_receiver_wants_them() public {
        mintAlpha(_netuid, COINBASE, 10e18);
        vm.prank(COINBASE);
        alphaStaking.stakeFor(_netuid, ANN, 4e18);
        eq(worthOf(_netuid, ANN, ANN), 4e18, "itself by default");
        vm.prank(ANN);
        delegation.setAutoStake(_netuid, HOTKEY);
        vm.startPrank(COINBASE);
        alphaStaking.stakeFor(_netuid, ANN, 6e18);
        eq(worthOf(_netuid, HOTKEY, ANN), 6e18, "there");
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SubnetNotFound.selector, 0));
        alphaStaking.stakeFor(0, ANN, 1);
        vm.stopPrank();
    }

    function test_nobody_moves_what_is_not_theirs_and_bad_input_is_refused() public {
        stakeAlpha(_netuid, HOTKEY, ANN, 5e18);
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SharesTooFew.selector, 1, 0));
        alphaStaking.unstake(_netuid, HOTKEY, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.BalanceTooSmall.selector, _netuid, BOB, 0, 1));
        alphaStaking.stake(_netuid, HOTKEY, 1);
        vm.expectRevert(IAlphaStaking.ZeroAmount.selector);
        alphaStaking.stake(_netuid, HOTKEY, 0);
        vm.expectRevert(IAlphaStaking.HotkeyIsZero.selector);
        alphaStaking.stake(_netuid, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.SubnetNotFound.selector, 99));
        alphaStaking.stake(99, HOTKEY, 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, BOB));
        alphaStaking.onRegistrationChanged(_netuid, HOTKEY, true);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NothingToClaim.selector, _netuid, HOTKEY, BOB));
        alphaStaking.claimRoot(_netuid, HOTKEY, 5);
        vm.stopPrank();
        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.AmountTooSmall.selector, 0, 1));
        alphaStaking.unstake(_netuid, HOTKEY, 0, 1);
        vm.expectRevert(IAlphaStaking.Unprotected.selector);
        alphaStaking.unstake(_netuid, HOTKEY, 1, 0);
        vm.stopPrank();
    }

    function near(uint256 actual, uint256 expected, string memory what) private pure {
        atMost(actual, expected, what);
        atMost(expected, actual + 2, what);
    }
}
