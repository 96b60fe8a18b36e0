// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Averages} from "../../../src/subnets/emission/Averages.sol";
import {Coinbase} from "../../../src/subnets/emission/Coinbase.sol";
import {EmissionPolicies} from "../../../src/subnets/emission/EmissionPolicies.sol";
import {Halving} from "../../../src/subnets/emission/Halving.sol";
import {Q64} from "../../../src/subnets/emission/Q64.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev Reverts happen one call below a test.
contract Rules {
    function issuedOver(uint256 cap, uint256 base, uint256 issuance, uint256 elapsed) external pure returns (uint256) {
        return Halving.issuedOver(Halving.Schedule(cap, base), issuance, elapsed);
    }

    function exp(int256 x) external pure returns (uint256) {
        return Q64.exp(x);
    }

    function flowAfter(uint256 elapsed, uint256 keep) external pure returns (int256) {
        return Averages.flowAfter(1, 1, elapsed, Averages.keepOver(keep, elapsed));
    }

    function shares(EmissionPolicies.Signals[] memory subnets, uint256 policy)
        external
        pure
        returns (uint256[] memory)
    {
        if (policy == 0) return EmissionPolicies.priceEma(subnets);
        if (policy == 1) return EmissionPolicies.netFlow(subnets, 0, 2);
        if (policy == 2) return EmissionPolicies.netFlow(subnets, 0, 3);
        if (policy == 3) return EmissionPolicies.hillGate(subnets, 3, 61);
        if (policy == 4) return EmissionPolicies.userCapital(subnets, 432_000e18);
        return EmissionPolicies.equal(subnets);
    }

    function hillGate(uint256 steepness, uint256 demandPercent) external pure {
        EmissionPolicies.hillGate(new EmissionPolicies.Signals[](1), steepness, demandPercent);
    }

    function netFlow(uint256 powerHalves) external pure {
        EmissionPolicies.netFlow(new EmissionPolicies.Signals[](1), 0, powerHalves);
    }

    function split(uint256 issued, uint256 owner, uint256 miners, uint256 dividends)
        external
        pure
        returns (Coinbase.Parts memory)
    {
        return Coinbase.split(issued, owner, miners, dividends);
    }
}

