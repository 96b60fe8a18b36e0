// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UptoPermit2Proxy} from "../../src/payments/permit2/UptoPermit2Proxy.sol";
import {vm} from "../support/Vm.sol";
import {Permit2Fixture} from "./Permit2Fixture.sol";

/// @dev specs/vectors/upto.json, made with viem, against what the contracts hash.
contract UptoVectorsTest is Permit2Fixture {
    address private constant PROXY = 0x4020A4f3b7b90ccA423B9fabCc0CE57C6C240002;
    string private _json;

    function test_every_payment_has_the_digest_that_the_proxy_asks_permit2_for() public {
        UptoPermit2Proxy proxy = new UptoPermit2Proxy();
        _json = vm.readFile("specs/vectors/upto.json");
        eq(vm.parseJsonAddress(_json, ".proxy"), PROXY, "proxy");
        eq(vm.parseJsonAddress(_json, ".permit2"), address(proxy.PERMIT2()), "permit2");
        for (uint256 i = 0; i < 4; ++i) {
            vm.chainId(_uint(i, "chainId"));
            bytes32 witness = keccak256(
                abi.encode(
                    proxy.WITNESS_TYPEHASH(), _address(i, "to"), _address(i, "facilitator"), _uint(i, "validAfter")
                )
            );
            bytes32 digest = witnessDigest(
                permitOf(_address(i, "token"), _uint(i, "amount"), uint256(_word(i, "nonce")), _uint(i, "deadline")),
                PROXY,
                witness,
                proxy.WITNESS_TYPE_STRING()
            );
            eq(digest, _word(i, "digest"), "digest");
        }
    }

    function _key(uint256 index, string memory name) private pure returns (string memory) {
        string[4] memory digits = ["0", "1", "2", "3"];
        return string.concat(".payments[", digits[index], "].", name);
    }

    function _uint(uint256 index, string memory name) private view returns (uint256) {
        return vm.parseJsonUint(_json, _key(index, name));
    }

    function _address(uint256 index, string memory name) private view returns (address) {
        return vm.parseJsonAddress(_json, _key(index, name));
    }

    function _word(uint256 index, string memory name) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, _key(index, name));
    }
}
