// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {BudgetGrant, ContractCall} from "./IBudgetDelegate.sol";

/// @title EIP-712 hashes of budgets (specs/0025 section 1)
/// @dev The domain names no contract: wallets refuse to sign for their own account as one. The owner is a member of
///      what is signed, and a batch names its grant.
library BudgetHashes {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256("EIP712Domain(string name,string version,uint256 chainId)");
    bytes32 private constant CONTRACT_CALL_TYPEHASH = keccak256("ContractCall(address target,bytes4 selector)");
    bytes32 private constant GRANT_TYPEHASH = keccak256(
        "BudgetGrant(address owner,address agent,bytes32 parentGrant,string autonomy,address asset,address[] receivers,string[] services,string[] methods,ContractCall[] contractCalls,uint128 maxPerCallAtomic,uint128 maxPerPeriodAtomic,uint64 periodSeconds,uint128 maxTotalAtomic,uint64 validFrom,uint64 validUntil,uint64 revocationNonce)ContractCall(address target,bytes4 selector)"
    );
    bytes32 private constant REVOCATION_TYPEHASH = keccak256("BudgetRevocation(bytes32 grant)");
    bytes32 private constant CALL_TYPEHASH = keccak256("Call(address to,uint256 value,bytes data)");
    bytes32 private constant CALLS_TYPEHASH = keccak256(
        "BudgetCalls(bytes32 grant,Call[] calls,bytes32 salt,uint64 deadline)Call(address to,uint256 value,bytes data)"
    );

    function ofGrant(BudgetGrant memory grant) internal view returns (bytes32) {
        bytes memory head = abi.encode(
            GRANT_TYPEHASH,
            grant.owner,
            grant.agent,
            grant.parentGrant,
            keccak256(bytes(grant.autonomy)),
            grant.asset,
            _ofAddresses(grant.receivers),
            _ofTexts(grant.services),
            _ofTexts(grant.methods),
            _ofContractCalls(grant.contractCalls)
        );
        bytes memory rest = abi.encode(
            grant.maxPerCallAtomic,
            grant.maxPerPeriodAtomic,
            grant.periodSeconds,
            grant.maxTotalAtomic,
            grant.validFrom,
            grant.validUntil,
            grant.revocationNonce
        );
        return _typed(keccak256(bytes.concat(head, rest)));
    }

    function ofRevocation(bytes32 grant) internal view returns (bytes32) {
        return _typed(keccak256(abi.encode(REVOCATION_TYPEHASH, grant)));
    }

    function ofCall(address to, uint256 value, bytes calldata data) internal pure returns (bytes32) {
        return keccak256(abi.encode(CALL_TYPEHASH, to, value, keccak256(data)));
    }

    /// @param calls Hashes of the calls in order.
    function ofCalls(bytes32 grant, bytes32[] memory calls, bytes32 salt, uint64 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32 list = keccak256(abi.encodePacked(calls));
        return _typed(keccak256(abi.encode(CALLS_TYPEHASH, grant, list, salt, deadline)));
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 separator =
            keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Koinon Budget"), keccak256("1"), block.chainid));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    function _ofAddresses(address[] memory list) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(list));
    }

    function _ofTexts(string[] memory list) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            hashes[i] = keccak256(bytes(list[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _ofContractCalls(ContractCall[] memory list) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            hashes[i] = keccak256(abi.encode(CONTRACT_CALL_TYPEHASH, list[i].target, list[i].selector));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
