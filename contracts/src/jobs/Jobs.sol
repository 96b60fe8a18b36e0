// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IReceiveWithAuthorization} from "../payments/ERC3009DepositCollector.sol";
import {HookCalls} from "./HookCalls.sol";
import {Deposit, IJobs, Job, JobStatus, JobTerms, Quote} from "./IJobs.sol";

/// @title Jobs in escrow (ERC-8183), with funding by signed quotes
/// @notice No owner, no fee, no upgrade, no list of allowed tokens or hooks.
/// @dev Rules: specs/0024-jobs.md. Per token, tokens held >= sum of the budgets of its jobs that are Funded or Submitted; equal when
///      nobody sends it tokens unasked. Money leaves once: with the step out of these two states.
contract Jobs is IJobs, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 public constant TERMS_TYPEHASH = keccak256(
        "JobTerms(address client,address evaluator,address hook,address token,uint256 expiredAt,string description)"
    );
    bytes32 public constant QUOTE_TYPEHASH =
        keccak256("Quote(bytes32 termsHash,address provider,uint256 price,uint256 deadline,uint256 nonce)");
    uint256 public constant MAX_DESCRIPTION_BYTES = 2048;

    /// @inheritdoc IJobs
    address public immutable defaultToken;
    /// @inheritdoc IJobs
    uint256 public jobCount;
    /// @inheritdoc IJobs
    mapping(address provider => mapping(uint256 nonce => uint256 jobId)) public jobOfQuote;
    mapping(uint256 jobId => Job) private _jobs;

    constructor(address defaultToken_) EIP712("Koinon Jobs", "1") {
        if (defaultToken_ == address(0)) revert ZeroAddress("token");
        defaultToken = defaultToken_;
    }

    /// @inheritdoc IJobs
    function createJob(
        address provider,
        address evaluator,
        uint256 expiredAt,
        string calldata description,
        address hook
    ) external nonReentrant returns (uint256 jobId) {
        JobTerms memory terms = JobTerms(msg.sender, evaluator, hook, defaultToken, expiredAt, description);
        return _create(terms, provider);
    }

    /// @inheritdoc IJobs
    function createJobIn(
        address token,
        address provider,
        address evaluator,
        uint256 expiredAt,
        string calldata description,
        address hook
    ) external nonReentrant returns (uint256 jobId) {
        return _create(JobTerms(msg.sender, evaluator, hook, token, expiredAt, description), provider);
    }

    /// @inheritdoc IJobs
    function setProvider(uint256 jobId, address provider, bytes calldata optParams) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Open);
        if (msg.sender != job.client) revert NotClient(msg.sender);
        _setProvider(jobId, job, provider, optParams);
    }

    /// @inheritdoc IJobs
    function setBudget(uint256 jobId, uint256 amount, bytes calldata optParams) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Open);
        if (msg.sender != job.client && msg.sender != job.provider) revert NotParty(msg.sender);
        _setBudget(jobId, job, amount, optParams);
    }

    /// @inheritdoc IJobs
    function fund(uint256 jobId, uint256 expectedBudget, bytes calldata optParams) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Open);
        if (msg.sender != job.client) revert NotClient(msg.sender);
        _fund(jobId, job, expectedBudget, Deposit(0, 0, 0, ""), optParams);
    }

    /// @inheritdoc IJobs
    function fundWithAuthorization(
        uint256 jobId,
        uint256 expectedBudget,
        Deposit calldata deposit,
        bytes calldata optParams
    ) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Open);
        _requireClient(job.client, deposit);
        _fund(jobId, job, expectedBudget, deposit, optParams);
    }

    /// @inheritdoc IJobs
    function fundByQuote(
        uint256 jobId,
        Quote calldata quote,
        bytes calldata signature,
        Deposit calldata deposit,
        bytes calldata optParams
    ) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Open);
        _requireClient(job.client, deposit);
        _take(jobId, job, quote, signature, deposit, optParams);
    }

    /// @inheritdoc IJobs
    function hire(
        JobTerms calldata terms,
        Quote calldata quote,
        bytes calldata signature,
        Deposit calldata deposit,
        bytes calldata optParams
    ) external nonReentrant returns (uint256 jobId) {
        _requireClient(terms.client, deposit);
        jobId = _create(terms, address(0));
        _take(jobId, _jobs[jobId], quote, signature, deposit, optParams);
    }

    /// @inheritdoc IJobs
    function cancelQuote(uint256 nonce) external nonReentrant {
        if (jobOfQuote[msg.sender][nonce] != 0) revert QuoteSpent(msg.sender, nonce);
        jobOfQuote[msg.sender][nonce] = type(uint256).max;
        emit QuoteCancelled(msg.sender, nonce);
    }

    /// @inheritdoc IJobs
    function submit(uint256 jobId, bytes32 deliverable, bytes calldata optParams) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Funded);
        if (msg.sender != job.provider) revert NotProvider(msg.sender);
        _requireTime(job);
        bytes memory data = job.hook == address(0) ? bytes("") : abi.encode(deliverable, optParams);
        HookCalls.beforeStep(job.hook, jobId, IJobs.submit.selector, data);
        job.status = JobStatus.Submitted;
        job.submittedAt = uint48(block.timestamp);
        job.deliverable = deliverable;
        emit JobSubmitted(jobId, msg.sender, deliverable);
        HookCalls.afterStep(job.hook, jobId, IJobs.submit.selector, data);
    }

    /// @inheritdoc IJobs
    function complete(uint256 jobId, bytes32 reason, bytes calldata optParams) external nonReentrant {
        Job storage job = _in(jobId, JobStatus.Submitted);
        if (msg.sender != job.evaluator) revert NotEvaluator(msg.sender);
        _requireTime(job);
        bytes memory data = job.hook == address(0) ? bytes("") : abi.encode(reason, optParams);
        HookCalls.beforeStep(job.hook, jobId, IJobs.complete.selector, data);
        job.status = JobStatus.Completed;
        emit JobCompleted(jobId, msg.sender, reason);
        emit PaymentReleased(jobId, job.provider, job.budget);
        _pay(job.token, job.provider, job.budget);
        HookCalls.afterStep(job.hook, jobId, IJobs.complete.selector, data);
    }

    /// @inheritdoc IJobs
    function reject(uint256 jobId, bytes32 reason, bytes calldata optParams) external nonReentrant {
        Job storage job = _existing(jobId);
        JobStatus status = job.status;
        if (status > JobStatus.Submitted) revert WrongStatus(status);
        if (status == JobStatus.Open) {
            if (msg.sender != job.client) revert NotClient(msg.sender);
        } else {
            if (msg.sender != job.evaluator) revert NotEvaluator(msg.sender);
            _requireTime(job);
        }
        bytes memory data = job.hook == address(0) ? bytes("") : abi.encode(reason, optParams);
        HookCalls.beforeStep(job.hook, jobId, IJobs.reject.selector, data);
        job.status = JobStatus.Rejected;
        emit JobRejected(jobId, msg.sender, reason);
        if (status != JobStatus.Open) _refund(jobId, job);
        HookCalls.afterStep(job.hook, jobId, IJobs.reject.selector, data);
    }

    /// @inheritdoc IJobs
    function claimRefund(uint256 jobId) external nonReentrant {
        Job storage job = _existing(jobId);
        if (job.status != JobStatus.Funded && job.status != JobStatus.Submitted) revert WrongStatus(job.status);
        if (block.timestamp < job.expiredAt) revert JobNotOver(job.expiredAt);
        job.status = JobStatus.Expired;
        emit JobExpired(jobId);
        _refund(jobId, job);
    }

    /// @inheritdoc IJobs
    function getJob(uint256 jobId) external view returns (Job memory) {
        return _existing(jobId);
    }

    /// @inheritdoc IJobs
    function hashTerms(JobTerms memory terms) public pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TERMS_TYPEHASH,
                terms.client,
                terms.evaluator,
                terms.hook,
                terms.token,
                terms.expiredAt,
                keccak256(bytes(terms.description))
            )
        );
    }

    /// @inheritdoc IJobs
    function quoteDigest(Quote calldata quote) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

    /// @inheritdoc IJobs
    function fundingNonce(bytes32 termsHash, address provider, bytes calldata optParams, bytes32 salt)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(termsHash, provider, keccak256(optParams), salt));
    }

    function _create(JobTerms memory terms, address provider) private returns (uint256 jobId) {
        if (terms.evaluator == address(0)) revert ZeroAddress("evaluator");
        if (terms.token == address(0)) revert ZeroAddress("token");
        if (terms.expiredAt <= block.timestamp || terms.expiredAt > type(uint48).max) {
            revert NotInFuture(terms.expiredAt);
        }
        uint256 length = bytes(terms.description).length;
        if (length > MAX_DESCRIPTION_BYTES) revert DescriptionTooLong(length);
        if (provider == terms.evaluator) revert ProviderIsEvaluator(provider);
        jobId = ++jobCount;
        bytes32 termsHash = hashTerms(terms);
        Job storage job = _jobs[jobId];
        job.client = terms.client;
        job.provider = provider;
        job.evaluator = terms.evaluator;
        if (terms.hook != address(0)) job.hook = terms.hook;
        job.token = terms.token;
        job.expiredAt = uint48(terms.expiredAt);
        job.termsHash = termsHash;
        job.description = terms.description;
        emit JobCreated(jobId, terms.client, provider, terms.evaluator, terms.expiredAt);
        emit JobTermsSet(jobId, termsHash, terms.token, terms.hook, terms.description);
    }

    function _setProvider(uint256 jobId, Job storage job, address provider, bytes memory optParams) private {
        if (job.provider != address(0)) revert ProviderAlreadySet(job.provider);
        if (provider == address(0)) revert ZeroAddress("provider");
        if (provider == job.evaluator) revert ProviderIsEvaluator(provider);
        bytes memory data = job.hook == address(0) ? bytes("") : abi.encode(provider, optParams);
        HookCalls.beforeStep(job.hook, jobId, IJobs.setProvider.selector, data);
        job.provider = provider;
        emit ProviderSet(jobId, provider);
        HookCalls.afterStep(job.hook, jobId, IJobs.setProvider.selector, data);
    }

    function _setBudget(uint256 jobId, Job storage job, uint256 amount, bytes memory optParams) private {
        bytes memory data = job.hook == address(0) ? bytes("") : abi.encode(amount, optParams);
        HookCalls.beforeStep(job.hook, jobId, IJobs.setBudget.selector, data);
        job.budget = amount;
        emit BudgetSet(jobId, amount);
        HookCalls.afterStep(job.hook, jobId, IJobs.setBudget.selector, data);
    }

    /// @dev The nonce is spent before anything is called, so the quote is taken once whatever a hook or a token does.
    function _take(
        uint256 jobId,
        Job storage job,
        Quote calldata quote,
        bytes calldata signature,
        Deposit calldata deposit,
        bytes calldata optParams
    ) private {
        if (quote.termsHash != job.termsHash) revert TermsMismatch(job.termsHash, quote.termsHash);
        if (block.timestamp > quote.deadline) revert QuoteExpired(quote.deadline);
        if (jobOfQuote[quote.provider][quote.nonce] != 0) revert QuoteSpent(quote.provider, quote.nonce);
        bytes32 digest = quoteDigest(quote);
        if (!SignatureChecker.isValidSignatureNow(quote.provider, digest, signature)) {
            revert QuoteSignatureInvalid(quote.provider);
        }
        jobOfQuote[quote.provider][quote.nonce] = jobId;
        emit QuoteTaken(jobId, quote.provider, quote.nonce, digest);
        if (job.provider != quote.provider) _setProvider(jobId, job, quote.provider, "");
        _setBudget(jobId, job, quote.price, "");
        _fund(jobId, job, quote.price, deposit, optParams);
    }

    function _fund(
        uint256 jobId,
        Job storage job,
        uint256 expectedBudget,
        Deposit memory deposit,
        bytes calldata optParams
    ) private {
        _requireTime(job);
        if (job.provider == address(0)) revert ProviderNotSet();
        if (job.budget == 0) revert ZeroBudget();
        if (job.budget != expectedBudget) revert BudgetMismatch(job.budget, expectedBudget);
        HookCalls.beforeStep(job.hook, jobId, IJobs.fund.selector, optParams);
        job.status = JobStatus.Funded;
        emit JobFunded(jobId, job.client, expectedBudget);
        _collect(job, expectedBudget, deposit, optParams);
        HookCalls.afterStep(job.hook, jobId, IJobs.fund.selector, optParams);
    }

    function _collect(Job storage job, uint256 amount, Deposit memory deposit, bytes calldata optParams) private {
        IERC20 token = IERC20(job.token);
        uint256 held = token.balanceOf(address(this));
        if (deposit.signature.length == 0) {
            token.safeTransferFrom(job.client, address(this), amount);
        } else {
            bytes32 nonce = fundingNonce(job.termsHash, job.provider, optParams, deposit.salt);
            IReceiveWithAuthorization(address(token)).receiveWithAuthorization(
                job.client,
                address(this),
                amount,
                deposit.validAfter,
                deposit.validBefore,
                nonce,
                deposit.signature
            );
        }
        if (token.balanceOf(address(this)) != held + amount) revert TransferMismatch(address(token), amount);
    }

    function _refund(uint256 jobId, Job storage job) private {
        emit Refunded(jobId, job.client, job.budget);
        _pay(job.token, job.client, job.budget);
    }

    /// @dev A token that takes more than it was told to would take it from other jobs.
    function _pay(address token, address to, uint256 amount) private {
        uint256 held = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(to, amount);
        if (to != address(this) && IERC20(token).balanceOf(address(this)) != held - amount) {
            revert TransferMismatch(token, amount);
        }
    }

    function _requireClient(address client, Deposit calldata deposit) private view {
        if (deposit.signature.length == 0 && msg.sender != client) revert NotClient(msg.sender);
    }

    function _requireTime(Job storage job) private view {
        if (block.timestamp >= job.expiredAt) revert JobIsOver(job.expiredAt);
    }

    function _existing(uint256 jobId) private view returns (Job storage job) {
        job = _jobs[jobId];
        if (job.client == address(0)) revert JobNotFound(jobId);
    }

    function _in(uint256 jobId, JobStatus status) private view returns (Job storage job) {
        job = _existing(jobId);
        if (job.status != status) revert WrongStatus(job.status);
    }
}
