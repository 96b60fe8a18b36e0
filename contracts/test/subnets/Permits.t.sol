// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SubnetParams} from "../../src/subnets/ISubnets.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract PermitsTest is Network {
    address private constant ANN = address(0xA);
    uint32 private _netuid;

    function setUp() public {
        deployNetwork();
        SubnetParams memory chosen = params();
        chosen.maxValidators = 3;
        _netuid = createSubnet(chosen);
        for (uint160 i = 0; i < 6; ++i) join(_netuid, _hotkey(i));
    }

    function test_one_with_more_puts_out_the_least_and_equals_do_not() public {
        for (uint160 i = 0; i < 3; ++i) stakeOn(_netuid, _hotkey(i), ANN, MIN_STAKE + i);
        stakeOn(_netuid, _hotkey(3), ANN, MIN_STAKE);
        eq(_permitted(3), 0, "an equal waits");
        stakeOn(_netuid, _hotkey(3), ANN, 1);
        eq(_permitted(0), 0, "put out");
        eq(_permitted(3), MIN_STAKE + 1, "in");
        eq(staking.validatorsOf(_netuid).length, 3, "three");
        vm.warp(block.timestamp + 1);
        eq(staking.totalPermittedStakeAt(_netuid, block.timestamp - 1), 3 * MIN_STAKE + 4, "total");
        eq(staking.stakeOf(_netuid, _hotkey(0)), MIN_STAKE, "the stake stays");
    }

    function test_a_place_that_became_free_is_taken_by_whoever_is_named() public {
        for (uint160 i = 0; i < 4; ++i) stakeOn(_netuid, _hotkey(i), ANN, 2 * MIN_STAKE - i);
        vm.prank(_hotkey(1));
        subnets.deregister(_netuid, _hotkey(1));
        eq(_permitted(3), 0, "not by itself");
        staking.refreshPermit(_netuid, _hotkey(3));
        eq(_permitted(3), 2 * MIN_STAKE - 3, "taken");
        staking.refreshPermit(_netuid, _hotkey(5));
        eq(_permitted(5), 0, "without stake never");
        staking.refreshPermit(_netuid, _hotkey(1));
        eq(_permitted(1), 0, "without a seat never");
    }

    function testFuzz_at_most_so_many_hold_permits_and_the_total_is_their_sum(uint256[20] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            address hotkey = _hotkey(uint160(moves[i] % 6));
            uint256 position = staking.positionOf(_netuid, hotkey, ANN);
            if (moves[i] % 5 == 0 && position > 0) {
                vm.prank(ANN);
                staking.unstake(_netuid, hotkey, within(moves[i] >> 8, 1, position));
            } else if (moves[i] % 7 == 0) {
                staking.refreshPermit(_netuid, hotkey);
            } else {
                stakeOn(_netuid, hotkey, ANN, within(moves[i] >> 8, 1, 3 * MIN_STAKE));
            }
            address[] memory validators = staking.validatorsOf(_netuid);
            atMost(validators.length, 3, "limit");
            vm.warp(block.timestamp + 1);
            uint256 sum;
            for (uint256 j = 0; j < validators.length; ++j) {
                uint256 stake = staking.permittedStakeAt(_netuid, validators[j], block.timestamp - 1);
                eq(stake, staking.stakeOf(_netuid, validators[j]), "whole stake");
                atMost(MIN_STAKE, stake, "threshold");
                sum += stake;
            }
            eq(staking.totalPermittedStakeAt(_netuid, block.timestamp - 1), sum, "sum");
        }
    }

    function _hotkey(uint160 index) private pure returns (address) {
        return address(0x1000 + index);
    }

    function _permitted(uint160 index) private returns (uint256) {
        vm.warp(block.timestamp + 1);
        return staking.permittedStakeAt(_netuid, _hotkey(index), block.timestamp - 1);
    }
}
