// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

enum JobStatus {
    Open,
    Funded,
    Submitted,
    Completed,
    Rejected,
    Expired
}

/// @dev `budget` is in base units of `token`, times are Unix seconds. `submittedAt` is zero until work was submitted, `deliverable` too.
struct Job {
    address client;
    address provider;
    address evaluator;
    address hook;
    address token;
    JobStatus status;
    uint48 expiredAt;
    uint48 submittedAt;
    uint256 budget;
    bytes32 deliverable;
    bytes32 termsHash;
    string description;
}

/// @dev What a provider quotes for: all of a job but its provider and its price (EIP-712 `JobTerms`).
struct JobTerms {
    address client;
    address evaluator;
    address hook;
    address token;
    uint256 expiredAt;
    string description;
}

/// @dev A provider's signed offer (EIP-712 `Quote`), good until `deadline` and taken once at most.
struct Quote {
    bytes32 termsHash;
    address provider;
    uint256 price;
    uint256 deadline;
    uint256 nonce;
}

/// @dev How the client pays. Without a signature it is the caller and has approved this contract; with one it signed EIP-3009
///      `ReceiveWithAuthorization` to this contract under {IJobs-fundingNonce}, and anyone sends it.
struct Deposit {
    uint256 validAfter;
    uint256 validBefore;
    bytes32 salt;
    bytes signature;
}

/// @title Jobs in escrow (ERC-8183), with funding by signed quotes
interface IJobs {
    event JobCreated(
        uint256 indexed jobId,
        address indexed client,
        address indexed provider,
        address evaluator,
        uint256 expiredAt
    );
    /// @notice The rest of what {JobCreated} names.
    event JobTermsSet(
        uint256 indexed jobId, bytes32 indexed termsHash, address indexed token, address hook, string description
    );
    event ProviderSet(uint256 indexed jobId, address indexed provider);
    event BudgetSet(uint256 indexed jobId, uint256 amount);
    event JobFunded(uint256 indexed jobId, address indexed client, uint256 amount);
    event JobSubmitted(uint256 indexed jobId, address indexed provider, bytes32 deliverable);
    event JobCompleted(uint256 indexed jobId, address indexed evaluator, bytes32 reason);
    event JobRejected(uint256 indexed jobId, address indexed rejector, bytes32 reason);
    event JobExpired(uint256 indexed jobId);
    event PaymentReleased(uint256 indexed jobId, address indexed provider, uint256 amount);
    event Refunded(uint256 indexed jobId, address indexed client, uint256 amount);
    event QuoteTaken(uint256 indexed jobId, address indexed provider, uint256 indexed nonce, bytes32 quoteDigest);
    event QuoteCancelled(address indexed provider, uint256 indexed nonce);

    error JobNotFound(uint256 jobId);
    error WrongStatus(JobStatus status);
    error NotClient(address caller);
    error NotProvider(address caller);
    error NotEvaluator(address caller);
    error NotParty(address caller);
    error ZeroAddress(string what);
    error NotInFuture(uint256 expiredAt);
    error JobIsOver(uint256 expiredAt);
    error JobNotOver(uint256 expiredAt);
    error DescriptionTooLong(uint256 length);
    error ProviderIsEvaluator(address provider);
    error ProviderAlreadySet(address provider);
    error ProviderNotSet();
    error ZeroBudget();
    error BudgetMismatch(uint256 budget, uint256 expected);
    error TermsMismatch(bytes32 termsHash, bytes32 quoted);
    error QuoteExpired(uint256 deadline);
    error QuoteSpent(address provider, uint256 nonce);
    error QuoteSignatureInvalid(address provider);
    /// @notice The token moved another amount than it was told to.
    error TransferMismatch(address token, uint256 amount);
    /// @notice The hook ran into its gas bound or refused.
    error HookFailed(address hook, bytes4 selector);
    error HookGasShort(uint256 available);

    /// @notice Opens a job paid in {defaultToken}. `provider` and `hook` may be zero.
    function createJob(
        address provider,
        address evaluator,
        uint256 expiredAt,
        string calldata description,
        address hook
    ) external returns (uint256 jobId);

    /// @notice As {createJob}, paid in another token.
    function createJobIn(
        address token,
        address provider,
        address evaluator,
        uint256 expiredAt,
        string calldata description,
        address hook
    ) external returns (uint256 jobId);

    /// @notice Names the provider of a job without one; its client only.
    function setProvider(uint256 jobId, address provider, bytes calldata optParams) external;

    /// @notice Sets the price of an open job; its client or provider.
    function setBudget(uint256 jobId, uint256 amount, bytes calldata optParams) external;

    /// @notice Takes the budget from the client, who calls.
    function fund(uint256 jobId, uint256 expectedBudget, bytes calldata optParams) external;

    /// @notice As {fund} by the client's signature; anyone may call.
    function fundWithAuthorization(
        uint256 jobId,
        uint256 expectedBudget,
        Deposit calldata deposit,
        bytes calldata optParams
    ) external;

    /// @notice Names the provider and the price of an open job by the provider's signed quote and funds it, all or nothing.
    /// @param signature Of the provider over {quoteDigest}: ECDSA, or ERC-1271 of a contract.
    function fundByQuote(
        uint256 jobId,
        Quote calldata quote,
        bytes calldata signature,
        Deposit calldata deposit,
        bytes calldata optParams
    ) external;

    /// @notice Opens a job and funds it by a quote, all or nothing.
    function hire(
        JobTerms calldata terms,
        Quote calldata quote,
        bytes calldata signature,
        Deposit calldata deposit,
        bytes calldata optParams
    ) external returns (uint256 jobId);

    /// @notice Takes back an offer of the caller that nobody took yet.
    function cancelQuote(uint256 nonce) external;

    /// @notice Hands in the work, named by its hash; the provider only, before the end.
    function submit(uint256 jobId, bytes32 deliverable, bytes calldata optParams) external;

    /// @notice Pays the provider; the evaluator only, before the end.
    function complete(uint256 jobId, bytes32 reason, bytes calldata optParams) external;

    /// @notice Ends an open job (its client), or pays the client back (the evaluator, before the end).
    function reject(uint256 jobId, bytes32 reason, bytes calldata optParams) external;

    /// @notice Pays the client back once the job's time is over; anyone may call, and no hook is asked.
    function claimRefund(uint256 jobId) external;

    /// @notice The token of {createJob}.
    function defaultToken() external view returns (address);

    /// @notice Jobs are numbered from 1 to this.
    function jobCount() external view returns (uint256);

    function getJob(uint256 jobId) external view returns (Job memory);

    /// @notice The job that took the quote of this nonce; zero for none, the largest integer for a cancelled one.
    function jobOfQuote(address provider, uint256 nonce) external view returns (uint256 jobId);

    /// @notice EIP-712 struct hash of the terms.
    function hashTerms(JobTerms calldata terms) external pure returns (bytes32);

    /// @notice EIP-712 digest of a quote (domain "Koinon Jobs", version "1").
    function quoteDigest(Quote calldata quote) external view returns (bytes32);

    /// @notice The EIP-3009 nonce that binds a client's money to terms, provider and hook parameters.
    function fundingNonce(bytes32 termsHash, address provider, bytes calldata optParams, bytes32 salt)
        external
        pure
        returns (bytes32);
}
