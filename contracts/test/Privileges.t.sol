// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/subnets/results/IDisputes.sol";
import {IPoolEmission} from "../src/subnets/emission/IPoolEmission.sol";
import {IEpochs, Posting} from "../src/subnets/results/IEpochs.sol";
import {ISubnetTerms} from "../src/subnets/ISubnetTerms.sol";
import {ISubnets} from "../src/subnets/ISubnets.sol";
import {IAlphaStaking} from "../src/subnets/pool/IAlphaStaking.sol";
import {IDelegation} from "../src/subnets/pool/IDelegation.sol";
import {IPermits} from "../src/subnets/pool/IPermits.sol";
import {IPools} from "../src/subnets/pool/IPools.sol";
import {AmountWords} from "../src/subnets/results/SeatWords.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @dev Every function of every contract that changes anything, as specs/vectors/contracts.json has them from the compiler, by who may call it:
///      - anyone: acts on the caller's own account, agent, stake, channel or vote, lock, or does what is due to whoever calls;
///      - owner: the owner of a subnet, within bounds and with notice;
///      - contract: another contract of the same network, named for ever at deployment or by the deployer's last word;
///      - deployer: once, before the network begins.
///      A function that is added is unknown here until somebody has said which it is.
contract PrivilegesTest is Network {
    mapping(bytes32 placeAndName => bool) private _isKnown;

    function test_who_may_call_what_is_known_of_every_function() public {
        _anyone("alpha-staking", "applyChildren claimRoot countRoot move stake stakeFor swap unstake withdraw");
        _only("a contract", "alpha-staking", "onRegistrationChanged payDividends slash");
        _anyone("batch-settlement", "claim claimWithSignature deposit finalizeWithdraw initiateWithdraw multicall refund refundWithSignature settle");
        _anyone("budget-delegate", "execute revokeBudgetWithSignature");
        _only("the owner", "budget-delegate", "revokeBudget revokeBudgets");
        _only("a contract", "budget-delegate", "collect");
        _anyone("conviction", "contest endContest lock takeOver unlock withdraw");
        _anyone("disputes", "confirm disputeAmount disputeDividend disputeRank disputeSeat disputeTotal disputeValidator");
        _only("the deployer", "disputes", "setEpochs");
        _anyone("delegation", "announceChildren setAutoStake setChildTake setTake setTakesParent");
        _only("a contract", "delegation", "takeAnnouncement");
        _anyone("epochs", "claim claimMany claimOwner objectRoot punish punishTwofold submitRoot");
        _only("a contract", "epochs", "confirm overturn");
        _anyone("erc3009-deposit-collector", "collect");
        _anyone("erc7710-deposit-collector", "collect");
        _anyone("exact-permit2-proxy", "settle settleWithPermit");
        _anyone("identity-registry", "approve register safeTransferFrom setAgentURI setAgentWallet setApprovalForAll setMetadata transferFrom unsetAgentWallet");
        _anyone("jobs", "cancelQuote claimRefund complete createJob createJobIn fund fundByQuote fundWithAuthorization hire reject setBudget setProvider submit");
        _anyone("koinon-token", "approve burn burnFrom cancelAuthorization delegate delegateBySig permit receiveWithAuthorization transfer transferFrom transferWithAuthorization");
        _only("a contract", "koinon-token", "mint");
        _only("the deployer", "koinon-token", "setMinter");
        _anyone("permit2-deposit-collector", "collect");
        _anyone("quorum-evaluator", "decide dispute settle");
        _anyone("quorum-evaluators", "create");
        _anyone("reputation-registry", "appendResponse giveFeedback revokeFeedback");
        _anyone("permits", "refreshPermit seekPermit");
        _only("a contract", "permits", "onWeightChanged");
        _anyone("pool-emission", "advance burnRest");
        _only("the owner", "pool-emission", "announceParts");
        _only("a contract", "pool-emission", "payDividends payMiner payOwner");
        _only("the deployer", "pool-emission", "setEpochs");
        _anyone("pools", "approve burn burnFees buy buyToPrice moveAverage redeem sell sellToPrice setOperator swap transfer");
        _only("who was allowed", "pools", "transferFrom");
        _only("a contract", "pools", "bindStaking bindSubnets burnSlashed dissolve inject mint open transferFor");
        _anyone("signature-transfer", "invalidateUnorderedNonces permitTransferFrom permitWitnessTransferFrom");
        _only("the facilitator that the payer named", "upto-permit2-proxy", "settle settleWithPermit");
        _anyone("subnets", "challenge createSubnet deregister finaliseChallenge matchChallenge register setEndpoint");
        _only("the owner", "subnets", "nameOwnerHotkey dropOwnerHotkey");
        _only("a contract", "subnets", "passOwnership");
        _only("the owner", "subnet-terms", "announceRules announceUpdate");
        _only("a contract", "subnet-terms", "bind open recordSeat sell");
        _anyone("test-dollar", "approve cancelAuthorization faucet permit receiveWithAuthorization transfer transferFrom transferWithAuthorization");
        _anyone("validation-registry", "validationRequest validationResponse");
        _anyone("weights", "commit reveal revealFor");
        _anyone("work", "commitWork drawBeacon");

        string memory json = vm.readFile("specs/vectors/contracts.json");
        string[] memory contracts = vm.parseJsonKeys(json, ".functions");
        yes(contracts.length >= 17, "contracts");
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
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotConviction.selector, address(this)));
        subnets.passOwnership(netuid, address(this));
        vm.expectRevert(notOwner);
        terms.announceRules(netuid, rules());
        vm.expectRevert(notOwner);
        terms.announceUpdate(netuid, "", SPEC);
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.NotSubnetOwner.selector, address(this), owner));
        emission.announceParts(netuid, 0, 5_000);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnets.selector, address(this)));
        terms.open(9, params());
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnets.selector, address(this)));
        terms.sell(netuid, 0, 1e18);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnets.selector, address(this)));
        terms.recordSeat(netuid, 0, address(this));
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.AlreadyBound.selector, address(subnets)));
        terms.bind();
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.overturn(netuid, 0, SPEC, address(this), "seat");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.confirm(netuid, 0, 0);
        _stakeAndPoolsRefuse(netuid);
        bytes memory notEpochs = abi.encodeWithSelector(IPoolEmission.NotEpochs.selector, address(this));
        vm.expectRevert(notEpochs);
        emission.payMiner(netuid, address(this), 1);
        vm.expectRevert(notEpochs);
        emission.payDividends(netuid, address(this), 1);
        vm.expectRevert(notEpochs);
        emission.payOwner(netuid, 1);
        // This contract deployed the network and named minter and epochs; that was its last word.
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.NotSetter.selector, address(this)));
        emission.setEpochs(address(this));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotSetter.selector, address(this)));
        disputes.setEpochs(epochs);
        vm.expectRevert();
        token.setMinter(address(this));
        vm.expectRevert();
        token.mint(address(this), 1);
    }

    function _stakeAndPoolsRefuse(uint32 netuid) private {
        bytes memory notPermitted = abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, address(this));
        vm.expectRevert(notPermitted);
        staking.onRegistrationChanged(netuid, address(this), true);
        vm.expectRevert(notPermitted);
        staking.payDividends(netuid, address(this), 1);
        vm.expectRevert(notPermitted);
        staking.slash(netuid, address(this), 1, address(this));
        vm.expectRevert(abi.encodeWithSelector(IPermits.NotStaking.selector, address(this)));
        permits.onWeightChanged(netuid, address(this), 0, 1, true);
        vm.expectRevert(abi.encodeWithSelector(IDelegation.NotPermitted.selector, address(this)));
        delegation.takeAnnouncement(netuid, address(this));
        vm.expectRevert(abi.encodeWithSelector(IPools.AlreadyBound.selector, address(staking)));
        pools.bindStaking();
        vm.expectRevert(abi.encodeWithSelector(IPools.AlreadyBound.selector, address(subnets)));
        pools.bindSubnets();
        notPermitted = abi.encodeWithSelector(IPools.NotPermitted.selector, address(this));
        vm.expectRevert(notPermitted);
        pools.burnSlashed(netuid, 1);
        vm.expectRevert(notPermitted);
        pools.dissolve(netuid);
        vm.expectRevert(notPermitted);
        pools.inject(netuid, 1, 1);
        vm.expectRevert(notPermitted);
        pools.mint(netuid, address(this), 1);
        vm.expectRevert(notPermitted);
        pools.open(9, 1e18, 1e18);
        vm.expectRevert(notPermitted);
        pools.transferFor(netuid, address(staking), address(this), 1);
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
        staking.unstake(netuid, vm.addr(keys[0]), 1, 1);
        vm.expectRevert();
        pools.dissolve(netuid);
        emission.announceParts(netuid, 1_800, 2_000);
        vm.stopPrank();
        eq(pools.balanceOf(owner, netuid), 0, "the lock is not the owner's");
        toRoot(netuid, 1);
        uint256 accrued = emission.accrued(netuid, 2).miners;
        bytes32[] memory amounts = new bytes32[](1);
        amounts[0] = AmountWords.pack(accrued, 0);
        Posting memory posting = postingFor(netuid, 1, keys, new bytes32[](0), amounts);
        submit(resultFor(netuid, 1, posting, accrued, 0), posting, keys, 3);
        vm.warp(block.timestamp + 120);
        (uint256 mined,) = epochs.claim(claimOf(netuid, 1, 0, posting));
        yes(mined == accrued && accrued > 0, "paid");
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
