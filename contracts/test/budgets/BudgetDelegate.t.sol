// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC7821} from "solady/accounts/ERC7821.sol";
import {BudgetHashes} from "../../src/budgets/BudgetHashes.sol";
import {BudgetGrant, BudgetSpent, IBudgetDelegate, SignedGrant} from "../../src/budgets/IBudgetDelegate.sol";
import {vm} from "../support/Vm.sol";
import {DelegateFixture, JobBoard} from "./DelegateFixture.sol";

contract BudgetDelegateTest is DelegateFixture {
    function setUp() public {
        deployDelegate();
    }

    function test_a_key_deposits_into_a_channel_of_a_listed_receiver() public {
        run(grantOf(), depositCall(ALICE, 1_000));
        (uint128 balance,) = escrow.channels(escrow.getChannelId(channelTo(ALICE, vm.addr(AGENT_KEY))));
        eq(balance, 1_000, "deposit");
        eq(token.allowance(owner, address(escrow)), 0, "no approval");
        BudgetSpent memory spent = account.budgetSpent(BudgetHashes.ofGrant(grantOf()));
        yes(spent.total == 1_000 && spent.inPeriod == 1_000 && spent.periodIndex == 0, "charged");
    }

    function test_a_key_transfers_and_funds_jobs_with_exact_approvals() public {
        run(grantOf(), transferCall(ALICE, 100));
        eq(token.balanceOf(ALICE), 100, "transfer");
        run(grantOf(), fundCalls(100, 60));
        eq(token.balanceOf(address(jobs)), 60, "job");
        eq(token.allowance(owner, address(jobs)), 0, "approval taken back");
        eq(account.budgetSpent(BudgetHashes.ofGrant(grantOf())).total, 200, "what was approved is charged");
    }

    function test_anybody_may_send_a_keys_batch_once() public {
        bytes memory batch = signedBatch(chainOf(grantOf()), transferCall(ALICE, 10), AGENT_KEY);
        vm.prank(BOB);
        account.execute(BATCH, batch);
        vm.expectRevert();
        account.execute(BATCH, batch);
        eq(token.balanceOf(ALICE), 10, "once");
    }

    function test_amounts_a_call_a_period_and_in_all() public {
        BudgetGrant memory grant = grantOf();
        runRefused(grant, transferCall(ALICE, 101), refused("over-call", 0));
        runRefused(grant, fundCalls(101, 1), refused("over-call", 0));
        runRefused(grant, depositCall(ALICE, 1_001), refused("over-period", 0));
        run(grant, depositCall(ALICE, 1_000));
        runRefused(grant, transferCall(ALICE, 1), refused("over-period", 0));
        vm.warp(grant.validFrom + 1 days);
        run(grant, depositCall(ALICE, 1_000));
        vm.warp(grant.validFrom + 2 days);
        runRefused(grant, depositCall(ALICE, 501), refused("over-total", 0));
        run(grant, depositCall(ALICE, 500));
        runRefused(grant, transferCall(ALICE, 1), refused("over-total", 0));
    }

    function test_two_calls_of_one_batch_are_counted_together() public {
        ERC7821.Call[] memory calls = new ERC7821.Call[](2);
        calls[0] = depositCall(ALICE, 600)[0];
        calls[1] = depositCall(ALICE, 401)[0];
        runRefused(grantOf(), calls, refused("over-period", 0));
        eq(token.balanceOf(owner), 1_000_000, "none or all");
    }

    function test_receivers_and_autonomy() public {
        BudgetGrant memory grant = grantOf();
        runRefused(grant, transferCall(BOB, 1), refused("receiver-not-allowed", 0));
        runRefused(grant, depositCall(BOB, 1), refused("receiver-not-allowed", 0));
        grant.autonomy = "propose";
        runRefused(grant, transferCall(ALICE, 1), refused("needs-owner", 0));
        grant.autonomy = "alert";
        runRefused(grant, transferCall(ALICE, 1), refused("alert-only", 0));
        grant.autonomy = "anything";
        runRefused(grant, transferCall(ALICE, 1), refused("bad-grant", 0));
        grant.autonomy = "full";
        run(grant, transferCall(BOB, 1));
        grant.periodSeconds = 0;
        runRefused(grant, transferCall(BOB, 1), refused("bad-grant", 0));
    }

    function test_times() public {
        BudgetGrant memory grant = grantOf();
        vm.warp(grant.validFrom - 1);
        runRefused(grant, transferCall(ALICE, 1), refused("not-yet-valid", 0));
        vm.warp(grant.validUntil);
        runRefused(grant, transferCall(ALICE, 1), refused("expired", 0));
        vm.warp(grant.validUntil - 1);
        bytes memory late = signedBatch(chainOf(grant), transferCall(ALICE, 1), AGENT_KEY);
        uint64 deadline = uint64(block.timestamp + 600);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IBudgetDelegate.BatchExpired.selector, deadline));
        account.execute(BATCH, late);
    }

    function test_the_owner_revokes_one_grant_all_grants_or_by_signature() public {
        BudgetGrant memory grant = grantOf();
        bytes32 hash = BudgetHashes.ofGrant(grant);
        vm.expectRevert(IBudgetDelegate.OnlyOwner.selector);
        account.revokeBudget(hash);
        vm.expectRevert(IBudgetDelegate.OnlyOwner.selector);
        account.revokeBudgets();
        bytes memory forged = signed(AGENT_KEY, BudgetHashes.ofRevocation(hash));
        vm.expectRevert(IBudgetDelegate.OnlyOwner.selector);
        account.revokeBudgetWithSignature(hash, forged);

        vm.prank(BOB);
        account.revokeBudgetWithSignature(hash, signed(OWNER_KEY, BudgetHashes.ofRevocation(hash)));
        yes(account.isBudgetRevoked(hash), "revoked");
        runRefused(grant, transferCall(ALICE, 1), refused("revoked", 0));

        grant.maxTotalAtomic -= 1;
        run(grant, transferCall(ALICE, 1));
        vm.prank(owner);
        account.revokeBudgets();
        eq(account.revocationNonce(), 1, "nonce");
        runRefused(grant, transferCall(ALICE, 1), refused("revoked", 0));
        grant.revocationNonce = 1;
        run(grant, transferCall(ALICE, 1));
        vm.prank(owner);
        account.revokeBudget(BudgetHashes.ofGrant(grant));
        runRefused(grant, transferCall(ALICE, 1), refused("revoked", 0));
    }

    function test_grants_below_are_charged_above_and_end_with_those_above() public {
        BudgetGrant memory grant = grantOf();
        BudgetGrant memory child = grantOf();
        child.agent = vm.addr(HELPER_KEY);
        child.maxTotalAtomic = 150;
        SignedGrant[] memory grants = chainOf(grant, child);
        account.execute(BATCH, signedBatch(grants, transferCall(ALICE, 100), HELPER_KEY));
        eq(account.budgetSpent(BudgetHashes.ofGrant(grant)).total, 100, "above");
        eq(account.budgetSpent(BudgetHashes.ofGrant(child)).total, 100, "below");
        bytes memory batch = signedBatch(grants, transferCall(ALICE, 51), HELPER_KEY);
        vm.expectRevert(refused("over-total", 1));
        account.execute(BATCH, batch);
        run(grant, depositCall(ALICE, 900));
        batch = signedBatch(grants, transferCall(ALICE, 1), HELPER_KEY);
        vm.expectRevert(refused("over-period", 0));
        account.execute(BATCH, batch);
        vm.warp(block.timestamp + 1 days);
        vm.prank(owner);
        account.revokeBudget(BudgetHashes.ofGrant(grant));
        vm.expectRevert(refused("revoked", 0));
        account.execute(BATCH, signedBatch(grants, transferCall(ALICE, 1), HELPER_KEY));
    }

    function test_children_together_never_exceed_what_is_above() public {
        BudgetGrant memory grant = grantOf();
        grant.maxPerPeriodAtomic = 1_000_000;
        for (uint256 i = 0; i < 5; ++i) {
            BudgetGrant memory child = grantOf();
            child.agent = vm.addr(HELPER_KEY + i);
            SignedGrant[] memory grants = chainOf(grant, child);
            bytes memory batch = signedBatch(grants, _depositFor(vm.addr(HELPER_KEY + i), 600), HELPER_KEY + i);
            if (i == 4) vm.expectRevert(refused("over-total", 0));
            account.execute(BATCH, batch);
        }
        eq(token.balanceOf(owner), 1_000_000 - 2_400, "at most the total above");
    }

    function test_the_owner_does_anything_itself() public {
        ERC7821.Call[] memory calls = new ERC7821.Call[](2);
        calls[0] = transferCall(BOB, 500_000)[0];
        calls[1] = ERC7821.Call(address(0), 0, abi.encodeCall(account.revokeBudgets, ()));
        vm.prank(owner);
        account.execute(BATCH, abi.encode(calls));
        eq(token.balanceOf(BOB), 500_000, "paid");
        eq(account.revocationNonce(), 1, "by itself");
        vm.expectRevert(IBudgetDelegate.OnlyOwner.selector);
        account.execute(BATCH, abi.encode(calls));
    }

    function test_only_the_owners_own_key_signs_for_the_account() public view {
        bytes32 digest = keccak256("anything");
        yes(account.isValidSignature(digest, signed(OWNER_KEY, digest)) == 0x1626ba7e, "owner");
        yes(account.isValidSignature(digest, signed(AGENT_KEY, digest)) == 0xffffffff, "agent");
        yes(account.isValidSignature(digest, malleated(signed(OWNER_KEY, digest))) == 0xffffffff, "malleated");
        yes(account.isValidSignature(digest, "") == 0xffffffff, "empty");
    }

    function test_storage_lies_in_its_namespace() public {
        vm.prank(owner);
        account.revokeBudgets();
        bytes32 slot = keccak256(abi.encode(uint256(keccak256("koinon.storage.BudgetDelegate")) - 1)) & ~bytes32(uint256(0xff));
        eq(uint256(vm.load(owner, slot)), 1, "the nonce is the first word");
        run(_withNonce(1), transferCall(ALICE, 1));
        for (uint256 i = 0; i < 64; ++i) {
            eq(vm.load(owner, bytes32(i)), 0, "nothing elsewhere");
        }
        bytes32 hash = BudgetHashes.ofGrant(_withNonce(1));
        vm.prank(owner);
        account.revokeBudget(hash);
        eq(uint256(vm.load(owner, keccak256(abi.encode(hash, uint256(slot) + 1)))), 1, "revoked, as clients read it");
    }

    function test_a_used_batch_is_where_clients_read_it() public {
        SignedGrant[] memory grants = chainOf(grantOf());
        ERC7821.Call[] memory calls = transferCall(ALICE, 1);
        uint64 deadline = uint64(block.timestamp + 1);
        bytes32 digest = digestOf(grants, calls, "s", deadline);
        account.execute(
            BATCH, abi.encode(calls, abi.encode(grants, bytes32("s"), deadline, signed(AGENT_KEY, digest)))
        );
        yes(account.isBatchUsed(digest), "used");
        bytes32 slot = keccak256(abi.encode(uint256(keccak256("koinon.storage.BudgetDelegate")) - 1)) & ~bytes32(uint256(0xff));
        eq(uint256(vm.load(owner, keccak256(abi.encode(digest, uint256(slot) + 3)))), 1, "in its mapping");
    }

    function testFuzz_no_deposit_exceeds_what_is_left(uint128[8] calldata amounts, uint8[8] calldata days_) public {
        BudgetGrant memory grant = grantOf();
        uint256 start = block.timestamp;
        uint256 total;
        uint256 inPeriod;
        uint256 period;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 day = within(days_[i], period, 9);
            if (day > period) (period, inPeriod) = (day, 0);
            vm.warp(start + day * 1 days);
            uint128 amount = uint128(within(amounts[i], 1, 1_500));
            bool fits = inPeriod + amount <= 1_000 && total + amount <= 2_500;
            bytes memory batch = signedBatch(chainOf(grant), depositCall(ALICE, amount), AGENT_KEY);
            try account.execute(BATCH, batch) {
                yes(fits, "refused");
                (total, inPeriod) = (total + amount, inPeriod + amount);
            } catch {
                no(fits, "allowed");
            }
        }
        eq(token.balanceOf(owner), 1_000_000 - total, "to the unit");
    }

    function _withNonce(uint64 nonce) private view returns (BudgetGrant memory grant) {
        grant = grantOf();
        grant.revocationNonce = nonce;
    }

    function _depositFor(address agent, uint128 amount) private view returns (ERC7821.Call[] memory) {
        return one(address(escrow), abi.encodeCall(escrow.deposit, (channelTo(ALICE, agent), amount, owner, "")));
    }
}
