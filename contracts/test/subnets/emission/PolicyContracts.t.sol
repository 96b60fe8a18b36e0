// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionPolicies} from "../../../src/subnets/emission/EmissionPolicies.sol";
import {IEmissionPolicy} from "../../../src/subnets/emission/IEmissionPolicy.sol";
import {IPoolEmission} from "../../../src/subnets/emission/IPoolEmission.sol";
import {UserCapitalPolicy} from "../../../src/subnets/emission/policies/UserCapitalPolicy.sol";
import {EqualPolicy} from "../../../src/subnets/emission/policies/EqualPolicy.sol";
import {NetFlowPolicy} from "../../../src/subnets/emission/policies/NetFlowPolicy.sol";
import {HillGatePolicy} from "../../../src/subnets/emission/policies/HillGatePolicy.sol";
import {PriceEmaPolicy} from "../../../src/subnets/emission/policies/PriceEmaPolicy.sol";
import {Q64} from "../../../src/subnets/emission/Q64.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

/// @dev Answers whatever bytes it was made with.
contract BadPolicy {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback() external {
        bytes memory answer = _answer;
        assembly ("memory-safe") {
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev Answers more bytes than anybody would like to copy.
contract LongPolicy {
    fallback() external {
        assembly ("memory-safe") {
            return(0, 0x20000)
        }
    }
}

contract SpinningPolicy {
    fallback() external {
        while (true) {}
    }
}

contract RevertingPolicy {
    error No();

    fallback() external {
        revert No();
    }
}

/// @dev Tries to step again from within the step.
contract ReentrantPolicy {
    fallback() external {
        IPoolEmission(msg.sender).advance(1);
    }
}

contract EmissionPolicyContractsTest is EmissionNetwork {
    uint256 private constant SUBNETS = 3;

    function test_spec_hashes_are_those_of_the_rules() external {
        string memory json = vm.readFile("specs/vectors/emission.json");
        _named(json, "equal", new EqualPolicy());
        _named(json, "priceEma", new PriceEmaPolicy());
        _named(json, "hillGate", new HillGatePolicy(3, 61));
        _named(json, "netFlow", new NetFlowPolicy(0, 2));
        _named(json, "userCapital", new UserCapitalPolicy(432_000e18));
        no(new NetFlowPolicy(-7, 3).specHash() == new NetFlowPolicy(7, 3).specHash(), "parameters count");
    }

    function test_parameters_have_bounds() external {
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        new HillGatePolicy(5, 61);
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        new HillGatePolicy(3, 100);
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        new NetFlowPolicy(0, 17);
        vm.expectRevert(EmissionPolicies.BadParameter.selector);
        new UserCapitalPolicy(1 << 128);
    }

    function test_more_people_and_less_protocol_is_more_flow() external {
        _deploy(address(new NetFlowPolicy(0, 2)));
        _step();
        eq(lastStep().koinMinted, 0, "nobody came");
        buy(2, address(0xB), 50e18);
        _step();
        (int256 user, int256 protocol) = emission.flowsOf(2);
        yes(user > 0 && protocol == 0, "people came");
        eq(lastStep().koinMinted, uint256(pools.stateOf(2).koin) * 5 / 10_005, "to the second only");
        _step();
        (user, protocol) = emission.flowsOf(2);
        yes(protocol > 0, "the injection was counted");
    }

    function test_a_policy_that_fails_mints_no_koin_and_stops_nobody() external {
        _fails(address(new RevertingPolicy()));
        _fails(address(new SpinningPolicy()));
        _fails(address(new LongPolicy()));
        _fails(address(new ReentrantPolicy()));
        _fails(address(0xDEAD));
        _fails(_answering(abi.encode(new uint256[](0))));
        _fails(_answering(abi.encode(new uint256[](SUBNETS - 1))));
        _fails(_answering(abi.encode(new uint256[](SUBNETS + 1))));
        _fails(_answering(abi.encode(uint256(0x40), SUBNETS, 1, 1, 1)));
        _fails(_answering(abi.encode(uint256(0x20), SUBNETS - 1, 1, 1, 1)));
        _fails(_answering(_three(Q64.ONE + 1, 0, 0)));
        _fails(_answering(_three(Q64.ONE, 1, 0)));
        _fails(_answering(_three(type(uint256).max, 2, 0)));
    }

    function test_shares_may_leave_some_out() external {
        _deploy(_answering(_three(1 << 60, 0, 1 << 63)));
        _step();
        eq(lastStep().koinMinted, 1e18, "two of three");
    }

    /// @dev Who brings too little gas cannot make the policy fail.
    function test_too_little_gas_is_refused() external {
        _deploy(address(new EqualPolicy()));
        skip(PERIOD);
        for (uint256 gas_ = 400_000; gas_ < 1_200_000; gas_ += 20_000) {
            uint256 before = vm.snapshotState();
            try emission.advance{gas: gas_}(0) {
                emission.advance(SUBNETS);
                eq(lastStep().koinMinted, SUBNETS * 0.5e18, "the policy was heard");
            } catch {}
            vm.revertToState(before);
        }
    }

    function _fails(address policy) private {
        _deploy(policy);
        _step();
        eq(lastStep().koinMinted, 0, "no KOIN");
        yes(lastStep().koinIssued > 0, "all recycled");
        for (uint32 netuid = 1; netuid <= SUBNETS; ++netuid) {
            yes(accruedNow(netuid).miners > 0, "alpha goes on");
        }
        checkBooks();
    }

    function _deploy(address policy) private {
        deployEmission(IEmissionPolicy(policy));
        for (uint256 i = 0; i < SUBNETS; ++i) {
            openSubnet(1_000e18, 1_000e18);
        }
        stakeRoot(address(1), address(2), 100_000e18);
    }

    function _step() private {
        skip(PERIOD);
        eq(emission.advance(SUBNETS), 0, "closed");
    }

    function _named(string memory json, string memory name, IEmissionPolicy policy) private view {
        bytes32 expected = vm.parseJsonBytes32(json, string.concat(".policyHashes.", name));
        eq(policy.specHash(), expected, name);
    }

    function _answering(bytes memory answer) private returns (address) {
        return address(new BadPolicy(answer));
    }

    function _three(uint256 a, uint256 b, uint256 c) private pure returns (bytes memory) {
        uint256[] memory shares = new uint256[](3);
        (shares[0], shares[1], shares[2]) = (a, b, c);
        return abi.encode(shares);
    }
}
