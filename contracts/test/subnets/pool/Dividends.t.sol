// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAlphaStaking, Ticket} from "../../../src/subnets/pool/IAlphaStaking.sol";
import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

/// @dev Who tries to get more of the dividends than its stake stood for.
contract DividendsTest is PoolNetwork {
    address private constant STAYS = address(0x407);
    address private constant LEAVES = address(0x408);
    address private constant PARENT = address(0x409);
    address private constant OTHER = address(0x40A);
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    address private constant EVE = address(0xE7E);
    uint32 private _netuid;

    function setUp() public {
        deployPools();
        _netuid = openSubnet();
    }

    function test_an_operator_that_leaves_before_its_claim_gains_nothing() public {
        for (uint256 i = 0; i < 2; ++i) {
            address hotkey = i == 0 ? STAYS : LEAVES;
            address parent = i == 0 ? PARENT : OTHER;
            stakeOn(_netuid, hotkey, hotkey, 20e18);
            stakeOn(_netuid, parent, ANN, 100e18);
            stakeRoot(hotkey, ANN, 1_000e18);
            seat(_netuid, hotkey, true);
            adopt(_netuid, parent, hotkey, 0.5e18);
        }
        eq(staking.hotkeyOf(_netuid, LEAVES).weight, 250e18, "20 own, 50 of the parent, 180 of the root");
        // It gives up permit, seat and its consent to the parent.
        vm.startPrank(LEAVES);
        permits.seekPermit(_netuid, false);
        delegation.setTakesParent(_netuid, OTHER, false);
        vm.stopPrank();
        seat(_netuid, LEAVES, false);
        eq(staking.hotkeyOf(_netuid, LEAVES).weight, 70e18, "the root does not count");
        payDividends(_netuid, STAYS, 100e18);
        payDividends(_netuid, LEAVES, 100e18);
        eq(worthOf(_netuid, LEAVES, LEAVES), worthOf(_netuid, STAYS, STAYS), "its own");
        eq(worthOf(_netuid, OTHER, ANN), worthOf(_netuid, PARENT, ANN), "its parent's");
        uint256 due = staking.claimableRoot(_netuid, STAYS, ANN, 9);
        eq(staking.claimableRoot(_netuid, LEAVES, ANN, 9), due, "its root stakers'");
        eq((due + 2) / 1e15, 59.04e18 / 1e15, "72 of 100, less a take of 18 %");
        vm.warp(block.timestamp + 400 days);
        payDividends(_netuid, STAYS, 100e18);
        payDividends(_netuid, LEAVES, 100e18);
        eq(
            staking.claimableRoot(_netuid, LEAVES, ANN, 9),
            staking.claimableRoot(_netuid, STAYS, ANN, 9),
            "however late the claim"
        );
    }

    function test_an_operator_that_returns_where_its_root_no_longer_counts_gains_nothing_either() public {
        stakeOn(_netuid, LEAVES, LEAVES, 20e18);
        stakeRoot(LEAVES, ANN, 1_000e18);
        seat(_netuid, LEAVES, true);
        seat(_netuid, LEAVES, false);
        for (uint256 i = 0; i < 16; ++i) {
            seat(createSubnet(), LEAVES, true);
        }
        seat(_netuid, LEAVES, true);
        uint256 leftAt = block.timestamp;
        no(staking.hotkeyOf(_netuid, LEAVES).countsRoot, "no room");
        vm.warp(leftAt + 2 * UNBONDING - 1);
        payDividends(_netuid, LEAVES, 10e18);
        uint256 due = staking.claimableRoot(_netuid, LEAVES, ANN, 9);
        atMost(7.3e18, due, "nine tenths, less the take");
        vm.warp(leftAt + 2 * UNBONDING);
        payDividends(_netuid, LEAVES, 10e18);
        eq(staking.claimableRoot(_netuid, LEAVES, ANN, 9), due, "what it earned in the new seat is not the root's");
    }

    function test_root_stake_that_never_counted_gets_nothing() public {
        stakeRoot(STAYS, ANN, 1_000e18);
        payDividends(_netuid, STAYS, 10e18);
        eq(staking.claimableRoot(_netuid, STAYS, ANN, 9), 0, "no seat, ever");
        eq(worthOf(_netuid, STAYS, STAYS), 10e18, "all its own");
    }

    /// @dev A validator that gave up its permit long ago has a claim left. Whoever comes for it is bound like whoever stayed.
    function test_who_comes_for_one_claim_cannot_leave_at_once() public {
        stakeOn(_netuid, STAYS, ANN, 100e18);
        uint256 shares = stakeOn(_netuid, STAYS, EVE, 900e18);
        no(staking.isSlashable(_netuid, STAYS), "free to leave before");
        payDividends(_netuid, STAYS, 10e18);
        vm.startPrank(EVE);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.StillSlashable.selector, _netuid, STAYS));
        staking.move(_netuid, STAYS, OTHER, shares, 1);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.StillSlashable.selector, _netuid, STAYS));
        staking.swap(_netuid, STAYS, 2, OTHER, shares, 1);
        (, bool queued) = staking.unstake(_netuid, STAYS, shares, 1);
        yes(queued, "in the queue");
        vm.stopPrank();
        (Ticket memory ticket, uint256 worth) = staking.ticketOf(EVE, 0);
        eq(ticket.releaseAt, block.timestamp + UNBONDING, "for all of it");
        payDividends(_netuid, STAYS, 10e18);
        (, uint256 later) = staking.ticketOf(EVE, 0);
        eq(later, worth, "in which it earns nothing");
        vm.warp(block.timestamp + UNBONDING);
        no(staking.isSlashable(_netuid, STAYS), "then everybody is free");
    }

    function test_who_comes_by_a_parent_a_gift_or_the_root_cannot_either() public {
        seat(_netuid, STAYS, true);
        stakeOn(_netuid, PARENT, ANN, 100e18);
        adopt(_netuid, PARENT, STAYS, 1e18);
        seat(_netuid, STAYS, false);
        vm.warp(block.timestamp + UNBONDING);
        no(staking.isSlashable(_netuid, PARENT), "the child's permit is long gone");
        uint256 shares = stakeOn(_netuid, PARENT, EVE, 900e18);
        // What Bob mined is staked on the child, in the claim that pays the child's dividends.
        vm.prank(BOB);
        delegation.setAutoStake(_netuid, STAYS);
        mintAlpha(_netuid, coinbase, 5e18);
        vm.prank(coinbase);
        uint256 gift = staking.stakeFor(_netuid, BOB, 5e18);
        uint256 rootShares = stakeRoot(STAYS, EVE, 1_000e18);
        payDividends(_netuid, STAYS, 10e18);
        vm.startPrank(EVE);
        (, bool queued) = staking.unstake(_netuid, PARENT, shares, 1);
        yes(queued, "the parent's pool earned too");
        (, queued) = staking.unstake(0, STAYS, rootShares, 1);
        yes(queued, "the root always waits");
        vm.stopPrank();
        vm.prank(BOB);
        (, queued) = staking.unstake(_netuid, STAYS, gift, 1);
        yes(queued, "a gift is stake like other");
    }

    function test_leaving_a_miner_waits_for_nothing() public {
        mintAlpha(_netuid, coinbase, 5e18);
        vm.prank(coinbase);
        uint256 shares = staking.stakeFor(_netuid, BOB, 5e18);
        vm.prank(BOB);
        (, bool queued) = staking.unstake(_netuid, BOB, shares, 1);
        no(queued, "at once");
    }

    /// @dev Claims are made once an epoch, as validators do, and pay up to twice of the least (what waited is paid at most as much again).
    ///      Two epochs fit into the unbonding (specs/0010). Eve takes the best claim only; Ann and Bob stay for `count` claims and leave.
    function testFuzz_who_comes_for_the_best_claim_earns_no_more_a_second_than_who_stays(uint96[8] memory drawn, uint8 count) public {
        uint256 epoch = UNBONDING * 6 / 13;
        uint256 claims = within(count, 2, 8);
        stakeOn(_netuid, STAYS, BOB, 1_000e18);
        (uint256 best, uint256 sum) = (0, 0);
        uint256[] memory amounts = new uint256[](claims);
        for (uint256 i = 0; i < claims; ++i) {
            amounts[i] = within(drawn[i], 10e18, 20e18);
            if (amounts[i] > best) best = amounts[i];
        }
        uint256 state = vm.snapshotState();
        uint256 eve = _gainOf(EVE, best);
        vm.revertToState(state);
        stakeOn(_netuid, STAYS, ANN, 100e18);
        for (uint256 i = 0; i < claims; ++i) {
            if (i > 0) vm.warp(block.timestamp + epoch);
            payDividends(_netuid, STAYS, amounts[i]);
            sum += amounts[i];
        }
        uint256 ann = worthOf(_netuid, STAYS, ANN) - 100e18;
        uint256 annSeconds = (claims - 1) * epoch + UNBONDING;
        atMost(eve * annSeconds, ann * UNBONDING * 101 / 100, "a second of Eve's against one of Ann's");
    }

    function _gainOf(address staker, uint256 dividends) private returns (uint256) {
        uint256 shares = stakeOn(_netuid, STAYS, staker, 100e18);
        payDividends(_netuid, STAYS, dividends);
        vm.prank(staker);
        staking.unstake(_netuid, STAYS, shares, 1);
        vm.warp(block.timestamp + UNBONDING);
        staking.withdraw(staker, 1);
        return pools.balanceOf(staker, _netuid) - 100e18;
    }

    function test_a_raised_take_waits_until_who_disagrees_has_left() public {
        vm.startPrank(STAYS);
        delegation.setTake(0);
        vm.warp(block.timestamp + 1);
        uint256 shares = _staked(EVE);
        _staked(ANN);
        uint48 holdsFrom = uint48(block.timestamp + UNBONDING);
        vm.startPrank(STAYS);
        delegation.setTake(1_800);
        vm.stopPrank();
        (uint256 take, uint48 from,,) = delegation.pendingTakesOf(STAYS);
        yes(take == 1_800 && from == holdsFrom, "announced");
        // A claim that follows at once pays by the old take.
        payDividends(_netuid, STAYS, 2e18);
        eq(worthOf(_netuid, STAYS, STAYS), 0, "nothing taken");
        vm.prank(EVE);
        staking.unstake(_netuid, STAYS, shares, 1);
        vm.warp(holdsFrom - 1);
        (take,) = delegation.takesOf(STAYS);
        eq(take, 0, "still");
        vm.warp(holdsFrom);
        staking.withdraw(EVE, 1);
        atMost(11e18 - 1, pools.balanceOf(EVE, _netuid), "Eve is gone with all of hers");
        payDividends(_netuid, STAYS, 1e18);
        atMost(0.18e18 - 2, worthOf(_netuid, STAYS, STAYS), "from here on");
        (take, from,,) = delegation.pendingTakesOf(STAYS);
        yes(take == 0 && from == 0, "nothing waits");
    }

    function test_a_raise_that_waits_is_taken_back_by_lowering() public {
        vm.startPrank(STAYS);
        delegation.setTake(500);
        delegation.setTake(900);
        delegation.setTake(500);
        (, uint48 from,,) = delegation.pendingTakesOf(STAYS);
        eq(from, 0, "taken back");
        vm.expectRevert();
        delegation.setTake(501);
        vm.warp(block.timestamp + 30 days);
        (uint256 take,) = delegation.takesOf(STAYS);
        eq(take, 500, "never came");
        delegation.setChildTake(1_000);
        (, uint256 childTake) = delegation.takesOf(STAYS);
        eq(childTake, 0, "a child's take waits too");
        uint48 childFrom;
        (,, childTake, childFrom) = delegation.pendingTakesOf(STAYS);
        yes(childTake == 1_000 && childFrom == block.timestamp + UNBONDING + 1 days, "announced");
        vm.stopPrank();
    }

    function _staked(address staker) private returns (uint256 shares) {
        vm.stopPrank();
        return stakeOn(_netuid, STAYS, staker, 10e18);
    }
}