contract EmissionRulesTest is Test {
    uint256 private constant CAP = 21_000_000e18;
    Rules private _rules;

    function setUp() public {
        _rules = new Rules();
    }

    /// @dev The closed form is the recurrence, whatever the schedule.
    function testFuzz_issue_is_the_sum_of_its_seconds(uint256 cap, uint256 base, uint256 issuance, uint256 elapsed)
        public
        pure
    {
        Halving.Schedule memory schedule;
        schedule.cap = within(cap, 2, 100_000);
        schedule.base = within(base, 1, schedule.cap / 2);
        issuance = within(issuance, 0, schedule.cap + 10);
        elapsed = within(elapsed, 0, 200);
        uint256 reached = issuance;
        for (uint256 i = 0; i < elapsed; ++i) {
            reached += Halving.rate(schedule, reached);
        }
        eq(Halving.issuedOver(schedule, issuance, elapsed), reached - issuance, "issued");
    }

    function testFuzz_issue_stays_under_the_cap(uint256 issuance, uint256 first, uint256 second) public pure {
        Halving.Schedule memory schedule = Halving.Schedule(CAP, uint256(1e18) / 12);
        issuance = within(issuance, 0, CAP);
        (first, second) = (within(first, 0, 1 << 64), within(second, 0, 1 << 64));
        uint256 part = Halving.issuedOver(schedule, issuance, first);
        uint256 whole = Halving.issuedOver(schedule, issuance, first + second);
        eq(part + Halving.issuedOver(schedule, issuance + part, second), whole, "cut anywhere");
        atMost(issuance + whole, CAP, "cap");
    }

    function testFuzz_shares_are_one_or_nothing(EmissionPolicies.Signals[] memory subnets, uint256 policy) public view {
        for (uint256 i = 0; i < subnets.length; ++i) {
            subnets[i].minerBurned = within(subnets[i].minerBurned, 0, Q64.ONE);
        }
        policy %= 6;
        uint256[] memory shares = _rules.shares(subnets, policy);
        uint256 sum = 0;
        for (uint256 i = 0; i < shares.length; ++i) {
            sum += shares[i];
            yes(subnets[i].eligible || shares[i] == 0, "ineligible");
        }
        // Capital may leave a part to nobody.
        if (policy == 4) atMost(sum, Q64.ONE, "sum");
        else yes(sum == 0 || sum == Q64.ONE, "sum");
    }

    function testFuzz_parts_sum(uint128 issued, uint256 owner, uint256 miners) public pure {
        owner = within(owner, 0, 10_000);
        miners = within(miners, 0, 10_000 - owner);
        Coinbase.Parts memory parts = Coinbase.split(issued, owner, miners, 10_000 - owner - miners);
        eq(parts.owner + parts.miners + parts.dividends + parts.recycled, issued, "tokens");
        atMost(parts.recycled, 2, "rounding");
    }

    /// @dev However capital is spread over subnets, it brings no more than in one.
    function testFuzz_splitting_gains_nothing(uint96 a, uint96 b, uint96 other, uint96 full) public pure {
        EmissionPolicies.Signals[] memory one = new EmissionPolicies.Signals[](2);
        (one[0].eligible, one[1].eligible) = (true, true);
        (one[0].capital, one[1].capital) = (uint128(a) + b, other);
        EmissionPolicies.Signals[] memory two = new EmissionPolicies.Signals[](3);
        (two[0].eligible, two[1].eligible, two[2].eligible) = (true, true, true);
        (two[0].capital, two[1].capital, two[2].capital) = (a, b, other);
        uint256[] memory split = EmissionPolicies.userCapital(two, full);
        atMost(split[0] + split[1], EmissionPolicies.userCapital(one, full)[0], "split");
    }

    /// @dev No order of subnets makes the dearest policy dearer than a block can take.
    function test_gas_of_128_subnets() public view {
        for (uint256 order = 0; order < 2; ++order) {
            EmissionPolicies.Signals[] memory subnets = new EmissionPolicies.Signals[](128);
            for (uint256 i = 0; i < 128; ++i) {
                subnets[i].eligible = true;
                subnets[i].priceEma = uint128(((order == 0 ? i : 127 - i) * 7919 + 1) << 50);
            }
            uint256 before = gasleft();
            EmissionPolicies.hillGate(subnets, 3, 61);
            atMost(before - gasleft(), 1_700_000, "gas of the Hill gate");
        }
    }

    function test_bad_input_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(Halving.BadSchedule.selector, 10, 6));
        _rules.issuedOver(10, 6, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(Halving.BadSchedule.selector, 10, 0));
        _rules.issuedOver(10, 0, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(Halving.BadSchedule.selector, 1 << 128, 1));
        _rules.issuedOver(1 << 128, 1, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(Q64.ExponentTooLarge.selector, (88 << 64) + 1));
        _rules.exp((88 << 64) + 1);
        vm.expectRevert(Averages.OutOfRange.selector);
        _rules.flowAfter(1, Q64.ONE + 1);
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        _rules.hillGate(5, 61);
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        _rules.hillGate(3, 100);
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        _rules.netFlow(0);
        EmissionPolicies.Signals[] memory subnets = new EmissionPolicies.Signals[](1);
        subnets[0].minerBurned = Q64.ONE + 1;
        vm.expectRevert(abi.encodeWithSelector(EmissionPolicies.BurnedOutOfRange.selector, 0, Q64.ONE + 1));
        _rules.shares(subnets, 0);
        vm.expectRevert(Coinbase.PartsDoNotSum.selector);
        _rules.split(1, 1801, 4100, 4100);
    }
}
