// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnetTerms} from "../../src/subnets/ISubnetTerms.sol";
import {EpochWindow, ISubnets, Neuron, Subnet, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {AlphaStaking} from "../../src/subnets/pool/AlphaStaking.sol";
import {PoolState} from "../../src/subnets/pool/IPools.sol";
import {Pools} from "../../src/subnets/pool/Pools.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract SubnetsTest is Network {
    address private constant STRANGER = address(0x5724);

    function setUp() public {
        deployNetwork();
    }

    function test_anyone_creates_a_subnet_and_its_price_opens_the_pool() public {
        fund(STRANGER, LOCK);
        uint256 supply = token.totalSupply();
        vm.prank(STRANGER);
        uint32 netuid = subnets.createSubnet(params(), type(uint256).max);
        eq(netuid, 1, "first netuid");
        PoolState memory pool = pools.stateOf(netuid);
        yes(pool.koin == LOCK && pool.alpha == LOCK && pool.weightKoin == 0.5e18, "pool");
        eq(token.balanceOf(address(pools)), LOCK, "there");
        eq(token.balanceOf(address(subnets)), 0, "and not here");
        eq(token.totalSupply(), supply, "nothing is burned");
        eq(pools.balanceOf(STRANGER, netuid), 0, "nor given back");
        eq(subnets.ownerOf(netuid), STRANGER, "its owner");
        Subnet memory entry = subnets.subnet(netuid);
        eq(entry.owner, STRANGER, "owner");
        eq(entry.genesis, block.timestamp, "genesis");
        eq(entry.name, "inference", "name");
        eq(subnets.specHashAt(netuid, 0), SPEC, "spec");
        vm.prank(FOUNDER);
        vm.expectRevert();
        subnets.createSubnet(params(), type(uint256).max);
    }

    function test_code_fits() public view {
        atMost(address(subnets).code.length, 24_576, "subnets");
        atMost(address(epochs).code.length, 24_576, "epochs");
        atMost(address(emission).code.length, 24_576, "emission");
        atMost(address(disputes).code.length, 24_576, "disputes");
    }

    /// @dev 10 million gas a transaction on the embedded chain (specs/0002); a sender adds a fifth and 132,600 to what it estimates.
    function test_the_largest_deployment_fits_a_transaction_of_the_embedded_chain() public {
        Pools fresh = new Pools(token);
        uint256 before = gasleft();
        new AlphaStaking(fresh, 1, 1e18);
        uint256 used = before - gasleft() + 21_000 + 16 * type(AlphaStaking).creationCode.length;
        atMost(used, uint256(10_000_000 - 132_600) * 5 / 6, "staking with permits and delegation");
    }

    function test_every_parameter_is_bounded() public {
        SubnetParams memory bad = params();
        bad.name = "";
        _refused(bad, "name");
        bad = params();
        bad.metadataURI = string(new bytes(513));
        _refused(bad, "metadataURI");
        bad = params();
        bad.specHash = 0;
        _refused(bad, "specHash");
        bad = params();
        bad.epochSeconds = 9;
        _refused(bad, "epochSeconds");
        bad = params();
        bad.epochSeconds = 30 days + 1;
        _refused(bad, "epochSeconds");
        bad = params();
        bad.workCommitSeconds = 0;
        _refused(bad, "workCommitSeconds");
        bad = params();
        bad.weightCommitSeconds = 0;
        _refused(bad, "weightCommitSeconds");
        bad = params();
        bad.weightRevealSeconds = 0;
        _refused(bad, "weightRevealSeconds");
        bad = params();
        bad.weightRevealSeconds = EPOCH - 120;
        _refused(bad, "phases");
        bad = params();
        bad.activationDelaySeconds = 0;
        _refused(bad, "activationDelaySeconds");
        bad = params();
        bad.maxNeurons = 257;
        _refused(bad, "maxNeurons");
        bad = params();
        bad.minValidatorStake = 0;
        _refused(bad, "minValidatorStake");
        bad = params();
        bad.maxValidators = 65;
        _refused(bad, "maxValidators");
        bad = params();
        bad.initialBurn = 101e18;
        _refused(bad, "initialBurn");
        bad = params();
        bad.rules.minBurn = 0.0005e18 - 1;
        _refused(bad, "minBurn");
        bad = params();
        bad.rules.maxBurn = 1_000e18 + 1;
        _refused(bad, "maxBurn");
        bad = params();
        bad.rules.burnHalfLifeSeconds = 59;
        _refused(bad, "burnHalfLifeSeconds");
        bad = params();
        bad.rules.immunitySeconds = 30 days + 1;
        _refused(bad, "immunitySeconds");
        bad = params();
        bad.rules.noticeSeconds = 59;
        _refused(bad, "noticeSeconds");
        bad = params();
        bad.rules.maxRegistrationsPerEpoch = 0;
        _refused(bad, "maxRegistrationsPerEpoch");
    }

    function test_an_agent_takes_a_seat_with_its_wallet_as_hotkey() public {
        uint32 netuid = createSubnet();
        fund(STRANGER, 2e18);
        vm.startPrank(STRANGER);
        uint256 agentId = identity.register();
        uint16 uid = subnets.register(netuid, agentId, "https://n", 1e18);
        eq(uid, 0, "uid");
        eq(token.balanceOf(STRANGER), 1e18, "burned one");
        Neuron memory seat = subnets.neuron(netuid, uid);
        yes(seat.hotkey == STRANGER && seat.agentId == agentId && seat.registeredAt == block.timestamp, "seat");
        eq(seat.endpoint, "https://n", "endpoint");
        yes(subnets.isRegistered(netuid, STRANGER), "registered");
        vm.expectRevert(
            abi.encodeWithSelector(ISubnets.HotkeyAlreadyRegistered.selector, netuid, STRANGER)
        );
        subnets.register(netuid, agentId, "", 100e18);
        vm.stopPrank();
    }

    function test_only_those_who_speak_for_the_agent_register_it() public {
        uint32 netuid = createSubnet();
        vm.prank(FOUNDER);
        uint256 agentId = identity.register();
        fund(STRANGER, 1e18);
        vm.startPrank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotAgentController.selector, STRANGER, agentId));
        subnets.register(netuid, agentId, "", 100e18);
        vm.expectRevert();
        subnets.register(netuid, 999, "", 100e18);
        vm.stopPrank();
        vm.startPrank(FOUNDER);
        identity.unsetAgentWallet(agentId);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.AgentWalletUnset.selector, agentId));
        subnets.register(netuid, agentId, "", 100e18);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetNotFound.selector, 9));
        subnets.register(9, agentId, "", 100e18);
        vm.stopPrank();
    }

    function test_endpoints_are_set_by_the_hotkey_or_the_agents_owner_only() public {
        uint32 netuid = createSubnet();
        join(netuid, STRANGER);
        vm.prank(STRANGER);
        subnets.setEndpoint(netuid, STRANGER, "https://new");
        eq(subnets.neuron(netuid, 0).endpoint, "https://new", "set");
        vm.prank(FOUNDER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotAgentController.selector, FOUNDER, 0));
        subnets.setEndpoint(netuid, STRANGER, "https://evil");
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.EndpointTooLong.selector, 257, 256));
        subnets.setEndpoint(netuid, STRANGER, string(new bytes(257)));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.HotkeyNotRegistered.selector, netuid, FOUNDER));
        subnets.setEndpoint(netuid, FOUNDER, "");
    }

    function test_a_freed_seat_is_taken_again_before_a_new_one_opens() public {
        uint32 netuid = createSubnet();
        join(netuid, address(0x100));
        join(netuid, address(0x101));
        join(netuid, address(0x102));
        vm.prank(FOUNDER);
        vm.expectRevert();
        subnets.deregister(netuid, address(0x101));
        vm.prank(address(0x101));
        subnets.deregister(netuid, address(0x101));
        no(subnets.isRegistered(netuid, address(0x101)), "left");
        eq(subnets.neurons(netuid).length, 2, "two left");
        eq(join(netuid, address(0x103)), 1, "reused uid");
        eq(join(netuid, address(0x104)), 3, "new uid");
        Neuron[] memory seats = subnets.neurons(netuid);
        for (uint16 i = 0; i < 4; ++i) {
            eq(seats[i].uid, i, "in order");
        }
    }

    function test_updates_wait_two_epochs_and_old_epochs_keep_their_spec() public {
        uint32 netuid = createSubnet();
        vm.warp(block.timestamp + 5 * EPOCH + 1);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnetOwner.selector, address(this), FOUNDER));
        terms.announceUpdate(netuid, "x", keccak256("spec 2"));
        vm.startPrank(FOUNDER);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.ParameterOutOfRange.selector, "specHash"));
        terms.announceUpdate(netuid, "x", 0);
        terms.announceUpdate(netuid, "x", keccak256("spec 2"));
        eq(subnets.specHashAt(netuid, 6), SPEC, "notice");
        eq(subnets.specHashAt(netuid, 7), keccak256("spec 2"), "in force");
        vm.warp(block.timestamp + EPOCH);
        terms.announceUpdate(netuid, "y", keccak256("spec 3"));
        eq(subnets.specHashAt(netuid, 7), SPEC, "a later word replaces one not yet in force");
        eq(subnets.specHashAt(netuid, 8), keccak256("spec 3"), "and waits anew");
        vm.warp(block.timestamp + 10 * EPOCH);
        terms.announceUpdate(netuid, "z", keccak256("spec 4"));
        vm.stopPrank();
        eq(subnets.specHashAt(netuid, 0), SPEC, "history 0");
        eq(subnets.specHashAt(netuid, 17), keccak256("spec 3"), "history 1");
        eq(subnets.specHashAt(netuid, 18), keccak256("spec 4"), "history 2");
        eq(terms.versionAt(netuid, 18).metadataURI, "z", "uri");
        eq(terms.versionKeyAt(netuid, 0), 0, "key 0");
        eq(terms.versionKeyAt(netuid, 18), 2, "key 2");
    }

    function test_the_phases_of_an_epoch() public {
        uint32 netuid = createSubnet();
        uint256 genesis = block.timestamp;
        EpochWindow memory window = subnets.epochWindow(netuid, 3);
        eq(window.startsAt, genesis + 1800, "starts");
        eq(window.endsAt, genesis + 2400, "ends");
        eq(window.workCommitEndsAt, genesis + 2460, "work");
        eq(window.weightCommitEndsAt, genesis + 2520, "commit");
        eq(window.revealEndsAt, genesis + 2580, "reveal");
        eq(subnets.epochAt(netuid, genesis), 0, "first second");
        eq(subnets.epochAt(netuid, genesis + 600), 1, "half open");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.BeforeGenesis.selector, genesis - 1, genesis));
        subnets.epochAt(netuid, genesis - 1);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetNotFound.selector, 2));
        subnets.epochWindow(2, 0);
    }

    function testFuzz_every_second_lies_in_the_epoch_it_is_said_to(uint32 length, uint40 offset) public {
        SubnetParams memory chosen = params();
        chosen.epochSeconds = uint32(within(length, 181, (UNBONDING - 120) / 2));
        uint32 netuid = createSubnet(chosen);
        uint256 timestamp = block.timestamp + offset;
        EpochWindow memory window = subnets.epochWindow(netuid, subnets.epochAt(netuid, timestamp));
        yes(window.startsAt <= timestamp && timestamp < window.endsAt, "inside");
        EpochWindow memory next = subnets.epochWindow(netuid, subnets.epochAt(netuid, timestamp) + 1);
        eq(next.startsAt, window.endsAt, "no gap");
        yes(window.revealEndsAt < next.endsAt, "phases end within the next epoch");
    }

    function testFuzz_seats_and_hotkeys_stay_in_step(uint256[24] memory moves) public {
        SubnetParams memory small = params();
        (small.maxNeurons, small.rules.immunitySeconds) = (4, 0);
        uint32 netuid = createSubnet(small);
        for (uint256 i = 0; i < moves.length; ++i) {
            address hotkey = address(uint160(0x1000 + moves[i] % 8));
            if (subnets.isRegistered(netuid, hotkey)) {
                vm.prank(hotkey);
                subnets.deregister(netuid, hotkey);
            } else if (subnets.subnet(netuid).neuronCount < 4) {
                join(netuid, hotkey);
            }
            vm.warp(block.timestamp + 1);
        }
        Neuron[] memory seats = subnets.neurons(netuid);
        eq(seats.length, subnets.subnet(netuid).neuronCount, "count");
        atMost(seats.length, 4, "limit");
        for (uint256 i = 0; i < seats.length; ++i) {
            eq(subnets.uidOf(netuid, seats[i].hotkey), seats[i].uid, "uid of hotkey");
        }
    }

    function _refused(SubnetParams memory bad, string memory parameter) private {
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.ParameterOutOfRange.selector, parameter));
        subnets.createSubnet(bad, type(uint256).max);
    }
}
