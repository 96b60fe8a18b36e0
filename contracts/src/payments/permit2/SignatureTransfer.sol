// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ISignatureTransfer} from "./ISignatureTransfer.sol";

/// @title Stand-in for Permit2 on local networks
/// @notice Takes what wallets sign for Permit2's SignatureTransfer: the same domain, types, nonces and errors. The other half of
///         Permit2, allowances with an end (AllowanceTransfer), is not here. Real chains have the real one.
/// @dev Written from the published typed data and ABI. The domain has no version and is computed on every use, so that the same
///      code stands at the canonical address of any chain. As the original it takes 64-byte signatures (EIP-2098) and either half of
///      the curve: what makes a signature count once is its nonce.
contract SignatureTransfer is ISignatureTransfer {
    using SafeERC20 for IERC20;

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    bytes32 private constant PERMISSIONS_TYPEHASH = keccak256("TokenPermissions(address token,uint256 amount)");
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
    );
    bytes32 private constant BATCH_TYPEHASH = keccak256(
        "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)"
    );
    string private constant WITNESS_TYPE =
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,";
    string private constant BATCH_WITNESS_TYPE =
        "PermitBatchWitnessTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline,";

    /// @inheritdoc ISignatureTransfer
    mapping(address owner => mapping(uint256 word => uint256)) public nonceBitmap;

    /// @inheritdoc ISignatureTransfer
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256("Permit2"), block.chainid, address(this)));
    }

    /// @inheritdoc ISignatureTransfer
    function permitTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        bytes32 permitted = _hashPermissions(permit.permitted);
        bytes32 permitHash =
            keccak256(abi.encode(PERMIT_TYPEHASH, permitted, msg.sender, permit.nonce, permit.deadline));
        _transfer(permit, transferDetails, owner, permitHash, signature);
    }

    /// @inheritdoc ISignatureTransfer
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        bytes32 typeHash = keccak256(abi.encodePacked(WITNESS_TYPE, witnessTypeString));
        bytes32 permitted = _hashPermissions(permit.permitted);
        bytes32 permitHash =
            keccak256(abi.encode(typeHash, permitted, msg.sender, permit.nonce, permit.deadline, witness));
        _transfer(permit, transferDetails, owner, permitHash, signature);
    }

    /// @inheritdoc ISignatureTransfer
    function permitTransferFrom(
        PermitBatchTransferFrom calldata permit,
        SignatureTransferDetails[] calldata transferDetails,
        address owner,
        bytes calldata signature
    ) external {
        bytes32 permitted = _hashAll(permit.permitted);
        bytes32 permitHash =
            keccak256(abi.encode(BATCH_TYPEHASH, permitted, msg.sender, permit.nonce, permit.deadline));
        _transferAll(permit, transferDetails, owner, permitHash, signature);
    }

    /// @inheritdoc ISignatureTransfer
    function permitWitnessTransferFrom(
        PermitBatchTransferFrom calldata permit,
        SignatureTransferDetails[] calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        bytes32 typeHash = keccak256(abi.encodePacked(BATCH_WITNESS_TYPE, witnessTypeString));
        bytes32 permitted = _hashAll(permit.permitted);
        bytes32 permitHash =
            keccak256(abi.encode(typeHash, permitted, msg.sender, permit.nonce, permit.deadline, witness));
        _transferAll(permit, transferDetails, owner, permitHash, signature);
    }

    /// @inheritdoc ISignatureTransfer
    function invalidateUnorderedNonces(uint256 word, uint256 mask) external {
        nonceBitmap[msg.sender][word] |= mask;
        emit UnorderedNonceInvalidation(msg.sender, word, mask);
    }

    function _transfer(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 permitHash,
        bytes calldata signature
    ) private {
        if (block.timestamp > permit.deadline) revert SignatureExpired(permit.deadline);
        if (details.requestedAmount > permit.permitted.amount) revert InvalidAmount(permit.permitted.amount);
        _spend(owner, permit.nonce, permitHash, signature);
        IERC20(permit.permitted.token).safeTransferFrom(owner, details.to, details.requestedAmount);
    }

    function _transferAll(
        PermitBatchTransferFrom calldata permit,
        SignatureTransferDetails[] calldata details,
        address owner,
        bytes32 permitHash,
        bytes calldata signature
    ) private {
        if (block.timestamp > permit.deadline) revert SignatureExpired(permit.deadline);
        if (details.length != permit.permitted.length) revert LengthMismatch();
        _spend(owner, permit.nonce, permitHash, signature);
        for (uint256 i = 0; i < details.length; ++i) {
            TokenPermissions calldata permitted = permit.permitted[i];
            uint256 amount = details[i].requestedAmount;
            if (amount > permitted.amount) revert InvalidAmount(permitted.amount);
            // A part that nothing is asked of needs no token behind it.
            if (amount != 0) IERC20(permitted.token).safeTransferFrom(owner, details[i].to, amount);
        }
    }

    /// @dev The nonce is used before anybody else's code runs.
    function _spend(address owner, uint256 nonce, bytes32 permitHash, bytes calldata signature) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 used = nonceBitmap[owner][nonce >> 8];
        if (used & bit != 0) revert InvalidNonce();
        nonceBitmap[owner][nonce >> 8] = used | bit;
        bytes32 digest = MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR(), permitHash);
        if (owner.code.length == 0) {
            _checkKey(owner, digest, signature);
        } else if (!SignatureChecker.isValidERC1271SignatureNowCalldata(owner, digest, signature)) {
            revert InvalidContractSignature();
        }
    }

    function _checkKey(address owner, bytes32 digest, bytes calldata signature) private pure {
        bytes32 r;
        bytes32 s;
        uint8 v;
        if (signature.length == 65) {
            (r, s) = abi.decode(signature, (bytes32, bytes32));
            v = uint8(signature[64]);
        } else if (signature.length == 64) {
            (r, s) = abi.decode(signature, (bytes32, bytes32));
            v = uint8(uint256(s) >> 255) + 27;
            s = bytes32(uint256(s) & (type(uint256).max >> 1));
        } else {
            revert InvalidSignatureLength();
        }
        address signer = ecrecover(digest, v, r, s);
        if (signer == address(0)) revert InvalidSignature();
        if (signer != owner) revert InvalidSigner();
    }

    function _hashPermissions(TokenPermissions calldata permitted) private pure returns (bytes32) {
        return keccak256(abi.encode(PERMISSIONS_TYPEHASH, permitted.token, permitted.amount));
    }

    function _hashAll(TokenPermissions[] calldata permitted) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](permitted.length);
        for (uint256 i = 0; i < permitted.length; ++i) {
            hashes[i] = _hashPermissions(permitted[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
