// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edge, IAlphaStaking} from "../../../src/subnets/pool/IAlphaStaking.sol";
import {IDelegation} from "../../../src/subnets/pool/IDelegation.sol";
import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

contract ChildKeysTest is PoolNetwork {
    address private constant PARENT = address(0x407);
    address private constant CHILD = address(0x408);
    address private constant ANN = address(0xA);
    uint32 private _netuid;

    function setUp() public {
        deployPools();
        _netuid = openSubnet();
    }

    function test_weight_follows_the_parents_alpha_and_gives_the_child_its_permit() public {
        uint256 shares = stakeOn(_netuid, PARENT, ANN, 400e18);
        seat(_netuid, CHILD, true);
        adopt(_netuid, PARENT, CHILD, 0.5e18);
        yes(staking.weightOf(_netuid, PARENT) == 200e18 && staking.weightOf(_netuid, CHILD) == 200e18, "half");
        stakeOn(_netuid, PARENT, ANN, 100e18);
        vm.warp(block.timestamp + 1);
        eq(permits.permittedStakeAt(_netuid, CHILD, block.timestamp - 1), 250e18, "follows");
        eq(staking.totalWeightOf(_netuid), 500e18, "nothing appears");
        yes(staking.isSlashable(_netuid, PARENT), "the parent stands in");
        vm.prank(ANN);
        (, bool queued) = staking.unstake(_netuid, PARENT, shares, 1);
        yes(queued, "so leaving it waits");
        adopt(_netuid, PARENT, CHILD, 0);
        yes(staking.weightOf(_netuid, PARENT) == 100e18 && staking.weightOf(_netuid, CHILD) == 0, "taken back");
        yes(staking.isSlashable(_netuid, PARENT), "still a while");
        vm.warp(block.timestamp + UNBONDING);
        no(staking.isSlashable(_netuid, PARENT), "then free");
    }

    function test_a_slash_of_the_child_reaches_the_parents_part_even_after_it_left() public {
        stakeOn(_netuid, PARENT, ANN, 1_000e18);
        stakeOn(_netuid, CHILD, ANN, 100e18);
        adopt(_netuid, PARENT, CHILD, 0.5e18);
        slash(_netuid, CHILD, 1_000);
        eq(staking.hotkeyOf(_netuid, PARENT).stakedAssets, 950e18, "a tenth of half");
        eq(staking.hotkeyOf(_netuid, CHILD).stakedAssets, 90e18, "a tenth");
        adopt(_netuid, PARENT, CHILD, 0.1e18);
        slash(_netuid, CHILD, 1_000);
        eq(staking.hotkeyOf(_netuid, PARENT).stakedAssets, 902.5e18, "by what it was");
        adopt(_netuid, PARENT, CHILD, 0);
        vm.warp(block.timestamp + UNBONDING);
        slash(_netuid, CHILD, 1_000);
        eq(staking.hotkeyOf(_netuid, PARENT).stakedAssets, 902.5e18, "no longer");
    }

    function test_dividends_split_by_where_the_weight_comes_from() public {
        seat(_netuid, CHILD, true);
        stakeOn(_netuid, PARENT, ANN, 100e18);
        stakeOn(_netuid, CHILD, CHILD, 40e18);
        stakeRoot(CHILD, ANN, 100e18);
        adopt(_netuid, PARENT, CHILD, 0.42e18);
        vm.startPrank(CHILD);
        delegation.setTake(1_000);
        delegation.setChildTake(500);
        vm.stopPrank();
        vm.prank(PARENT);
        delegation.setTake(0);
        vm.warp(block.timestamp + UNBONDING + 1 days);
        eq(staking.weightOf(_netuid, CHILD), 100e18, "40 own + 42 of the parent + 18 of the root");
        payDividends(_netuid, CHILD, 50e18);
        atMost(staking.claimableRoot(_netuid, CHILD, ANN, 9), 8.1e18, "root: 9 less a tenth");
        atMost(8.1e18 - 2, staking.claimableRoot(_netuid, CHILD, ANN, 9), "root: 9 less a tenth");
        eq(worthOf(_netuid, PARENT, ANN), 119.95e18 - 1, "parent: 21 less a twentieth");
        eq(staking.hotkeyOf(_netuid, CHILD).stakedAssets, 40e18 + 20e18 + 0.9e18 + 1.05e18, "the rest");
        eq(staking.weightOf(_netuid, CHILD), 61.95e18 + 18e18 + 50.379e18, "the parent's gift grew with it");
    }

    function test_no_cycles_and_no_more_generations_than_two() public {
        address third = address(0x409);
        adopt(_netuid, PARENT, CHILD, 0.5e18);
        _announce(CHILD, PARENT, 0.5e18);
        vm.startPrank(PARENT);
        delegation.setTakesParent(_netuid, CHILD, true);
        delegation.setTakesParent(_netuid, third, true);
        vm.stopPrank();
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.GenerationsTooMany.selector, _netuid, CHILD));
        staking.applyChildren(_netuid, CHILD);
        _announce(third, PARENT, 0.5e18);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.GenerationsTooMany.selector, _netuid, PARENT));
        staking.applyChildren(_netuid, third);
    }

    function test_a_child_must_agree_and_has_eight_parents_at_most() public {
        _announce(PARENT, CHILD, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.ChildrenTooEarly.selector, block.timestamp + 1 days));
        staking.applyChildren(_netuid, PARENT);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.ChildNotWilling.selector, _netuid, PARENT, CHILD));
        staking.applyChildren(_netuid, PARENT);
        vm.prank(CHILD);
        delegation.setTakesParent(_netuid, PARENT, true);
        for (uint160 i = 0; i < 8; ++i) {
            adopt(_netuid, address(0x5000 + i), CHILD, 1e18);
        }
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.ParentsTooMany.selector, _netuid, CHILD));
        staking.applyChildren(_netuid, PARENT);
        adopt(_netuid, address(0x5003), CHILD, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.ParentsTooMany.selector, _netuid, CHILD));
        staking.applyChildren(_netuid, PARENT);
        vm.warp(block.timestamp + UNBONDING);
        staking.applyChildren(_netuid, PARENT);
        eq(staking.parentsOf(_netuid, CHILD).length, 8, "the place of the one that left");
        Edge memory edge = staking.edgeOf(_netuid, PARENT, CHILD);
        yes(edge.proportion == 1e18 && edge.amount == 0, "edge");
    }

    function test_bad_announcements_are_refused() public {
        (address[] memory children, uint64[] memory parts) = (new address[](2), new uint64[](2));
        (children[0], children[1], parts[0], parts[1]) = (CHILD, ANN, 0.6e18, 0.4e18 + 1);
        _refused(children, parts, IDelegation.ChildrenOutOfRange.selector);
        parts[1] = 0;
        _refused(children, parts, IDelegation.ChildrenOutOfRange.selector);
        (parts[1], children[1]) = (1, CHILD);
        _refused(children, parts, IDelegation.ChildrenOutOfRange.selector);
        children[1] = PARENT;
        _refused(children, parts, IDelegation.ChildrenOutOfRange.selector);
        children[1] = address(0);
        _refused(children, parts, IDelegation.ChildrenOutOfRange.selector);
        _refused(new address[](6), new uint64[](6), IDelegation.ChildrenOutOfRange.selector);
        _refused(new address[](1), new uint64[](2), IDelegation.ChildrenOutOfRange.selector);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NothingAnnounced.selector, _netuid, PARENT));
        staking.applyChildren(_netuid, PARENT);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.SubnetNotFound.selector, 99));
        delegation.announceChildren(99, new address[](0), new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotPermitted.selector, address(this)));
        delegation.takeAnnouncement(_netuid, PARENT);
    }

    function test_takes_fall_at_any_time_and_are_raised_once_in_thirty_days() public {
        vm.startPrank(PARENT);
        (uint256 take, uint256 childTake) = delegation.takesOf(PARENT);
        yes(take == 1_800 && childTake == 0, "defaults");
        vm.expectRevert(abi.encodeWithSelector(IDelegation.TakeOutOfRange.selector, 1_801));
        delegation.setTake(1_801);
        delegation.setTake(100);
        delegation.setTake(200);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.TakeRaisedTooSoon.selector, block.timestamp + 30 days));
        delegation.setTake(201);
        delegation.setTake(0);
        delegation.setChildTake(1_800);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.TakeOutOfRange.selector, 1_801));
        delegation.setChildTake(1_801);
        vm.warp(block.timestamp + 30 days);
        delegation.setTake(1_800);
        vm.stopPrank();
    }

    /// @dev However short the unbonding is, a child's raise holds no sooner than a parent that hears of it can be without it.
    function test_a_parent_leaves_before_its_child_takes_more() public {
        stakeOn(_netuid, PARENT, ANN, 100e18);
        adopt(_netuid, PARENT, CHILD, 1e18);
        vm.prank(CHILD);
        delegation.setChildTake(1_800);
        vm.warp(block.timestamp + UNBONDING - 1);
        adopt(_netuid, PARENT, CHILD, 0);
        (, uint256 childTake) = delegation.takesOf(CHILD);
        eq(childTake, 0, "not yet");
        eq(staking.weightOf(_netuid, CHILD), 0, "left");
        vm.warp(block.timestamp + 1);
        (, childTake) = delegation.takesOf(CHILD);
        eq(childTake, 1_800, "from now on");
    }

    function _announce(address parent, address child, uint64 proportion) private {
        (address[] memory children, uint64[] memory proportions) = (new address[](1), new uint64[](1));
        (children[0], proportions[0]) = (child, proportion);
        vm.prank(parent);
        delegation.announceChildren(_netuid, children, proportions);
    }

    function _refused(address[] memory children, uint64[] memory proportions, bytes4 reason) private {
        vm.prank(PARENT);
        vm.expectRevert(reason);
        delegation.announceChildren(_netuid, children, proportions);
    }
}
