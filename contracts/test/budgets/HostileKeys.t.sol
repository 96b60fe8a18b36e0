// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ERC7821} from "solady/accounts/ERC7821.sol";
import {BudgetHashes} from "../../src/budgets/BudgetHashes.sol";
import {BudgetGrant, ContractCall, IBudgetDelegate, SignedGrant} from "../../src/budgets/IBudgetDelegate.sol";
import {ChannelConfig} from "../../src/payments/IBatchSettlement.sol";
import {FeeToken, ReentrantToken} from "../support/Tokens.sol";
import {vm} from "../support/Vm.sol";
import {DelegateFixture, JobBoard} from "./DelegateFixture.sol";

/// @dev What a thief with a session key, a hostile asset or a hostile contract tries.
contract HostileKeysTest is DelegateFixture {
    function setUp() public {
        deployDelegate();
    }

    function test_grants_signed_by_others_count_for_nothing() public {
        BudgetGrant memory grant = grantOf();
        SignedGrant[] memory grants = chainOf(grant);
        grants[0].signature = signed(AGENT_KEY, BudgetHashes.ofGrant(grant));
        _fails(grants, AGENT_KEY, abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
        grants = chainOf(grant);
        grants[0].grant.maxTotalAtomic += 1;
        _fails(grants, AGENT_KEY, abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
        _fails(chainOf(grant), THIEF_KEY, abi.encodeWithSelector(IBudgetDelegate.BadBatchSignature.selector));
        _fails(new SignedGrant[](0), AGENT_KEY, "");
    }

    function test_a_child_without_its_parent_or_for_another_owner_counts_for_nothing() public {
        BudgetGrant memory child = grantOf();
        child.agent = vm.addr(HELPER_KEY);
        SignedGrant[] memory grants = chainOf(grantOf(), child);
        SignedGrant[] memory alone = new SignedGrant[](1);
        alone[0] = grants[1];
        _fails(alone, HELPER_KEY, abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
        (grants[0], grants[1]) = (grants[1], grants[0]);
        _fails(grants, HELPER_KEY, abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
        BudgetGrant memory foreign = grantOf();
        foreign.owner = BOB;
        _fails(chainOf(foreign), AGENT_KEY, abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
    }

    function test_the_thief_of_a_key_cannot_widen_it_by_granting_to_itself() public {
        BudgetGrant memory wide = grantOf();
        wide.agent = vm.addr(THIEF_KEY);
        wide.autonomy = "full";
        wide.maxPerCallAtomic = type(uint128).max;
        wide.maxPerPeriodAtomic = type(uint128).max;
        wide.maxTotalAtomic = type(uint128).max;
        wide.validUntil = type(uint64).max;
        SignedGrant[] memory grants = chainOf(grantOf(), wide);
        bytes memory batch = signedBatch(grants, transferCall(vm.addr(THIEF_KEY), 1), THIEF_KEY);
        vm.expectRevert(refused("receiver-not-allowed", 0));
        account.execute(BATCH, batch);
        batch = signedBatch(grants, transferCall(ALICE, 101), THIEF_KEY);
        vm.expectRevert(refused("over-call", 0));
        account.execute(BATCH, batch);
    }

    function test_a_batch_holds_for_one_chain_and_one_account() public {
        BudgetGrant memory grant = grantOf();
        bytes memory batch = signedBatch(chainOf(grant), transferCall(ALICE, 1), AGENT_KEY);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
        account.execute(BATCH, batch);
        vm.chainId(424242);
        address other = vm.addr(THIEF_KEY);
        vm.etch(other, owner.code);
        vm.expectRevert(abi.encodeWithSelector(IBudgetDelegate.BadGrantChain.selector, 0));
        ERC7821(payable(other)).execute(BATCH, batch);
        account.execute(BATCH, batch);
    }

    function test_calls_that_no_key_may_do() public {
        BudgetGrant memory grant = grantOf();
        grant.autonomy = "full";
        grant.contractCalls = new ContractCall[](4);
        grant.contractCalls[0] = ContractCall(owner, account.revokeBudgets.selector);
        grant.contractCalls[1] = ContractCall(address(token), IERC20.transferFrom.selector);
        grant.contractCalls[2] = ContractCall(BOB, IERC20.approve.selector);
        grant.contractCalls[3] = ContractCall(address(escrow), escrow.multicall.selector);
        bytes[] memory none = new bytes[](0);
        bytes memory failure = notAllowed(0);
        runRefused(grant, one(owner, abi.encodeCall(account.revokeBudgets, ())), failure);
        // Zero stands for the account itself; what is signed names it.
        bytes memory unsigned = abi.encodeWithSelector(IBudgetDelegate.BadBatchSignature.selector);
        runRefused(grant, one(address(0), abi.encodeCall(account.revokeBudgets, ())), unsigned);
        runRefused(grant, one(address(token), abi.encodeCall(token.transferFrom, (owner, BOB, 1))), failure);
        runRefused(grant, one(BOB, abi.encodeCall(token.approve, (BOB, 1))), failure);
        runRefused(grant, one(address(escrow), abi.encodeCall(escrow.multicall, (none))), failure);
        runRefused(grant, one(address(token), abi.encodeCall(token.approve, (BOB, 100))), failure);
        runRefused(grant, one(address(token), abi.encodePacked(token.transfer.selector)), failure);
        runRefused(grant, one(BOB, ""), failure);
        runRefused(grant, one(address(jobs), abi.encodeCall(JobBoard.other, ())), refused("contract-not-allowed", 0));
        ERC7821.Call[] memory paying = transferCall(ALICE, 1);
        paying[0].value = 1;
        runRefused(grant, paying, failure);
    }

    function test_an_approval_is_for_the_very_next_call_and_for_no_more() public {
        BudgetGrant memory grant = grantOf();
        ERC7821.Call[] memory calls = new ERC7821.Call[](3);
        calls[0] = fundCalls(100, 1)[0];
        calls[1] = transferCall(ALICE, 1)[0];
        calls[2] = fundCalls(100, 1)[1];
        runRefused(grant, calls, notAllowed(1));
        (calls[1], calls[2]) = (fundCalls(50, 1)[0], calls[2]);
        runRefused(grant, calls, notAllowed(1));
        runRefused(grant, fundCalls(50, 51), abi.encodeWithSelector(
            bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")), address(jobs), 50, 51
        ));
    }

    function test_a_contract_with_an_old_approval_takes_no_more_than_the_new_one() public {
        vm.prank(owner);
        token.approve(address(jobs), 1_000_000);
        jobs.beGreedy(500);
        ERC7821.Call[] memory direct = one(address(jobs), abi.encodeCall(JobBoard.fund, (1, 1, "")));
        runRefused(grantOf(), direct, abi.encodeWithSelector(IBudgetDelegate.SpentMoreThanApproved.selector, 0));
        eq(token.balanceOf(owner), 1_000_000, "nothing moved");
    }

    function test_deposits_are_for_this_key_and_collected_by_the_account_alone() public {
        BudgetGrant memory grant = grantOf();
        address agent = vm.addr(AGENT_KEY);
        address to = address(escrow);
        bytes memory failure = notAllowed(0);
        address thief = vm.addr(THIEF_KEY);
        runRefused(grant, one(to, abi.encodeCall(escrow.deposit, (channelTo(ALICE, thief), 1, owner, ""))), failure);
        runRefused(grant, one(to, abi.encodeCall(escrow.deposit, (channelTo(ALICE, agent), 1, BOB, ""))), failure);
        runRefused(grant, one(to, abi.encodeCall(escrow.deposit, (channelTo(ALICE, agent), 1, owner, "x"))), failure);
        vm.expectRevert(IBudgetDelegate.OnlyEscrow.selector);
        account.collect(owner, address(token), 1, 0, "");
        vm.expectRevert(IBudgetDelegate.NoDepositUnderWay.selector);
        escrow.deposit(channelTo(BOB, thief), 1, owner, "");
    }

    function test_a_token_with_hooks_cannot_enter_again() public {
        ReentrantToken bad = new ReentrantToken();
        bad.mint(owner, 1_000);
        BudgetGrant memory grant = grantOf();
        grant.asset = address(bad);
        bytes memory second = signedBatch(
            chainOf(grant), one(address(bad), abi.encodeCall(bad.transfer, (ALICE, 100))), AGENT_KEY
        );
        bad.attackWith(owner, abi.encodeCall(account.execute, (BATCH, second)));
        run(grant, one(address(bad), abi.encodeCall(bad.transfer, (ALICE, 100))));
        no(bad.reentered(), "reentered");
        eq(bad.failure(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "guard");
        eq(bad.balanceOf(ALICE), 100, "once");
    }

    function test_a_fee_on_transfer_asset_cannot_be_deposited() public {
        FeeToken fee = new FeeToken();
        fee.mint(owner, 1_000);
        BudgetGrant memory grant = grantOf();
        grant.asset = address(fee);
        ERC7821.Call[] memory calls = depositCall(ALICE, 100);
        calls[0].data = abi.encodeCall(escrow.deposit, (_feeChannel(address(fee)), 100, owner, ""));
        bytes memory batch = signedBatch(chainOf(grant), calls, AGENT_KEY);
        vm.expectRevert();
        account.execute(BATCH, batch);
        runRefused(grantOf(), calls, refused("wrong-asset", 0));
    }

    function test_batches_of_batches_are_each_checked() public {
        bytes[] memory batches = new bytes[](2);
        batches[0] = signedBatch(chainOf(grantOf()), transferCall(ALICE, 100), AGENT_KEY);
        batches[1] = signedBatch(chainOf(grantOf()), transferCall(ALICE, 100), THIEF_KEY);
        vm.expectRevert(IBudgetDelegate.BadBatchSignature.selector);
        account.execute(bytes32(uint256(0x01000000000078210002) << 176), abi.encode(batches));
        batches[1] = abi.encode(transferCall(BOB, 100));
        vm.expectRevert(IBudgetDelegate.OnlyOwner.selector);
        account.execute(bytes32(uint256(0x01000000000078210002) << 176), abi.encode(batches));
        eq(token.balanceOf(ALICE), 0, "none");
    }

    function testFuzz_bytes_from_anywhere_move_nothing(bytes calldata opData, bytes calldata data, bytes calldata raw) public {
        ERC7821.Call[] memory calls = one(address(token), data);
        (bool isDone,) = owner.call(abi.encodeCall(account.execute, (BATCH, abi.encode(calls, opData))));
        no(isDone, "a batch");
        (isDone,) = owner.call(abi.encodeCall(account.execute, (BATCH, raw)));
        eq(token.balanceOf(owner), 1_000_000, "nothing moved");
    }

    function _feeChannel(address asset) private view returns (ChannelConfig memory config) {
        config = ChannelConfig(owner, vm.addr(AGENT_KEY), ALICE, ALICE, asset, 15 minutes, 0);
    }

    function _fails(SignedGrant[] memory grants, uint256 key, bytes memory failure) private {
        bytes memory batch;
        ERC7821.Call[] memory calls = transferCall(ALICE, 1);
        if (grants.length == 0) batch = abi.encode(calls, abi.encode(grants, bytes32(0), type(uint64).max, bytes("")));
        else batch = signedBatch(grants, calls, key);
        if (failure.length == 0) vm.expectRevert();
        else vm.expectRevert(failure);
        account.execute(BATCH, batch);
    }
}
