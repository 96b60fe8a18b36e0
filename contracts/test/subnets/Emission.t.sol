// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Emission} from "../../src/subnets/Emission.sol";
import {IEmission} from "../../src/subnets/IEmission.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract EmissionTest is Network {
    function setUp() public {
        deployNetwork();
    }

    function test_the_rate_halves() public view {
        uint256 start = emission.startsAt();
        eq(emission.issuedUntil(start - 1), 0, "before");
        eq(emission.issuedUntil(start + 10), 10 * RATE, "first era");
        eq(emission.issuedUntil(start + HALVING), HALVING * RATE, "end of the first era");
        eq(emission.issuedUntil(start + HALVING + 10), HALVING * RATE + 10 * RATE / 2, "second era");
        atMost(emission.issuedUntil(start + 500 * HALVING), 2 * RATE * HALVING, "for ever");
    }

    function test_subnets_share_equally_from_their_genesis_on() public {
        vm.warp(block.timestamp + 1000);
        uint32 first = createSubnet();
        vm.warp(block.timestamp + 100);
        uint32 second = createSubnet();
        uint32 twin = createSubnet();
        vm.warp(block.timestamp + 30);
        eq(emission.accruedUntil(first, block.timestamp), 100 * RATE + 30 * RATE / 3, "alone, then a third");
        eq(emission.accruedUntil(second, block.timestamp), 30 * RATE / 3, "a third");
        eq(emission.accruedUntil(twin, block.timestamp), 30 * RATE / 3, "created in the same second");
        eq(emission.accruedUntil(second, block.timestamp - 31), 0, "before its genesis");
    }

    function test_accrual_per_epoch_is_final_only_when_the_epoch_is_over() public {
        uint32 netuid = createSubnet();
        vm.warp(block.timestamp + 2 * EPOCH - 1);
        eq(emission.accrued(netuid, 0), 0, "nothing yet");
        eq(emission.accrued(netuid, 1), EPOCH * RATE, "one epoch");
        vm.expectRevert(
            abi.encodeWithSelector(IEmission.AccrualNotFinal.selector, block.timestamp + 1, block.timestamp)
        );
        emission.accrued(netuid, 2);
        vm.expectRevert(abi.encodeWithSelector(IEmission.SubnetNotFound.selector, 5));
        emission.accruedUntil(5, block.timestamp);
    }

    function test_only_the_epoch_contract_mints_and_never_beyond_the_issue() public {
        vm.expectRevert(abi.encodeWithSelector(IEmission.NotEpochs.selector, address(this)));
        emission.mint(1, address(1), 1);
        vm.warp(block.timestamp + 10);
        uint256 issued = emission.issuedUntil(block.timestamp);
        vm.startPrank(address(epochs));
        emission.mint(1, address(1), issued);
        vm.expectRevert(abi.encodeWithSelector(IEmission.MintExceedsIssued.selector, issued + 1, issued));
        emission.mint(1, address(1), 1);
        vm.stopPrank();
    }

    function test_a_schedule_that_could_pass_the_cap_cannot_be_deployed() public {
        uint256 budget = token.CAP() - token.totalMinted();
        uint256 rate = budget / (2 * HALVING);
        vm.expectRevert(
            abi.encodeWithSelector(IEmission.BudgetExceeded.selector, 2 * (rate + 1) * HALVING, budget)
        );
        new Emission(token, subnets, address(this), rate + 1, HALVING);
        new Emission(token, subnets, address(this), rate, HALVING);
        vm.expectRevert(IEmission.RateIsZero.selector);
        new Emission(token, subnets, address(this), 0, HALVING);
        vm.expectRevert(abi.encodeWithSelector(IEmission.HalvingTooShort.selector, 1 days - 1));
        new Emission(token, subnets, address(this), rate, 1 days - 1);
    }

    function testFuzz_writing_entries_down_changes_no_number(uint256[6] memory gaps, uint8 portion) public {
        for (uint256 i = 0; i < gaps.length; ++i) {
            createSubnet();
            vm.warp(block.timestamp + within(gaps[i], 0, 400 days));
        }
        uint256[6] memory before;
        for (uint32 netuid = 1; netuid <= 6; ++netuid) {
            before[netuid - 1] = emission.accruedUntil(netuid, block.timestamp);
        }
        emission.sync(portion % 7);
        for (uint32 netuid = 1; netuid <= 6; ++netuid) {
            eq(emission.accruedUntil(netuid, block.timestamp), before[netuid - 1], "same");
        }
        emission.sync(type(uint32).max);
        emission.sync(type(uint32).max);
        for (uint32 netuid = 1; netuid <= 6; ++netuid) {
            eq(emission.accruedUntil(netuid, block.timestamp), before[netuid - 1], "still the same");
        }
    }

    function testFuzz_the_subnets_together_never_accrue_more_than_the_issue(uint256[8] memory gaps) public {
        uint256 slack;
        for (uint32 i = 0; i < gaps.length; ++i) {
            vm.warp(block.timestamp + within(gaps[i], 0, 200 days));
            createSubnet();
            slack += i + 1;
        }
        vm.warp(block.timestamp + 1 days);
        uint256 sum;
        for (uint32 netuid = 1; netuid <= gaps.length; ++netuid) {
            sum += emission.accruedUntil(netuid, block.timestamp);
        }
        uint256 genesis = subnets.genesisOf(1);
        uint256 issued = emission.issuedUntil(block.timestamp) - emission.issuedUntil(genesis);
        atMost(sum, issued, "sum");
        atMost(issued, sum + slack, "only rounding is lost");
    }
}
