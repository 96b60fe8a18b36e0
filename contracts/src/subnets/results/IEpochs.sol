// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPoolEmission} from "../emission/IPoolEmission.sol";
import {IDisputes} from "./IDisputes.sol";
import {IAlphaStaking} from "../pool/IAlphaStaking.sol";
import {IPermits} from "../pool/IPermits.sol";

/// @dev What validators sign about an epoch (EIP-712 `Result`).
struct Result {
    uint32 netuid;
    uint64 epoch;
    /// Digest of the result that it builds on: the active one when it is submitted; zero for a subnet's first.
    bytes32 previousHash;
    /// Root of the seat words and of the amount words of the same uids ({ResultTree}).
    bytes32 root;
    /// Alpha base units paid to all seats as miners and as validators since the subnet's genesis.
    uint256 minersTotal;
    uint256 dividendsTotal;
    /// keccak256 of the validator words, in their order.
    bytes32 validatorsHash;
    /// keccak256 of what the aggregator carries on to the next epoch, in words; of nothing when it keeps nothing.
    bytes32 carryHash;
    bytes32 specHash;
    /// Names the published record. Only a record: nothing on the ledger depends on it.
    bytes32 dataHash;
}

/// @dev The numbers behind a result. They are published with it, so that whoever knows the right ones can show which is wrong.
struct Posting {
    /// A word a permitted validator, ascending: address hotkey, uint8 age of its row (255: none), uint88 permitted stake, above 0.
    bytes32[] validators;
    /// A word a uid from 0 on, see {SeatWords}; uids beyond the last are zero.
    bytes32[] seats;
    /// As many at most, see {AmountWords}.
    bytes32[] amounts;
    bytes32[] carry;
}

/// @dev One seat's amount word in the root of `epoch`, and its nine siblings.
struct Claim {
    uint32 netuid;
    uint64 epoch;
    uint16 uid;
    bytes32 amounts;
    bytes32[] proof;
}

/// @dev `activatesAt` is 0 when the epoch has no root (never submitted, or disabled).
struct EpochRoot {
    bytes32 root;
    bytes32 resultHash;
    uint256 minersTotal;
    uint256 dividendsTotal;
    uint48 activatesAt;
    /// The active root that it builds on: its epoch plus one, zero for none.
    uint64 previousPlusOne;
    /// Bit i: the i-th validator word's hotkey signed.
    uint256 signers;
}

/// @dev A result that was proved wrong. `signers` are those not yet slashed.
struct Offence {
    address disputer;
    uint256 signers;
}

/// @title Signed results of epochs, objections, slashing and claims
interface IEpochs {
    event RootSubmitted(
        uint32 indexed netuid,
        uint64 indexed epoch,
        bytes32 indexed resultHash,
        Result result,
        Posting posting,
        uint256 signers,
        uint256 signedStake,
        uint256 totalPermittedStake,
        uint48 activatesAt,
        address submitter
    );
    /// @notice More than 1/3 objected.
    event RootDisabled(
        uint32 indexed netuid,
        uint64 indexed epoch,
        bytes32 indexed resultHash,
        uint256 objectingStake,
        uint256 totalPermittedStake
    );
    /// @notice A number of the result was proved wrong.
    event RootOverturned(
        uint32 indexed netuid, uint64 indexed epoch, bytes32 indexed resultHash, address disputer, string what
    );
    /// @notice Every number was computed on the ledger: no need to wait.
    event RootConfirmed(uint32 indexed netuid, uint64 indexed epoch, bytes32 indexed resultHash);
    event SignerPunished(
        uint32 indexed netuid,
        uint64 indexed epoch,
        address indexed signer,
        bytes32 resultHash,
        uint256 alphaTaken,
        uint256 koinTaken
    );
    /// @notice What the holder of a seat was paid as miner and as validator, and the two sums of its amount word.
    event Claimed(
        uint32 indexed netuid,
        uint64 indexed epoch,
        address indexed account,
        uint256 mined,
        uint256 dividends,
        uint256 cumulativeMined,
        uint256 cumulativeDividends,
        address caller
    );

    /// @notice The contract was built for another one.
    error PartsMismatch(string part);
    error NotDisputes(address caller);
    error RootTooEarly(uint256 nowAt, uint256 opensAt);
    /// @notice Stake that signed it could be gone before it is active.
    error RootTooLate(uint256 activatesAt, uint256 boundUntil);
    error RootPending(uint64 epoch, uint48 activatesAt);
    error EpochNotAfter(uint64 epoch, uint64 lastEpoch);
    error SpecHashMismatch(bytes32 expected, bytes32 actual);
    /// @notice It builds on another result than the one that is active.
    error PreviousMismatch(bytes32 active, bytes32 actual);
    error PostingMismatch(string part);
    error PostingTooLong(string part);
    error ValidatorsNotAscending(uint256 position);
    error ValidatorWithoutStake(address hotkey);
    error ResultDisabled(bytes32 resultHash);
    error TotalDecreased(string part, uint256 total, uint256 previous);
    error TotalExceedsAccrued(string part, uint256 total, uint256 accrued);
    error SignersNotAscending(address previous, address signer);
    error SignerNotPermitted(address signer);
    error WrongSigner(address expected, address actual);
    error StakeMismatch(address hotkey, uint256 expected, uint256 actual);
    error SignerCountMismatch(uint256 signers, uint256 signatures);
    error QuorumNotReached(uint256 stake, uint256 totalPermittedStake);
    error RootNotFound(uint32 netuid, uint64 epoch);
    error RootNotActive(uint48 activatesAt);
    error RootAlreadyActive(uint48 activatesAt);
    error ResultHashMismatch(bytes32 expected, bytes32 actual);
    error NoOffence(bytes32 resultHash);
    error NotTwoResults();
    /// @notice It was slashed in this subnet within the unbonding and a day.
    error AlreadyPunished(address signer);
    /// @notice Twofold signing is punished for as long as the stake behind it is bound.
    error OffenceTooOld(uint256 punishableUntil);
    error ProofInvalid();
    error SeatIsFree(uint16 uid);
    error NothingToClaim(uint16 uid);
    error NothingForOwner(uint32 netuid);
    error ClaimsExceedTotal(string part, uint256 wouldBePaid, uint256 total);

