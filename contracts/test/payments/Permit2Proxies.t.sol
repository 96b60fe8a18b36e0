// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExactPermit2Proxy} from "../../src/payments/permit2/ExactPermit2Proxy.sol";
import {ISignatureTransfer} from "../../src/payments/permit2/ISignatureTransfer.sol";
import {Permit2Proxy} from "../../src/payments/permit2/Permit2Proxy.sol";
import {UptoPermit2Proxy} from "../../src/payments/permit2/UptoPermit2Proxy.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {vm} from "../support/Vm.sol";
import {Permit2Fixture} from "./Permit2Fixture.sol";

contract Permit2ProxiesTest is Permit2Fixture {
    uint256 private constant PAYER_KEY = 0xA11CE;
    address private constant PAYEE = address(0x9A7EE);
    address private constant THIEF = address(0xBAD);

    TestDollar private _token;
    UptoPermit2Proxy private _upto;
    ExactPermit2Proxy private _exact;
    address private _payer;

    event EIP2612PermitFailedWithData(address indexed token, address indexed owner, bytes data);

    function setUp() public {
        deployPermit2();
        _token = new TestDollar();
        _upto = new UptoPermit2Proxy();
        _exact = new ExactPermit2Proxy();
        _payer = vm.addr(PAYER_KEY);
        _token.faucet(_payer, 1_000e6);
    }

    function test_upto_pays_what_its_facilitator_says_once() public {
        _allow(5e6);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        UptoPermit2Proxy.Witness memory witness = _witness(0);
        bytes memory signature = _signed(permit, witness);
        _upto.settle(permit, 2e6, _payer, witness, signature);
        eq(_token.balanceOf(PAYEE), 2e6, "payee");
        eq(_token.balanceOf(address(_upto)), 0, "nothing rests in the proxy");
        vm.expectRevert(ISignatureTransfer.InvalidNonce.selector);
        _upto.settle(permit, 1e6, _payer, witness, signature);
    }

    function test_upto_refuses_more_nothing_and_strangers() public {
        _allow(5e6);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        UptoPermit2Proxy.Witness memory witness = _witness(0);
        bytes memory signature = _signed(permit, witness);
        vm.expectRevert(UptoPermit2Proxy.AmountExceedsPermitted.selector);
        _upto.settle(permit, 5e6 + 1, _payer, witness, signature);
        vm.expectRevert(Permit2Proxy.InvalidAmount.selector);
        _upto.settle(permit, 0, _payer, witness, signature);
        vm.prank(THIEF);
        vm.expectRevert(UptoPermit2Proxy.UnauthorizedFacilitator.selector);
        _upto.settle(permit, 5e6, _payer, witness, signature);
        witness.facilitator = THIEF;
        vm.prank(THIEF);
        vm.expectRevert(ISignatureTransfer.InvalidSigner.selector);
        _upto.settle(permit, 5e6, _payer, witness, signature);
    }

    function test_upto_pays_nobody_but_the_payee_of_the_witness() public {
        _allow(5e6);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        UptoPermit2Proxy.Witness memory witness = _witness(0);
        bytes memory signature = _signed(permit, witness);
        witness.to = THIEF;
        vm.expectRevert(ISignatureTransfer.InvalidSigner.selector);
        _upto.settle(permit, 5e6, _payer, witness, signature);
        witness.to = address(0);
        vm.expectRevert(Permit2Proxy.InvalidDestination.selector);
        _upto.settle(permit, 5e6, _payer, witness, signature);
        witness.to = PAYEE;
        permit.permitted.amount = 6e6;
        vm.expectRevert(ISignatureTransfer.InvalidSigner.selector);
        _upto.settle(permit, 6e6, _payer, witness, signature);
    }

    function test_a_payment_of_upto_is_none_of_exact() public {
        _allow(5e6);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        bytes memory signature = _signed(permit, _witness(0));
        vm.expectRevert(ISignatureTransfer.InvalidSigner.selector);
        _exact.settle(permit, _payer, ExactPermit2Proxy.Witness(PAYEE, 0), signature);
    }

    function test_upto_keeps_to_its_times() public {
        _allow(5e6);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        UptoPermit2Proxy.Witness memory witness = _witness(block.timestamp + 30);
        bytes memory signature = _signed(permit, witness);
        vm.expectRevert(Permit2Proxy.PaymentTooEarly.selector);
        _upto.settle(permit, 1e6, _payer, witness, signature);
        vm.warp(block.timestamp + 61);
        vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.SignatureExpired.selector, permit.deadline));
        _upto.settle(permit, 1e6, _payer, witness, signature);
    }

    function test_an_eip2612_permit_allows_exactly_the_ceiling() public {
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        UptoPermit2Proxy.Witness memory witness = _witness(0);
        bytes memory signature = _signed(permit, witness);
        Permit2Proxy.EIP2612Permit memory unlimited = _allowance(type(uint256).max);
        vm.expectRevert(Permit2Proxy.Permit2612AmountMismatch.selector);
        _upto.settleWithPermit(unlimited, permit, 2e6, _payer, witness, signature);
        _upto.settleWithPermit(_allowance(5e6), permit, 2e6, _payer, witness, signature);
        eq(_token.balanceOf(PAYEE), 2e6, "payee");
        eq(_token.allowance(_payer, PERMIT2_ADDRESS), 3e6, "the rest of the ceiling");
    }

    function test_a_permit_that_somebody_sent_before_is_logged_and_the_allowance_serves() public {
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        UptoPermit2Proxy.Witness memory witness = _witness(0);
        Permit2Proxy.EIP2612Permit memory allowance = _allowance(5e6);
        vm.prank(THIEF);
        _token.permit(
            _payer, PERMIT2_ADDRESS, allowance.value, allowance.deadline, allowance.v, allowance.r, allowance.s
        );
        vm.expectEmit(true, true, false, false);
        emit EIP2612PermitFailedWithData(address(_token), _payer, "");
        _upto.settleWithPermit(allowance, permit, 2e6, _payer, witness, _signed(permit, witness));
        eq(_token.balanceOf(PAYEE), 2e6, "payee");
    }

    function test_exact_pays_the_whole_amount_by_anybody_once() public {
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        ExactPermit2Proxy.Witness memory witness = ExactPermit2Proxy.Witness(PAYEE, 0);
        bytes32 hash = keccak256(abi.encode(_exact.WITNESS_TYPEHASH(), PAYEE, uint256(0)));
        bytes32 digest = witnessDigest(permit, address(_exact), hash, _exact.WITNESS_TYPE_STRING());
        bytes memory signature = signed(PAYER_KEY, digest);
        vm.prank(THIEF);
        _exact.settleWithPermit(_allowance(5e6), permit, _payer, witness, signature);
        eq(_token.balanceOf(PAYEE), 5e6, "payee");
        _allow(5e6);
        vm.expectRevert(ISignatureTransfer.InvalidNonce.selector);
        _exact.settle(permit, _payer, witness, signature);
        witness.to = THIEF;
        vm.expectRevert();
        _exact.settle(permit, _payer, witness, signature);
    }

    function _allow(uint256 amount) private {
        vm.prank(_payer);
        _token.approve(PERMIT2_ADDRESS, amount);
    }

    function _permit(uint256 amount, uint256 nonce)
        private
        view
        returns (ISignatureTransfer.PermitTransferFrom memory)
    {
        return permitOf(address(_token), amount, nonce, block.timestamp + 60);
    }

    function _witness(uint256 validAfter) private view returns (UptoPermit2Proxy.Witness memory) {
        return UptoPermit2Proxy.Witness(PAYEE, address(this), validAfter);
    }

    function _signed(ISignatureTransfer.PermitTransferFrom memory permit, UptoPermit2Proxy.Witness memory witness)
        private
        view
        returns (bytes memory)
    {
        bytes32 hash =
            keccak256(abi.encode(_upto.WITNESS_TYPEHASH(), witness.to, witness.facilitator, witness.validAfter));
        return signed(PAYER_KEY, witnessDigest(permit, address(_upto), hash, _upto.WITNESS_TYPE_STRING()));
    }

    function _allowance(uint256 amount) private view returns (Permit2Proxy.EIP2612Permit memory) {
        uint256 deadline = block.timestamp + 60;
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                _payer,
                PERMIT2_ADDRESS,
                amount,
                _token.nonces(_payer),
                deadline
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, digest);
        return Permit2Proxy.EIP2612Permit(amount, deadline, r, s, v);
    }
}
