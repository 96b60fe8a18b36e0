// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/subnets/IDisputes.sol";
import {IEmission} from "../src/subnets/IEmission.sol";
import {IEpochs, Posting} from "../src/subnets/IEpochs.sol";
import {IStaking} from "../src/subnets/IStaking.sol";
import {ISubnetTerms} from "../src/subnets/ISubnetTerms.sol";
import {ISubnets} from "../src/subnets/ISubnets.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @dev Every function of every contract that changes anything, as specs/vectors/contracts.json has them from the compiler, by who may call it:
///      - anyone: acts on the caller's own account, agent, stake, channel or vote, or does what is due to whoever calls;
///      - owner: the owner of a subnet, within bounds and with notice;
///      - contract: another contract of the same network, named for ever at deployment;
///      - deployer: once, before the network begins.
///      A function that is added is unknown here until somebody has said which it is.
contract PrivilegesTest is Network {
    mapping(bytes32 placeAndName => bool) private _isKnown;

    function test_who_may_call_what_is_known_of_every_function() public {
        _anyone("batch-settlement", "claim claimWithSignature deposit finalizeWithdraw initiateWithdraw multicall refund refundWithSignature settle");
        _anyone("disputes", "confirm disputeAmount disputeDividend disputeSeat disputeTotal disputeValidator");
        _only("the deployer", "disputes", "setEpochs");
        _anyone("emission", "sync");
        _only("a contract", "emission", "mint");
        _anyone("epochs", "claim claimMany objectRoot punish punishTwofold submitRoot");
        _only("a contract", "epochs", "confirm overturn");
        _anyone("erc3009-deposit-collector", "collect");
        _anyone("identity-registry", "approve register safeTransferFrom setAgentURI setAgentWallet setApprovalForAll setMetadata transferFrom unsetAgentWallet");
        _anyone("koinon-token", "approve burn burnFrom cancelAuthorization delegate delegateBySig permit receiveWithAuthorization transfer transferFrom transferWithAuthorization");
        _only("a contract", "koinon-token", "mint");
        _only("the deployer", "koinon-token", "setMinter");
        _anyone("permit2-deposit-collector", "collect");
        _anyone("reputation-registry", "appendResponse giveFeedback revokeFeedback");
        _anyone("staking", "refreshPermit stake unstake withdraw");
        _only("a contract", "staking", "bind onRegistrationChanged slash");
        _only("the deployer", "staking", "setSlasher");
        _anyone("subnets", "challenge createSubnet deregister finaliseChallenge matchChallenge register setEndpoint");
        _only("the owner", "subnets", "nameOwnerHotkey dropOwnerHotkey");
        _only("the owner", "subnet-terms", "announceRules announceUpdate");
        _only("a contract", "subnet-terms", "bind open recordSeat sell");
        _anyone("test-dollar", "approve cancelAuthorization faucet permit receiveWithAuthorization transfer transferFrom transferWithAuthorization");
        _anyone("validation-registry", "validationRequest validationResponse");
        _anyone("weights", "commit reveal revealFor");
        _anyone("work", "commitWork drawBeacon");

        string memory json = vm.readFile("specs/vectors/contracts.json");
        string[] memory contracts = vm.parseJsonKeys(json, ".functions");
        yes(contracts.length >= 14, "contracts");
        for (uint256 i = 0; i < contracts.length; ++i) {
            string[] memory functions = vm.parseJsonStringArray(json, string.concat(".functions.", contracts[i]));
            for (uint256 j = 0; j < functions.length; ++j) {
                string memory name = string.concat(contracts[i], " ", functions[j]);
                if (!_isKnown[keccak256(bytes(name))]) revert Expected(string.concat("who may call ", name));
            }
        }
    }

    function test_those_for_owners_contracts_and_the_deployer_refuse_everybody_else() public {
        deployNetwork();
        uint32 netuid = createSubnet();
        address owner = subnets.subnet(netuid).owner;
        bytes memory notOwner = abi.encodeWithSelector(ISubnets.NotSubnetOwner.selector, address(this), owner);
        vm.expectRevert(notOwner);
        subnets.nameOwnerHotkey(netuid, address(this));
        vm.expectRevert(notOwner);
        subnets.dropOwnerHotkey(netuid, address(this));
        vm.expectRevert(notOwner);
        terms.announceRules(netuid, rules());
        vm.expectRevert(notOwner);
        terms.announceUpdate(netuid, "", SPEC);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnets.selector, address(this)));
        terms.open(9, params());
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnets.selector, address(this)));
        terms.sell(netuid, 0, 1e18);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnets.selector, address(this)));
        terms.recordSeat(netuid, 0, address(this));
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.AlreadyBound.selector, address(subnets)));
        terms.bind();
        vm.expectRevert(abi.encodeWithSelector(IStaking.AlreadyBound.selector, address(subnets)));
        staking.bind();
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSubnets.selector, address(this)));
        staking.onRegistrationChanged(netuid, address(this), true);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSlasher.selector, address(this)));
        staking.slash(netuid, address(this), 1, address(this));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.overturn(netuid, 0, SPEC, address(this), "seat");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.confirm(netuid, 0);
        vm.expectRevert(abi.encodeWithSelector(IEmission.NotEpochs.selector, address(this)));
        emission.mint(netuid, address(this), 1);
        // This contract deployed the network and named minter, slasher and epochs; that was its last word.
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSetter.selector, address(this)));
        staking.setSlasher(address(this));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotSetter.selector, address(this)));
        disputes.setEpochs(epochs);
        vm.expectRevert();
        token.setMinter(address(this));
        vm.expectRevert();
        token.mint(address(this), 1);
    }

    function test_an_owner_can_neither_stop_nor_empty_its_subnet() public {
        deployNetwork();
        uint32 netuid = createSubnet();
        uint256[] memory keys = addValidators(netuid, 3, MIN_STAKE);
        address owner = subnets.subnet(netuid).owner;
        vm.startPrank(owner);
        terms.announceUpdate(netuid, "gone", keccak256("gone"));
        vm.expectRevert();
        subnets.deregister(netuid, vm.addr(keys[0]));
        vm.expectRevert();
        staking.unstake(netuid, vm.addr(keys[0]), 1);
        vm.stopPrank();
        toRoot(netuid, 1);
        uint256 accrued = emission.accrued(netuid, 2);
        bytes32[] memory seats = new bytes32[](1);
        seats[0] = bytes32(accrued);
        Posting memory posting = postingFor(netuid, 1, keys, seats);
        submit(resultFor(netuid, 1, posting, accrued), posting, keys, 3);
        vm.warp(block.timestamp + 120);
        eq(epochs.claim(claimOf(netuid, 1, 0, seats)), accrued, "paid");
    }

    function _anyone(string memory place, string memory names) private {
        _only("anyone", place, names);
    }

    /// @dev `names` with one space between them.
    function _only(string memory, string memory place, string memory names) private {
        bytes memory text = bytes(string.concat(names, " "));
        uint256 from;
        for (uint256 i = 0; i < text.length; ++i) {
            if (text[i] != " ") continue;
            bytes memory name = new bytes(i - from);
            for (uint256 j = 0; j < name.length; ++j) name[j] = text[from + j];
            _isKnown[keccak256(bytes(string.concat(place, " ", string(name))))] = true;
            from = i + 1;
        }
    }
}
