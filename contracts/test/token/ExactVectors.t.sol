// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

/// @dev specs/vectors/exact.json: digests of EIP-3009 and keys of commitments (specs/0022 sections 2 and 4), computed with viem.
contract ExactVectorsTest is Test {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string private _json;
    TestDollar private _token;

    function setUp() public {
        _json = vm.readFile("specs/vectors/exact.json");
        _token = new TestDollar();
    }

    function test_digests_signers_and_keys_of_authorizations() public {
        for (uint256 i = 0; i < 8; ++i) {
            string memory path = string.concat(".authorizations[", Strings.toString(i), "]");
            address token = vm.parseJsonAddress(_json, string.concat(path, ".token"));
            address from = vm.parseJsonAddress(_json, string.concat(path, ".from"));
            bytes32 nonce = vm.parseJsonBytes32(_json, string.concat(path, ".nonce"));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", _separator(path, token), _struct(path, from, nonce)));
            eq(digest, vm.parseJsonBytes32(_json, string.concat(path, ".digest")), "digest");
            (bytes32 r, bytes32 s, uint8 v) = split(vm.parseJsonBytes(_json, string.concat(path, ".signature")));
            eq(ecrecover(digest, v, r, s), from, "signer");
            bytes32 key = keccak256(abi.encode(token, from, nonce));
            eq(key, vm.parseJsonBytes32(_json, string.concat(path, ".exactKey")), "exact key");
            key = keccak256(abi.encode(bytes32("upto"), token, from, nonce));
            eq(key, vm.parseJsonBytes32(_json, string.concat(path, ".upToKey")), "up-to key");
        }
    }

    function test_keys_of_channels_and_nonces_of_deposits() public {
        for (uint256 i = 0; i < 4; ++i) {
            string memory path = string.concat(".channels[", Strings.toString(i), "]");
            bytes32 id = vm.parseJsonBytes32(_json, string.concat(path, ".channelId"));
            uint256 maximum = vm.parseJsonUint(_json, string.concat(path, ".maxClaimableAmount"));
            bytes32 key = vm.parseJsonBytes32(_json, string.concat(path, ".channelKey"));
            eq(keccak256(abi.encode(id, uint128(maximum))), key, "key");
            bytes32 salt = vm.parseJsonBytes32(_json, string.concat(path, ".salt"));
            bytes32 nonce = vm.parseJsonBytes32(_json, string.concat(path, ".depositNonce"));
            eq(keccak256(abi.encode(id, uint256(salt))), nonce, "nonce");
        }
    }

    function _separator(string memory path, address token) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH,
                keccak256(bytes(vm.parseJsonString(_json, string.concat(path, ".name")))),
                keccak256(bytes(vm.parseJsonString(_json, string.concat(path, ".version")))),
                vm.parseJsonUint(_json, string.concat(path, ".chainId")),
                token
            )
        );
    }

    function _struct(string memory path, address from, bytes32 nonce) private view returns (bytes32) {
        bool isReceive =
            keccak256(bytes(vm.parseJsonString(_json, string.concat(path, ".kind")))) == keccak256("receive");
        return keccak256(
            abi.encode(
                isReceive ? _token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH() : _token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(),
                from,
                vm.parseJsonAddress(_json, string.concat(path, ".to")),
                vm.parseJsonUint(_json, string.concat(path, ".value")),
                vm.parseJsonUint(_json, string.concat(path, ".validAfter")),
                vm.parseJsonUint(_json, string.concat(path, ".validBefore")),
                nonce
            )
        );
    }
}
