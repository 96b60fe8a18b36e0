// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ConvictionMath, Mass} from "../../src/subnets/ConvictionMath.sol";
import {Lock} from "../../src/subnets/IConviction.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev specs/vectors/conviction.json and emission.json come from the TypeScript rules; here the contracts play the same.
contract ConvictionVectorsTest is Network {
    string private _json;
    string private _at;
    uint32 private _netuid;
    uint256 private _before;

    function test_one_lock_is_that_of_the_vectors() public view {
        string memory json = vm.readFile("specs/vectors/emission.json");
        uint256[] memory locked = vm.parseJsonUintArray(json, ".conviction.locked");
        uint256[] memory gathered = vm.parseJsonUintArray(json, ".conviction.conviction");
        uint256[] memory elapsed = vm.parseJsonUintArray(json, ".conviction.seconds");
        uint256[] memory tau = vm.parseJsonUintArray(json, ".conviction.tau");
        uint256[] memory decays = vm.parseJsonUintArray(json, ".conviction.decays");
        uint256[] memory lockedAfter = vm.parseJsonUintArray(json, ".conviction.lockedAfter");
        uint256[] memory convictionAfter = vm.parseJsonUintArray(json, ".conviction.convictionAfter");
        yes(locked.length > 20, "rows");
        for (uint256 i = 0; i < locked.length; ++i) {
            if (locked[i] > type(uint128).max || gathered[i] > type(uint128).max) continue;
            Mass memory mass = Mass(uint128(locked[i]), uint128(gathered[i]));
            mass = decays[i] == 1
                ? ConvictionMath.leaving(mass, elapsed[i], tau[i])
                : ConvictionMath.kept(mass, elapsed[i], tau[i]);
            eq(mass.locked, lockedAfter[i], "locked");
            eq(mass.conviction, convictionAfter[i], "conviction");
        }
    }

    function test_one_lock_to_its_end() public {
        _play(0);
    }

    function test_matched_and_taken() public {
        _play(1);
    }

    function test_gate_lateness_and_who_has_more() public {
        _play(2);
    }

    function test_drawn_moves_days_apart() public {
        _play(3);
    }

    function test_drawn_moves_months_apart() public {
        _play(4);
    }

    function _play(uint256 scenario) private {
        deployNetwork();
        _netuid = createSubnet();
        // Account 1 is the founder.
        vm.prank(address(conviction));
        subnets.passOwnership(_netuid, _account(1));
        _json = vm.readFile("specs/vectors/conviction.json");
        _at = string.concat(".scenarios[", Strings.toString(scenario), "]");
        string[] memory kinds = vm.parseJsonStringArray(_json, string.concat(_at, ".moves.kind"));
        uint256[] memory elapsed = _column(".moves.seconds");
        uint256[] memory who = _column(".moves.who");
        uint256[] memory candidates = _column(".moves.candidate");
        uint256[] memory amounts = _column(".moves.amount");
        uint256[][9] memory expected = _expected();
        eq(pools.supplyOf(_netuid), vm.parseJsonUint(_json, string.concat(_at, ".supply")), "supply");
        yes(kinds.length > 10, "moves");
        for (uint256 i = 0; i < kinds.length; ++i) {
            vm.warp(block.timestamp + elapsed[i]);
            address caller = _account(who[i]);
            address candidate = _account(candidates[i]);
            eq(_move(kinds[i], caller, candidate, amounts[i]), expected[0][i], "done");
            uint256[8] memory found = _found(caller, candidate);
            for (uint256 j = 0; j < 8; ++j) {
                eq(found[j], expected[j + 1][i], string.concat(_at, " move ", Strings.toString(i)));
            }
        }
    }

    function _move(string memory kind, address caller, address candidate, uint256 amount) private returns (uint256) {
        bytes32 name = keccak256(bytes(kind));
        if (name == keccak256("mint") || name == keccak256("lock")) mintAlpha(_netuid, caller, amount);
        if (name == keccak256("mint")) return 1;
        bytes memory call;
        if (name == keccak256("lock")) call = abi.encodeCall(conviction.lock, (_netuid, candidate, amount));
        if (name == keccak256("unlock")) call = abi.encodeCall(conviction.unlock, (_netuid, candidate, amount));
        if (name == keccak256("withdraw")) call = abi.encodeCall(conviction.withdraw, (_netuid, candidate));
        if (name == keccak256("contest")) call = abi.encodeCall(conviction.contest, (_netuid, candidate));
        if (name == keccak256("end")) call = abi.encodeCall(conviction.endContest, (_netuid));
        if (name == keccak256("take")) call = abi.encodeCall(conviction.takeOver, (_netuid));
        yes(call.length > 0, kind);
        vm.prank(caller);
        (bool isDone, bytes memory answer) = address(conviction).call(call);
        if (!isDone) return 0;
        return answer.length == 32 ? abi.decode(answer, (uint256)) : 1;
    }

    function _found(address holder, address candidate) private view returns (uint256[8] memory) {
        (Lock memory lock, uint256 free) = conviction.lockOf(_netuid, holder, candidate);
        (, uint256 counted) = conviction.tallyOf(_netuid, candidate);
        return [
            uint256(lock.kept.locked),
            lock.kept.conviction,
            lock.leaving.locked,
            lock.leaving.conviction,
            free,
            counted,
            _number(conviction.contestOf(_netuid).candidate),
            _number(subnets.ownerOf(_netuid))
        ];
    }

    function _expected() private view returns (uint256[][9] memory columns) {
        string[9] memory names = [
            "done", "kept", "conviction", "leaving", "leavingConviction", "free", "counted", "contender", "owner"
        ];
        for (uint256 i = 0; i < 9; ++i) columns[i] = _column(string.concat(".after.", names[i]));
    }

    function _account(uint256 number) private pure returns (address) {
        return address(uint160(0x1000 + number));
    }

    function _number(address account) private pure returns (uint256) {
        return account == address(0) ? 0 : uint256(uint160(account)) - 0x1000;
    }

    function _column(string memory path) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(_json, string.concat(_at, path));
    }
}
