// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {BurnReason, IPools, PoolState} from "../../../src/subnets/pool/IPools.sol";
import {WeightedPool} from "../../../src/subnets/pool/WeightedPool.sol";
import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

contract PoolsTest is PoolNetwork {
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    address private constant EVE = address(0xE);
    uint32 private _netuid;

    function setUp() public {
        deployPools();
        _netuid = openSubnet();
        fund(ANN, 10_000e18);
    }

    function test_code_fits() public view {
        atMost(address(pools).code.length, 24_576, "pools");
        atMost(address(staking).code.length, 24_576, "staking");
    }

    function test_a_pool_opens_once_by_the_registry_with_enough_on_both_sides() public {
        PoolState memory state = pools.stateOf(_netuid);
        yes(state.alpha == OPENING && state.koin == OPENING && state.weightKoin == 0.5e18, "state");
        eq(pools.priceOf(_netuid), 1e18, "price");
        eq(pools.averageOf(_netuid), 0, "average begins at nothing");
        eq(pools.supplyOf(_netuid), OPENING, "supply");
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, ANN));
        pools.open(9, 1e18, 1e18);
        vm.startPrank(address(subnets));
        vm.expectRevert(abi.encodeWithSelector(IPools.PoolAlreadyOpen.selector, _netuid));
        pools.open(_netuid, 1e18, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPools.OpeningTooSmall.selector, 1e18, 1e9 - 1));
        pools.open(9, 1e18, 1e9 - 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.AlphaCapExceeded.selector, 9, 21_000_001e18, 21_000_000e18));
        pools.open(9, 21_000_001e18, 1e18);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IPools.PoolNotOpen.selector, 9));
        pools.priceOf(9);
    }

    function test_buying_and_selling_do_what_was_quoted() public {
        vm.startPrank(ANN);
        (uint256 out, uint256 fee, uint256 priceAfter) = pools.quoteBuy(_netuid, 100e18);
        eq(fee, 0.05e18, "5 in 10,000");
        eq(pools.buy(_netuid, 100e18, out), out, "bought");
        eq(pools.balanceOf(ANN, _netuid), out, "balance");
        eq(token.balanceOf(ANN), 9_900e18, "paid");
        eq(pools.priceOf(_netuid), priceAfter, "price");
        (uint256 back,,) = pools.quoteSell(_netuid, out);
        eq(pools.sell(_netuid, out, back), back, "sold");
        eq(token.balanceOf(ANN), 9_900e18 + back, "paid back");
        vm.stopPrank();
        atMost(back, 100e18 - 0.05e18, "less than the way there");
        eq(pools.balanceOf(ANN, _netuid), 0, "nothing left");
        PoolState memory state = pools.stateOf(_netuid);
        eq(state.burned, (out * 5 + 9_999) / 10_000, "alpha fee burned");
        (uint256 waiting,) = pools.fees();
        eq(waiting, 0.05e18, "KOIN fee waits");
    }

    function test_no_trade_without_a_least_output() public {
        vm.startPrank(ANN);
        vm.expectRevert(IPools.Unprotected.selector);
        pools.buy(_netuid, 1e18, 0);
        vm.expectRevert(IPools.Unprotected.selector);
        pools.buyToPrice(_netuid, 1e18, 0, 1);
        vm.expectRevert(IPools.Unprotected.selector);
        pools.sellToPrice(_netuid, 1e18, 0, 1);
        (uint256 out,,) = pools.quoteBuy(_netuid, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPools.OutputTooSmall.selector, out, out + 1));
        pools.buy(_netuid, 1e18, out + 1);
        pools.buy(_netuid, 1e18, out);
        vm.expectRevert(IPools.Unprotected.selector);
        pools.sell(_netuid, out, 0);
        vm.expectRevert(IPools.Unprotected.selector);
        pools.sellToPrice(_netuid, out, 1, 0);
        vm.stopPrank();
    }

    function test_a_trade_stops_at_its_limit_price() public {
        vm.startPrank(ANN);
        (uint256 wanted, uint256 none) = pools.quoteToPrice(_netuid, 1.1e18);
        eq(none, 0, "nothing to sell");
        (uint256 koinIn, uint256 alphaOut) = pools.buyToPrice(_netuid, 10_000e18, 1.1e18, 1);
        eq(koinIn, wanted, "only so much");
        eq(token.balanceOf(ANN), 10_000e18 - koinIn, "taken");
        uint256 price = pools.priceOf(_netuid);
        yes(price <= 1.1e18 && price > 1.1e18 - 1e6, "at the limit");
        vm.expectRevert(abi.encodeWithSelector(IPools.LimitReached.selector, price, 1e18));
        pools.buyToPrice(_netuid, 1e18, 1e18, 1);
        (uint256 alphaIn,) = pools.sellToPrice(_netuid, alphaOut, 1.05e18, 1);
        yes(alphaIn < alphaOut && pools.priceOf(_netuid) >= 1.05e18, "sold down to the limit");
        (alphaIn,) = pools.sellToPrice(_netuid, 1e15, 0.5e18, 1);
        eq(alphaIn, 1e15, "no more than given");
        vm.stopPrank();
    }

    function test_swapping_moves_value_between_pools_and_no_koin() public {
        uint32 other = openSubnet();
        mintAlpha(_netuid, ANN, 50e18);
        uint256 held = token.balanceOf(address(pools));
        uint256 quoted = pools.quoteSwap(_netuid, other, 50e18);
        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IPools.OutputTooSmall.selector, quoted, quoted + 1));
        pools.swap(_netuid, other, 50e18, quoted + 1);
        eq(pools.swap(_netuid, other, 50e18, quoted), quoted, "as quoted");
        vm.expectRevert(abi.encodeWithSelector(IPools.SameSubnet.selector, other));
        pools.swap(other, other, 1e18, 1);
        vm.stopPrank();
        eq(pools.balanceOf(ANN, other), quoted, "arrived");
        eq(token.balanceOf(address(pools)), held, "KOIN stays");
    }

    function test_fees_are_burned_by_anyone() public {
        vm.prank(ANN);
        pools.buy(_netuid, 1_000e18, 1);
        uint256 supply = token.totalSupply();
        vm.prank(BOB);
        eq(pools.burnFees(), 0.5e18, "fee");
        eq(token.totalSupply(), supply - 0.5e18, "gone");
        (uint256 waiting, uint256 burned) = pools.fees();
        yes(waiting == 0 && burned == 0.5e18, "counted");
    }

    function test_injections_keep_the_price_and_wait_when_they_do_not_fit() public {
        fund(coinbase, 1_000_000e18);
        vm.startPrank(coinbase);
        pools.inject(_netuid, 10e18, 30e18);
        PoolState memory state = pools.stateOf(_netuid);
        yes(state.alpha == 1_010e18 && state.koin == 1_030e18, "joined");
        eq(state.weightKoin, 504901960784313725, "weight");
        uint256 price = pools.priceOf(_netuid);
        atMost(price > 1e18 ? price - 1e18 : 1e18 - price, 2, "price");
        pools.inject(_netuid, 0, 500_000e18);
        state = pools.stateOf(_netuid);
        yes(state.koin == 1_030e18 && state.idleKoin == 500_000e18, "too lopsided: idle");
        pools.inject(_netuid, 100_000e18, 0);
        state = pools.stateOf(_netuid);
        yes(state.koin == 501_030e18 && state.idleKoin == 0 && state.alpha == 101_010e18, "then together");
        vm.stopPrank();
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, ANN));
        pools.inject(_netuid, 1, 0);
    }

    function test_the_average_follows_time_and_ignores_a_price_that_does_not_last() public {
        vm.warp(block.timestamp + 30 days);
        uint256 average = pools.averageOf(_netuid);
        eq(average, WeightedPool.movedAverage(0, 1e18, 0, 30 days), "closed form");
        vm.startPrank(ANN);
        uint256 got = pools.buy(_netuid, 5_000e18, 1);
        eq(pools.averageOf(_netuid), average, "a price of no time");
        pools.sell(_netuid, got, 1);
        eq(pools.averageOf(_netuid), average, "nor back");
        vm.stopPrank();
        pools.moveAverage(_netuid);
        eq(pools.stateOf(_netuid).average, average, "written");
        vm.warp(block.timestamp + 10 * 365 days);
        yes(pools.averageOf(_netuid) > 0.99e18, "arrives");
    }

    function test_alpha_is_an_erc6909_token() public {
        yes(pools.supportsInterface(type(IERC6909).interfaceId), "says so");
        mintAlpha(_netuid, ANN, 100);
        vm.startPrank(ANN);
        pools.approve(BOB, _netuid, 30);
        vm.expectEmit(true, true, true, true);
        emit IERC6909.Transfer(BOB, ANN, EVE, _netuid, 20);
        vm.startPrank(BOB);
        pools.transferFrom(ANN, EVE, _netuid, 20);
        vm.expectRevert(
            abi.encodeWithSelector(ERC6909.ERC6909InsufficientAllowance.selector, BOB, 10, 11, _netuid)
        );
        pools.transferFrom(ANN, EVE, _netuid, 11);
        vm.expectRevert(
            abi.encodeWithSelector(ERC6909.ERC6909InsufficientAllowance.selector, BOB, 0, 1, _netuid + 1)
        );
        pools.transferFrom(ANN, EVE, _netuid + 1, 1);
        vm.startPrank(ANN);
        pools.setOperator(BOB, true);
        vm.startPrank(BOB);
        pools.transferFrom(ANN, EVE, _netuid, 80);
        vm.stopPrank();
        yes(pools.balanceOf(ANN, _netuid) == 0 && pools.balanceOf(EVE, _netuid) == 100, "moved");
        eq(pools.balanceOf(EVE, (1 << 32) | _netuid), 0, "no other id means this subnet");
    }

    function test_trades_show_as_tokens_that_come_and_go() public {
        vm.startPrank(ANN);
        (uint256 out,,) = pools.quoteBuy(_netuid, 10e18);
        vm.expectEmit(true, true, true, true);
        emit IERC6909.Transfer(ANN, address(0), ANN, _netuid, out);
        pools.buy(_netuid, 10e18, out);
        vm.expectEmit(true, true, true, true);
        emit IERC6909.Transfer(ANN, ANN, address(0), _netuid, out);
        pools.sell(_netuid, out, 1);
        vm.stopPrank();
        eq(pools.balanceOf(address(pools), _netuid), 0, "what the pool holds is nobody's balance");
    }

    function test_alpha_is_minted_up_to_its_cap_moved_and_burned() public {
        mintAlpha(_netuid, ANN, 100);
        vm.startPrank(ANN);
        pools.transfer(BOB, _netuid, 40);
        pools.burn(_netuid, 10);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, ANN, 50, 51, _netuid));
        pools.transfer(BOB, _netuid, 51);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InvalidReceiver.selector, address(0)));
        pools.transfer(address(0), _netuid, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, ANN));
        pools.mint(_netuid, ANN, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, ANN));
        pools.transferFor(_netuid, BOB, ANN, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, ANN));
        pools.burnSlashed(_netuid, 1);
        vm.stopPrank();
        yes(pools.balanceOf(ANN, _netuid) == 50 && pools.balanceOf(BOB, _netuid) == 40, "balances");
        eq(pools.supplyOf(_netuid), OPENING + 90, "supply");
        uint256 room = 21_000_000e18 - OPENING - 100;
        vm.prank(coinbase);
        vm.expectRevert(
            abi.encodeWithSelector(IPools.AlphaCapExceeded.selector, _netuid, 21_000_000e18 + 1, 21_000_000e18)
        );
        pools.mint(_netuid, ANN, room + 1);
        mintAlpha(_netuid, ANN, room);
    }

    function test_a_dissolved_pool_pays_all_its_koin_pro_rata_and_nothing_else() public {
        fund(coinbase, 1_000e18);
        vm.prank(coinbase);
        pools.inject(_netuid, 0, 1_000e18);
        vm.prank(ANN);
        pools.buy(_netuid, 333e18, 1);
        mintAlpha(_netuid, BOB, 77e18 + 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.PoolNotDissolved.selector, _netuid));
        pools.redeem(_netuid, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, address(this)));
        pools.dissolve(_netuid);
        vm.prank(address(subnets));
        pools.dissolve(_netuid);
        uint256 pot = pools.stateOf(_netuid).koin;
        eq(pools.supplyOf(_netuid), pools.balanceOf(ANN, _netuid) + 77e18 + 1, "only what people hold");
        vm.startPrank(ANN);
        vm.expectRevert(abi.encodeWithSelector(IPools.PoolIsDissolved.selector, _netuid));
        pools.buy(_netuid, 1e18, 1);
        uint256 had = token.balanceOf(ANN);
        uint256 all = pools.balanceOf(ANN, _netuid);
        uint256 outstanding = pools.supplyOf(_netuid);
        pools.redeem(_netuid, all / 3);
        pools.redeem(_netuid, all - all / 3);
        uint256 paid = token.balanceOf(ANN) - had;
        uint256 due = pot * all / outstanding;
        yes(paid <= due + 1 && due <= paid + 2, "pro rata");
        vm.stopPrank();
        vm.prank(BOB);
        eq(pools.redeem(_netuid, 77e18 + 1), pot - paid, "the last gets all that is left");
        yes(pools.stateOf(_netuid).koin == 0 && pools.supplyOf(_netuid) == 0, "empty");
    }

    function test_a_pot_that_nobody_can_claim_is_burned_with_the_fees() public {
        vm.prank(address(subnets));
        pools.dissolve(_netuid);
        eq(pools.burnFees(), OPENING, "burned");
        eq(token.balanceOf(address(pools)), 0, "nothing stays");
    }

    function test_bad_amounts_are_refused() public {
        vm.startPrank(ANN);
        vm.expectRevert(IPools.ZeroAmount.selector);
        pools.buy(_netuid, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.AmountTooLarge.selector, type(uint256).max));
        pools.buy(_netuid, type(uint256).max, 1);
        uint256 limit = 1_000 * OPENING;
        vm.expectRevert(abi.encodeWithSelector(WeightedPool.InputTooLarge.selector, 2_000_000e18 - 1_000e18, limit));
        pools.buy(_netuid, 2_000_000e18, 1);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, ANN, 0, 1e18, _netuid));
        pools.sell(_netuid, 1e18, 1);
        vm.expectRevert(abi.encodeWithSelector(IPools.OutputTooSmall.selector, 0, 1));
        pools.buy(_netuid, 1, 1);
        vm.stopPrank();
    }
}
