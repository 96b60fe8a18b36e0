// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BatchSettlement} from "../../src/payments/BatchSettlement.sol";
import {ChannelConfig, IBatchSettlement, VoucherClaim} from "../../src/payments/IBatchSettlement.sol";
import {PlainToken} from "../support/Tokens.sol";
import {Wallet1271} from "../support/Wallets.sol";
import {vm} from "../support/Vm.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

contract BatchSettlementTest is ChannelFixture {
    PlainToken private _token;
    ChannelConfig private _config;
    address private _payer;
    address private _receiver;

    event ChannelCreated(bytes32 indexed channelId, ChannelConfig config);
    event ChannelClosed(bytes32 indexed channelId, ChannelConfig config);
    event Deposited(bytes32 indexed channelId, address indexed sender, uint128 amount, uint128 newBalance);

    function setUp() public {
        deployChannels();
        _token = new PlainToken();
        _config = configFor(address(_token), 1);
        (_payer, _receiver) = (_config.payer, _config.receiver);
        _token.mint(_payer, 1_000);
    }

    function test_a_first_deposit_creates_and_a_second_tops_up() public {
        bytes32 channelId = channels.getChannelId(_config);
        vm.prank(_payer);
        _token.approve(address(collector), type(uint256).max);
        vm.expectEmit(true, true, true, true);
        emit ChannelCreated(channelId, _config);
        vm.expectEmit(true, true, true, true);
        emit Deposited(channelId, address(this), 100, 100);
        channels.deposit(_config, 100, address(collector), "");
        channels.deposit(_config, 50, address(collector), "");
        eq(balanceOf(channelId), 150, "balance");
        eq(_token.balanceOf(address(channels)), 150, "escrow");
    }

    function test_bad_terms_and_amounts_are_refused() public {
        for (uint256 field = 0; field < 4; ++field) {
            ChannelConfig memory bad = _config;
            if (field == 0) bad.payer = address(0);
            if (field == 1) bad.receiver = address(0);
            if (field == 2) bad.receiverAuthorizer = address(0);
            if (field == 3) bad.token = address(0);
            vm.expectRevert(IBatchSettlement.InvalidChannel.selector);
            channels.deposit(bad, 1, address(collector), "");
            (bad.payer, bad.receiver, bad.token) = (_payer, _receiver, address(_token));
            bad.receiverAuthorizer = vm.addr(RECEIVER_KEY);
        }
        ChannelConfig memory config = _config;
        config.withdrawDelay = 15 minutes - 1;
        vm.expectRevert(IBatchSettlement.WithdrawDelayOutOfRange.selector);
        channels.deposit(config, 1, address(collector), "");
        config.withdrawDelay = 30 days + 1;
        vm.expectRevert(IBatchSettlement.WithdrawDelayOutOfRange.selector);
        channels.deposit(config, 1, address(collector), "");
        vm.expectRevert(IBatchSettlement.ZeroDeposit.selector);
        channels.deposit(_config, 0, address(collector), "");
        vm.expectRevert(IBatchSettlement.InvalidCollector.selector);
        channels.deposit(_config, 1, address(0), "");
    }

    function test_a_voucher_is_claimed_and_settled() public {
        bytes32 channelId = open(_config, 100);
        claimAs(_receiver, row(_config, 60, 40));
        claimAs(vm.addr(RECEIVER_KEY), row(_config, 60, 60));
        eq(claimedOf(channelId), 60, "claimed");
        channels.settle(_receiver, address(_token));
        channels.settle(_receiver, address(_token));
        eq(_token.balanceOf(_receiver), 60, "paid once");
        (uint128 totalClaimed, uint128 totalSettled) = channels.receivers(_receiver, address(_token));
        yes(totalClaimed == 60 && totalSettled == 60, "receiver totals");
    }

    function test_claims_stay_below_ceiling_and_balance() public {
        open(_config, 100);
        VoucherClaim memory above = row(_config, 60, 61);
        vm.prank(_receiver);
        vm.expectRevert(IBatchSettlement.ClaimExceedsCeiling.selector);
        channels.claim(rows(above));
        above = row(_config, 500, 101);
        vm.prank(_receiver);
        vm.expectRevert(IBatchSettlement.ClaimExceedsBalance.selector);
        channels.claim(rows(above));
        vm.prank(_receiver);
        vm.expectRevert(IBatchSettlement.EmptyBatch.selector);
        channels.claim(new VoucherClaim[](0));
        VoucherClaim memory fine = row(_config, 60, 60);
        vm.prank(_payer);
        vm.expectRevert(IBatchSettlement.NotAuthorizedToClaim.selector);
        channels.claim(rows(fine));
    }

    function test_a_stale_row_is_skipped_and_does_not_block_its_batch() public {
        ChannelConfig memory other = configFor(address(_token), 2);
        open(_config, 100);
        bytes32 otherId = open(other, 100);
        claimAs(_receiver, row(_config, 60, 60));
        VoucherClaim[] memory batch = new VoucherClaim[](2);
        batch[0] = row(_config, 50, 50);
        batch[1] = row(other, 30, 30);
        vm.prank(_receiver);
        channels.claim(batch);
        eq(claimedOf(otherId), 30, "second row");
        (uint128 totalClaimed,) = channels.receivers(_receiver, address(_token));
        eq(totalClaimed, 90, "no double count");
    }

    function test_only_the_session_key_signs_vouchers_when_there_is_one() public {
        bytes32 channelId = open(_config, 100);
        VoucherClaim memory claim = row(_config, 60, 60);
        claim.signature = signed(PAYER_KEY, channels.getVoucherDigest(channelId, 60));
        _refused(claim);
        claim.signature = malleated(signed(SESSION_KEY, channels.getVoucherDigest(channelId, 60)));
        _refusedAnyhow(claim);
        claim.signature = signed(SESSION_KEY, channels.getVoucherDigest(channelId, 59));
        _refused(claim);
        claim.signature = "";
        _refusedAnyhow(claim);
    }

    function test_a_voucher_does_not_travel_to_another_channel_contract_or_chain() public {
        ChannelConfig memory other = configFor(address(_token), 2);
        open(_config, 100);
        open(other, 100);
        VoucherClaim memory claim = row(_config, 60, 60);
        claim.voucher.channel = other;
        _refused(claim);

        claim.voucher.channel = _config;
        BatchSettlement first = channels;
        deployChannels();
        open(_config, 100);
        _refused(claim);
        channels = first;
        vm.chainId(1);
        vm.prank(_receiver);
        vm.expectRevert(IBatchSettlement.ClaimExceedsBalance.selector);
        channels.claim(rows(claim));
    }

    function test_a_contract_payer_without_a_session_key_signs_by_erc1271() public {
        Wallet1271 wallet = new Wallet1271(vm.addr(PAYER_KEY));
        ChannelConfig memory config = _config;
        (config.payer, config.payerAuthorizer) = (address(wallet), address(0));
        _token.mint(address(wallet), 100);
        bytes32 channelId = open(config, 100);
        VoucherClaim memory claim = row(config, 60, 60);
        _refused(claim);
        claim.signature = signed(PAYER_KEY, channels.getVoucherDigest(channelId, 60));
        claimAs(_receiver, claim);
        eq(claimedOf(channelId), 60, "claimed");
    }

    function test_anyone_relays_a_batch_the_authorizer_signed() public {
        ChannelConfig memory other = configFor(address(_token), 2);
        open(_config, 100);
        open(other, 100);
        VoucherClaim[] memory batch = new VoucherClaim[](2);
        (batch[0], batch[1]) = (row(_config, 60, 60), row(other, 30, 30));
        bytes memory approval = signed(RECEIVER_KEY, channels.getClaimBatchDigest(batch));
        batch[1].totalClaimed = 29;
        vm.expectRevert(IBatchSettlement.InvalidSignature.selector);
        channels.claimWithSignature(batch, approval);
        batch[1].totalClaimed = 30;
        channels.claimWithSignature(batch, approval);
        (uint128 totalClaimed,) = channels.receivers(_receiver, address(_token));
        eq(totalClaimed, 90, "both");
        vm.expectRevert(IBatchSettlement.EmptyBatch.selector);
        channels.claimWithSignature(new VoucherClaim[](0), approval);
    }

    function test_a_relayed_batch_cannot_mix_authorizers() public {
        ChannelConfig memory other = configFor(address(_token), 2);
        other.receiverAuthorizer = address(0x1);
        open(_config, 100);
        open(other, 100);
        VoucherClaim[] memory batch = new VoucherClaim[](2);
        (batch[0], batch[1]) = (row(_config, 60, 60), row(other, 30, 30));
        bytes memory approval = signed(RECEIVER_KEY, channels.getClaimBatchDigest(batch));
        vm.expectRevert(IBatchSettlement.NotReceiverAuthorizer.selector);
        channels.claimWithSignature(batch, approval);
    }

    function test_the_payer_withdraws_what_is_left_after_the_delay() public {
        bytes32 channelId = open(_config, 100);
        vm.startPrank(_payer);
        vm.expectRevert(IBatchSettlement.NothingToWithdraw.selector);
        channels.initiateWithdraw(_config, 0);
        vm.expectRevert(IBatchSettlement.WithdrawAmountExceedsAvailable.selector);
        channels.initiateWithdraw(_config, 101);
        vm.expectRevert(IBatchSettlement.WithdrawalNotPending.selector);
        channels.finalizeWithdraw(_config);
        channels.initiateWithdraw(_config, 100);
        vm.expectRevert(IBatchSettlement.WithdrawalAlreadyPending.selector);
        channels.initiateWithdraw(_config, 1);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert(IBatchSettlement.WithdrawDelayNotElapsed.selector);
        channels.finalizeWithdraw(_config);
        vm.stopPrank();
        claimAs(_receiver, row(_config, 30, 30));
        vm.warp(block.timestamp + 1);
        vm.prank(vm.addr(SESSION_KEY));
        channels.finalizeWithdraw(_config);
        eq(_token.balanceOf(_payer), 970, "less what was claimed meanwhile");
        eq(balanceOf(channelId), 30, "left");
        channels.settle(_receiver, address(_token));
        eq(_token.balanceOf(_receiver), 30, "receiver paid");
    }

    function test_strangers_neither_withdraw_nor_refund() public {
        open(_config, 100);
        vm.expectRevert(IBatchSettlement.InvalidChannel.selector);
        channels.initiateWithdraw(_config, 1);
        vm.expectRevert(IBatchSettlement.NotAuthorizedToFinalizeWithdraw.selector);
        channels.finalizeWithdraw(_config);
        vm.prank(_payer);
        vm.expectRevert(IBatchSettlement.NotAuthorizedToRefund.selector);
        channels.refund(_config, 1);
    }

    function test_the_receiver_refunds_up_to_what_is_unclaimed() public {
        bytes32 channelId = open(_config, 100);
        claimAs(_receiver, row(_config, 40, 40));
        vm.startPrank(_receiver);
        vm.expectRevert(IBatchSettlement.ZeroRefund.selector);
        channels.refund(_config, 0);
        channels.refund(_config, 500);
        eq(_token.balanceOf(_payer), 960, "capped");
        channels.refund(_config, 1);
        vm.stopPrank();
        eq(channels.refundNonce(channelId), 2, "the nonce moves each time");
        eq(balanceOf(channelId), 40, "claimed part stays");
    }

    function test_a_full_refund_closes_and_a_new_deposit_reopens() public {
        bytes32 channelId = open(_config, 100);
        vm.expectEmit(true, true, true, true);
        emit ChannelClosed(channelId, _config);
        vm.prank(_receiver);
        channels.refund(_config, 100);
        vm.expectEmit(true, true, true, true);
        emit ChannelCreated(channelId, _config);
        channels.deposit(_config, 10, address(collector), "");
    }

    function test_a_signed_refund_works_once_for_one_nonce_and_amount() public {
        bytes32 channelId = open(_config, 100);
        bytes memory approval = signed(RECEIVER_KEY, channels.getRefundDigest(channelId, 0, 25));
        vm.expectRevert(IBatchSettlement.InvalidSignature.selector);
        channels.refundWithSignature(_config, 26, 0, approval);
        vm.expectRevert(IBatchSettlement.InvalidRefundNonce.selector);
        channels.refundWithSignature(_config, 25, 1, approval);
        channels.refundWithSignature(_config, 25, 0, approval);
        vm.expectRevert(IBatchSettlement.InvalidRefundNonce.selector);
        channels.refundWithSignature(_config, 25, 0, approval);
        eq(_token.balanceOf(_payer), 925, "refunded");
    }

    function test_a_refund_shrinks_or_ends_a_pending_withdrawal() public {
        bytes32 channelId = open(_config, 100);
        vm.prank(_payer);
        channels.initiateWithdraw(_config, 80);
        vm.startPrank(_receiver);
        channels.refund(_config, 30);
        (uint128 amount, uint40 initiatedAt) = channels.pendingWithdrawals(channelId);
        yes(amount == 50 && initiatedAt != 0, "shrunk");
        channels.refund(_config, 60);
        vm.stopPrank();
        (amount, initiatedAt) = channels.pendingWithdrawals(channelId);
        yes(amount == 0 && initiatedAt == 0, "ended");
    }

    function test_multicall_claims_and_settles_in_one_transaction() public {
        open(_config, 100);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(channels.claim, (rows(row(_config, 60, 60))));
        calls[1] = abi.encodeCall(channels.settle, (_receiver, address(_token)));
        vm.prank(_receiver);
        channels.multicall(calls);
        eq(_token.balanceOf(_receiver), 60, "paid");
    }

    function test_the_domain_is_the_schemes() public view {
        (, string memory name, string memory version, uint256 chainId, address place,,) = channels.eip712Domain();
        eq(name, "x402 Batch Settlement", "name");
        eq(version, "1", "version");
        yes(chainId == block.chainid && place == address(channels), "bound");
    }

    function testFuzz_a_channel_pays_what_was_claimed_and_returns_the_rest(uint128 deposit, uint128 claimed) public {
        deposit = uint128(within(deposit, 1, type(uint120).max));
        claimed = uint128(within(claimed, 0, deposit));
        _token.mint(_payer, deposit);
        open(_config, deposit);
        if (claimed > 0) claimAs(_receiver, row(_config, deposit, claimed));
        vm.prank(_receiver);
        channels.refund(_config, type(uint128).max);
        channels.settle(_receiver, address(_token));
        eq(_token.balanceOf(_receiver), claimed, "receiver");
        eq(_token.balanceOf(_payer), 1_000 + uint256(deposit) - claimed, "payer");
        eq(_token.balanceOf(address(channels)), 0, "escrow empty");
    }

    function _refused(VoucherClaim memory claim) private {
        vm.prank(_receiver);
        vm.expectRevert(IBatchSettlement.InvalidSignature.selector);
        channels.claim(rows(claim));
    }

    function _refusedAnyhow(VoucherClaim memory claim) private {
        vm.prank(_receiver);
        vm.expectRevert();
        channels.claim(rows(claim));
    }
}
