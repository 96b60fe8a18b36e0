// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig, Voucher, VoucherClaim} from "../src/payments/IBatchSettlement.sol";
import {BatchSettlement} from "../src/payments/BatchSettlement.sol";
import {ERC3009DepositCollector} from "../src/payments/ERC3009DepositCollector.sol";
import {IEpochs, Posting} from "../src/subnets/results/IEpochs.sol";
import {SubnetParams} from "../src/subnets/ISubnets.sol";
import {TestDollar} from "../src/token/TestDollar.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @dev Run with --isolate: every measured call is a transaction of its own, base fee of 21,000 and calldata included.
///      Results go to contracts/gas-snapshot.json.
contract GasSnapshotTest is Network {
    string private constant GROUP = "gas-snapshot";
    uint256 private constant PAYER_KEY = 0xA11CE;
    address private constant HOTKEY = address(0x407);
    uint32 private _netuid;

    function setUp() public {
        deployNetwork();
        SubnetParams memory large = params();
        large.maxNeurons = 256;
        _netuid = createSubnet(large);
    }

    function test_gas_of_seats_and_stake() public {
        fund(HOTKEY, 10_000e18);
        vm.startPrank(HOTKEY);
        uint256 agentId = identity.register("https://example.org/agent.json");
        vm.snapshotGasLastCall(GROUP, "identity register");
        subnets.register(_netuid, agentId, "https://node.example:8402", 1e18);
        vm.snapshotGasLastCall(GROUP, "neuron register");
        permits.seekPermit(_netuid, true);
        vm.snapshotGasLastCall(GROUP, "seek a permit");
        uint256 shares = staking.stake(0, HOTKEY, MIN_STAKE);
        vm.snapshotGasLastCall(GROUP, "stake KOIN on the root, becoming a validator");
        vm.warp(block.timestamp + 60);
        staking.stake(0, HOTKEY, MIN_STAKE);
        vm.snapshotGasLastCall(GROUP, "stake KOIN again");
        staking.unstake(0, HOTKEY, shares, 1);
        vm.snapshotGasLastCall(GROUP, "unstake KOIN, queued");
        vm.stopPrank();
    }

    function test_gas_of_a_challenge_in_a_full_subnet() public {
        for (uint160 i = 0; i < 256; ++i) {
            join(_netuid, address(0x1000 + i));
            vm.warp(block.timestamp + 4320);
        }
        fund(HOTKEY, 10e18);
        fund(address(0x1000), 10e18);
        vm.startPrank(HOTKEY);
        uint256 agentId = identity.register("https://example.org/agent.json");
        subnets.challenge(_netuid, 0, agentId, "https://node.example:8402", 10e18);
        vm.snapshotGasLastCall(GROUP, "challenge one of 256 seats");
        vm.stopPrank();
        vm.prank(address(0x1000));
        subnets.matchChallenge(_netuid, 0, 10e18);
        vm.snapshotGasLastCall(GROUP, "match a challenge");
        vm.prank(HOTKEY);
        subnets.challenge(_netuid, 1, agentId, "https://node.example:8402", 10e18);
        vm.warp(block.timestamp + 1 hours);
        subnets.finaliseChallenge(_netuid, 1);
        vm.snapshotGasLastCall(GROUP, "finalise a challenge");
    }

    function test_gas_of_a_validator_that_puts_another_out() public {
        addValidators(_netuid, 64, MIN_STAKE);
        join(_netuid, HOTKEY);
        seek(_netuid, HOTKEY);
        mintAlpha(_netuid, HOTKEY, 2 * MIN_STAKE);
        vm.prank(HOTKEY);
        staking.stake(_netuid, HOTKEY, 2 * MIN_STAKE);
        vm.snapshotGasLastCall(GROUP, "stake, putting out one of 64 validators");
    }

    function test_gas_of_subnets() public {
        SubnetParams memory chosen = params();
        fund(HOTKEY, 1_000_000e18);
        vm.startPrank(HOTKEY);
        subnets.createSubnet(chosen, 1_000_000e18);
        vm.snapshotGasLastCall(GROUP, "create subnet");
        subnets.terms().announceRules(2, chosen.rules);
        vm.snapshotGasLastCall(GROUP, "announce rules");
        for (uint256 count = 2; count < 128; ++count) {
            vm.warp(block.timestamp + 28 days);
            subnets.createSubnet(chosen, 1_000_000e18);
        }
        vm.warp(block.timestamp + 28 days);
        // All of them work, so that the score of each is its price.
        bytes memory asked = abi.encodeWithSelector(IEpochs.lastRootEpoch.selector);
        vm.mockCall(address(epochs), asked, abi.encode(true, uint64(1e7)));
        subnets.createSubnet(chosen, 1_000_000e18);
        vm.snapshotGasLastCall(GROUP, "create subnet, dissolving one of 128");
        vm.stopPrank();
    }

    function test_gas_of_commits_and_reveals() public {
        addValidator(_netuid, HOTKEY, MIN_STAKE);
        toWorkCommit(_netuid, 1);
        vm.startPrank(HOTKEY);
        work.commitWork(_netuid, 1, keccak256("root"), 1000, keccak256("data"));
        vm.snapshotGasLastCall(GROUP, "commit work");
        toWeightCommit(_netuid, 1);
        work.drawBeacon(_netuid, 1);
        vm.snapshotGasLastCall(GROUP, "draw beacon");
        bytes memory row = new bytes(1024);
        for (uint256 uid = 0; uid < 256; ++uid) {
            row[4 * uid + 1] = bytes1(uint8(uid));
            row[4 * uid + 2] = bytes1(uint8(255 - uid));
            row[4 * uid + 3] = 0x01;
        }
        bytes32 salt = keccak256("salt");
        weights.commit(_netuid, 1, weights.commitmentFor(_netuid, 1, HOTKEY, keccak256(row), salt), SPEC, "");
        vm.snapshotGasLastCall(GROUP, "commit weights");
        toReveal(_netuid, 1);
        weights.reveal(_netuid, 1, row, salt);
        vm.snapshotGasLastCall(GROUP, "reveal 256 weights");
        vm.stopPrank();
    }

    function test_gas_of_a_root_with_2_signatures() public {
        _root(2, "submit root, 2 signatures");
    }

    function test_gas_of_channels() public {
        BatchSettlement channels = new BatchSettlement();
        ERC3009DepositCollector collector = new ERC3009DepositCollector(address(channels));
        TestDollar dollar = new TestDollar();
        dollar.faucet(vm.addr(PAYER_KEY), 1_000e6);
        VoucherClaim[] memory claims = new VoucherClaim[](10);
        for (uint256 i = 0; i < 10; ++i) {
            ChannelConfig memory config = _config(address(dollar), i);
            bytes32 channelId = channels.getChannelId(config);
            channels.deposit(config, 10e6, address(collector), _authorization(dollar, address(collector), channelId, 0));
            if (i == 0) vm.snapshotGasLastCall(GROUP, "channel deposit, first");
            bytes32 digest = channels.getVoucherDigest(channelId, 5e6);
            claims[i] = VoucherClaim(Voucher(config, 5e6), signed(PAYER_KEY, digest), 5e6);
        }
        ChannelConfig memory first = _config(address(dollar), 0);
        bytes memory more = _authorization(dollar, address(collector), channels.getChannelId(first), 1);
        channels.deposit(first, 10e6, address(collector), more);
        vm.snapshotGasLastCall(GROUP, "channel deposit, top-up");
        vm.prank(address(0x4EC));
        channels.claim(claims);
        vm.snapshotGasLastCall(GROUP, "channel claim, 10 channels");
        channels.settle(address(0x4EC), address(dollar));
        vm.snapshotGasLastCall(GROUP, "channel settle");
        channels.deposit(
            _config(address(dollar), 10),
            10e6,
            address(collector),
            _authorization(dollar, address(collector), channels.getChannelId(_config(address(dollar), 10)), 0)
        );
        VoucherClaim[] memory last = new VoucherClaim[](1);
        bytes32 lastDigest = channels.getVoucherDigest(channels.getChannelId(_config(address(dollar), 10)), 10e6);
        last[0] = VoucherClaim(Voucher(_config(address(dollar), 10), 10e6), signed(PAYER_KEY, lastDigest), 10e6);
        bytes[] memory steps = new bytes[](2);
        steps[0] = abi.encodeCall(channels.claim, (last));
        steps[1] = abi.encodeCall(channels.settle, (address(0x4EC), address(dollar)));
        vm.prank(address(0x4EC));
        channels.multicall(steps);
        vm.snapshotGasLastCall(GROUP, "channel claim and settle, 1 channel");
    }

    function _root(uint256 validators, string memory name) private {
        uint256[] memory keys = addValidators(_netuid, validators, MIN_STAKE);
        toRoot(_netuid, 1);
        Posting memory posting = postingFor(_netuid, 1, keys, new bytes32[](validators), new bytes32[](validators));
        submit(resultFor(_netuid, 1, posting, 0, 0), posting, keys, validators);
        vm.snapshotGasLastCall(GROUP, name);
    }

    function _config(address dollar, uint256 salt) private pure returns (ChannelConfig memory) {
        address payer = vm.addr(PAYER_KEY);
        return ChannelConfig(payer, payer, address(0x4EC), address(0x4EC), dollar, 1 days, bytes32(salt));
    }

    function _authorization(TestDollar dollar, address to, bytes32 channelId, uint256 salt)
        private
        view
        returns (bytes memory)
    {
        uint256 until = block.timestamp + 60;
        bytes32 structHash = keccak256(
            abi.encode(
                dollar.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                vm.addr(PAYER_KEY),
                to,
                uint256(10e6),
                uint256(0),
                until,
                keccak256(abi.encode(channelId, salt))
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), structHash));
        return abi.encode(uint256(0), until, salt, signed(PAYER_KEY, digest));
    }
}