    /// @notice Records the result of an epoch, signed by more than 2/3 of the permitted stake at the epoch's start. What accrued
    ///         during the epoch must be final ({IPoolEmission-advance}). It must be active before stake that left in the epoch's second
    ///         second is free: within the unbonding from the epoch's start.
    /// @param signers Bit i: the i-th validator of the posting signed.
    /// @param signatures 65-byte ECDSA signatures over {resultDigest}, one a set bit, lowest first.
    function submitRoot(
        Result calldata result,
        Posting calldata posting,
        uint256 signers,
        bytes[] calldata signatures
    ) external;

    /// @notice Disables a root that is not yet active, for ever, by more than 1/3 of the same stake. The epoch is
    ///         open again for another result.
    /// @param signatures 65-byte ECDSA signatures over {objectionDigest}, ordered by ascending signer.
    function objectRoot(uint32 netuid, uint64 epoch, bytes32 resultHash, bytes[] calldata signatures) external;

    /// @notice Makes the signers of a result punishable that {disputes} found wrong, and disables it unless an objection did;
    ///         {disputes} only.
    function overturn(uint32 netuid, uint64 epoch, bytes32 resultHash, address disputer, string calldata what) external;

    /// @notice Makes a pending root active now that {disputes} has computed all of it; {disputes} only.
    function confirm(uint32 netuid, uint64 epoch, bytes32 resultHash) external;

    /// @notice Slashes signers of an overturned result by {SLASH_BPS}, each once; anyone may call, in any number of portions.
    /// @param validators The validator words of its posting.
    /// @param chosen Bit i: slash the i-th of them, if it signed.
    function punish(Result calldata result, bytes32[] calldata validators, uint256 chosen) external;

    /// @notice Slashes whoever signed two results of one epoch, neither of them disabled, by {SLASH_BPS}, unless it was slashed in
    ///         this subnet within the unbonding and a day: an operator would burn faster than those leave who staked on it. The caller
    ///         is rewarded. It does not matter whether either was submitted.
    function punishTwofold(
        Result calldata first,
        bytes calldata firstSignature,
        Result calldata second,
        bytes calldata secondSignature
    ) external;

    /// @notice Pays the holder of a seat what the active root of `epoch` owes it beyond what it has had; anyone may call.
    /// @return mined Alpha base units staked for the seat's hotkey where it prefers.
    /// @return dividends Alpha base units paid as dividends of the seat's hotkey.
    function claim(Claim calldata entry) external returns (uint256 mined, uint256 dividends);

    /// @notice Pays several claims in one transaction; those already paid are skipped, a wrong proof reverts all.
    /// @return mined Sums of alpha base units, of all subnets named.
    function claimMany(Claim[] calldata claims) external returns (uint256 mined, uint256 dividends);

    /// @notice Pays the subnet's owner what accrued to it up to the end of the newest epoch with an active root; anyone may call.
    /// @return amount Alpha base units.
    function claimOwner(uint32 netuid) external returns (uint256 amount);

    function permits() external view returns (IPermits);
    function staking() external view returns (IAlphaStaking);
    function emission() external view returns (IPoolEmission);
    function disputes() external view returns (IDisputes);

    /// @notice The root of an epoch, pending or active.
    function rootOf(uint32 netuid, uint64 epoch) external view returns (EpochRoot memory);

    /// @notice What is kept of a result that was submitted, also when it was disabled; all zero for another.
    function resultOf(bytes32 resultHash) external view returns (EpochRoot memory);

    /// @notice The newest epoch with a root, pending or active; `exists` is false when there is none.
    function lastRootEpoch(uint32 netuid) external view returns (bool exists, uint64 epoch);

    function isActive(uint32 netuid, uint64 epoch) external view returns (bool);
    function isDisabled(bytes32 resultHash) external view returns (bool);

    /// @notice What is left to punish for a result.
    function offenceOf(bytes32 resultHash) external view returns (Offence memory);

    /// @notice Base units paid so far to a hotkey for the seat it took in second `since`, and by a subnet in all.
    function paidTo(uint32 netuid, address hotkey, uint48 since) external view returns (uint256 mined, uint256 dividends);
    function totalPaid(uint32 netuid) external view returns (uint256 mined, uint256 dividends);

    /// @notice EIP-712 digest of a result (domain "Koinon Epochs", version "4"): what validators sign, and the
    ///         `resultHash` that events and objections name.
    function resultDigest(Result calldata result) external view returns (bytes32);

    /// @notice EIP-712 digest of an objection.
    function objectionDigest(uint32 netuid, uint64 epoch, bytes32 resultHash) external view returns (bytes32);
}
