// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SubnetParams} from "../../../src/subnets/ISubnets.sol";
import {IPermits} from "../../../src/subnets/pool/IPermits.sol";
import {Network} from "../../support/Network.sol";
import {vm} from "../../support/Vm.sol";

contract PermitsTest is Network {
    address private constant ANN = address(0xA);
    uint160 private constant HOTKEYS = 6;
    uint32 private _netuid;

    event PermitSought(uint32 indexed netuid, address indexed hotkey, bool seeks);

    /// @dev All but the last seek a permit.
    function setUp() public {
        deployNetwork();
        SubnetParams memory chosen = params();
        chosen.maxValidators = 3;
        _netuid = createSubnet(chosen);
        for (uint160 i = 0; i < HOTKEYS; ++i) {
            join(_netuid, _hotkey(i));
            if (i < HOTKEYS - 1) seek(_netuid, _hotkey(i));
        }
    }

    function test_code_fits() public view {
        atMost(address(permits).code.length, 24_576, "permits");
    }

    function test_a_permit_needs_a_seat_the_minimum_and_the_will() public {
        address hotkey = address(0x2000);
        uint256 start = block.timestamp;
        uint256 shares = stakeOn(_netuid, hotkey, ANN, MIN_STAKE);
        seek(_netuid, hotkey);
        vm.warp(start + 10);
        join(_netuid, hotkey);
        vm.warp(start + 20);
        vm.prank(ANN);
        staking.unstake(_netuid, hotkey, shares / 2, 1);
        vm.warp(start + 30);
        stakeOn(_netuid, hotkey, address(0xB), MIN_STAKE);
        vm.warp(start + 40);
        vm.prank(hotkey);
        permits.seekPermit(_netuid, false);
        vm.warp(start + 50);
        seek(_netuid, hotkey);
        vm.warp(start + 60);
        vm.prank(hotkey);
        subnets.deregister(_netuid, hotkey);
        vm.warp(start + 70);
        eq(_at(hotkey, start + 9), 0, "no seat yet");
        eq(_at(hotkey, start + 10), MIN_STAKE, "seated");
        eq(_at(hotkey, start + 20), 0, "too little");
        eq(_at(hotkey, start + 39), 1.5e2 * 1e18, "again enough");
        eq(permits.totalPermittedStakeAt(_netuid, start + 39), 1.5e2 * 1e18, "the only one");
        eq(_at(hotkey, start + 40), 0, "given up");
        eq(_at(hotkey, start + 50), 1.5e2 * 1e18, "sought again");
        eq(permits.totalPermittedStakeAt(_netuid, start + 60), 0, "left");
        eq(staking.weightOf(_netuid, hotkey), 1.5e2 * 1e18, "stake stays");
        vm.expectRevert(abi.encodeWithSelector(IPermits.SnapshotNotFinal.selector, block.timestamp, block.timestamp));
        permits.permittedStakeAt(_netuid, hotkey, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IPermits.SnapshotNotFinal.selector, block.timestamp, block.timestamp));
        permits.totalPermittedStakeAt(_netuid, block.timestamp);
    }

    function test_nobody_without_seat_or_stake_asks() public {
        address nobody = address(0x2000);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPermits.NoSeatOrStake.selector, _netuid, nobody));
            seek(_netuid, nobody);
            vm.prank(nobody);
            permits.seekPermit(_netuid, false);
        }
        stakeOn(_netuid, nobody, ANN, MIN_STAKE);
        seek(_netuid, nobody);
        yes(permits.isSeeking(_netuid, nobody), "with stake");
        join(_netuid, address(0x2001));
        seek(_netuid, address(0x2001));
        yes(permits.isSeeking(_netuid, address(0x2001)), "with a seat");
    }

    function test_no_amount_of_stake_makes_a_validator_of_who_never_asked() public {
        address rival = _hotkey(HOTKEYS - 1);
        stakeOn(_netuid, rival, ANN, 1_000 * MIN_STAKE);
        permits.refreshPermit(_netuid, rival);
        eq(permits.permittedStakeOf(_netuid, rival), 0, "not asked");
        eq(permits.validatorsOf(_netuid).length, 0, "nobody");
        no(permits.isSeeking(_netuid, rival), "told");
        no(staking.isSlashable(_netuid, rival), "nor slashable");
        vm.expectEmit(true, true, true, true);
        emit PermitSought(_netuid, rival, true);
        seek(_netuid, rival);
        eq(permits.permittedStakeOf(_netuid, rival), 1_000 * MIN_STAKE, "once it asks");
        yes(permits.isSeeking(_netuid, rival), "told");
    }

    function test_giving_up_takes_the_permit_at_once_but_not_the_liability() public {
        stakeOn(_netuid, _hotkey(0), ANN, MIN_STAKE);
        vm.warp(block.timestamp + 1 hours);
        eq(permits.heldUntil(_netuid, _hotkey(0)), block.timestamp, "holds one");
        vm.startPrank(_hotkey(0));
        permits.seekPermit(_netuid, false);
        permits.seekPermit(_netuid, false);
        vm.stopPrank();
        uint256 gaveUpAt = block.timestamp;
        eq(permits.permittedStakeOf(_netuid, _hotkey(0)), 0, "taken");
        vm.warp(gaveUpAt + UNBONDING - 1);
        eq(permits.heldUntil(_netuid, _hotkey(0)), gaveUpAt, "until then");
        yes(staking.isSlashable(_netuid, _hotkey(0)), "for what it signed");
        vm.warp(gaveUpAt + UNBONDING);
        no(staking.isSlashable(_netuid, _hotkey(0)), "no longer");
        stakeOn(_netuid, _hotkey(0), ANN, MIN_STAKE);
        eq(permits.permittedStakeOf(_netuid, _hotkey(0)), 0, "more stake does not ask for it");
    }

    function test_one_with_more_puts_out_the_least_and_equals_do_not() public {
        for (uint160 i = 0; i < 3; ++i) stakeOn(_netuid, _hotkey(i), ANN, MIN_STAKE + i);
        stakeOn(_netuid, _hotkey(3), ANN, MIN_STAKE);
        eq(_permitted(3), 0, "an equal waits");
        stakeOn(_netuid, _hotkey(3), ANN, 1);
        eq(_permitted(0), 0, "put out");
        eq(_permitted(3), MIN_STAKE + 1, "in");
        eq(permits.validatorsOf(_netuid).length, 3, "three");
        eq(permits.totalPermittedStakeAt(_netuid, block.timestamp - 1), 3 * MIN_STAKE + 4, "total");
        eq(staking.weightOf(_netuid, _hotkey(0)), MIN_STAKE, "the stake stays");
        yes(staking.isSlashable(_netuid, _hotkey(0)), "a while");
    }

    function test_a_place_that_became_free_is_taken_by_whoever_is_named() public {
        for (uint160 i = 0; i < 4; ++i) stakeOn(_netuid, _hotkey(i), ANN, 2 * MIN_STAKE - i);
        vm.prank(_hotkey(1));
        subnets.deregister(_netuid, _hotkey(1));
        eq(_permitted(3), 0, "not by itself");
        permits.refreshPermit(_netuid, _hotkey(3));
        eq(_permitted(3), 2 * MIN_STAKE - 3, "taken");
        permits.refreshPermit(_netuid, _hotkey(4));
        eq(_permitted(4), 0, "without stake never");
        permits.refreshPermit(_netuid, _hotkey(1));
        eq(_permitted(1), 0, "without a seat never");
    }

    function test_one_whose_weight_fell_puts_nobody_out_unless_it_is_named() public {
        for (uint160 i = 0; i < 3; ++i) stakeOn(_netuid, _hotkey(i), ANN, 3 * MIN_STAKE);
        uint256 shares = stakeOn(_netuid, _hotkey(3), ANN, 3 * MIN_STAKE);
        uint256 held = _sharesOf(_hotkey(0));
        vm.startPrank(ANN);
        staking.unstake(_netuid, _hotkey(0), held / 2, 1);
        staking.unstake(_netuid, _hotkey(3), shares / 10, 1);
        vm.stopPrank();
        yes(_permitted(0) > 0 && _permitted(3) == 0, "as before");
        permits.refreshPermit(_netuid, _hotkey(3));
        yes(_permitted(0) == 0 && _permitted(3) > 0, "changed places");
    }

    function test_KOIN_on_the_root_makes_validators_of_a_subnet_without_alpha() public {
        stakeRoot(_hotkey(0), ANN, MIN_STAKE - 1);
        eq(_permitted(0), 0, "one unit short");
        stakeOn(_netuid, _hotkey(0), ANN, 1);
        eq(_permitted(0), MIN_STAKE, "alpha counts beside it");
        stakeRoot(_hotkey(0), ANN, 5e18);
        eq(_permitted(0), MIN_STAKE + 5e18, "follows");
        vm.prank(_hotkey(0));
        subnets.deregister(_netuid, _hotkey(0));
        eq(_permitted(0), 0, "left");
    }

    function test_a_slash_below_the_minimum_takes_the_permit() public {
        stakeOn(_netuid, _hotkey(0), ANN, MIN_STAKE);
        uint256 at = block.timestamp;
        vm.warp(at + 10);
        vm.prank(address(epochs));
        staking.slash(_netuid, _hotkey(0), 1, address(0x3A7));
        vm.warp(at + 20);
        eq(_at(_hotkey(0), at + 9), MIN_STAKE, "until then");
        eq(permits.totalPermittedStakeAt(_netuid, at + 10), 0, "lost");
    }

    function test_only_the_staking_contract_tells_weights() public {
        vm.expectRevert(abi.encodeWithSelector(IPermits.NotStaking.selector, address(this)));
        permits.onWeightChanged(_netuid, _hotkey(0), 0, MIN_STAKE, true);
    }

    function testFuzz_history_never_changes_once_past(uint256[6] memory amounts, uint256[6] memory gaps) public {
        uint256[6] memory times;
        uint256[6] memory weights_;
        for (uint256 i = 0; i < amounts.length; ++i) {
            stakeOn(_netuid, _hotkey(0), ANN, within(amounts[i], 1, 100e18));
            (times[i], weights_[i]) = (block.timestamp, permits.permittedStakeOf(_netuid, _hotkey(0)));
            vm.warp(block.timestamp + within(gaps[i], 1, 1 days));
        }
        for (uint256 i = 0; i < amounts.length; ++i) {
            eq(_at(_hotkey(0), times[i]), weights_[i], "as it was");
            eq(permits.totalPermittedStakeAt(_netuid, times[i]), weights_[i], "nor the total");
        }
    }

    function testFuzz_at_most_so_many_hold_permits_and_the_total_is_their_sum(uint256[20] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            address hotkey = _hotkey(uint160(moves[i] % HOTKEYS));
            uint256 shares = _sharesOf(hotkey);
            if (moves[i] % 5 == 0 && shares > 1e6) {
                vm.prank(ANN);
                staking.unstake(_netuid, hotkey, within(moves[i] >> 8, 1e6, shares), 1);
            } else if (moves[i] % 7 == 0) {
                permits.refreshPermit(_netuid, hotkey);
            } else if (moves[i] % 11 == 0) {
                vm.prank(hotkey);
                permits.seekPermit(_netuid, moves[i] >> 9 & 1 == 0);
            } else if (moves[i] % 13 == 0) {
                stakeRoot(hotkey, ANN, within(moves[i] >> 8, 1, 2 * MIN_STAKE));
            } else {
                stakeOn(_netuid, hotkey, ANN, within(moves[i] >> 8, 1, 3 * MIN_STAKE));
            }
            address[] memory validators = permits.validatorsOf(_netuid);
            atMost(validators.length, 3, "limit");
            vm.warp(block.timestamp + 1);
            uint256 sum;
            for (uint256 j = 0; j < validators.length; ++j) {
                uint256 stake = _at(validators[j], block.timestamp - 1);
                eq(stake, staking.weightOf(_netuid, validators[j]), "whole weight");
                atMost(MIN_STAKE, stake, "threshold");
                yes(permits.isSeeking(_netuid, validators[j]), "sought");
                sum += stake;
            }
            eq(permits.totalPermittedStakeAt(_netuid, block.timestamp - 1), sum, "sum");
        }
    }

    function _hotkey(uint160 index) private pure returns (address) {
        return address(0x1000 + index);
    }

    function _sharesOf(address hotkey) private view returns (uint256 shares) {
        (shares,) = staking.positionOf(_netuid, hotkey, ANN);
    }

    function _at(address hotkey, uint256 timestamp) private view returns (uint256) {
        return permits.permittedStakeAt(_netuid, hotkey, timestamp);
    }

    function _permitted(uint160 index) private returns (uint256) {
        vm.warp(block.timestamp + 1);
        return _at(_hotkey(index), block.timestamp - 1);
    }
}
