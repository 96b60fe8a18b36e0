// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEmission} from "./IEmission.sol";

/// @dev What validators sign about an epoch (EIP-712 `Result`).
struct Result {
    uint32 netuid;
    uint64 epoch;
    /// Merkle root over (uint32 netuid, address account, uint256 cumulativeAmount), StandardMerkleTree rules.
    bytes32 root;
    /// Sum of all leaves, KOIN base units, since the subnet's genesis.
    uint256 cumulativeTotal;
    /// Hashes of the inputs, as the epoch specification defines them.
    bytes32 weightsHash;
    bytes32 stakeHash;
    bytes32 specHash;
    /// Names the published tree and evidence.
    bytes32 dataHash;
}

/// @dev One account's line in the tree of `epoch`.
struct Claim {
    uint32 netuid;
    uint64 epoch;
    address account;
    uint256 cumulativeAmount;
    bytes32[] proof;
}

/// @dev `activatesAt` is 0 when the epoch has no root (never submitted, or disabled).
struct EpochRoot {
    bytes32 root;
    bytes32 resultHash;
    uint256 cumulativeTotal;
    uint48 activatesAt;
}

/// @title Signed results of epochs, objections and claims
interface IEpochs {
    event RootSubmitted(
        uint32 indexed netuid,
        uint64 indexed epoch,
        bytes32 indexed resultHash,
        Result result,
        uint256 signedStake,
        uint256 totalPermittedStake,
        uint48 activatesAt,
        address submitter
    );
    event RootDisabled(
        uint32 indexed netuid,
        uint64 indexed epoch,
        bytes32 indexed resultHash,
        uint256 objectingStake,
        uint256 totalPermittedStake
    );
    event Claimed(
        uint32 indexed netuid,
        uint64 indexed epoch,
        address indexed account,
        uint256 amount,
        uint256 cumulativeAmount,
        address caller
    );

    error RootTooEarly(uint256 nowAt, uint256 opensAt);
    error RootPending(uint64 epoch, uint48 activatesAt);
    error EpochNotAfter(uint64 epoch, uint64 lastEpoch);
    error SpecHashMismatch(bytes32 expected, bytes32 actual);
    error ResultDisabled(bytes32 resultHash);
    error CumulativeTotalDecreased(uint256 total, uint256 previous);
    error CumulativeTotalExceedsAccrued(uint256 total, uint256 accrued);
    error SignersNotAscending(address previous, address signer);
    error SignerNotPermitted(address signer);
    error QuorumNotReached(uint256 stake, uint256 totalPermittedStake);
    error RootNotFound(uint32 netuid, uint64 epoch);
    error RootNotActive(uint48 activatesAt);
    error RootAlreadyActive(uint48 activatesAt);
    error ResultHashMismatch(bytes32 expected, bytes32 actual);
    error ProofInvalid();
    error NothingToClaim(address account);
    error ClaimsExceedTotal(uint256 wouldBePaid, uint256 cumulativeTotal);

    /// @notice Records the result of an epoch, signed by more than 2/3 of the permitted stake at the epoch's start.
    /// @param signatures 65-byte ECDSA signatures over {resultDigest}, ordered by ascending signer.
    function submitRoot(Result calldata result, bytes[] calldata signatures) external;

    /// @notice Disables a root that is not yet active, for ever, by more than 1/3 of the same stake. The epoch is
    ///         open again for another result.
    /// @param signatures 65-byte ECDSA signatures over {objectionDigest}, ordered by ascending signer.
    function objectRoot(uint32 netuid, uint64 epoch, bytes32 resultHash, bytes[] calldata signatures) external;

    /// @notice Pays `account` what the active root of `epoch` owes it beyond what it has had; anyone may call.
    /// @return amount KOIN base units minted to `account`.
    function claim(
        uint32 netuid,
        uint64 epoch,
        address account,
        uint256 cumulativeAmount,
        bytes32[] calldata proof
    ) external returns (uint256 amount);

    /// @notice Pays several claims in one transaction; those already paid are skipped, a wrong proof reverts all.
    /// @return amount Sum of KOIN base units minted.
    function claimMany(Claim[] calldata claims) external returns (uint256 amount);

    function emission() external view returns (IEmission);

    /// @notice The root of an epoch, pending or active.
    function rootOf(uint32 netuid, uint64 epoch) external view returns (EpochRoot memory);

    /// @notice The newest epoch with a root, pending or active; `exists` is false when there is none.
    function lastRootEpoch(uint32 netuid) external view returns (bool exists, uint64 epoch);

    function isActive(uint32 netuid, uint64 epoch) external view returns (bool);
    function isDisabled(bytes32 resultHash) external view returns (bool);

    /// @notice Base units paid so far to an account, and by a subnet in all.
    function paidTo(uint32 netuid, address account) external view returns (uint256);
    function totalPaid(uint32 netuid) external view returns (uint256);

    /// @notice EIP-712 digest of a result (domain "Koinon Epochs", version "1"): what validators sign, and the
    ///         `resultHash` that events and objections name.
    function resultDigest(Result calldata result) external view returns (bytes32);

    /// @notice EIP-712 digest of an objection.
    function objectionDigest(uint32 netuid, uint64 epoch, bytes32 resultHash) external view returns (bytes32);

    /// @notice keccak256(bytes.concat(keccak256(abi.encode(netuid, account, cumulativeAmount)))).
    function leafOf(uint32 netuid, address account, uint256 cumulativeAmount) external pure returns (bytes32);
}
