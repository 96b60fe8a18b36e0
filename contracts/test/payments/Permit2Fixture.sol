// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatureTransfer} from "../../src/payments/permit2/ISignatureTransfer.sol";
import {SignatureTransfer} from "../../src/payments/permit2/SignatureTransfer.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

/// @dev Permit2's stand-in at its address, and what an owner signs for it, put together here a second time.
abstract contract Permit2Fixture is Test {
    address internal constant PERMIT2_ADDRESS = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    ISignatureTransfer internal constant permit2 = ISignatureTransfer(PERMIT2_ADDRESS);
    bytes32 internal constant PERMISSIONS = keccak256("TokenPermissions(address token,uint256 amount)");

    function deployPermit2() internal {
        vm.etch(PERMIT2_ADDRESS, address(new SignatureTransfer()).code);
    }

    function permitOf(address token, uint256 amount, uint256 nonce, uint256 deadline)
        internal
        pure
        returns (ISignatureTransfer.PermitTransferFrom memory)
    {
        return ISignatureTransfer.PermitTransferFrom(
            ISignatureTransfer.TokenPermissions(token, amount), nonce, deadline
        );
    }

    function witnessDigest(
        ISignatureTransfer.PermitTransferFrom memory permit,
        address spender,
        bytes32 witness,
        string memory typeString
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            abi.encodePacked(
                "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,",
                typeString
            )
        );
        bytes32 permitted = keccak256(abi.encode(PERMISSIONS, permit.permitted.token, permit.permitted.amount));
        return permit2Digest(
            keccak256(abi.encode(typeHash, permitted, spender, permit.nonce, permit.deadline, witness))
        );
    }

    function permit2Digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                PERMIT2_ADDRESS
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
