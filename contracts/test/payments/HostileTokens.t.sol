// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ChannelConfig, IBatchSettlement} from "../../src/payments/IBatchSettlement.sol";
import {FalseToken, FeeToken, IdleCollector, PlainToken, ReentrantCollector, ReentrantToken} from "../support/Tokens.sol";
import {vm} from "../support/Vm.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

contract HostileTokensTest is ChannelFixture {
    address private _payer;
    address private _receiver = address(0x4EC);

    function setUp() public {
        deployChannels();
        _payer = vm.addr(PAYER_KEY);
    }

    function test_a_fee_on_transfer_token_cannot_be_deposited() public {
        FeeToken token = new FeeToken();
        token.mint(_payer, 1_000);
        ChannelConfig memory config = configFor(address(token), 1);
        vm.prank(_payer);
        token.approve(address(collector), type(uint256).max);
        vm.expectRevert(IBatchSettlement.DepositCollectionFailed.selector);
        channels.deposit(config, 1_000, address(collector), "");
    }

    function test_a_collector_that_brings_nothing_opens_nothing() public {
        PlainToken token = new PlainToken();
        token.mint(address(channels), 1_000);
        ChannelConfig memory config = configFor(address(token), 1);
        address idle = address(new IdleCollector());
        vm.expectRevert(IBatchSettlement.DepositCollectionFailed.selector);
        channels.deposit(config, 1_000, idle, "");
        eq(balanceOf(channels.getChannelId(config)), 0, "no balance");
    }

    function test_a_token_that_says_false_moves_no_accounts() public {
        FalseToken token = new FalseToken();
        token.mint(_payer, 100);
        ChannelConfig memory config = configFor(address(token), 1);
        bytes32 channelId = open(config, 100);
        claimAs(_receiver, row(config, 60, 60));
        token.refuse();
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        vm.expectRevert(failed);
        channels.settle(_receiver, address(token));
        vm.prank(_receiver);
        vm.expectRevert(failed);
        channels.refund(config, 40);
        (, uint128 settled) = channels.receivers(_receiver, address(token));
        yes(settled == 0 && balanceOf(channelId) == 100, "as before");
        vm.expectRevert();
        channels.deposit(config, 1, address(collector), "");
    }

    function test_a_token_with_hooks_cannot_settle_twice() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(_payer, 100);
        ChannelConfig memory config = configFor(address(token), 1);
        open(config, 100);
        claimAs(_receiver, row(config, 60, 60));
        token.attackWith(address(channels), abi.encodeCall(channels.settle, (_receiver, address(token))));
        channels.settle(_receiver, address(token));
        no(token.reentered(), "reentered");
        eq(
            token.failure(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "guard"
        );
        eq(token.balanceOf(_receiver), 60, "paid once");
    }

    function test_a_collector_cannot_drain_while_it_collects() public {
        PlainToken token = new PlainToken();
        token.mint(_payer, 200);
        ChannelConfig memory config = configFor(address(token), 1);
        open(config, 100);
        claimAs(_receiver, row(config, 60, 60));
        ReentrantCollector thief = new ReentrantCollector();
        thief.attackWith(abi.encodeCall(channels.settle, (_receiver, address(token))));
        vm.expectRevert(IBatchSettlement.DepositCollectionFailed.selector);
        channels.deposit(config, 10, address(thief), "");
        eq(token.balanceOf(address(channels)), 100, "escrow");
    }

    function test_one_tokens_trouble_does_not_touch_another() public {
        FalseToken bad = new FalseToken();
        PlainToken good = new PlainToken();
        bad.mint(_payer, 100);
        good.mint(_payer, 100);
        ChannelConfig memory badConfig = configFor(address(bad), 1);
        ChannelConfig memory goodConfig = configFor(address(good), 1);
        open(badConfig, 100);
        open(goodConfig, 100);
        claimAs(_receiver, row(badConfig, 100, 100));
        claimAs(_receiver, row(goodConfig, 70, 70));
        bad.refuse();
        channels.settle(_receiver, address(good));
        eq(good.balanceOf(_receiver), 70, "good token");
    }
}
