// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {Contest, IConviction, Lock, Tally} from "../../src/subnets/IConviction.sol";
import {ISubnets} from "../../src/subnets/ISubnets.sol";
import {IPools} from "../../src/subnets/pool/IPools.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract ConvictionTest is Network {
    address private constant HOLDER = address(0x401D);
    address private constant RIVAL = address(0x417A);
    address private constant STRANGER = address(0x5724);
    uint32 private _netuid;

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
    }

    function test_what_is_locked_moves_here_and_counts_from_nothing() public {
        _lock(HOLDER, RIVAL, 100e18);
        eq(pools.balanceOf(HOLDER, _netuid), 0, "taken");
        eq(pools.balanceOf(address(conviction), _netuid), 100e18, "kept here");
        (, uint256 counted) = conviction.tallyOf(_netuid, RIVAL);
        eq(counted, 0, "at once");
        vm.warp(block.timestamp + 90 days);
        (, counted) = conviction.tallyOf(_netuid, RIVAL);
        yes(counted > 49.9e18 && counted < 50.1e18, "half after 90 days");
        // More joins with nothing, and takes nothing away.
        uint256 before = counted;
        _lock(STRANGER, RIVAL, 100e18);
        (, counted) = conviction.tallyOf(_netuid, RIVAL);
        eq(counted, before, "more");
    }

    function test_only_what_the_caller_holds_is_locked_and_only_in_a_living_subnet() public {
        vm.expectRevert(IConviction.ZeroAmount.selector);
        conviction.lock(_netuid, RIVAL, 0);
        vm.expectRevert(IConviction.CandidateIsZero.selector);
        conviction.lock(_netuid, address(0), 1);
        mintAlpha(_netuid, HOLDER, 5);
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, address(this), 0, 5, _netuid));
        conviction.lock(_netuid, RIVAL, 5);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetNotFound.selector, 9));
        conviction.lock(9, RIVAL, 5);
        _dissolve();
        vm.prank(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(IConviction.SubnetIsDissolved.selector, _netuid));
        conviction.lock(_netuid, RIVAL, 5);
    }

    function test_a_lock_comes_back_by_halves_and_in_the_end_whole_to_its_holder_alone() public {
        _lock(HOLDER, RIVAL, 100e18);
        vm.prank(HOLDER);
        vm.expectRevert(IConviction.NothingFree.selector);
        conviction.withdraw(_netuid, RIVAL);
        vm.expectRevert(abi.encodeWithSelector(IConviction.LockTooSmall.selector, 0, 1));
        conviction.unlock(_netuid, RIVAL, 1);
        vm.startPrank(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(IConviction.LockTooSmall.selector, 100e18, 100e18 + 1));
        conviction.unlock(_netuid, RIVAL, 100e18 + 1);
        conviction.unlock(_netuid, RIVAL, 100e18);
        vm.expectRevert(IConviction.NothingFree.selector);
        conviction.withdraw(_netuid, RIVAL);
        vm.warp(block.timestamp + 90 days);
        uint256 paid = conviction.withdraw(_netuid, RIVAL);
        yes(paid > 49.9e18 && paid < 50.1e18, "half after 90 days");
        vm.stopPrank();
        vm.expectRevert(IConviction.NothingFree.selector);
        conviction.withdraw(_netuid, RIVAL);
        vm.warp(block.timestamp + conviction.RELEASE_SECONDS() - 90 days);
        (, uint256 free) = conviction.lockOf(_netuid, HOLDER, RIVAL);
        eq(free, 100e18 - paid, "all of the rest");
        vm.prank(HOLDER);
        conviction.withdraw(_netuid, RIVAL);
        eq(pools.balanceOf(HOLDER, _netuid), 100e18, "whole");
        eq(pools.balanceOf(address(conviction), _netuid), 0, "nothing stays");
    }

    function test_what_was_withdrawn_stops_counting() public {
        _lock(HOLDER, RIVAL, 100e18);
        vm.warp(block.timestamp + 4 * 365 days);
        vm.startPrank(HOLDER);
        conviction.unlock(_netuid, RIVAL, 100e18);
        vm.warp(block.timestamp + 180 days);
        conviction.withdraw(_netuid, RIVAL);
        (Tally memory tally, uint256 counted) = conviction.tallyOf(_netuid, RIVAL);
        yes(tally.leaving.conviction > tally.leaving.locked, "conviction lags behind");
        eq(counted, tally.leaving.locked, "but counts for what is locked");
    }

    function test_a_dissolved_subnet_frees_all_locks_at_once_and_the_pools_redeem_them() public {
        _lock(HOLDER, RIVAL, 100e18);
        _lock(STRANGER, RIVAL, 50e18);
        _openContest();
        vm.prank(HOLDER);
        conviction.unlock(_netuid, RIVAL, 40e18);
        _dissolve();
        vm.expectRevert(abi.encodeWithSelector(IConviction.SubnetIsDissolved.selector, _netuid));
        conviction.contest(_netuid, RIVAL);
        vm.warp(conviction.contestOf(_netuid).endsAt);
        vm.prank(RIVAL);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetIsDissolved.selector, _netuid));
        conviction.takeOver(_netuid);
        conviction.endContest(_netuid);
        vm.startPrank(HOLDER);
        eq(conviction.withdraw(_netuid, RIVAL), 100e18, "all of it");
        vm.expectRevert(IConviction.NothingFree.selector);
        conviction.withdraw(_netuid, RIVAL);
        yes(pools.redeem(_netuid, 100e18) > 0, "its part of the pot");
        vm.stopPrank();
        vm.prank(STRANGER);
        eq(conviction.withdraw(_netuid, RIVAL), 50e18, "the others theirs");
    }

    function test_ownership_passes_after_a_year_a_lead_and_a_notice_to_the_candidate_itself() public {
        uint256 genesis = block.timestamp;
        _lock(FOUNDER, FOUNDER, 60e18);
        _lock(HOLDER, RIVAL, 100e18);
        vm.expectRevert(abi.encodeWithSelector(IConviction.SubnetTooYoung.selector, genesis + 365 days));
        conviction.contest(_netuid, RIVAL);
        vm.warp(genesis + 365 days);
        vm.expectRevert(abi.encodeWithSelector(IConviction.DoesNotLead.selector, FOUNDER));
        conviction.contest(_netuid, FOUNDER);
        conviction.contest(_netuid, RIVAL);
        Contest memory open = conviction.contestOf(_netuid);
        vm.expectRevert(abi.encodeWithSelector(IConviction.ContestStands.selector, RIVAL, open.endsAt));
        conviction.contest(_netuid, RIVAL);
        vm.expectRevert(abi.encodeWithSelector(IConviction.ContestStands.selector, RIVAL, open.endsAt));
        conviction.endContest(_netuid);
        vm.warp(open.endsAt - 1);
        vm.prank(RIVAL);
        vm.expectRevert(abi.encodeWithSelector(IConviction.NoticeNotOver.selector, open.endsAt));
        conviction.takeOver(_netuid);
        vm.warp(open.endsAt);
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotCandidate.selector, address(this), RIVAL));
        conviction.takeOver(_netuid);
        vm.prank(RIVAL);
        conviction.takeOver(_netuid);
        eq(subnets.ownerOf(_netuid), RIVAL, "owner");
        vm.prank(RIVAL);
        vm.expectRevert(abi.encodeWithSelector(IConviction.NoContest.selector, _netuid));
        conviction.takeOver(_netuid);
        // The rights of an owner went over with it.
        vm.prank(FOUNDER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotSubnetOwner.selector, FOUNDER, RIVAL));
        subnets.nameOwnerHotkey(_netuid, FOUNDER);
        vm.startPrank(RIVAL);
        subnets.nameOwnerHotkey(_netuid, RIVAL);
        terms.announceUpdate(_netuid, "", SPEC);
        terms.announceRules(_netuid, rules());
        emission.announceParts(_netuid, 0, 5_000);
        vm.stopPrank();
        // The whole mass of the new owner counts now.
        no(conviction.leads(_netuid, FOUNDER), "the old one behind");
        vm.expectRevert(abi.encodeWithSelector(IConviction.NoContest.selector, _netuid));
        conviction.endContest(_netuid);
    }

    function test_the_owner_keeps_the_subnet_by_locking_as_much_until_the_last_second() public {
        _lock(HOLDER, RIVAL, 100e18);
        _openContest();
        vm.warp(conviction.contestOf(_netuid).endsAt);
        _lock(FOUNDER, FOUNDER, 1e18);
        eq(conviction.contestOf(_netuid).candidate, RIVAL, "too little");
        _lock(FOUNDER, FOUNDER, 99e18);
        eq(conviction.contestOf(_netuid).candidate, address(0), "enough");
        vm.prank(RIVAL);
        vm.expectRevert(abi.encodeWithSelector(IConviction.NoContest.selector, _netuid));
        conviction.takeOver(_netuid);
        // It is bound for it: what it unlocks still counts for what is left.
        vm.prank(FOUNDER);
        conviction.unlock(_netuid, FOUNDER, 100e18);
        no(conviction.leads(_netuid, RIVAL), "at once");
        vm.warp(block.timestamp + 90 days);
        yes(conviction.leads(_netuid, RIVAL), "later");
    }

    function test_a_lead_that_is_lost_ends_the_contest_when_anybody_says_so() public {
        _lock(HOLDER, RIVAL, 100e18);
        _openContest();
        vm.prank(HOLDER);
        conviction.unlock(_netuid, RIVAL, 100e18);
        _lock(FOUNDER, FOUNDER, 80e18);
        vm.warp(block.timestamp + 29 days);
        if (conviction.contestOf(_netuid).candidate != address(0)) conviction.endContest(_netuid);
        vm.expectRevert(abi.encodeWithSelector(IConviction.DoesNotLead.selector, RIVAL));
        conviction.contest(_netuid, RIVAL);
    }

    function test_who_does_not_take_it_in_time_begins_anew() public {
        _lock(HOLDER, RIVAL, 100e18);
        _openContest();
        uint256 until = conviction.contestOf(_netuid).endsAt + conviction.ACCEPT_SECONDS();
        vm.warp(until + 1);
        vm.prank(RIVAL);
        vm.expectRevert(abi.encodeWithSelector(IConviction.TooLate.selector, until));
        conviction.takeOver(_netuid);
        conviction.contest(_netuid, RIVAL);
        eq(conviction.contestOf(_netuid).endsAt, until + 1 + 30 days, "anew");
    }

    /// @dev Buying from the pool and selling back must not lift the gate for a moment.
    function test_the_gate_does_not_move_with_trades() public {
        mintAlpha(_netuid, HOLDER, 1_000e18);
        uint256 gate = conviction.gateOf(_netuid);
        eq(gate, (1_000e18 + LOCK) / 10, "a tenth");
        fund(STRANGER, 100e18);
        vm.prank(STRANGER);
        pools.buy(_netuid, 100e18, 1);
        eq(conviction.gateOf(_netuid), gate, "bought");
    }

    function test_nobody_but_the_contract_of_locks_passes_a_subnet_on_or_takes_alpha() public {
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotConviction.selector, address(this)));
        subnets.passOwnership(_netuid, address(this));
        vm.prank(FOUNDER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotConviction.selector, FOUNDER));
        subnets.passOwnership(_netuid, STRANGER);
        mintAlpha(_netuid, HOLDER, 1e18);
        vm.expectRevert(abi.encodeWithSelector(IPools.NotPermitted.selector, address(this)));
        pools.transferFor(_netuid, HOLDER, address(this), 1);
    }

    function testFuzz_a_lock_is_never_worth_more_than_it_is_nor_less_than_its_terms(uint96 amount, uint40 kept, uint40 gone)
        public
    {
        uint256 locked = within(amount, 1, 1_000_000e18);
        _lock(HOLDER, RIVAL, locked);
        vm.warp(block.timestamp + within(kept, 0, 5_000 days));
        (, uint256 counted) = conviction.tallyOf(_netuid, RIVAL);
        atMost(counted, locked, "conviction");
        vm.prank(HOLDER);
        conviction.unlock(_netuid, RIVAL, locked);
        uint256 wait = within(gone, 0, 5_000 days);
        vm.warp(block.timestamp + wait);
        (Lock memory lock, uint256 free) = conviction.lockOf(_netuid, HOLDER, RIVAL);
        eq(free + lock.leaving.locked, locked, "nothing is lost");
        if (wait >= 91 days) yes(free >= locked / 2, "half after 91 days");
        if (wait >= conviction.RELEASE_SECONDS()) eq(free, locked, "all in the end");
    }

    function _lock(address holder, address candidate, uint256 amount) private {
        mintAlpha(_netuid, holder, amount);
        vm.prank(holder);
        conviction.lock(_netuid, candidate, amount);
    }

    function _openContest() private {
        vm.warp(subnets.genesisOf(_netuid) + 366 days);
        conviction.contest(_netuid, RIVAL);
    }

    /// @dev As the registry does when it has no room.
    function _dissolve() private {
        vm.warp(block.timestamp + 366 days);
        for (uint256 i = 1; i < subnets.MAX_SUBNETS(); ++i) {
            vm.warp(block.timestamp + 28 days);
            createSubnet();
        }
        createSubnet();
        yes(subnets.dissolvedAtOf(_netuid) != 0, "dissolved");
    }
}
