// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IJobs} from "./IJobs.sol";

/// @dev What validators sign about a job (EIP-712 `Verdict`). `round` is 0, and 1 after a dispute.
struct Verdict {
    uint256 jobId;
    bytes32 deliverable;
    bool accepted;
    bytes32 reason;
    uint8 round;
}

/// @dev `finalAt` is zero without a verdict: until a dispute the second from which the first verdict stands, after one the second from
///      which it stands although the second round said nothing.
struct Judgement {
    bool accepted;
    bool isSettled;
    uint48 finalAt;
    /// Seconds that the subnet's windows of this job last.
    uint32 windowSeconds;
    /// Zero until disputed; its weights count in the second round.
    uint48 disputedAt;
    address disputer;
    uint256 bond;
    bytes32 reason;
}

/// @title The validators of one subnet as the evaluator of jobs
/// @notice More than 2/3 of the permitted stake decides; either side may dispute that once, with a bond, and a second round decides by
///         the weights of the second of the dispute.
interface IQuorumEvaluator {
    event VerdictRecorded(
        uint256 indexed jobId,
        uint8 indexed round,
        bool accepted,
        bytes32 reason,
        uint256 signedStake,
        uint256 totalStake,
        uint48 finalAt
    );
    event Disputed(uint256 indexed jobId, address indexed disputer, uint256 bond, uint48 decidedBy);
    event BondPaid(uint256 indexed jobId, address indexed to, uint256 amount);
    event Settled(uint256 indexed jobId, bool accepted, bytes32 reason);

    error NotEvaluatorOf(uint256 jobId);
    error NotSubmitted(uint256 jobId);
    error DeliverableMismatch(bytes32 deliverable, bytes32 actual);
    error WrongRound(uint8 round);
    /// @notice Verdict, dispute and second round would not all fit before the job's end.
    error TooLate(uint256 neededUntil, uint256 expiredAt);
    error AlreadyJudged(uint256 jobId);
    error NotJudged(uint256 jobId);
    error NotDisputable(uint256 jobId);
    error NotLosingSide(address caller);
    error BondMismatch(uint256 amount);
    error NotFinal(uint256 finalAt);
    error AlreadySettled(uint256 jobId);
    error SignersNotAscending(address previous, address signer);
    error SignerNotPermitted(address signer);
    error SignatureInvalid(address signer);
    error SignerCountMismatch(uint256 signers, uint256 signatures);
    error QuorumNotReached(uint256 signedStake, uint256 totalStake);

    /// @notice Records the verdict of a round; anyone may call. A first one counts the weights of the second before the work was
    ///         submitted and can be disputed; a second one is final and settles the job at once.
    /// @param signers Ascending, each a validator's hotkey.
    /// @param signatures Of them over {verdictDigest}: ECDSA, or ERC-1271 of a contract.
    function decide(Verdict calldata verdict, address[] calldata signers, bytes[] calldata signatures) external;

    /// @notice Asks for a second round; the side that the first verdict is against, in its window, with {bondOf} of the job's token.
    function dispute(uint256 jobId) external;

    /// @notice Does what stands: completes or rejects the job, and pays the bond to who was right. Of a job that ended without, only
    ///         the bond goes back. Anyone may call.
    function settle(uint256 jobId) external;

    function jobs() external view returns (IJobs);
    function netuid() external view returns (uint32);
    function judgementOf(uint256 jobId) external view returns (Judgement memory);

    /// @notice A tenth of the job's budget, rounded up.
    function bondOf(uint256 jobId) external view returns (uint256);

    /// @notice EIP-712 digest (domain "Koinon Quorum Evaluator", version "1"; its contract is one subnet's).
    function verdictDigest(Verdict calldata verdict) external view returns (bytes32);
}
