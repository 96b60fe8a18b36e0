// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {Disputes} from "../../src/subnets/Disputes.sol";
import {Emission} from "../../src/subnets/Emission.sol";
import {Epochs} from "../../src/subnets/Epochs.sol";
import {Claim, Posting, Result} from "../../src/subnets/IEpochs.sol";
import {EpochWindow, SeatRules, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {Staking} from "../../src/subnets/Staking.sol";
import {Subnets} from "../../src/subnets/Subnets.sol";
import {SubnetTerms} from "../../src/subnets/SubnetTerms.sol";
import {Weights} from "../../src/subnets/Weights.sol";
import {Work} from "../../src/subnets/Work.sol";
import {KoinonToken} from "../../src/token/KoinonToken.sol";
import {SeatTree} from "./SeatTree.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @dev A whole network with one treasury, as a deployment script makes it, and the moves of its people.
abstract contract Network is Test {
    uint256 internal constant GENESIS_SUPPLY = 10_000_000e18;
    uint256 internal constant CREATION_BURN = 10e18;
    uint256 internal constant UNBONDING = 7 days;
    uint256 internal constant RATE = 0.1e18;
    uint256 internal constant HALVING = 365 days;
    uint256 internal constant MIN_STAKE = 100e18;
    uint32 internal constant EPOCH = 600;
    bytes32 internal constant SPEC = keccak256("spec 1");
    address internal constant TREASURY = address(0x7EA5);

    KoinonToken internal token;
    IdentityRegistry internal identity;
    Subnets internal subnets;
    Staking internal staking;
    SubnetTerms internal terms;
    Work internal work;
    Weights internal weights;
    Epochs internal epochs;
    Disputes internal disputes;
    Emission internal emission;

    function deployNetwork() internal {
        token = new KoinonToken(TREASURY, GENESIS_SUPPLY, address(this));
        identity = new IdentityRegistry();
        staking = new Staking(token, UNBONDING);
        terms = new SubnetTerms();
        subnets = new Subnets(token, identity, staking, terms, CREATION_BURN);
        work = new Work(subnets);
        weights = new Weights(subnets);
        disputes = new Disputes(subnets, weights, address(this));
        epochs = new Epochs(token, subnets, disputes, RATE, HALVING);
        disputes.setEpochs(epochs);
        staking.setSlasher(address(epochs));
        emission = Emission(address(epochs.emission()));
        token.setMinter(address(emission));
    }

    function params() internal pure returns (SubnetParams memory) {
        return SubnetParams({
            name: "inference",
            metadataURI: "https://example.org/subnet.json",
            specHash: SPEC,
            epochSeconds: EPOCH,
            workCommitSeconds: 60,
            weightCommitSeconds: 60,
            weightRevealSeconds: 60,
            activationDelaySeconds: 120,
            maxNeurons: 16,
            maxValidators: 64,
            minValidatorStake: uint128(MIN_STAKE),
            initialBurn: 1e18,
            rules: rules()
        });
    }

    function rules() internal pure returns (SeatRules memory) {
        return SeatRules({
            minBurn: 0.0005e18,
            maxBurn: 100e18,
            burnHalfLifeSeconds: 4320,
            immunitySeconds: 1 hours,
            noticeSeconds: 30 minutes,
            maxRegistrationsPerEpoch: 256
        });
    }

    /// @dev Gives `account` KOIN and lets the subnet contracts take it.
    function fund(address account, uint256 amount) internal {
        vm.prank(TREASURY);
        require(token.transfer(account, amount), "fund");
        vm.startPrank(account);
        token.approve(address(subnets), type(uint256).max);
        token.approve(address(staking), type(uint256).max);
        vm.stopPrank();
    }

    function createSubnet(SubnetParams memory chosen) internal returns (uint32) {
        uint256 price = subnets.lockPrice();
        fund(address(0x0E0E), price);
        vm.prank(address(0x0E0E));
        return subnets.createSubnet(chosen, price);
    }

    function createSubnet() internal returns (uint32) {
        return createSubnet(params());
    }

    /// @dev A new agent, owned and operated by `hotkey`, in a seat.
    function join(uint32 netuid, address hotkey) internal returns (uint16 uid) {
        uint256 price = subnets.terms().burnPriceOf(netuid);
        fund(hotkey, price);
        vm.startPrank(hotkey);
        uint256 agentId = identity.register("https://example.org/agent.json");
        uid = subnets.register(netuid, agentId, "https://node.example:8402", price);
        vm.stopPrank();
    }

    function stakeOn(uint32 netuid, address hotkey, address staker, uint256 amount) internal {
        fund(staker, amount);
        vm.prank(staker);
        staking.stake(netuid, hotkey, amount);
    }

    /// @dev `count` registered validators with `each` staked; keys ordered by ascending address.
    function addValidators(uint32 netuid, uint256 count, uint256 each) internal returns (uint256[] memory keys) {
        keys = sortedKeys(count);
        for (uint256 i = 0; i < count; ++i) {
            address hotkey = vm.addr(keys[i]);
            join(netuid, hotkey);
            stakeOn(netuid, hotkey, hotkey, each);
        }
    }

    function sortedKeys(uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = 0xA11CE + i;
            uint256 slot = i;
            for (; slot > 0 && vm.addr(keys[slot - 1]) > vm.addr(key); --slot) {
                keys[slot] = keys[slot - 1];
            }
            keys[slot] = key;
        }
    }

    function toWorkCommit(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).endsAt);
    }

    function toWeightCommit(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).workCommitEndsAt);
    }

    function toReveal(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).weightCommitEndsAt);
    }

    function toRoot(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).revealEndsAt);
    }

    /// @dev What is posted with seats: the true validators, who are those of `keys` with a permit.
    function postingFor(uint32 netuid, uint64 epoch, uint256[] memory keys, bytes32[] memory seats)
        internal
        view
        returns (Posting memory posting)
    {
        uint256 startsAt = subnets.epochWindow(netuid, epoch).startsAt;
        posting.seats = seats;
        posting.validators = new bytes32[](keys.length);
        uint256 count;
        for (uint256 i = 0; i < keys.length; ++i) {
            address hotkey = vm.addr(keys[i]);
            uint256 stake = staking.permittedStakeAt(netuid, hotkey, startsAt);
            if (stake == 0) continue;
            uint256 age = weights.rowAgeOf(netuid, epoch, hotkey);
            posting.validators[count++] = bytes32(uint256(uint160(hotkey)) << 96 | age << 88 | stake);
        }
        bytes32[] memory validators = posting.validators;
        assembly ("memory-safe") {
            mstore(validators, count)
        }
    }

    function resultFor(uint32 netuid, uint64 epoch, Posting memory posting, uint256 total)
        internal
        pure
        returns (Result memory)
    {
        return Result(
            netuid,
            epoch,
            SeatTree.root(posting.seats),
            total,
            keccak256(abi.encodePacked(posting.validators)),
            keccak256(abi.encodePacked(posting.carry)),
            SPEC,
            keccak256("data")
        );
    }

    /// @dev Signatures of keys [from, to) over `digest`, in the order given.
    function signedBy(uint256[] memory keys, uint256 from, uint256 to, bytes32 digest)
        internal
        pure
        returns (bytes[] memory signatures)
    {
        signatures = new bytes[](to - from);
        for (uint256 i = from; i < to; ++i) {
            signatures[i - from] = signed(keys[i], digest);
        }
    }

    /// @dev Signed by the first `signers` of the posting's validators, whose keys these are.
    function submit(Result memory result, Posting memory posting, uint256[] memory keys, uint256 signers) internal {
        bytes[] memory signatures = signedBy(keys, 0, signers, epochs.resultDigest(result));
        epochs.submitRoot(result, posting, (1 << signers) - 1, signatures);
    }

    function claimOf(uint32 netuid, uint64 epoch, uint16 uid, bytes32[] memory seats)
        internal
        pure
        returns (Claim memory)
    {
        return Claim(netuid, epoch, uid, seats[uid], SeatTree.proof(seats, uid));
    }
}
