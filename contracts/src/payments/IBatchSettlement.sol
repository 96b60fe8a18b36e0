// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A channel's immutable terms; their EIP-712 digest is the channel's id.
struct ChannelConfig {
    /// Funds the channel and gets back what is not claimed.
    address payer;
    /// Key that signs vouchers (ECDSA only). Zero: the payer itself signs (ECDSA or ERC-1271).
    address payerAuthorizer;
    /// Is paid.
    address receiver;
    /// Key that may claim, refund and sign batches for the receiver. Not zero.
    address receiverAuthorizer;
    address token;
    /// Seconds between a payer's withdrawal request and its execution.
    uint40 withdrawDelay;
    bytes32 salt;
}

struct Voucher {
    ChannelConfig channel;
    /// Cumulative ceiling, token base units.
    uint128 maxClaimableAmount;
}

struct VoucherClaim {
    Voucher voucher;
    bytes signature;
    /// Cumulative amount claimed after this row, at most the voucher's ceiling.
    uint128 totalClaimed;
}

/// @title One-way payment channels of the x402 `batch-settlement` scheme
/// @notice Amounts are base units of the channel's token and cumulative: a voucher for 10 replaces one for 9.
interface IBatchSettlement {
    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config);
    event ChannelClosed(bytes32 indexed channelId, ChannelConfig config);
    event Deposited(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 newBalance);
    event Claimed(bytes32 indexed channelId, address indexed sender, uint128 claimAmount, uint128 newTotalClaimed);
    event Settled(address indexed receiver, address indexed token, address indexed sender, uint128 amount);
    event Refunded(bytes32 indexed channelId, address indexed sender, uint128 amount);
    event WithdrawInitiated(bytes32 indexed channelId, uint128 amount, uint40 finalizeAfter);
    event WithdrawFinalized(bytes32 indexed channelId, address indexed sender, uint128 amount);

    error InvalidChannel();
    error ZeroDeposit();
    error DepositOverflow();
    error InvalidSignature();
    error NotReceiverAuthorizer();
    error NotAuthorizedToClaim();
    error NotAuthorizedToRefund();
    error ClaimExceedsCeiling();
    error ClaimExceedsBalance();
    error WithdrawalAlreadyPending();
    error WithdrawalNotPending();
    error NotAuthorizedToFinalizeWithdraw();
    error WithdrawDelayNotElapsed();
    error NothingToWithdraw();
    error WithdrawAmountExceedsAvailable();
    error WithdrawDelayOutOfRange();
    error EmptyBatch();
    error DepositCollectionFailed();
    error InvalidCollector();
    error InvalidRefundNonce();
    error ZeroRefund();

    /// @notice Opens or tops up a channel: `collector` must bring exactly `amount` into this contract.
    function deposit(ChannelConfig calldata config, uint128 amount, address collector, bytes calldata collectorData)
        external;

    /// @notice Records vouchers; each row by its channel's receiver or receiverAuthorizer.
    function claim(VoucherClaim[] calldata voucherClaims) external;

    /// @notice Records vouchers for anyone who holds the common receiverAuthorizer's signature over the batch.
    function claimWithSignature(VoucherClaim[] calldata voucherClaims, bytes calldata authorizerSignature) external;

    /// @notice Sends a receiver all it has claimed in `token`; anyone may call.
    function settle(address receiver, address token) external;

    /// @notice Starts the clock of a withdrawal of unclaimed funds; payer or payerAuthorizer.
    function initiateWithdraw(ChannelConfig calldata config, uint128 amount) external;

    /// @notice Pays a withdrawal whose delay is over, less what was claimed meanwhile; payer or payerAuthorizer.
    function finalizeWithdraw(ChannelConfig calldata config) external;

    /// @notice Gives unclaimed funds back to the payer at once; receiver or receiverAuthorizer.
    function refund(ChannelConfig calldata config, uint128 amount) external;

    /// @notice As {refund}, by anyone who holds the receiverAuthorizer's signature over the current nonce.
    function refundWithSignature(
        ChannelConfig calldata config,
        uint128 amount,
        uint256 nonce,
        bytes calldata receiverAuthorizerSignature
    ) external;

    function channels(bytes32 channelId) external view returns (uint128 balance, uint128 totalClaimed);
    function pendingWithdrawals(bytes32 channelId) external view returns (uint128 amount, uint40 initiatedAt);
    function receivers(address receiver, address token)
        external
        view
        returns (uint128 totalClaimed, uint128 totalSettled);
    function refundNonce(bytes32 channelId) external view returns (uint256);

    function getChannelId(ChannelConfig calldata config) external view returns (bytes32);
    function getVoucherDigest(bytes32 channelId, uint128 maxClaimableAmount) external view returns (bytes32);
    function getRefundDigest(bytes32 channelId, uint256 nonce, uint128 amount) external view returns (bytes32);
    function getClaimBatchDigest(VoucherClaim[] calldata voucherClaims) external view returns (bytes32);
}
