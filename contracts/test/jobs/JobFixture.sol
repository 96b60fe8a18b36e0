// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deposit, Job, JobStatus, JobTerms, Quote} from "../../src/jobs/IJobs.sol";
import {Jobs} from "../../src/jobs/Jobs.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

/// @dev Jobs paid in a test dollar, a client, a provider and an evaluator with keys.
abstract contract JobFixture is Test {
    uint256 internal constant CLIENT_KEY = 0xC11E;
    uint256 internal constant PROVIDER_KEY = 0x9407;
    address internal constant EVALUATOR = address(0xE7A1);
    address internal constant STRANGER = address(0x57A);
    uint256 internal constant PRICE = 1_500_000;
    bytes32 internal constant WORK = keccak256("work");

    Jobs internal jobs;
    TestDollar internal dollar;
    address internal client;
    address internal provider;

    function deployJobs() internal {
        dollar = new TestDollar();
        jobs = new Jobs(address(dollar));
        (client, provider) = (vm.addr(CLIENT_KEY), vm.addr(PROVIDER_KEY));
        dollar.faucet(client, 100 * PRICE);
        vm.prank(client);
        dollar.approve(address(jobs), type(uint256).max);
    }

    function ends() internal view returns (uint256) {
        return block.timestamp + 1 hours;
    }

    function terms(address hook, string memory text) internal view returns (JobTerms memory) {
        return JobTerms(client, EVALUATOR, hook, address(dollar), ends(), text);
    }

    function quoteFor(bytes32 termsHash, uint256 price, uint256 nonce) internal view returns (Quote memory) {
        return Quote(termsHash, provider, price, block.timestamp + 60, nonce);
    }

    function signedQuote(Quote memory quote) internal view returns (bytes memory) {
        return signed(PROVIDER_KEY, jobs.quoteDigest(quote));
    }

    function noDeposit() internal pure returns (Deposit memory) {
        return Deposit(0, 0, 0, "");
    }

    /// @dev The client's signature for its money under the nonce that the contract asks for.
    function authorized(bytes32 termsHash, address to, uint256 amount, bytes memory optParams)
        internal
        view
        returns (Deposit memory deposit)
    {
        deposit = Deposit(0, block.timestamp + 60, keccak256("salt"), "");
        bytes32 nonce = jobs.fundingNonce(termsHash, to, optParams, deposit.salt);
        bytes32 structHash = keccak256(
            abi.encode(
                dollar.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                client,
                address(jobs),
                amount,
                deposit.validAfter,
                deposit.validBefore,
                nonce
            )
        );
        deposit.signature =
            signed(CLIENT_KEY, keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), structHash)));
    }

    /// @dev A job with provider and budget in a status of the six.
    function jobIn(JobStatus status, address hook) internal returns (uint256 jobId) {
        vm.startPrank(client);
        jobId = jobs.createJob(provider, EVALUATOR, ends(), "job", hook);
        jobs.setBudget(jobId, PRICE, "");
        if (status != JobStatus.Open) jobs.fund(jobId, PRICE, "");
        vm.stopPrank();
        if (status == JobStatus.Submitted || status == JobStatus.Completed) {
            vm.prank(provider);
            jobs.submit(jobId, WORK, "");
        }
        if (status == JobStatus.Completed || status == JobStatus.Rejected) {
            vm.prank(EVALUATOR);
            if (status == JobStatus.Completed) jobs.complete(jobId, 0, "");
            else jobs.reject(jobId, 0, "");
        }
        if (status == JobStatus.Expired) {
            uint256 now_ = block.timestamp;
            vm.warp(now_ + 1 hours);
            jobs.claimRefund(jobId);
            vm.warp(now_);
        }
    }

    function statusOf(uint256 jobId) internal view returns (uint256) {
        return uint256(jobs.getJob(jobId).status);
    }

    function held() internal view returns (uint256) {
        return dollar.balanceOf(address(jobs));
    }
}
