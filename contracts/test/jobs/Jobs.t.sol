// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deposit, IJobs, Job, JobStatus, JobTerms, Quote} from "../../src/jobs/IJobs.sol";
import {EIP3009} from "../../src/token/EIP3009.sol";
import {PlainToken} from "../support/Tokens.sol";
import {HostileWallet, Wallet1271} from "../support/Wallets.sol";
import {vm} from "../support/Vm.sol";
import {JobFixture} from "./JobFixture.sol";

contract JobsTest is JobFixture {
    function setUp() public {
        deployJobs();
    }

    function test_a_job_is_funded_done_and_paid() public {
        uint256 before = dollar.balanceOf(client);
        uint256 jobId = jobIn(JobStatus.Submitted, address(0));
        eq(held(), PRICE, "escrow");
        Job memory job = jobs.getJob(jobId);
        eq(job.deliverable, WORK, "deliverable");
        eq(job.submittedAt, block.timestamp, "submitted");
        eq(job.description, "job", "description");
        vm.prank(EVALUATOR);
        jobs.complete(jobId, keccak256("good"), "");
        eq(dollar.balanceOf(provider), PRICE, "paid");
        eq(dollar.balanceOf(client), before - PRICE, "client");
        eq(held(), 0, "empty");
    }

    function test_rejection_and_expiry_pay_the_client_back() public {
        uint256 before = dollar.balanceOf(client);
        jobIn(JobStatus.Rejected, address(0));
        jobIn(JobStatus.Expired, address(0));
        eq(dollar.balanceOf(client), before, "client");
        eq(held(), 0, "empty");
    }

    function test_a_job_that_is_over_can_only_be_refunded() public {
        uint256 jobId = jobIn(JobStatus.Submitted, address(0));
        uint256 expiredAt = jobs.getJob(jobId).expiredAt;
        vm.warp(expiredAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IJobs.JobNotOver.selector, expiredAt));
        jobs.claimRefund(jobId);
        vm.warp(expiredAt);
        vm.startPrank(EVALUATOR);
        vm.expectRevert(abi.encodeWithSelector(IJobs.JobIsOver.selector, expiredAt));
        jobs.complete(jobId, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IJobs.JobIsOver.selector, expiredAt));
        jobs.reject(jobId, 0, "");
        vm.stopPrank();
        vm.prank(STRANGER);
        jobs.claimRefund(jobId);
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongStatus.selector, JobStatus.Expired));
        jobs.claimRefund(jobId);
        eq(dollar.balanceOf(provider), 0, "not paid");
    }

    function test_what_cannot_be_a_job_is_refused() public {
        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobs.ZeroAddress.selector, "evaluator"));
        jobs.createJob(provider, address(0), ends(), "", address(0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotInFuture.selector, block.timestamp));
        jobs.createJob(provider, EVALUATOR, block.timestamp, "", address(0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotInFuture.selector, uint256(1) << 48));
        jobs.createJob(provider, EVALUATOR, 1 << 48, "", address(0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.ProviderIsEvaluator.selector, EVALUATOR));
        jobs.createJob(EVALUATOR, EVALUATOR, ends(), "", address(0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.DescriptionTooLong.selector, 2049));
        jobs.createJob(provider, EVALUATOR, ends(), string(new bytes(2049)), address(0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.ZeroAddress.selector, "token"));
        jobs.createJobIn(address(0), provider, EVALUATOR, ends(), "", address(0));
        vm.expectRevert(abi.encodeWithSelector(IJobs.JobNotFound.selector, 1));
        jobs.fund(1, PRICE, "");
        vm.stopPrank();
    }

    function test_a_budget_that_changed_under_the_client_is_not_paid() public {
        vm.prank(client);
        uint256 jobId = jobs.createJob(provider, EVALUATOR, ends(), "job", address(0));
        vm.prank(provider);
        jobs.setBudget(jobId, PRICE + 1, "");
        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobs.BudgetMismatch.selector, PRICE + 1, PRICE));
        jobs.fund(jobId, PRICE, "");
        jobs.setBudget(jobId, 0, "");
        vm.expectRevert(IJobs.ZeroBudget.selector);
        jobs.fund(jobId, 0, "");
        uint256 other = jobs.createJob(address(0), EVALUATOR, ends(), "job", address(0));
        jobs.setBudget(other, PRICE, "");
        vm.expectRevert(IJobs.ProviderNotSet.selector);
        jobs.fund(other, PRICE, "");
        jobs.setProvider(other, provider, "");
        vm.expectRevert(abi.encodeWithSelector(IJobs.ProviderAlreadySet.selector, provider));
        jobs.setProvider(other, STRANGER, "");
        vm.stopPrank();
    }

    function test_a_quote_names_and_funds_once() public {
        JobTerms memory asked = terms(address(0), "quoted");
        Quote memory quote = quoteFor(jobs.hashTerms(asked), PRICE, 7);
        bytes memory signature = signedQuote(quote);
        vm.startPrank(client);
        uint256 jobId = jobs.hire(asked, quote, signature, noDeposit(), "");
        Job memory job = jobs.getJob(jobId);
        yes(job.status == JobStatus.Funded && job.provider == provider && job.budget == PRICE, "funded");
        eq(jobs.jobOfQuote(provider, 7), jobId, "taken by");
        bytes memory spent = abi.encodeWithSelector(IJobs.QuoteSpent.selector, provider, 7);
        vm.expectRevert(spent);
        jobs.hire(asked, quote, signature, noDeposit(), "");
        uint256 again = jobs.createJob(address(0), EVALUATOR, asked.expiredAt, "quoted", address(0));
        vm.expectRevert(spent);
        jobs.fundByQuote(again, quote, signature, noDeposit(), "");
        vm.stopPrank();
        eq(held(), PRICE, "once");
    }

    function test_a_quote_is_for_its_terms_its_price_and_its_time() public {
        vm.startPrank(client);
        uint256 jobId = jobs.createJob(address(0), EVALUATOR, ends(), "one", address(0));
        bytes32 termsHash = jobs.getJob(jobId).termsHash;
        Quote memory quote = quoteFor(termsHash, PRICE, 1);
        bytes memory signature = signedQuote(quote);
        quote.price = PRICE - 1;
        vm.expectRevert(abi.encodeWithSelector(IJobs.QuoteSignatureInvalid.selector, provider));
        jobs.fundByQuote(jobId, quote, signature, noDeposit(), "");
        quote.price = PRICE;
        quote.provider = client;
        vm.expectRevert(abi.encodeWithSelector(IJobs.QuoteSignatureInvalid.selector, client));
        jobs.fundByQuote(jobId, quote, signature, noDeposit(), "");
        quote.provider = provider;
        uint256 other = jobs.createJob(address(0), EVALUATOR, ends(), "two", address(0));
        bytes32 otherHash = jobs.getJob(other).termsHash;
        vm.expectRevert(abi.encodeWithSelector(IJobs.TermsMismatch.selector, otherHash, termsHash));
        jobs.fundByQuote(other, quote, signature, noDeposit(), "");
        vm.warp(quote.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IJobs.QuoteExpired.selector, quote.deadline));
        jobs.fundByQuote(jobId, quote, signature, noDeposit(), "");
        vm.warp(quote.deadline);
        vm.stopPrank();
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IJobs.NotClient.selector, STRANGER));
        jobs.fundByQuote(jobId, quote, signature, noDeposit(), "");
        vm.prank(client);
        jobs.fundByQuote(jobId, quote, signature, noDeposit(), "");
        eq(statusOf(jobId), 1, "funded");
    }

    function test_a_cancelled_quote_is_not_taken_and_a_taken_one_not_cancelled() public {
        JobTerms memory asked = terms(address(0), "quoted");
        Quote memory quote = quoteFor(jobs.hashTerms(asked), PRICE, 3);
        vm.prank(provider);
        jobs.cancelQuote(3);
        bytes memory spent = abi.encodeWithSelector(IJobs.QuoteSpent.selector, provider, 3);
        bytes memory signature = signedQuote(quote);
        vm.prank(client);
        vm.expectRevert(spent);
        jobs.hire(asked, quote, signature, noDeposit(), "");
        vm.prank(provider);
        vm.expectRevert(spent);
        jobs.cancelQuote(3);
    }

    function test_anyone_sends_what_the_client_signed_and_only_that() public {
        JobTerms memory asked = terms(address(0), "by signature");
        bytes32 termsHash = jobs.hashTerms(asked);
        Quote memory quote = quoteFor(termsHash, PRICE, 9);
        bytes memory signature = signedQuote(quote);
        Deposit memory deposit = authorized(termsHash, provider, PRICE, "");
        vm.startPrank(STRANGER);
        JobTerms memory other = terms(address(0), "by another");
        Quote memory forOther = quoteFor(jobs.hashTerms(other), PRICE, 10);
        bytes memory otherSignature = signedQuote(forOther);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, client));
        jobs.hire(other, forOther, otherSignature, deposit, "");
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, client));
        jobs.hire(asked, quote, signature, deposit, hex"01");
        uint256 jobId = jobs.hire(asked, quote, signature, deposit, "");
        vm.stopPrank();
        eq(jobs.getJob(jobId).client, client, "the client's");
        eq(held(), PRICE, "escrow");
    }

    function test_an_authorization_pays_for_the_provider_that_was_meant() public {
        vm.startPrank(client);
        uint256 jobId = jobs.createJob(provider, EVALUATOR, ends(), "job", address(0));
        jobs.setBudget(jobId, PRICE, "");
        bytes32 termsHash = jobs.getJob(jobId).termsHash;
        uint256 twin = jobs.createJob(STRANGER, EVALUATOR, ends(), "job", address(0));
        jobs.setBudget(twin, PRICE, "");
        vm.stopPrank();
        Deposit memory deposit = authorized(termsHash, provider, PRICE, "");
        vm.startPrank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, client));
        jobs.fundWithAuthorization(twin, PRICE, deposit, "");
        jobs.fundWithAuthorization(jobId, PRICE, deposit, "");
        vm.expectRevert(abi.encodeWithSelector(IJobs.WrongStatus.selector, JobStatus.Funded));
        jobs.fundWithAuthorization(jobId, PRICE, deposit, "");
        vm.stopPrank();
        eq(held(), PRICE, "once");
    }

    function test_a_contract_quotes_by_erc1271() public {
        Wallet1271 wallet = new Wallet1271(provider);
        JobTerms memory asked = terms(address(0), "wallet");
        Quote memory quote = quoteFor(jobs.hashTerms(asked), PRICE, 1);
        quote.provider = address(wallet);
        bytes memory signature = signedQuote(quote);
        vm.prank(client);
        uint256 jobId = jobs.hire(asked, quote, signature, noDeposit(), "");
        wallet.execute(address(jobs), abi.encodeCall(jobs.submit, (jobId, WORK, "")));
        vm.prank(EVALUATOR);
        jobs.complete(jobId, 0, "");
        eq(dollar.balanceOf(address(wallet)), PRICE, "paid");
    }

    function test_a_hostile_wallet_does_not_quote() public {
        HostileWallet wallet = new HostileWallet();
        for (uint8 mode = 0; mode < 4; ++mode) {
            wallet.setMode(HostileWallet.Mode(mode));
            JobTerms memory asked = terms(address(0), "wallet");
            Quote memory quote = quoteFor(jobs.hashTerms(asked), PRICE, 1);
            quote.provider = address(wallet);
            vm.prank(client);
            vm.expectRevert(abi.encodeWithSelector(IJobs.QuoteSignatureInvalid.selector, address(wallet)));
            jobs.hire(asked, quote, "", noDeposit(), "");
        }
    }

    function testFuzz_each_unit_of_any_token_goes_to_one_side(uint256 amount, uint256 end) public {
        PlainToken token = new PlainToken();
        amount = within(amount, 1, type(uint128).max);
        token.mint(client, amount);
        vm.startPrank(client);
        token.approve(address(jobs), amount);
        uint256 jobId = jobs.createJobIn(address(token), provider, EVALUATOR, ends(), "any", address(0));
        jobs.setBudget(jobId, amount, "");
        jobs.fund(jobId, amount, "");
        vm.stopPrank();
        vm.prank(provider);
        jobs.submit(jobId, WORK, "");
        end = end % 3;
        if (end == 2) {
            vm.warp(block.timestamp + 1 hours);
            jobs.claimRefund(jobId);
        } else {
            vm.prank(EVALUATOR);
            if (end == 0) jobs.complete(jobId, 0, "");
            else jobs.reject(jobId, 0, "");
        }
        eq(token.balanceOf(end == 0 ? provider : client), amount, "whole");
        eq(token.balanceOf(address(jobs)), 0, "nothing kept");
    }
}
