// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UserCapitalPolicy} from "../../../src/subnets/emission/policies/UserCapitalPolicy.sol";
import {IPoolEmission} from "../../../src/subnets/emission/IPoolEmission.sol";
import {Q64} from "../../../src/subnets/emission/Q64.sol";
import {vm, Vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

/// @dev What the emission league plays for months (packages/subnets/src/emission-league), here on the contracts: an owner that waits, one
///      that drips, one that is there for the openings only.
contract UserCapitalPolicyTest is EmissionNetwork {
    uint256 private constant FULL = 10_000e18;
    address private constant ATTACKER = address(0xA77);
    address private constant USER = address(0x05E2);

    /// @dev Subnet 1 is somebody's who does nothing, subnet 2 has a user.
    function setUp() public {
        deployEmission(new UserCapitalPolicy(FULL));
        openSubnet(100e18, 100e18);
        openSubnet(100e18, 100e18);
        stakeRoot(address(1), address(2), 100_000e18);
        buy(2, USER, 900e18);
    }

    function test_the_first_step_counts_nothing_and_the_second_little() external {
        _same(_step(PERIOD), 0, 0);
        uint256[] memory shares = _step(PERIOD);
        atMost(shares[0], Q64.ONE * 100 / 10_000 / 1_000, "a lock of ten minutes");
        yes(shares[0] > 0, "but something");
    }

    function test_a_quiet_owner_gets_what_its_lock_carries() external {
        uint256[] memory shares = _wait(60 days);
        uint256 most = Q64.ONE * 100e18 / FULL;
        // What was injected more than a month ago is half forgotten.
        atMost(shares[0], most * 102 / 100, "a hundredth");
        atMost(most * 99 / 100, shares[0], "all of it by now");
        atMost(shares[0] * 9, shares[1], "a user's 900 and a lock carry ten times that");
    }

    function test_alone_among_empty_pools_it_gets_no_more() external {
        uint256 alpha = pools.balanceOf(USER, 2);
        vm.prank(USER);
        pools.sell(2, alpha, 1);
        uint256[] memory shares = _wait(60 days);
        atMost(shares[0], Q64.ONE * 102e18 / FULL, "a hundredth still");
        atMost(shares[0] + shares[1], Q64.ONE * 203 / 10_000, "nearly all is recycled");
    }

    function test_a_drip_brings_what_it_adds_up_to() external {
        uint256[] memory shares;
        for (uint256 i = 0; i < 60; ++i) {
            buy(1, ATTACKER, 0.1e18);
            shares = _step(1 days);
        }
        atMost(shares[0], Q64.ONE * 106e18 / FULL, "its lock and six KOIN");
    }

    /// @dev There at the opening, gone behind it: the next opening sees a pool without it, and so does this one at the last injection.
    function test_a_deposit_at_the_opening_counts_nothing() external {
        uint256 before = _wait(60 days)[0];
        uint256 alpha = buy(1, ATTACKER, 5_000e18);
        atMost(_step(0)[0], before + before / 1_000, "at its opening");
        vm.prank(ATTACKER);
        pools.sell(1, alpha, 1);
        atMost(_step(PERIOD)[0], before + before / 1_000, "at the next");
    }

    function test_capital_counts_slowly_and_is_gone_at_once() external {
        uint256 before = _wait(60 days)[0];
        uint256 alpha = buy(1, ATTACKER, 5_000e18);
        _step(PERIOD);
        atMost(_step(PERIOD)[0], before + Q64.ONE * 5_000e18 / FULL / 900, "ten minutes of a week");
        uint256 then = _wait(7 days)[0];
        uint256 half = Q64.ONE * 2_500e18 / FULL;
        yes(then - before > half * 9 / 10 && then - before < half * 11 / 10, "half in a week");
        vm.prank(ATTACKER);
        pools.sell(1, alpha, 1);
        atMost(_step(PERIOD)[0], before + before / 100, "gone");
    }

    function test_what_the_protocol_brought_is_nobodys_capital() external {
        _wait(30 days);
        uint256 injected = pools.stateOf(2).koin;
        for (uint256 i = 0; i < 300; ++i) {
            nextStep();
        }
        injected = pools.stateOf(2).koin - injected;
        yes(injected > 50e18, "much was injected");
        (, int256 protocol) = emission.flowsOf(2);
        yes(protocol > 0, "and remembered");
        atMost(emission.capitalOf(2), 1_000e18, "the lock and what the user brought");
    }

    function test_all_sell() external {
        _wait(30 days);
        uint256 alpha = pools.balanceOf(USER, 2);
        vm.prank(USER);
        pools.sell(2, alpha, 1);
        uint256[] memory shares = _step(1 days);
        atMost(shares[1], shares[0], "less than a lock is left of it");
    }

    function test_dissolution_takes_a_subnet_out() external {
        _wait(30 days);
        registry.dissolve(2);
        skip(1 days);
        vm.recordLogs();
        emission.advance(10);
        eq(_sharesOf(vm.getRecordedLogs()).length, 1, "one is left");
    }

    function _same(uint256[] memory shares, uint256 first, uint256 second) private pure {
        eq(shares[0], first, "first");
        eq(shares[1], second, "second");
    }

    /// @dev Daily steps.
    function _wait(uint256 duration) private returns (uint256[] memory shares) {
        for (uint256 day = 0; day < duration / 1 days; ++day) {
            shares = _step(1 days);
        }
    }

    function _step(uint256 elapsed) private returns (uint256[] memory) {
        skip(elapsed == 0 ? PERIOD : elapsed);
        vm.recordLogs();
        eq(emission.advance(10), 0, "closed");
        return _sharesOf(vm.getRecordedLogs());
    }

    function _sharesOf(Vm.Log[] memory logs) private pure returns (uint256[] memory shares) {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IPoolEmission.StepOpened.selector) continue;
            (,,,,,,, shares) = abi.decode(
                logs[i].data, (uint48, uint48, uint256, uint256, uint32[], uint256[], uint256[], uint256[])
            );
        }
    }
}
