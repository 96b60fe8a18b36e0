// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Lock} from "../../src/subnets/IConviction.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev Random moves of four people with locks for each other, of whom the first founded the subnet.
contract ConvictionHandler is Network {
    uint256 private constant PEOPLE = 4;
    uint32 private _netuid;
    /// @dev Alpha that a person ever had.
    mapping(uint256 person => uint256) private _had;
    mapping(bytes32 name => uint256) public done;
    /// @dev An owner changed by anything but a contest that the candidate led for the whole notice.
    bool public wasTaken;

    constructor() {
        deployNetwork();
        _netuid = createSubnet();
        vm.prank(address(conviction));
        subnets.passOwnership(_netuid, _person(0));
        vm.warp(block.timestamp + 365 days);
    }

    function lock(uint256 who, uint256 candidate, uint256 amount) external {
        amount = within(amount, 1, 1_000e18);
        mintAlpha(_netuid, _person(who), amount);
        _had[who % PEOPLE] += amount;
        vm.prank(_person(who));
        conviction.lock(_netuid, _person(candidate), amount);
        ++done["lock"];
    }

    function unlock(uint256 who, uint256 candidate, uint256 amount) external {
        (Lock memory mine,) = conviction.lockOf(_netuid, _person(who), _person(candidate));
        if (mine.kept.locked == 0) return;
        vm.prank(_person(who));
        conviction.unlock(_netuid, _person(candidate), within(amount, 1, mine.kept.locked));
        ++done["unlock"];
    }

    function withdraw(uint256 who, uint256 candidate) external {
        (, uint256 free) = conviction.lockOf(_netuid, _person(who), _person(candidate));
        if (free == 0) return;
        vm.prank(_person(who));
        eq(conviction.withdraw(_netuid, _person(candidate)), free, "as shown");
        ++done["withdraw"];
    }

    function contest(uint256 candidate) external {
        _try(_person(candidate), "contest", abi.encodeCall(conviction.contest, (_netuid, _person(candidate))));
    }

    function end() external {
        _try(_person(0), "end", abi.encodeCall(conviction.endContest, (_netuid)));
    }

    function take(uint256 who) external {
        address before = subnets.ownerOf(_netuid);
        bool leads = conviction.leads(_netuid, _person(who));
        uint256 endsAt = conviction.contestOf(_netuid).endsAt;
        _try(_person(who), "take", abi.encodeCall(conviction.takeOver, (_netuid)));
        address owner = subnets.ownerOf(_netuid);
        bool isRight = leads && owner == _person(who) && block.timestamp >= endsAt && endsAt != 0;
        if (owner != before && !isRight) wasTaken = true;
    }

    function elapse(uint256 duration) external {
        vm.warp(block.timestamp + within(duration, 1, duration % 5 == 0 ? 400 days : 31 days));
    }

    /// @dev What everybody had is free or locked; what is here is what is held; what counts is never more than what is locked.
    function check() external view {
        uint256 all;
        for (uint256 who = 0; who < PEOPLE; ++who) {
            uint256 mine = pools.balanceOf(_person(who), _netuid);
            for (uint256 candidate = 0; candidate < PEOPLE; ++candidate) {
                (Lock memory found, uint256 free) = conviction.lockOf(_netuid, _person(who), _person(candidate));
                eq(uint256(found.kept.locked) + found.leaving.locked + free, found.held, "a lock in its parts");
                atMost(found.kept.conviction, found.kept.locked, "conviction of what is kept");
                mine += found.held;
                all += found.held;
            }
            eq(mine, _had[who], "what a person has");
        }
        eq(pools.balanceOf(address(conviction), _netuid), all, "what is held");
        for (uint256 candidate = 0; candidate < PEOPLE; ++candidate) {
            (, uint256 counted) = conviction.tallyOf(_netuid, _person(candidate));
            atMost(counted, all, "what counts");
        }
    }

    function _try(address caller, bytes32 name, bytes memory call) private {
        vm.prank(caller);
        (bool isDone,) = address(conviction).call(call);
        if (isDone) ++done[name];
    }

    function _person(uint256 number) private pure returns (address) {
        return address(uint160(0x9000 + number % PEOPLE));
    }
}
