// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC7821} from "solady/accounts/ERC7821.sol";
import {BudgetHashes} from "../../src/budgets/BudgetHashes.sol";
import {BudgetAction, BudgetRules} from "../../src/budgets/BudgetRules.sol";
import {BudgetGrant, BudgetSpent} from "../../src/budgets/IBudgetDelegate.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

/// @dev specs/vectors/budget.json, which TypeScript reads too.
contract BudgetVectorsTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("specs/vectors/budget.json");
        vm.chainId(vm.parseJsonUint(_json, ".chainId"));
    }

    function hashOfCall(address to, uint256 value, bytes calldata data) external pure returns (bytes32) {
        return BudgetHashes.ofCall(to, value, data);
    }

    function test_hashes_of_grants_revocations_and_batches() public view {
        uint256 count;
        for (; vm.keyExistsJson(_json, _at(".grants", count, "")); ++count) {
            BudgetGrant memory grant =
                abi.decode(vm.parseJsonBytes(_json, _at(".grants", count, ".encoded")), (BudgetGrant));
            eq(BudgetHashes.ofGrant(grant), vm.parseJsonBytes32(_json, _at(".grants", count, ".hash")), "grant");
        }
        eq(count, 3, "grants");
        bytes32 top = vm.parseJsonBytes32(_json, ".revocation.grant");
        eq(BudgetHashes.ofRevocation(top), vm.parseJsonBytes32(_json, ".revocation.digest"), "revocation");
        (bytes32 hash, ERC7821.Call[] memory calls, bytes32 salt, uint64 deadline) =
            abi.decode(vm.parseJsonBytes(_json, ".batch.encoded"), (bytes32, ERC7821.Call[], bytes32, uint64));
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            hashes[i] = this.hashOfCall(calls[i].to, calls[i].value, calls[i].data);
        }
        bytes32 digest = BudgetHashes.ofCalls(hash, hashes, salt, deadline);
        eq(digest, vm.parseJsonBytes32(_json, ".batch.digest"), "batch");
    }

    function test_decisions() public view {
        uint256 decided;
        for (uint256 i = 0; vm.keyExistsJson(_json, _at(".decisions", i, "")); ++i) {
            if (!vm.keyExistsJson(_json, _at(".decisions", i, ".encoded"))) continue;
            bytes memory encoded = vm.parseJsonBytes(_json, _at(".decisions", i, ".encoded"));
            eq(_decide(encoded), _expected(encoded), vm.parseJsonString(_json, _at(".decisions", i, ".name")));
            ++decided;
        }
        yes(decided > 30, "decisions");
    }

    /// @dev The first refusal from the top; that the owner is needed only when no grant refuses.
    function _decide(bytes memory encoded) private pure returns (bytes32 decision) {
        (BudgetGrant[] memory grants, BudgetSpent[] memory spent, BudgetAction memory action, uint256 nowSeconds,) =
            abi.decode(encoded, (BudgetGrant[], BudgetSpent[], BudgetAction, uint256, bytes32));
        for (uint256 i = 0; i < grants.length; ++i) {
            bytes32 code = BudgetRules.decide(grants[i], spent[i], action, nowSeconds);
            if (code == "needs-owner") decision = code;
            else if (code != 0) return code;
        }
    }

    function _expected(bytes memory encoded) private pure returns (bytes32 code) {
        (,,,, code) = abi.decode(encoded, (BudgetGrant[], BudgetSpent[], BudgetAction, uint256, bytes32));
    }

    function _at(string memory list, uint256 index, string memory member) private pure returns (string memory) {
        return string.concat(list, "[", _digits(index), "]", member);
    }

    function _digits(uint256 number) private pure returns (string memory) {
        if (number < 10) return string(abi.encodePacked(bytes1(uint8(48 + number))));
        return string.concat(_digits(number / 10), _digits(number % 10));
    }
}
