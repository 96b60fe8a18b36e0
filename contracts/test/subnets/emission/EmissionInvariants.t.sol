// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../../support/Test.sol";
import {EmissionHandler} from "./EmissionHandler.sol";

contract EmissionInvariants is Test {
    EmissionHandler private _handler;

    function setUp() public {
        _handler = new EmissionHandler();
    }

    /// @dev Without this the invariants could hold because nothing ever happens.
    function test_the_handler_reaches_every_move() external {
        _handler.root(500e18);
        _handler.elapse(700);
        _handler.step(3);
        _handler.open(1e18, 1e18);
        _handler.elapse(1_100);
        _handler.trade(0, 10e18);
        _handler.step(1);
        _handler.read();
        _handler.pay(0, 5e18);
        _handler.pay(1, 5e18);
        _handler.dissolve(1);
        _handler.step(3);
        _handler.pay(2, 0);
        _handler.read();
        bytes32[7] memory moves = [bytes32("root"), "step", "open", "trade", "read", "pay", "dissolve"];
        for (uint256 i = 0; i < moves.length; ++i) {
            yes(_handler.done(moves[i]) > 0, string(abi.encodePacked(moves[i])));
        }
        this.invariant_the_books_balance();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_the_books_balance() external {
        _handler.check();
        no(_handler.priceMoved(), "an injection moved a price");
        no(_handler.accrualChanged(), "what accrued in the past changed");
    }
}
