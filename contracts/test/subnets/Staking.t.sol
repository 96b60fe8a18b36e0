// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IStaking} from "../../src/subnets/IStaking.sol";
import {Staking} from "../../src/subnets/Staking.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract StakingTest is Network {
    address private constant HOTKEY = address(0x407);
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    uint32 private _netuid;

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
    }

    function test_positions_add_up_per_hotkey_and_subnet() public {
        uint32 other = createSubnet();
        stakeOn(_netuid, HOTKEY, ANN, 5e18);
        stakeOn(_netuid, HOTKEY, BOB, 7e18);
        stakeOn(other, HOTKEY, BOB, 1e18);
        eq(staking.stakeOf(_netuid, HOTKEY), 12e18, "hotkey");
        eq(staking.totalStakeOf(_netuid), 12e18, "subnet");
        eq(staking.totalStakeOf(other), 1e18, "other subnet");
        eq(staking.positionOf(_netuid, HOTKEY, BOB), 7e18, "position");
        eq(token.balanceOf(address(staking)), 13e18, "held");
    }

    function test_history_is_by_the_end_of_each_past_second() public {
        uint256 start = block.timestamp;
        stakeOn(_netuid, HOTKEY, ANN, 5e18);
        stakeOn(_netuid, HOTKEY, ANN, 1e18);
        vm.warp(start + 100);
        vm.prank(ANN);
        staking.unstake(_netuid, HOTKEY, 2e18);
        vm.warp(start + 200);
        eq(staking.stakeAt(_netuid, HOTKEY, start - 1), 0, "before");
        eq(staking.stakeAt(_netuid, HOTKEY, start), 6e18, "both of one second");
        eq(staking.stakeAt(_netuid, HOTKEY, start + 99), 6e18, "until");
        eq(staking.totalStakeAt(_netuid, start + 100), 4e18, "after");
        vm.expectRevert(
            abi.encodeWithSelector(IStaking.SnapshotNotFinal.selector, block.timestamp, block.timestamp)
        );
        staking.stakeAt(_netuid, HOTKEY, block.timestamp);
    }

    function test_a_permit_needs_a_seat_and_the_minimum() public {
        uint256 start = block.timestamp;
        stakeOn(_netuid, HOTKEY, ANN, MIN_STAKE);
        vm.warp(start + 10);
        join(_netuid, HOTKEY);
        vm.warp(start + 20);
        vm.prank(ANN);
        staking.unstake(_netuid, HOTKEY, 1);
        vm.warp(start + 30);
        stakeOn(_netuid, HOTKEY, BOB, 1);
        vm.warp(start + 40);
        vm.prank(HOTKEY);
        subnets.deregister(_netuid, HOTKEY);
        vm.warp(start + 50);
        eq(staking.permittedStakeAt(_netuid, HOTKEY, start + 9), 0, "no seat yet");
        eq(staking.permittedStakeAt(_netuid, HOTKEY, start + 10), MIN_STAKE, "seated");
        eq(staking.permittedStakeAt(_netuid, HOTKEY, start + 20), 0, "one unit short");
        eq(staking.totalPermittedStakeAt(_netuid, start + 30), MIN_STAKE, "again enough");
        eq(staking.totalPermittedStakeAt(_netuid, start + 40), 0, "left");
        eq(staking.stakeOf(_netuid, HOTKEY), MIN_STAKE, "stake stays");
    }

    function test_unbondings_are_paid_in_order_after_the_wait() public {
        stakeOn(_netuid, HOTKEY, ANN, 10e18);
        uint256 start = block.timestamp;
        vm.startPrank(ANN);
        eq(staking.unstake(_netuid, HOTKEY, 1e18), 0, "first id");
        vm.warp(start + 100);
        eq(staking.unstake(_netuid, HOTKEY, 2e18), 1, "second id");
        (uint256 amount, uint48 releaseAt) = staking.unbonding(ANN, 1);
        yes(amount == 2e18 && releaseAt == start + 100 + UNBONDING, "queued");
        vm.warp(start + UNBONDING - 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NothingMatured.selector, ANN));
        staking.withdraw(10);
        vm.warp(start + UNBONDING);
        eq(staking.withdraw(10), 1e18, "only the first");
        vm.warp(start + 100 + UNBONDING);
        eq(staking.withdraw(10), 2e18, "then the second");
        vm.expectRevert(abi.encodeWithSelector(IStaking.NothingMatured.selector, ANN));
        staking.withdraw(10);
        vm.stopPrank();
        (uint256 next, uint256 count) = staking.unbondingRange(ANN);
        yes(next == 2 && count == 2, "range");
        eq(token.balanceOf(ANN), 3e18, "paid");
    }

    function test_a_long_queue_is_paid_in_portions() public {
        stakeOn(_netuid, HOTKEY, ANN, 10);
        vm.startPrank(ANN);
        for (uint256 i = 0; i < 10; ++i) {
            staking.unstake(_netuid, HOTKEY, 1);
        }
        vm.warp(block.timestamp + UNBONDING);
        eq(staking.withdraw(4), 4, "four");
        eq(staking.withdraw(100), 6, "the rest");
        vm.stopPrank();
    }

    function test_nobody_moves_what_is_not_theirs() public {
        stakeOn(_netuid, HOTKEY, ANN, 5e18);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IStaking.PositionTooSmall.selector, 1, 0));
        staking.unstake(_netuid, HOTKEY, 1);
        vm.prank(HOTKEY);
        vm.expectRevert(abi.encodeWithSelector(IStaking.PositionTooSmall.selector, 1, 0));
        staking.unstake(_netuid, HOTKEY, 1);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NothingMatured.selector, BOB));
        staking.withdraw(1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSubnets.selector, address(this)));
        staking.onRegistrationChanged(_netuid, HOTKEY, true);
    }

    function test_bad_input_is_refused() public {
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.stake(_netuid, HOTKEY, 0);
        vm.expectRevert(IStaking.HotkeyIsZero.selector);
        staking.stake(_netuid, address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.SubnetNotFound.selector, 99));
        staking.stake(99, HOTKEY, 1);
        vm.expectRevert(IStaking.ZeroAmount.selector);
        staking.unstake(_netuid, HOTKEY, 0);
        vm.expectRevert();
        staking.stake(_netuid, HOTKEY, 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.UnbondingOutOfRange.selector, 0));
        new Staking(IERC20(address(token)), 0);
        vm.expectRevert(abi.encodeWithSelector(IStaking.UnbondingOutOfRange.selector, 366 days));
        new Staking(IERC20(address(token)), 366 days);
        vm.expectRevert(abi.encodeWithSelector(IStaking.AlreadyBound.selector, address(subnets)));
        staking.bind();
    }

    function testFuzz_history_never_changes_once_past(uint256[6] memory amounts, uint256[6] memory gaps) public {
        uint256[6] memory times;
        uint256[6] memory totals;
        fund(ANN, 600e18);
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.prank(ANN);
            staking.stake(_netuid, HOTKEY, within(amounts[i], 1, 100e18));
            (times[i], totals[i]) = (block.timestamp, staking.stakeOf(_netuid, HOTKEY));
            vm.warp(block.timestamp + within(gaps[i], 1, 1 days));
        }
        for (uint256 i = 0; i < amounts.length; ++i) {
            eq(staking.stakeAt(_netuid, HOTKEY, times[i]), totals[i], "as it was");
        }
    }

    function test_a_slash_takes_from_all_stakers_and_from_what_waits() public {
        stakeOn(_netuid, HOTKEY, ANN, 60e18);
        stakeOn(_netuid, HOTKEY, BOB, 40e18);
        vm.prank(BOB);
        staking.unstake(_netuid, HOTKEY, 20e18);
        uint256 supply = token.totalSupply();
        eq(_slash(2_000), 20e18, "a fifth of a hundred");
        eq(staking.positionOf(_netuid, HOTKEY, ANN), 48e18, "ann");
        eq(staking.positionOf(_netuid, HOTKEY, BOB), 16e18, "bob");
        (uint256 waiting,) = staking.unbonding(BOB, 0);
        eq(waiting, 16e18, "what waits");
        eq(token.balanceOf(address(0x3A7)), 2e18, "reward");
        eq(token.totalSupply(), supply - 18e18, "burned");
        stakeOn(_netuid, HOTKEY, ANN, 16e18);
        eq(staking.positionOf(_netuid, HOTKEY, ANN), 64e18, "who comes later pays today's price");
        vm.warp(block.timestamp + UNBONDING);
        vm.prank(BOB);
        eq(staking.withdraw(1), 16e18, "paid");
        eq(token.balanceOf(address(staking)), staking.stakeOf(_netuid, HOTKEY), "held");
    }

    function test_a_slash_below_the_minimum_takes_the_permit() public {
        join(_netuid, HOTKEY);
        stakeOn(_netuid, HOTKEY, ANN, MIN_STAKE);
        uint256 at = block.timestamp;
        vm.warp(at + 10);
        _slash(1);
        vm.warp(at + 20);
        eq(staking.permittedStakeAt(_netuid, HOTKEY, at + 9), MIN_STAKE, "until then");
        eq(staking.totalPermittedStakeAt(_netuid, at + 10), 0, "lost");
        vm.prank(address(epochs));
        vm.expectRevert(abi.encodeWithSelector(IStaking.SlashTooLarge.selector, 5_001));
        staking.slash(_netuid, HOTKEY, 5_001, ANN);
    }

    function test_gifts_and_first_deposits_move_no_price() public {
        stakeOn(_netuid, HOTKEY, ANN, 1);
        fund(ANN, 1_000e18);
        vm.prank(ANN);
        require(token.transfer(address(staking), 1_000e18));
        stakeOn(_netuid, HOTKEY, BOB, 7e18 + 1);
        eq(staking.positionOf(_netuid, HOTKEY, BOB), 7e18 + 1, "all of it");
        eq(staking.positionOf(_netuid, HOTKEY, ANN), 1, "no more");
    }

    /// @dev Whatever happens, each staker has what it put in less its part of slashes, to a unit a move, and the pools are covered.
    function testFuzz_pools_stay_covered_and_nobody_gains(uint256[12] memory moves) public {
        fund(ANN, 1_000e18);
        fund(BOB, 1_000e18);
        uint256 supply = token.totalSupply();
        for (uint256 i = 0; i < moves.length; ++i) {
            (address who, uint256 kind) = (moves[i] % 2 == 0 ? ANN : BOB, moves[i] / 2 % 4);
            uint256 amount = within(moves[i] >> 8, 1, 80e18);
            uint256 position = staking.positionOf(_netuid, HOTKEY, who);
            vm.startPrank(who);
            if (kind < 2) staking.stake(_netuid, HOTKEY, amount);
            else if (kind == 2 && position > 0) staking.unstake(_netuid, HOTKEY, within(amount, 1, position));
            vm.stopPrank();
            uint256 after_ = staking.positionOf(_netuid, HOTKEY, who);
            if (kind < 2) atMost(after_, position + amount, "no gain");
            if (kind < 2) atMost(position + amount, after_ + 1, "no loss");
            if (kind == 3) _slash(within(moves[i] >> 16, 1, 5_000));
            uint256 owed = staking.stakeOf(_netuid, HOTKEY) + staking.unbondingStakeOf(_netuid, HOTKEY);
            eq(token.balanceOf(address(staking)), owed, "covered");
            uint256 positions =
                staking.positionOf(_netuid, HOTKEY, ANN) + staking.positionOf(_netuid, HOTKEY, BOB);
            atMost(positions, staking.stakeOf(_netuid, HOTKEY), "never more than the pool");
            atMost(staking.stakeOf(_netuid, HOTKEY), positions + 2, "all but dust");
        }
        vm.warp(block.timestamp + UNBONDING);
        for (uint256 i = 0; i < 2; ++i) {
            address who = i == 0 ? ANN : BOB;
            uint256 position = staking.positionOf(_netuid, HOTKEY, who);
            vm.startPrank(who);
            if (position > 0) staking.unstake(_netuid, HOTKEY, position);
            vm.warp(block.timestamp + UNBONDING);
            (uint256 next, uint256 count) = staking.unbondingRange(who);
            if (next < count) staking.withdraw(100);
            vm.stopPrank();
        }
        atMost(token.balanceOf(address(staking)), 14, "only dust is left");
        atMost(token.totalSupply(), supply, "nothing minted");
    }

    function _slash(uint256 bps) private returns (uint256) {
        vm.prank(address(epochs));
        return staking.slash(_netuid, HOTKEY, bps, address(0x3A7));
    }
}
