// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {BatchSettlement} from "../../src/payments/BatchSettlement.sol";
import {ChannelConfig, Voucher, VoucherClaim} from "../../src/payments/IBatchSettlement.sol";
import {Test} from "../support/Test.sol";
import {AllowanceCollector} from "../support/Tokens.sol";
import {vm} from "../support/Vm.sol";

/// @dev A channel contract, a collector by allowance, and the moves of payer and receiver.
abstract contract ChannelFixture is Test {
    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SESSION_KEY = 0x5E55;
    uint256 internal constant RECEIVER_KEY = 0xB0B;
    uint40 internal constant DELAY = 1 days;

    BatchSettlement internal channels;
    AllowanceCollector internal collector;

    function deployChannels() internal {
        channels = new BatchSettlement();
        collector = new AllowanceCollector(address(channels));
    }

    function configFor(address token, uint256 number) internal pure returns (ChannelConfig memory) {
        return ChannelConfig({
            payer: vm.addr(PAYER_KEY),
            payerAuthorizer: vm.addr(SESSION_KEY),
            receiver: address(0x4EC),
            receiverAuthorizer: vm.addr(RECEIVER_KEY),
            token: token,
            withdrawDelay: DELAY,
            salt: bytes32(number)
        });
    }

    function open(ChannelConfig memory config, uint128 amount) internal returns (bytes32) {
        vm.prank(config.payer);
        ERC20(config.token).approve(address(collector), type(uint256).max);
        channels.deposit(config, amount, address(collector), "");
        return channels.getChannelId(config);
    }

    function row(ChannelConfig memory config, uint128 ceiling, uint128 total)
        internal
        view
        returns (VoucherClaim memory)
    {
        bytes32 digest = channels.getVoucherDigest(channels.getChannelId(config), ceiling);
        return VoucherClaim(Voucher(config, ceiling), signed(SESSION_KEY, digest), total);
    }

    function rows(VoucherClaim memory only) internal pure returns (VoucherClaim[] memory list) {
        list = new VoucherClaim[](1);
        list[0] = only;
    }

    function claimAs(address caller, VoucherClaim memory only) internal {
        vm.prank(caller);
        channels.claim(rows(only));
    }

    function balanceOf(bytes32 channelId) internal view returns (uint128 balance) {
        (balance,) = channels.channels(channelId);
    }

    function claimedOf(bytes32 channelId) internal view returns (uint128 totalClaimed) {
        (, totalClaimed) = channels.channels(channelId);
    }
}
