// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP3009} from "../../src/token/EIP3009.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {Test} from "../support/Test.sol";
import {HostileWallet, Wallet1271} from "../support/Wallets.sol";
import {vm} from "../support/Vm.sol";

contract EIP3009Test is Test {
    uint256 private constant KEY = 0xA11CE;
    bytes32 private constant NONCE = keccak256("nonce");
    address private constant TO = address(0x70);
    TestDollar private _token;
    address private _from;
    uint256 private _until;

    function setUp() public {
        _token = new TestDollar();
        _from = vm.addr(KEY);
        _until = block.timestamp + 1 hours;
        _token.faucet(_from, 100e6);
    }

    function test_bytes_and_split_signatures_both_move_the_tokens() public {
        bytes memory first = _transferSignature(KEY, _from, 30e6, NONCE);
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, first);
        bytes32 second = keccak256("second");
        (bytes32 r, bytes32 s, uint8 v) = split(_transferSignature(KEY, _from, 20e6, second));
        _token.transferWithAuthorization(_from, TO, 20e6, 0, _until, second, v, r, s);
        eq(_token.balanceOf(TO), 50e6, "received");
        yes(_token.authorizationState(_from, NONCE) && _token.authorizationState(_from, second), "spent");
    }

    function test_an_authorization_is_spent_once() public {
        bytes memory signature = _transferSignature(KEY, _from, 30e6, NONCE);
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationAlreadySpent.selector, _from, NONCE));
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
    }

    function test_the_malleated_twin_is_refused() public {
        bytes memory twin = malleated(_transferSignature(KEY, _from, 30e6, NONCE));
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _from));
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, twin);
    }

    function test_every_signed_field_is_bound() public {
        bytes memory signature = _transferSignature(KEY, _from, 30e6, NONCE);
        bytes memory refused = abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _from);
        vm.expectRevert(refused);
        _token.transferWithAuthorization(_from, address(0x71), 30e6, 0, _until, NONCE, signature);
        vm.expectRevert(refused);
        _token.transferWithAuthorization(_from, TO, 30e6 + 1, 0, _until, NONCE, signature);
        vm.expectRevert(refused);
        _token.transferWithAuthorization(_from, TO, 30e6, 1, _until, NONCE, signature);
        vm.expectRevert(refused);
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until + 1, NONCE, signature);
        vm.expectRevert(refused);
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, keccak256("other"), signature);
    }

    function test_a_signature_for_another_chain_or_token_is_refused() public {
        bytes memory signature = _transferSignature(KEY, _from, 30e6, NONCE);
        TestDollar twin = new TestDollar();
        twin.faucet(_from, 100e6);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _from));
        twin.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _from));
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
    }

    function test_the_window_is_open_on_both_ends() public {
        bytes memory signature = _transferSignature(KEY, _from, 30e6, NONCE);
        vm.warp(_until);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationExpired.selector, _until));
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationNotYetValid.selector, _until));
        _token.transferWithAuthorization(_from, TO, 30e6, _until, _until + 10, NONCE, signature);
        vm.warp(_until - 1);
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
    }

    function test_only_the_payee_receives_and_a_transfer_signature_is_no_receive_signature() public {
        bytes memory receiving = _signature(KEY, _token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(), _from, 30e6, NONCE);
        vm.expectRevert(
            abi.encodeWithSelector(EIP3009.AuthorizationCallerNotPayee.selector, address(this), TO)
        );
        _token.receiveWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, receiving);
        bytes memory transferring = _transferSignature(KEY, _from, 30e6, NONCE);
        vm.prank(TO);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _from));
        _token.receiveWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, transferring);
        (bytes32 r, bytes32 s, uint8 v) = split(receiving);
        vm.prank(TO);
        _token.receiveWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, v, r, s);
        eq(_token.balanceOf(TO), 30e6, "received");
    }

    function test_a_cancelled_authorization_never_moves_tokens() public {
        bytes32 cancel = keccak256(abi.encode(_token.CANCEL_AUTHORIZATION_TYPEHASH(), _from, NONCE));
        _token.cancelAuthorization(_from, NONCE, signed(KEY, _digest(cancel)));
        bytes memory signature = _transferSignature(KEY, _from, 30e6, NONCE);
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationAlreadySpent.selector, _from, NONCE));
        _token.transferWithAuthorization(_from, TO, 30e6, 0, _until, NONCE, signature);
    }

    function test_a_contract_wallet_signs_by_erc1271() public {
        address wallet = address(new Wallet1271(_from));
        _token.faucet(wallet, 100e6);
        bytes memory signature = _transferSignature(KEY, wallet, 30e6, NONCE);
        _token.transferWithAuthorization(wallet, TO, 30e6, 0, _until, NONCE, signature);
        eq(_token.balanceOf(TO), 30e6, "received");
    }

    function test_hostile_wallets_authorize_nothing() public {
        HostileWallet wallet = new HostileWallet();
        _token.faucet(address(wallet), 100e6);
        bytes memory refused = abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, wallet);
        for (uint8 mode = 0; mode <= uint8(type(HostileWallet.Mode).max); ++mode) {
            wallet.setMode(HostileWallet.Mode(mode));
            vm.expectRevert(refused);
            _token.transferWithAuthorization{gas: 3_000_000}(
                address(wallet), TO, 30e6, 0, _until, bytes32(uint256(mode)), hex"00"
            );
        }
    }

    function testFuzz_garbage_is_never_a_signature(bytes calldata garbage, uint256 value) public {
        vm.expectRevert(abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _from));
        _token.transferWithAuthorization(_from, TO, value, 0, _until, NONCE, garbage);
    }

    function _transferSignature(uint256 key, address from, uint256 value, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        return _signature(key, _token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), from, value, nonce);
    }

    function _signature(uint256 key, bytes32 typeHash, address from, uint256 value, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        return signed(key, _digest(keccak256(abi.encode(typeHash, from, TO, value, uint256(0), _until, nonce))));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _token.DOMAIN_SEPARATOR(), structHash));
    }
}
