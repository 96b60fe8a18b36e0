// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ChannelConfig, IBatchSettlement, Voucher, VoucherClaim} from "./IBatchSettlement.sol";
import {IDepositCollector} from "./IDepositCollector.sol";
import {PortableEIP712} from "./PortableEIP712.sol";

/// @title One-way payment channels of the x402 `batch-settlement` scheme
/// @notice A payer deposits, hands out cumulative vouchers off chain, and the receiver side records the highest of
///         them when it likes. The deposit is the most that can ever be taken.
/// @dev Written from the scheme's ABI, typed data and behaviour, so that stock clients, servers and facilitators
///      accept it at the canonical address. No owner, no fee, no upgrade.
///      A voucher binds only once it is claimed: a receiver must claim before a payer's withdrawal delay ends.
///      Per token, tokens held >= sum over channels (balance - totalClaimed) + sum over receivers (claimed - settled),
///      for tokens whose balances change by transfers only. A channel's `balance` counts claimed funds too.
contract BatchSettlement is IBatchSettlement, PortableEIP712, Multicall, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct ChannelState {
        /// Deposited and neither refunded nor withdrawn; includes what was claimed.
        uint128 balance;
        uint128 totalClaimed;
    }

    struct WithdrawalState {
        uint128 amount;
        /// Unix seconds; zero when none is pending.
        uint40 initiatedAt;
    }

    struct ReceiverState {
        uint128 totalClaimed;
        uint128 totalSettled;
    }

    /// @notice Bounds of a channel's withdrawal delay, seconds.
    uint40 public constant MIN_WITHDRAW_DELAY = 15 minutes;
    uint40 public constant MAX_WITHDRAW_DELAY = 30 days;

    bytes32 public constant CHANNEL_CONFIG_TYPEHASH = keccak256(
        "ChannelConfig(address payer,address payerAuthorizer,address receiver,address receiverAuthorizer,address token,uint40 withdrawDelay,bytes32 salt)"
    );
    bytes32 public constant VOUCHER_TYPEHASH = keccak256("Voucher(bytes32 channelId,uint128 maxClaimableAmount)");
    bytes32 public constant REFUND_TYPEHASH = keccak256("Refund(bytes32 channelId,uint256 nonce,uint128 amount)");
    bytes32 public constant CLAIM_ENTRY_TYPEHASH =
        keccak256("ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)");
    bytes32 public constant CLAIM_BATCH_TYPEHASH = keccak256(
        "ClaimBatch(ClaimEntry[] claims)ClaimEntry(bytes32 channelId,uint128 maxClaimableAmount,uint128 totalClaimed)"
    );

    mapping(bytes32 channelId => ChannelState) public channels;
    /// @notice Counts refunds of a channel; a signed refund is valid for one value of it.
    mapping(bytes32 channelId => uint256) public refundNonce;
    mapping(bytes32 channelId => WithdrawalState) public pendingWithdrawals;
    mapping(address receiver => mapping(address token => ReceiverState)) public receivers;

    /// @inheritdoc IBatchSettlement
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external
        nonReentrant
    {
        _requireValid(config);
        if (amount == 0) revert ZeroDeposit();
        if (collector == address(0)) revert InvalidCollector();

        bytes32 channelId = getChannelId(config);
        ChannelState storage channel = channels[channelId];
        uint128 before = channel.balance;
        if (amount > type(uint128).max - before) revert DepositOverflow();
        uint128 newBalance;
        unchecked {
            newBalance = before + amount;
        }
        if (before == 0 && channel.totalClaimed == 0) emit ChannelCreated(channelId, config);
        channel.balance = newBalance;
        emit Deposited(channelId, msg.sender, amount, newBalance);

        address token = config.token;
        uint256 held = IERC20(token).balanceOf(address(this));
        IDepositCollector(collector).collect(config.payer, token, amount, channelId, collectorData);
        if (IERC20(token).balanceOf(address(this)) != held + amount) revert DepositCollectionFailed();
    }

    /// @inheritdoc IBatchSettlement
    function claim(VoucherClaim[] calldata voucherClaims) external nonReentrant {
        if (voucherClaims.length == 0) revert EmptyBatch();
        bytes32 separator = _domainSeparator();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            VoucherClaim calldata row = voucherClaims[i];
            if (!_isReceiverSide(row.voucher.channel)) revert NotAuthorizedToClaim();
            _record(row, separator);
        }
    }

    /// @inheritdoc IBatchSettlement
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature)
        external
        nonReentrant
    {
        if (voucherClaims.length == 0) revert EmptyBatch();
        address authorizer = voucherClaims[0].voucher.channel.receiverAuthorizer;
        _requireSigned(authorizer, getClaimBatchDigest(voucherClaims), authorizerSignature);
        bytes32 separator = _domainSeparator();
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            VoucherClaim calldata row = voucherClaims[i];
            if (row.voucher.channel.receiverAuthorizer != authorizer) revert NotReceiverAuthorizer();
            _record(row, separator);
        }
    }

    /// @inheritdoc IBatchSettlement
    function settle(address receiver, address token) external nonReentrant {
        ReceiverState storage state = receivers[receiver][token];
        uint128 amount = state.totalClaimed - state.totalSettled;
        if (amount == 0) return;
        state.totalSettled = state.totalClaimed;
        emit Settled(receiver, token, msg.sender, amount);
        IERC20(token).safeTransfer(receiver, amount);
    }

    /// @inheritdoc IBatchSettlement
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        if (!_isPayerSide(config)) revert InvalidChannel();
        if (amount == 0) revert NothingToWithdraw();
        bytes32 channelId = getChannelId(config);
        WithdrawalState storage pending = pendingWithdrawals[channelId];
        if (pending.initiatedAt != 0) revert WithdrawalAlreadyPending();
        if (amount > _unclaimed(channels[channelId])) revert WithdrawAmountExceedsAvailable();

        pending.amount = amount;
        pending.initiatedAt = uint40(block.timestamp);
        emit WithdrawInitiated(channelId, amount, uint40(block.timestamp) + config.withdrawDelay);
    }

    /// @inheritdoc IBatchSettlement
    function finalizeWithdraw(ChannelConfig calldata config) external nonReentrant {
        if (!_isPayerSide(config)) revert NotAuthorizedToFinalizeWithdraw();
        bytes32 channelId = getChannelId(config);
        WithdrawalState memory pending = pendingWithdrawals[channelId];
        if (pending.initiatedAt == 0) revert WithdrawalNotPending();
        if (block.timestamp < uint256(pending.initiatedAt) + config.withdrawDelay) revert WithdrawDelayNotElapsed();

        delete pendingWithdrawals[channelId];
        ChannelState storage channel = channels[channelId];
        uint128 amount = _least(pending.amount, _unclaimed(channel));
        channel.balance -= amount;
        emit WithdrawFinalized(channelId, msg.sender, amount);
        _announceIfClosed(channelId, channel, config);
        if (amount > 0) IERC20(config.token).safeTransfer(config.payer, amount);
    }

    /// @inheritdoc IBatchSettlement
    function refund(ChannelConfig calldata config, uint128 amount) external nonReentrant {
        if (!_isReceiverSide(config)) revert NotAuthorizedToRefund();
        _refund(config, getChannelId(config), amount);
    }

    /// @inheritdoc IBatchSettlement
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external nonReentrant {
        bytes32 channelId = getChannelId(config);
        if (nonce != refundNonce[channelId]) revert InvalidRefundNonce();
        bytes32 digest = getRefundDigest(channelId, nonce, amount);
        _requireSigned(config.receiverAuthorizer, digest, receiverAuthorizerSignature);
        _refund(config, channelId, amount);
    }

    /// @notice A channel's id: the EIP-712 digest of its terms, so it differs per chain and per deployment.
    function getChannelId(ChannelConfig calldata config) public view returns (bytes32) {
        return _channelId(_domainSeparator(), config);
    }

    /// @notice What the payer side signs.
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) public view returns (bytes32) {
        return _voucherDigest(_domainSeparator(), channelId, maxClaimableAmount);
    }

    /// @notice What the receiverAuthorizer signs to refund without a transaction of its own.
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) public view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(REFUND_TYPEHASH, channelId, nonce, amount));
        return MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
    }

    /// @notice What the receiverAuthorizer signs to claim a batch without a transaction of its own.
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) public view returns (bytes32) {
        bytes32 separator = _domainSeparator();
        bytes32[] memory rows = new bytes32[](voucherClaims.length);
        for (uint256 i = 0; i < voucherClaims.length; ++i) {
            Voucher calldata voucher = voucherClaims[i].voucher;
            rows[i] = keccak256(
                abi.encode(
                    CLAIM_ENTRY_TYPEHASH,
                    _channelId(separator, voucher.channel),
                    voucher.maxClaimableAmount,
                    voucherClaims[i].totalClaimed
                )
            );
        }
        bytes32 structHash = keccak256(abi.encode(CLAIM_BATCH_TYPEHASH, keccak256(abi.encodePacked(rows))));
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }

    function _domainName() internal pure override returns (string memory) {
        return "x402 Batch Settlement";
    }

    function _domainVersion() internal pure override returns (string memory) {
        return "1";
    }

    function _domainHashes() internal pure override returns (bytes32, bytes32) {
        return (keccak256("x402 Batch Settlement"), keccak256("1"));
    }

    /// @dev Raises a channel's claimed total. A row that raises nothing is skipped, so that a stale row cannot block
    ///      a batch.
    function _record(VoucherClaim calldata row, bytes32 separator) private {
        ChannelConfig calldata config = row.voucher.channel;
        bytes32 channelId = _channelId(separator, config);
        ChannelState storage channel = channels[channelId];
        uint128 before = channel.totalClaimed;
        uint128 total = row.totalClaimed;
        if (total <= before) return;
        uint128 ceiling = row.voucher.maxClaimableAmount;
        if (total > ceiling) revert ClaimExceedsCeiling();
        if (total > channel.balance) revert ClaimExceedsBalance();

        bytes32 digest = _voucherDigest(separator, channelId, ceiling);
        address authorizer = config.payerAuthorizer;
        if (authorizer == address(0)) {
            _requireSigned(config.payer, digest, row.signature);
        } else if (ECDSA.recoverCalldata(digest, row.signature) != authorizer) {
            revert InvalidSignature();
        }

        uint128 added;
        unchecked {
            added = total - before;
        }
        channel.totalClaimed = total;
        receivers[config.receiver][config.token].totalClaimed += added;
        emit Claimed(channelId, msg.sender, added, total);
    }

    function _channelId(bytes32 separator, ChannelConfig calldata config) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(separator, keccak256(abi.encode(CHANNEL_CONFIG_TYPEHASH, config)));
    }

    function _voucherDigest(bytes32 separator, bytes32 channelId, uint128 ceiling) private pure returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(
            separator, keccak256(abi.encode(VOUCHER_TYPEHASH, channelId, ceiling))
        );
    }

    /// @dev The nonce moves even when nothing is left to refund: a signed refund is spent by any later refund.
    function _refund(ChannelConfig calldata config, bytes32 channelId, uint128 requested) private {
        if (requested == 0) revert ZeroRefund();
        ++refundNonce[channelId];
        ChannelState storage channel = channels[channelId];
        uint128 amount = _least(requested, _unclaimed(channel));
        if (amount == 0) return;

        channel.balance -= amount;
        WithdrawalState storage pending = pendingWithdrawals[channelId];
        if (amount >= pending.amount) delete pendingWithdrawals[channelId];
        else pending.amount -= amount;
        emit Refunded(channelId, msg.sender, amount);
        _announceIfClosed(channelId, channel, config);
        IERC20(config.token).safeTransfer(config.payer, amount);
    }

    function _announceIfClosed(bytes32 channelId, ChannelState storage channel, ChannelConfig calldata config)
        private
    {
        if (channel.balance == 0 && channel.totalClaimed == 0) emit ChannelClosed(channelId, config);
    }

    function _requireValid(ChannelConfig calldata config) private pure {
        if (
            config.payer == address(0) || config.receiver == address(0) || config.receiverAuthorizer == address(0)
                || config.token == address(0)
        ) revert InvalidChannel();
        if (config.withdrawDelay < MIN_WITHDRAW_DELAY || config.withdrawDelay > MAX_WITHDRAW_DELAY) {
            revert WithdrawDelayOutOfRange();
        }
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) revert InvalidSignature();
    }

    function _isReceiverSide(ChannelConfig calldata config) private view returns (bool) {
        return msg.sender == config.receiver || msg.sender == config.receiverAuthorizer;
    }

    function _isPayerSide(ChannelConfig calldata config) private view returns (bool) {
        return msg.sender == config.payer || msg.sender == config.payerAuthorizer;
    }

    function _unclaimed(ChannelState storage channel) private view returns (uint128) {
        return channel.balance - channel.totalClaimed;
    }

    function _least(uint128 a, uint128 b) private pure returns (uint128) {
        return a < b ? a : b;
    }
}
