// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISignatureTransfer} from "../../src/payments/permit2/ISignatureTransfer.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {vm} from "../support/Vm.sol";
import {HostileWallet, Wallet1271} from "../support/Wallets.sol";
import {Permit2Fixture} from "./Permit2Fixture.sol";

contract SignatureTransferTest is Permit2Fixture {
    uint256 private constant OWNER_KEY = 0xA11CE;
    string private constant PERMIT_TYPE =
        "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)";
    string private constant BATCH_TYPE =
        "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address token,uint256 amount)";

    TestDollar private _token;
    address private _owner;
    address private constant PAYEE = address(0x9A7EE);

    event UnorderedNonceInvalidation(address indexed owner, uint256 word, uint256 mask);

    function setUp() public {
        deployPermit2();
        _token = new TestDollar();
        _owner = vm.addr(OWNER_KEY);
        _token.faucet(_owner, 1_000e6);
        vm.prank(_owner);
        _token.approve(PERMIT2_ADDRESS, 100e6);
    }

    function test_the_domain_is_the_published_one() public view {
        // Of the original at this address on Ethereum, chain 1; recomputed for this chain.
        eq(
            keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
            0x8cad95687ba82c2ce50e74f7b754645e5117c3a5bec8151c0726d5857980a866,
            "domain type"
        );
        eq(permit2.DOMAIN_SEPARATOR(), _domain(), "domain");
    }

    function test_a_signature_moves_up_to_its_amount_once() public {
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        bytes memory signature = _signed(permit, address(this));
        permit2.permitTransferFrom(permit, _details(3e6), _owner, signature);
        eq(_token.balanceOf(PAYEE), 3e6, "payee");
        vm.expectRevert(ISignatureTransfer.InvalidNonce.selector);
        permit2.permitTransferFrom(permit, _details(1e6), _owner, signature);
    }

    function test_nonces_have_no_order_and_share_a_word() public {
        uint256[4] memory nonces = [uint256(255), 0, 256, type(uint256).max];
        for (uint256 i = 0; i < nonces.length; ++i) {
            ISignatureTransfer.PermitTransferFrom memory permit = _permit(1e6, nonces[i]);
            permit2.permitTransferFrom(permit, _details(1e6), _owner, _signed(permit, address(this)));
        }
        eq(permit2.nonceBitmap(_owner, 0), (1 << 255) | 1, "word 0");
        eq(permit2.nonceBitmap(_owner, 1), 1, "word 1");
        eq(permit2.nonceBitmap(_owner, type(uint256).max >> 8), 1 << 255, "last word");
    }

    function test_more_late_or_for_another_spender_is_refused() public {
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        bytes memory signature = _signed(permit, address(this));
        vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.InvalidAmount.selector, 5e6));
        permit2.permitTransferFrom(permit, _details(5e6 + 1), _owner, signature);
        vm.prank(address(0xBAD));
        vm.expectRevert(ISignatureTransfer.InvalidSigner.selector);
        permit2.permitTransferFrom(permit, _details(5e6), _owner, signature);
        vm.warp(permit.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.SignatureExpired.selector, permit.deadline));
        permit2.permitTransferFrom(permit, _details(5e6), _owner, signature);
    }

    function test_a_short_signature_and_both_forms_of_a_whole_one() public {
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(1e6, 1);
        vm.expectRevert(ISignatureTransfer.InvalidSignatureLength.selector);
        permit2.permitTransferFrom(permit, _details(1e6), _owner, hex"00");
        vm.expectRevert(ISignatureTransfer.InvalidSignature.selector);
        permit2.permitTransferFrom(permit, _details(1e6), _owner, new bytes(65));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OWNER_KEY, _digest(permit, address(this)));
        bytes32 compact = bytes32(uint256(s) | (uint256(v - 27) << 255));
        permit2.permitTransferFrom(permit, _details(1e6), _owner, abi.encodePacked(r, compact));
        eq(_token.balanceOf(PAYEE), 1e6, "payee");
    }

    function test_a_contract_signs_by_erc1271_and_a_hostile_one_for_nobody() public {
        Wallet1271 wallet = new Wallet1271(_owner);
        _token.faucet(address(wallet), 10e6);
        wallet.execute(address(_token), abi.encodeCall(_token.approve, (PERMIT2_ADDRESS, 10e6)));
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(1e6, 1);
        bytes memory signature = _signed(permit, address(this));
        permit2.permitTransferFrom(permit, _details(1e6), address(wallet), signature);
        eq(_token.balanceOf(PAYEE), 1e6, "payee");
        HostileWallet hostile = new HostileWallet();
        for (uint256 mode = 0; mode < 4; ++mode) {
            hostile.setMode(HostileWallet.Mode(mode));
            vm.expectRevert(ISignatureTransfer.InvalidContractSignature.selector);
            permit2.permitTransferFrom(permit, _details(1e6), address(hostile), signature);
        }
    }

    function test_an_owner_cancels_nonces() public {
        vm.prank(_owner);
        vm.expectEmit(true, false, false, true);
        emit UnorderedNonceInvalidation(_owner, 0, 1 << 7);
        permit2.invalidateUnorderedNonces(0, 1 << 7);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(5e6, 7);
        bytes memory signature = _signed(permit, address(this));
        vm.expectRevert(ISignatureTransfer.InvalidNonce.selector);
        permit2.permitTransferFrom(permit, _details(5e6), _owner, signature);
    }

    function test_a_batch_moves_its_parts_and_nothing_of_a_part_of_zero() public {
        ISignatureTransfer.PermitBatchTransferFrom memory permit = _batch();
        bytes memory signature = signed(OWNER_KEY, _batchDigest(permit));
        ISignatureTransfer.SignatureTransferDetails[] memory details =
            new ISignatureTransfer.SignatureTransferDetails[](2);
        details[0] = _details(2e6);
        details[1] = _details(0);
        permit2.permitTransferFrom(permit, details, _owner, signature);
        eq(_token.balanceOf(PAYEE), 2e6, "payee");
        vm.expectRevert(ISignatureTransfer.InvalidNonce.selector);
        permit2.permitTransferFrom(permit, details, _owner, signature);
    }

    function test_a_batch_of_more_or_other_parts_is_refused() public {
        ISignatureTransfer.PermitBatchTransferFrom memory permit = _batch();
        bytes memory signature = signed(OWNER_KEY, _batchDigest(permit));
        vm.expectRevert(ISignatureTransfer.LengthMismatch.selector);
        permit2.permitTransferFrom(permit, new ISignatureTransfer.SignatureTransferDetails[](1), _owner, signature);
        ISignatureTransfer.SignatureTransferDetails[] memory details =
            new ISignatureTransfer.SignatureTransferDetails[](2);
        details[0] = _details(2e6 + 1);
        vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.InvalidAmount.selector, 2e6));
        permit2.permitTransferFrom(permit, details, _owner, signature);
    }

    function testFuzz_never_more_than_signed(uint256 most, uint256 asked) public {
        most = within(most, 0, 100e6);
        asked = within(asked, 0, 200e6);
        ISignatureTransfer.PermitTransferFrom memory permit = _permit(most, most);
        bytes memory signature = _signed(permit, address(this));
        if (asked > most) vm.expectRevert(abi.encodeWithSelector(ISignatureTransfer.InvalidAmount.selector, most));
        permit2.permitTransferFrom(permit, _details(asked), _owner, signature);
        eq(_token.balanceOf(PAYEE), asked > most ? 0 : asked, "payee");
    }

    function _permit(uint256 amount, uint256 nonce)
        private
        view
        returns (ISignatureTransfer.PermitTransferFrom memory)
    {
        return permitOf(address(_token), amount, nonce, block.timestamp + 60);
    }

    function _batch() private view returns (ISignatureTransfer.PermitBatchTransferFrom memory permit) {
        permit.permitted = new ISignatureTransfer.TokenPermissions[](2);
        permit.permitted[0] = ISignatureTransfer.TokenPermissions(address(_token), 2e6);
        permit.permitted[1] = ISignatureTransfer.TokenPermissions(address(0xDEAD), 9);
        permit.nonce = 3;
        permit.deadline = block.timestamp + 60;
    }

    function _batchDigest(ISignatureTransfer.PermitBatchTransferFrom memory permit) private view returns (bytes32) {
        bytes32 first = keccak256(abi.encode(PERMISSIONS, permit.permitted[0].token, permit.permitted[0].amount));
        bytes32 second = keccak256(abi.encode(PERMISSIONS, permit.permitted[1].token, permit.permitted[1].amount));
        bytes32 parts = keccak256(abi.encodePacked(first, second));
        return permit2Digest(
            keccak256(abi.encode(keccak256(bytes(BATCH_TYPE)), parts, address(this), permit.nonce, permit.deadline))
        );
    }

    function _details(uint256 amount) private pure returns (ISignatureTransfer.SignatureTransferDetails memory) {
        return ISignatureTransfer.SignatureTransferDetails(PAYEE, amount);
    }

    function _signed(ISignatureTransfer.PermitTransferFrom memory permit, address spender)
        private
        view
        returns (bytes memory)
    {
        return signed(OWNER_KEY, _digest(permit, spender));
    }

    function _digest(ISignatureTransfer.PermitTransferFrom memory permit, address spender)
        private
        view
        returns (bytes32)
    {
        bytes32 permitted = keccak256(abi.encode(PERMISSIONS, permit.permitted.token, permit.permitted.amount));
        return permit2Digest(
            keccak256(abi.encode(keccak256(bytes(PERMIT_TYPE)), permitted, spender, permit.nonce, permit.deadline))
        );
    }

    function _domain() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                bytes32(0x8cad95687ba82c2ce50e74f7b754645e5117c3a5bec8151c0726d5857980a866),
                keccak256("Permit2"),
                block.chainid,
                PERMIT2_ADDRESS
            )
        );
    }
}
