// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../support/Test.sol";
import {ConvictionHandler} from "./ConvictionHandler.sol";

contract ConvictionInvariants is Test {
    ConvictionHandler private _handler;

    function setUp() public {
        _handler = new ConvictionHandler();
    }

    /// @dev Without this the invariants could hold because nothing ever happens.
    function test_the_handler_reaches_every_move() external {
        _handler.lock(1, 2, 100e18);
        _handler.elapse(30 days);
        _handler.contest(2);
        _handler.elapse(30 days);
        _handler.take(2);
        _handler.lock(3, 3, 900e18);
        _handler.elapse(399 days);
        _handler.contest(3);
        _handler.elapse(399 days);
        _handler.end();
        _handler.unlock(3, 3, 500e18);
        _handler.elapse(30 days);
        _handler.withdraw(3, 3);
        bytes32[6] memory moves = [bytes32("lock"), "unlock", "withdraw", "contest", "take", "end"];
        for (uint256 i = 0; i < moves.length; ++i) {
            yes(_handler.done(moves[i]) > 0, string(abi.encodePacked(moves[i])));
        }
        this.invariant_nothing_is_lost_or_taken();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_nothing_is_lost_or_taken() external view {
        _handler.check();
        no(_handler.wasTaken(), "an owner changed without the lead or the notice");
    }
}
