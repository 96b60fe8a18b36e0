// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Job, JobStatus, JobTerms, Quote} from "../../src/jobs/IJobs.sol";
import {Jobs} from "../../src/jobs/Jobs.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {vm} from "../support/Vm.sol";
import {JobFixture} from "./JobFixture.sol";

/// @dev Random moves by the right people and by strangers; every payment is written down by job.
contract JobHandler is JobFixture {
    uint256 public quotes;
    mapping(uint256 jobId => uint256) public paidIn;
    mapping(uint256 jobId => uint256) public paidOut;
    mapping(uint256 jobId => uint256) public payments;

    constructor() {
        deployJobs();
        dollar.faucet(client, 1e9);
    }

    function contracts() external view returns (Jobs, TestDollar, address, address) {
        return (jobs, dollar, client, provider);
    }

    function open(uint256 amount) external {
        vm.startPrank(client);
        uint256 jobId = jobs.createJob(provider, EVALUATOR, ends(), "job", address(0));
        jobs.setBudget(jobId, within(amount, 1, PRICE), "");
        vm.stopPrank();
    }

    function fund(uint256 seed) external {
        uint256 jobId = _any(seed);
        uint256 before = held();
        vm.prank(client);
        jobs.fund(jobId, jobs.getJob(jobId).budget, "");
        paidIn[jobId] += held() - before;
    }

    /// @dev Every second one tries the nonce of an older quote again.
    function hire(uint256 amount, uint256 seed) external {
        JobTerms memory asked = terms(address(0), "quoted");
        uint256 nonce = seed % 2 == 0 || quotes == 0 ? quotes++ : seed % quotes;
        Quote memory quote = quoteFor(jobs.hashTerms(asked), within(amount, 1, PRICE), nonce);
        bytes memory signature = signedQuote(quote);
        uint256 before = held();
        vm.prank(client);
        uint256 jobId = jobs.hire(asked, quote, signature, noDeposit(), "");
        paidIn[jobId] += held() - before;
    }

    function submit(uint256 seed) external {
        vm.prank(provider);
        jobs.submit(_any(seed), WORK, "");
    }

    function judge(uint256 seed, bool accepts, bool isStranger) external {
        uint256 jobId = _any(seed);
        uint256 before = held();
        vm.prank(isStranger ? STRANGER : EVALUATOR);
        if (accepts) jobs.complete(jobId, 0, "");
        else jobs.reject(jobId, 0, "");
        _note(jobId, before);
    }

    function refund(uint256 seed) external {
        uint256 jobId = _any(seed);
        uint256 before = held();
        jobs.claimRefund(jobId);
        _note(jobId, before);
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + within(time, 1, 30 minutes));
    }

    function _any(uint256 seed) private view returns (uint256) {
        return within(seed, 1, jobs.jobCount());
    }

    function _note(uint256 jobId, uint256 before) private {
        if (before == held()) return;
        paidOut[jobId] += before - held();
        ++payments[jobId];
    }
}

contract JobInvariants is JobFixture {
    JobHandler private _handler;
    uint256 private _supply;

    function setUp() public {
        _handler = new JobHandler();
        (jobs, dollar, client, provider) = _handler.contracts();
        _supply = dollar.totalSupply();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_the_escrow_holds_exactly_what_open_jobs_are_owed() external view {
        uint256 owed;
        for (uint256 jobId = 1; jobId <= jobs.jobCount(); ++jobId) {
            Job memory job = jobs.getJob(jobId);
            if (job.status == JobStatus.Funded || job.status == JobStatus.Submitted) owed += job.budget;
        }
        eq(held(), owed, "owed");
        eq(dollar.balanceOf(client) + dollar.balanceOf(provider) + held(), _supply, "all of it");
    }

    function invariant_nobody_is_paid_twice() external view {
        uint256 earned;
        for (uint256 jobId = 1; jobId <= jobs.jobCount(); ++jobId) {
            Job memory job = jobs.getJob(jobId);
            bool isOver = job.status > JobStatus.Submitted;
            atMost(_handler.payments(jobId), 1, "payments");
            eq(_handler.paidOut(jobId), isOver ? _handler.paidIn(jobId) : 0, "out");
            if (job.status == JobStatus.Completed) earned += job.budget;
        }
        eq(dollar.balanceOf(provider), earned, "earned");
    }
}
