// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FactoryWallet, WalletFactory} from "./WalletFactory.sol";
import {HostileDollar} from "./HostileDollar.sol";
import {KeyAccount} from "./KeyAccount.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @dev What tests of TypeScript deploy behaves as badly, or as well, as they rely on.
contract StandInsTest is Test {
    uint256 private constant KEY = 0xA11CE;
    bool private _called;

    function touch() external {
        _called = true;
    }

    function _signed(bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, digest);
        return abi.encodePacked(r, s, v);
    }

    function test_a_hostile_dollar_keeps_a_part_and_calls_others() public {
        HostileDollar token = new HostileDollar();
        token.setFee(100);
        token.attackWith(address(this), abi.encodeCall(this.touch, ()));
        token.transfer(address(7), 1_000);
        eq(token.balanceOf(address(7)), 990, "a hundredth is kept");
        yes(_called && token.reentered(), "called");
    }

    function test_a_key_account_believes_its_key_and_obeys_it() public {
        KeyAccount account = new KeyAccount(vm.addr(KEY));
        bytes32 digest = keccak256("words");
        yes(account.isValidSignature(digest, _signed(digest)) == 0x1626ba7e, "its key");
        yes(account.isValidSignature(keccak256("other"), _signed(digest)) == 0xffffffff, "another digest");
        vm.prank(vm.addr(KEY));
        account.run(address(this), abi.encodeCall(this.touch, ()));
        yes(_called, "obeyed");
        vm.expectRevert();
        account.run(address(this), abi.encodeCall(this.touch, ()));
    }

    function test_a_factory_tells_the_address_of_a_wallet_before_it_is_there() public {
        WalletFactory factory = new WalletFactory();
        address foretold = factory.addressOf(vm.addr(KEY), false);
        eq(foretold.code.length, 0, "not yet");
        yes(factory.create(vm.addr(KEY), false) == foretold, "there");
        bytes32 digest = keccak256("words");
        yes(FactoryWallet(foretold).isValidSignature(digest, _signed(digest)) == 0x1626ba7e, "its key");
    }
}
