// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP3009} from "../../src/token/EIP3009.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {DepositCollector} from "../../src/payments/DepositCollector.sol";
import {ERC3009DepositCollector} from "../../src/payments/ERC3009DepositCollector.sol";
import {ChannelConfig} from "../../src/payments/IBatchSettlement.sol";
import {Permit2DepositCollector} from "../../src/payments/Permit2DepositCollector.sol";
import {vm} from "../support/Vm.sol";
import {ISignatureTransfer} from "../../src/payments/permit2/ISignatureTransfer.sol";
import {ChannelFixture} from "./ChannelFixture.sol";
import {Permit2Fixture} from "./Permit2Fixture.sol";

contract CollectorsTest is ChannelFixture, Permit2Fixture {
    TestDollar private _token;
    ERC3009DepositCollector private _collector;
    Permit2DepositCollector private _permit2Collector;
    ChannelConfig private _config;
    address private _payer;
    uint256 private _until;

    event EIP2612PermitFailedWithData(address indexed token, address indexed owner, bytes data);

    function setUp() public {
        deployChannels();
        _token = new TestDollar();
        deployPermit2();
        _collector = new ERC3009DepositCollector(address(channels));
        _permit2Collector = new Permit2DepositCollector(address(channels), PERMIT2_ADDRESS);
        _config = configFor(address(_token), 1);
        _payer = _config.payer;
        _until = block.timestamp + 60;
        _token.faucet(_payer, 1_000e6);
    }

    function test_an_authorization_fills_the_channel_it_names() public {
        bytes memory data = _authorization(channels.getChannelId(_config), 10e6, 7);
        channels.deposit(_config, 10e6, address(_collector), data);
        eq(balanceOf(channels.getChannelId(_config)), 10e6, "balance");
        eq(_token.balanceOf(address(channels)), 10e6, "escrow");
        eq(_token.balanceOf(address(_collector)), 0, "nothing rests in the collector");
        vm.expectRevert();
        channels.deposit(_config, 10e6, address(_collector), data);
    }

    function test_an_authorization_cannot_be_turned_to_another_channel_or_amount() public {
        bytes memory data = _authorization(channels.getChannelId(_config), 10e6, 7);
        ChannelConfig memory thief = _config;
        thief.receiver = address(0xBAD);
        bytes memory invalid = abi.encodeWithSelector(EIP3009.AuthorizationSignatureInvalid.selector, _payer);
        vm.expectRevert(invalid);
        channels.deposit(thief, 10e6, address(_collector), data);
        vm.expectRevert(invalid);
        channels.deposit(_config, 9e6, address(_collector), data);
    }

    function test_only_the_channel_contract_may_collect() public {
        bytes memory data = _authorization(channels.getChannelId(_config), 10e6, 7);
        bytes32 channelId = channels.getChannelId(_config);
        vm.expectRevert(DepositCollector.OnlyX402BatchSettlement.selector);
        _collector.collect(_payer, address(_token), 10e6, channelId, data);
        vm.expectRevert(DepositCollector.OnlyX402BatchSettlement.selector);
        _permit2Collector.collect(_payer, address(_token), 10e6, channelId, data);
        vm.expectRevert(DepositCollector.InvalidX402BatchSettlementAddress.selector);
        new ERC3009DepositCollector(address(0));
        vm.expectRevert(Permit2DepositCollector.InvalidPermit2Address.selector);
        new Permit2DepositCollector(address(channels), address(0));
    }

    function test_a_permit2_witness_fills_the_channel_it_names() public {
        vm.prank(_payer);
        _token.approve(PERMIT2_ADDRESS, type(uint256).max);
        bytes memory data = _witnessed(channels.getChannelId(_config), 10e6, 3, "");
        ChannelConfig memory thief = _config;
        thief.receiver = address(0xBAD);
        vm.expectRevert(ISignatureTransfer.InvalidSigner.selector);
        channels.deposit(thief, 10e6, address(_permit2Collector), data);
        channels.deposit(_config, 10e6, address(_permit2Collector), data);
        eq(balanceOf(channels.getChannelId(_config)), 10e6, "balance");
        vm.expectRevert(ISignatureTransfer.InvalidNonce.selector);
        channels.deposit(_config, 10e6, address(_permit2Collector), data);
    }

    function test_an_eip2612_permit_rides_along() public {
        bytes memory data = _witnessed(channels.getChannelId(_config), 10e6, 3, _permit(10e6));
        channels.deposit(_config, 10e6, address(_permit2Collector), data);
        eq(_token.balanceOf(address(channels)), 10e6, "escrow");
    }

    function test_a_spent_permit_is_logged_and_the_standing_allowance_serves() public {
        bytes memory permit = _permit(10e6);
        vm.prank(_payer);
        _token.approve(PERMIT2_ADDRESS, type(uint256).max);
        (uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) =
            abi.decode(permit, (uint256, uint256, uint8, bytes32, bytes32));
        _token.permit(_payer, PERMIT2_ADDRESS, value, deadline, v, r, s);
        bytes memory data = _witnessed(channels.getChannelId(_config), 10e6, 3, permit);
        vm.expectEmit(true, true, false, false);
        emit EIP2612PermitFailedWithData(address(_token), _payer, "");
        channels.deposit(_config, 10e6, address(_permit2Collector), data);
    }

    function test_a_permit_for_another_amount_is_refused() public {
        bytes memory data = _witnessed(channels.getChannelId(_config), 10e6, 3, _permit(11e6));
        vm.expectRevert(Permit2DepositCollector.Permit2612AmountMismatch.selector);
        channels.deposit(_config, 10e6, address(_permit2Collector), data);
    }

    function _authorization(bytes32 channelId, uint256 amount, uint256 salt) private view returns (bytes memory) {
        bytes32 nonce = keccak256(abi.encode(channelId, salt));
        bytes32 structHash = keccak256(
            abi.encode(
                _token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                _payer,
                address(_collector),
                amount,
                uint256(0),
                _until,
                nonce
            )
        );
        return abi.encode(uint256(0), _until, salt, signed(PAYER_KEY, _tokenDigest(structHash)));
    }

    function _witnessed(bytes32 channelId, uint256 amount, uint256 nonce, bytes memory permit)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = witnessDigest(
            permitOf(address(_token), amount, nonce, _until),
            address(_permit2Collector),
            keccak256(abi.encode(keccak256("DepositWitness(bytes32 channelId)"), channelId)),
            "DepositWitness witness)DepositWitness(bytes32 channelId)TokenPermissions(address token,uint256 amount)"
        );
        return abi.encode(nonce, _until, signed(PAYER_KEY, digest), permit);
    }

    function _permit(uint256 amount) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                _payer,
                PERMIT2_ADDRESS,
                amount,
                _token.nonces(_payer),
                _until
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, _tokenDigest(structHash));
        return abi.encode(amount, _until, v, r, s);
    }

    function _tokenDigest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _token.DOMAIN_SEPARATOR(), structHash));
    }
}
