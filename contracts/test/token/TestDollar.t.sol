// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestDollar} from "../../src/token/TestDollar.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

contract TestDollarTest is Test {
    TestDollar private _token;

    function setUp() public {
        _token = new TestDollar();
    }

    function test_describes_itself_as_clients_expect() public view {
        eq(_token.symbol(), "tUSD", "symbol");
        eq(_token.decimals(), 6, "decimals");
        (, string memory name, string memory version,,,,) = _token.eip712Domain();
        eq(name, "Test Dollar", "domain name");
        eq(version, "1", "domain version");
    }

    function test_the_faucet_keeps_both_limits_and_refills_next_day() public {
        uint256 most = _token.FAUCET_MAX_PER_CALL();
        vm.expectRevert(abi.encodeWithSelector(TestDollar.FaucetCallLimit.selector, most + 1, most));
        _token.faucet(address(1), most + 1);
        for (uint256 i = 0; i < 10; ++i) {
            _token.faucet(address(1), most);
        }
        vm.expectRevert(abi.encodeWithSelector(TestDollar.FaucetDayLimit.selector, address(1), 0));
        _token.faucet(address(1), 1);
        _token.faucet(address(2), 1);
        vm.warp(block.timestamp + 1 days);
        _token.faucet(address(1), most);
        eq(_token.balanceOf(address(1)), 11 * most, "balance");
    }

    function testFuzz_a_day_never_gives_more_than_its_limit(uint256[12] memory amounts) public {
        for (uint256 i = 0; i < amounts.length; ++i) {
            try _token.faucet(address(1), within(amounts[i], 0, 20_000e6)) {} catch {}
        }
        atMost(_token.balanceOf(address(1)), _token.FAUCET_MAX_PER_DAY(), "given");
        eq(_token.faucetRemaining(address(1)), _token.FAUCET_MAX_PER_DAY() - _token.balanceOf(address(1)), "rest");
    }
}
