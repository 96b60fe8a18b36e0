// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolState} from "../../../src/subnets/pool/IPools.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";
import {PoolHandler, Sums} from "./PoolHandler.sol";

contract PoolInvariants is Test {
    PoolHandler private _handler;

    function setUp() public {
        _handler = new PoolHandler();
        vm.warp(block.timestamp + 1);
    }

    /// @dev Without this the invariants could hold because nothing ever happens.
    function test_the_handler_reaches_every_move() external {
        _handler.buy(0, 0, 50e18);
        _handler.sell(0, 0, 1e18);
        _handler.buyAndSellBack(0, 1, 500e18);
        _handler.inject(0, 10e18, 20e18);
        _handler.stake(1, 0, 3, 20e18);
        _handler.stake(0, 0, 0, 500e18);
        _handler.unstake(1, 0, 3, 1e24);
        _handler.move(0, 0, 3, 2, 1e24);
        _handler.unstake(1, 0, 0, 1e25);
        _handler.dividends(0, 0, 10e18);
        yes(_handler.rootPaid() > 0, "root paid");
        _handler.claim(0, 0, 0, 3);
        yes(_handler.rootClaimed() > 0, "root claimed");
        _handler.setChild(0, 3, 0, 0.5e18);
        _handler.slashSome(0, 0, 1_000);
        _handler.elapse(8 days);
        _handler.withdraw(0, 5, true);
        bytes32[11] memory moves = [
            bytes32("buy"), "sell", "inject", "stake", "left", "queued", "move", "dividends", "child", "slash", "withdraw"
        ];
        for (uint256 i = 0; i < moves.length; ++i) {
            yes(_handler.done(moves[i]) > 0, string(abi.encodePacked(moves[i])));
        }
        vm.warp(block.timestamp + 1);
        this.invariant_the_books_balance();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev One campaign for all: every invariant of its own would run the same moves again.
    /// forge-config: long.invariant.runs = 100
    function invariant_the_books_balance() external {
        vm.warp(block.timestamp + 1);
        Sums[3] memory sums = [_handler.sums(0), _handler.sums(1), _handler.sums(2)];
        _alphaIsConserved(sums);
        _koinIsConserved(sums[0]);
        _positionsAndTicketsNeverExceedTheirPools(sums);
        _totalsAreSums(sums);
        no(_handler.gained(), "a round trip gained");
        no(_handler.priceMoved(), "an injection moved the price");
    }

    function _alphaIsConserved(Sums[3] memory sums) private view {
        for (uint32 netuid = 1; netuid <= 2; ++netuid) {
            PoolState memory state = _handler.stateOf(netuid);
            Sums memory sum = sums[netuid];
            eq(state.minted - state.burned, sum.balances + state.alpha + state.idleAlpha, "alpha");
            atMost(state.minted, 21_000_000e18, "cap");
        }
    }

    function _koinIsConserved(Sums memory root) private view {
        (uint256 byPools, uint256 byStaking, uint256 waiting) = _handler.koinHeld();
        (PoolState memory first, PoolState memory second) = (_handler.stateOf(1), _handler.stateOf(2));
        uint256 reserves = uint256(first.koin) + first.idleKoin + second.koin + second.idleKoin;
        eq(byPools, reserves + waiting, "pools");
        eq(byStaking, root.stakedAssets + root.leavingAssets, "root");
    }

    function _positionsAndTicketsNeverExceedTheirPools(Sums[3] memory sums) private view {
        uint256 unclaimed;
        uint256 claimable;
        for (uint32 netuid = 0; netuid <= 2; ++netuid) {
            Sums memory sum = sums[netuid];
            atMost(sum.positions, sum.stakedAssets, "positions");
            atMost(sum.tickets, sum.leavingAssets, "tickets");
            if (netuid == 0) continue;
            (,, uint256 held) = _handler.totals(netuid);
            uint256 rest = held - sum.stakedAssets - sum.leavingAssets;
            atMost(sum.claimable, rest, "root claims of one subnet");
            (unclaimed, claimable) = (unclaimed + rest, claimable + sum.claimable);
        }
        eq(unclaimed, _handler.rootPaid() - _handler.rootClaimed(), "what root claims are paid from");
        atMost(claimable, unclaimed, "root claims");
    }

    function _totalsAreSums(Sums[3] memory sums) private view {
        for (uint32 netuid = 1; netuid <= 2; ++netuid) {
            Sums memory sum = sums[netuid];
            (uint256 weight, uint256 permitted,) = _handler.totals(netuid);
            eq(weight, sum.weights, "weights");
            eq(permitted, sum.permitted, "permitted");
            eq(sum.given, sum.received, "what parents give children receive");
            atMost(permitted, weight, "permitted is part of all");
        }
    }
}
