// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CircleDollar} from "../support/CircleDollar.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

/// @dev The stand-in that tests of TypeScript deploy says what tokens of Circle say, and nothing more.
contract CircleDollarTest is Test {
    function test_says_its_domain_by_version_and_separator_alone() public {
        CircleDollar token = new CircleDollar(6, "2");
        eq(token.decimals(), 6, "decimals");
        eq(token.version(), "2", "version");
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(
            abi.encode(kind, keccak256("USD Coin"), keccak256("2"), block.chainid, address(token))
        );
        yes(token.DOMAIN_SEPARATOR() == domain, "separator");
        vm.expectRevert();
        token.eip712Domain();
        eq(token.balanceOf(address(this)), 1_000_000e6, "the deployer's");
    }
}
