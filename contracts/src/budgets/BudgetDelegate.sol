// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {ERC7821} from "solady/accounts/ERC7821.sol";
import {ChannelConfig, IBatchSettlement} from "../payments/IBatchSettlement.sol";
import {IDepositCollector} from "../payments/IDepositCollector.sol";
import {BudgetHashes} from "./BudgetHashes.sol";
import {BudgetAction, BudgetActionKind, BudgetRules} from "./BudgetRules.sol";
import {BudgetGrant, BudgetSpent, IBudgetDelegate, SignedGrant} from "./IBudgetDelegate.sol";

/// @title Code that an owner's account delegates to (EIP-7702), so that keys with a budget can spend from it
/// @notice The owner does anything with `execute` sent to itself. A key does what its grants allow: deposits into
///         channels of listed receivers, with the key as payerAuthorizer; transfers of the asset to listed receivers;
///         calls of listed functions, with an exact approval of the asset that is taken back at once.
/// @dev Deposits need no approval at all: the account is its own collector for as long as one deposit takes.
///      Nobody but the account's own key signs for it (ERC-1271); no key with a budget does. No owner of this code,
///      no upgrade, no storage outside its ERC-7201 namespace.
contract BudgetDelegate is ERC7821, IBudgetDelegate, IDepositCollector, IERC1271, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using TransientSlot for *;

    /// @custom:storage-location erc7201:koinon.storage.BudgetDelegate
    struct BudgetStorage {
        uint64 revocationNonce;
        mapping(bytes32 grant => bool) isRevoked;
        mapping(bytes32 grant => BudgetSpent) spent;
        mapping(bytes32 digest => bool) isUsed;
    }

    /// @notice The channel contract that keys may deposit into.
    address public immutable ESCROW;

    /// @dev keccak256(abi.encode(uint256(keccak256("koinon.storage.BudgetDelegate")) - 1)) & ~bytes32(uint256(0xff)); a test computes it.
    bytes32 private constant STORAGE_SLOT = 0x906cad405544f9e3fb2a96a5237baacb19410f2e75d8fa175fe805ef24b5b700;
    /// @dev Transient: what the escrow may collect now, hash of token and amount.
    bytes32 private constant PENDING_SLOT = keccak256("koinon.transient.BudgetDelegate.pendingDeposit");

    bytes4 private constant APPROVE = IERC20.approve.selector;
    bytes4 private constant INCREASE_ALLOWANCE = bytes4(keccak256("increaseAllowance(address,uint256)"));
    bytes4 private constant SET_APPROVAL_FOR_ALL = bytes4(keccak256("setApprovalForAll(address,bool)"));
    bytes4 private constant PERMIT2_APPROVE = bytes4(keccak256("approve(address,address,uint160,uint48)"));

    /// @dev The chain of a batch while it is worked on.
    struct Session {
        BudgetGrant[] grants;
        bytes32[] hashes;
    }

    modifier onlyOwner() {
        if (msg.sender != address(this)) revert OnlyOwner();
        _;
    }

    constructor(address escrow) {
        ESCROW = escrow;
    }

    /// @inheritdoc IBudgetDelegate
    function revokeBudgets() external onlyOwner {
        emit BudgetsRevoked(++_storage().revocationNonce);
    }

    /// @inheritdoc IBudgetDelegate
    function revokeBudget(bytes32 grant) external onlyOwner {
        _revoke(grant);
    }

    /// @inheritdoc IBudgetDelegate
    function revokeBudgetWithSignature(bytes32 grant, bytes calldata signature) external {
        if (!_isSignedBy(address(this), BudgetHashes.ofRevocation(grant), signature)) revert OnlyOwner();
        _revoke(grant);
    }

    /// @inheritdoc IDepositCollector
    /// @dev Once, for the deposit that this account has just asked the escrow for.
    function collect(address, address token, uint256 amount, bytes32, bytes calldata) external {
        if (msg.sender != ESCROW) revert OnlyEscrow();
        TransientSlot.Bytes32Slot pending = PENDING_SLOT.asBytes32();
        if (pending.tload() != keccak256(abi.encode(token, amount))) revert NoDepositUnderWay();
        pending.tstore(0);
        IERC20(token).safeTransfer(ESCROW, amount);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return _isSignedBy(address(this), hash, signature) ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    /// @inheritdoc IBudgetDelegate
    function revocationNonce() external view returns (uint64) {
        return _storage().revocationNonce;
    }

    /// @inheritdoc IBudgetDelegate
    function isBudgetRevoked(bytes32 grant) external view returns (bool) {
        return _storage().isRevoked[grant];
    }

    /// @inheritdoc IBudgetDelegate
    function budgetSpent(bytes32 grant) external view returns (BudgetSpent memory) {
        return _storage().spent[grant];
    }

    /// @inheritdoc IBudgetDelegate
    function isBatchUsed(bytes32 digest) external view returns (bool) {
        return _storage().isUsed[digest];
    }

    /// @inheritdoc IBudgetDelegate
    function budgetGrantHash(BudgetGrant calldata grant) external view returns (bytes32) {
        return BudgetHashes.ofGrant(grant);
    }

    /// @dev Without `opData` only the account itself, as in ERC-7821; with it, a key.
    function _execute(bytes32, bytes calldata, Call[] calldata calls, bytes calldata opData) internal override {
        if (opData.length > 0) return _executeForKey(calls, opData);
        if (msg.sender != address(this)) revert OnlyOwner();
        _execute(calls, bytes32(0));
    }

    function _executeForKey(Call[] calldata calls, bytes calldata opData) private nonReentrant {
        Session memory session = _open(calls, opData);
        address asset = session.grants[0].asset;
        uint256 approved = 0;
        address spender = address(0);
        for (uint256 i = 0; i < calls.length; ++i) {
            (address to, uint256 value, bytes calldata data) = _get(calls, i);
            if (value != 0 || data.length < 4 || to == address(this)) revert CallNotAllowed(i);
            // An approval is for the very next call.
            if (spender != address(0) && to != spender) revert CallNotAllowed(i);
            if (to == ESCROW) {
                _deposit(session, data, i);
            } else if (to == asset) {
                (spender, approved) = _moveAsset(session, data, i);
            } else {
                _callListed(session, to, data, approved, i);
                (spender, approved) = (address(0), 0);
            }
        }
        if (spender != address(0)) revert CallNotAllowed(calls.length - 1);
    }

    /// @dev Checks grants and signatures, and uses the batch up.
    function _open(Call[] calldata calls, bytes calldata opData) private returns (Session memory session) {
        (SignedGrant[] memory grants, bytes32 salt, uint64 deadline, bytes memory signature) =
            abi.decode(opData, (SignedGrant[], bytes32, uint64, bytes));
        session = _verifyChain(grants);
        if (block.timestamp > deadline) revert BatchExpired(deadline);
        uint256 last = session.grants.length - 1;
        bytes32 digest = BudgetHashes.ofCalls(session.hashes[last], _hashesOf(calls), salt, deadline);
        if (!_isSignedBy(session.grants[last].agent, digest, signature)) revert BadBatchSignature();
        BudgetStorage storage state = _storage();
        if (state.isUsed[digest]) revert BatchUsed(digest);
        state.isUsed[digest] = true;
    }

    function _hashesOf(Call[] calldata calls) private view returns (bytes32[] memory hashes) {
        hashes = new bytes32[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (address to, uint256 value, bytes calldata data) = _get(calls, i);
            hashes[i] = BudgetHashes.ofCall(to, value, data);
        }
    }

    function _verifyChain(SignedGrant[] memory grants) private view returns (Session memory session) {
        if (grants.length == 0) revert BadGrantChain(0);
        BudgetStorage storage state = _storage();
        session = Session(new BudgetGrant[](grants.length), new bytes32[](grants.length));
        bytes32 parent = 0;
        address signer = address(this);
        for (uint256 i = 0; i < grants.length; ++i) {
            BudgetGrant memory grant = grants[i].grant;
            bytes32 hash = BudgetHashes.ofGrant(grant);
            if (grant.owner != address(this) || grant.parentGrant != parent || grant.agent == address(this)) {
                revert BadGrantChain(i);
            }
            if (!_isSignedBy(signer, hash, grants[i].signature)) revert BadGrantChain(i);
            if (state.isRevoked[hash] || grant.revocationNonce != state.revocationNonce) {
                revert BudgetRefused("revoked", i);
            }
            (session.grants[i], session.hashes[i]) = (grant, hash);
            (parent, signer) = (hash, grant.agent);
        }
    }

    function _deposit(Session memory session, bytes calldata data, uint256 index) private {
        if (bytes4(data[:4]) != IBatchSettlement.deposit.selector) revert CallNotAllowed(index);
        (ChannelConfig memory config, uint128 amount, address collector, bytes memory collectorData) =
            abi.decode(data[4:], (ChannelConfig, uint128, address, bytes));
        address agent = session.grants[session.grants.length - 1].agent;
        if (
            config.payer != address(this) || config.payerAuthorizer != agent || collector != address(this)
                || collectorData.length != 0
        ) revert CallNotAllowed(index);
        _charge(session, BudgetAction(BudgetActionKind.Deposit, config.token, config.receiver, ESCROW, 0, amount));
        TransientSlot.Bytes32Slot pending = PENDING_SLOT.asBytes32();
        pending.tstore(keccak256(abi.encode(config.token, uint256(amount))));
        IBatchSettlement(ESCROW).deposit(config, amount, address(this), "");
        pending.tstore(0);
    }

    /// @return spender Who may take `amount` in the next call; zero after a transfer.
    function _moveAsset(Session memory session, bytes calldata data, uint256 index)
        private
        returns (address spender, uint256 amount)
    {
        bytes4 selector = bytes4(data[:4]);
        if (data.length != 68) revert CallNotAllowed(index);
        address account;
        (account, amount) = abi.decode(data[4:], (address, uint256));
        if (selector == APPROVE && account != address(0)) return (account, amount);
        if (selector != IERC20.transfer.selector) revert CallNotAllowed(index);
        address asset = session.grants[0].asset;
        _charge(session, BudgetAction(BudgetActionKind.Transfer, asset, account, asset, selector, amount));
        IERC20(asset).safeTransfer(account, amount);
        return (address(0), 0);
    }

    function _callListed(Session memory session, address to, bytes calldata data, uint256 approved, uint256 index)
        private
    {
        bytes4 selector = bytes4(data[:4]);
        if (
            selector == APPROVE || selector == INCREASE_ALLOWANCE || selector == SET_APPROVAL_FOR_ALL
                || selector == PERMIT2_APPROVE
        ) revert CallNotAllowed(index);
        IERC20 asset = IERC20(session.grants[0].asset);
        _charge(
            session,
            BudgetAction(BudgetActionKind.ContractCall, address(asset), address(0), to, selector, approved)
        );
        uint256 before = asset.balanceOf(address(this));
        if (approved > 0) asset.forceApprove(to, approved);
        _execute(to, 0, data, bytes32(0));
        if (approved > 0) asset.forceApprove(to, 0);
        if (asset.balanceOf(address(this)) + approved < before) revert SpentMoreThanApproved(index);
    }

    /// @dev Before any money moves. Every grant of the chain has to allow it and is charged.
    function _charge(Session memory session, BudgetAction memory action) private {
        BudgetStorage storage state = _storage();
        for (uint256 i = 0; i < session.grants.length; ++i) {
            BudgetGrant memory grant = session.grants[i];
            BudgetSpent memory spent = state.spent[session.hashes[i]];
            bytes32 code = BudgetRules.decide(grant, spent, action, block.timestamp);
            if (code != 0) revert BudgetRefused(code, i);
            state.spent[session.hashes[i]] = BudgetRules.charged(grant, spent, action.amount, block.timestamp);
        }
        uint256 last = session.grants.length - 1;
        emit BudgetCharged(session.hashes[last], session.grants[last].agent, action.amount);
    }

    function _revoke(bytes32 grant) private {
        _storage().isRevoked[grant] = true;
        emit BudgetRevoked(grant);
    }

    function _isSignedBy(address account, bytes32 digest, bytes memory signature) private pure returns (bool) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
        return failure == ECDSA.RecoverError.NoError && signer == account;
    }

    function _storage() private pure returns (BudgetStorage storage state) {
        bytes32 slot = STORAGE_SLOT;
        assembly ("memory-safe") {
            state.slot := slot
        }
    }
}
