// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev One function of one contract.
struct ContractCall {
    address target;
    bytes4 selector;
}

/// @dev What an owner lets a key spend (specs/0025 section 1). Amounts in base units of `asset`, times in Unix seconds.
struct BudgetGrant {
    address owner;
    /// The session key's account.
    address agent;
    /// Hash of the grant that this one is cut from; zero at the top.
    bytes32 parentGrant;
    /// "alert", "propose", "limited" or "full".
    string autonomy;
    address asset;
    address[] receivers;
    string[] services;
    string[] methods;
    ContractCall[] contractCalls;
    uint128 maxPerCallAtomic;
    uint128 maxPerPeriodAtomic;
    uint64 periodSeconds;
    uint128 maxTotalAtomic;
    uint64 validFrom;
    uint64 validUntil;
    uint64 revocationNonce;
}

/// @dev Signed by the owner at the top, by the agent of the grant above elsewhere; 65 bytes.
struct SignedGrant {
    BudgetGrant grant;
    bytes signature;
}

/// @dev Charged to one grant.
struct BudgetSpent {
    uint128 total;
    uint128 inPeriod;
    /// Window that `inPeriod` was charged in.
    uint64 periodIndex;
}

/// @title What an owner's account does for keys with a budget, beside what ERC-7821 has
/// @notice Batches of keys go through `execute` with `opData` =
///         abi.encode(SignedGrant[] grants, bytes32 salt, uint64 deadline, bytes signature), the owner's grant first.
interface IBudgetDelegate {
    /// @notice `amount` was charged to `grant` and all above it.
    event BudgetCharged(bytes32 indexed grant, address indexed agent, uint256 amount);
    event BudgetRevoked(bytes32 indexed grant);
    event BudgetsRevoked(uint64 newRevocationNonce);

    /// @notice The rules of a grant refuse; `code` as in specs/0025 section 3, `level` counts from the owner's grant.
    error BudgetRefused(bytes32 code, uint256 level);
    /// @notice The grants do not hang together, or are not signed by who must sign.
    error BadGrantChain(uint256 level);
    error BadBatchSignature();
    error BatchExpired(uint64 deadline);
    error BatchUsed(bytes32 digest);
    /// @notice A key may not do such a call.
    error CallNotAllowed(uint256 index);
    /// @notice A call took more than its exact approval.
    error SpentMoreThanApproved(uint256 index);
    error OnlyOwner();
    error OnlyEscrow();
    error NoDepositUnderWay();

    /// @notice Ends all grants that name the present nonce. The account itself.
    function revokeBudgets() external;

    /// @notice Ends one grant and all below it. The account itself.
    function revokeBudget(bytes32 grant) external;

    /// @notice As {revokeBudget}, by anyone who holds the owner's signature.
    function revokeBudgetWithSignature(bytes32 grant, bytes calldata signature) external;

    function revocationNonce() external view returns (uint64);
    function isBudgetRevoked(bytes32 grant) external view returns (bool);
    function budgetSpent(bytes32 grant) external view returns (BudgetSpent memory);
    function isBatchUsed(bytes32 digest) external view returns (bool);
    function budgetGrantHash(BudgetGrant calldata grant) external view returns (bytes32);
}
