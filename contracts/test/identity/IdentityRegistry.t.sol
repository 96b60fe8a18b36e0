// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {Test} from "../support/Test.sol";
import {HostileWallet, Wallet1271} from "../support/Wallets.sol";
import {vm} from "../support/Vm.sol";

/// @dev Moves the token on inside the receiver callback of its own registration.
contract FlippingReceiver {
    function registerAndFlip(IdentityRegistry registry) external returns (uint256) {
        return registry.register("uri");
    }

    function onERC721Received(address, address, uint256 agentId, bytes calldata) external returns (bytes4) {
        IdentityRegistry(msg.sender).transferFrom(address(this), address(0xB0B), agentId);
        return this.onERC721Received.selector;
    }
}

contract IdentityRegistryTest is Test {
    uint256 private constant WALLET_KEY = 0xA11CE;
    address private constant OWNER = address(0x0111);
    address private constant STRANGER = address(0x5724);
    IdentityRegistry private _registry;
    address private _wallet;

    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );
    event Registered(uint256 indexed agentId, string agentURI, address indexed owner);

    function setUp() public {
        _registry = new IdentityRegistry();
        _wallet = vm.addr(WALLET_KEY);
    }

    function test_the_three_ways_to_register() public {
        vm.startPrank(OWNER);
        eq(_registry.register(), 0, "first id");
        eq(_registry.register("https://a"), 1, "second id");
        IdentityRegistry.MetadataEntry[] memory metadata = new IdentityRegistry.MetadataEntry[](1);
        metadata[0] = IdentityRegistry.MetadataEntry("peer", hex"beef");
        vm.expectEmit(true, true, true, true);
        emit Registered(2, "https://b", OWNER);
        vm.expectEmit(true, true, true, true);
        emit MetadataSet(2, "agentWallet", "agentWallet", abi.encodePacked(OWNER));
        vm.expectEmit(true, true, true, true);
        emit MetadataSet(2, "peer", "peer", hex"beef");
        eq(_registry.register("https://b", metadata), 2, "third id");
        vm.stopPrank();
        eq(_registry.tokenURI(0), "", "no uri");
        eq(_registry.tokenURI(2), "https://b", "uri");
        eq(_registry.getMetadata(2, "peer"), hex"beef", "metadata");
        eq(_registry.getAgentWallet(2), OWNER, "wallet");
        eq(_registry.ownerOf(2), OWNER, "owner");
        eq(_registry.getVersion(), "2.0.0", "version");
    }

    function test_the_wallet_key_is_reserved() public {
        vm.startPrank(OWNER);
        uint256 agentId = _registry.register();
        vm.expectRevert(IdentityRegistry.ReservedMetadataKey.selector);
        _registry.setMetadata(agentId, "agentWallet", abi.encodePacked(STRANGER));
        IdentityRegistry.MetadataEntry[] memory metadata = new IdentityRegistry.MetadataEntry[](1);
        metadata[0] = IdentityRegistry.MetadataEntry("agentWallet", abi.encodePacked(STRANGER));
        vm.expectRevert(IdentityRegistry.ReservedMetadataKey.selector);
        _registry.register("", metadata);
    }

    function test_only_owner_and_operators_write() public {
        uint256 agentId = _agent();
        bytes memory refused =
            abi.encodeWithSelector(IdentityRegistry.NotAgentOperator.selector, STRANGER, agentId);
        vm.startPrank(STRANGER);
        vm.expectRevert(refused);
        _registry.setMetadata(agentId, "k", "v");
        vm.expectRevert(refused);
        _registry.setAgentURI(agentId, "u");
        vm.expectRevert(refused);
        _registry.unsetAgentWallet(agentId);
        vm.expectRevert(refused);
        _registry.setAgentWallet(agentId, STRANGER, block.timestamp, "");
        vm.stopPrank();
        vm.prank(OWNER);
        _registry.approve(STRANGER, agentId);
        vm.prank(STRANGER);
        _registry.setAgentURI(agentId, "u");
        eq(_registry.tokenURI(agentId), "u", "uri by approved");
    }

    function test_writing_to_an_unknown_agent_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 99));
        _registry.setMetadata(99, "k", "v");
    }

    function test_a_wallet_proves_itself() public {
        uint256 agentId = _agent();
        uint256 deadline = block.timestamp + 5 minutes;
        bytes memory proof = signed(WALLET_KEY, _digest(agentId, _wallet, deadline));
        vm.prank(OWNER);
        _registry.setAgentWallet(agentId, _wallet, deadline, proof);
        eq(_registry.getAgentWallet(agentId), _wallet, "wallet");
        vm.prank(OWNER);
        _registry.unsetAgentWallet(agentId);
        eq(_registry.getAgentWallet(agentId), address(0), "unset");
    }

    function test_a_contract_wallet_proves_itself_by_erc1271() public {
        uint256 agentId = _agent();
        address wallet = address(new Wallet1271(_wallet));
        bytes memory proof = signed(WALLET_KEY, _digest(agentId, wallet, block.timestamp));
        vm.prank(OWNER);
        _registry.setAgentWallet(agentId, wallet, block.timestamp, proof);
        eq(_registry.getAgentWallet(agentId), wallet, "wallet");
    }

    function test_an_account_with_foreign_code_still_proves_itself_by_its_key() public {
        uint256 agentId = _agent();
        vm.etch(_wallet, hex"ef01000000000000000000000000000000000000000001");
        bytes memory proof = signed(WALLET_KEY, _digest(agentId, _wallet, block.timestamp));
        vm.prank(OWNER);
        _registry.setAgentWallet(agentId, _wallet, block.timestamp, proof);
        eq(_registry.getAgentWallet(agentId), _wallet, "wallet");
    }

    function test_bad_proofs_are_refused() public {
        uint256 agentId = _agent();
        uint256 other = _agent();
        uint256 deadline = block.timestamp + 1 minutes;
        bytes memory proof = signed(WALLET_KEY, _digest(agentId, _wallet, deadline));
        bytes memory invalid = abi.encodeWithSelector(IdentityRegistry.WalletProofInvalid.selector, _wallet);
        vm.startPrank(OWNER);
        vm.expectRevert(invalid);
        _registry.setAgentWallet(other, _wallet, deadline, proof);
        vm.expectRevert(invalid);
        _registry.setAgentWallet(agentId, _wallet, deadline + 1, proof);
        vm.expectRevert(invalid);
        _registry.setAgentWallet(agentId, _wallet, deadline, malleated(proof));
        vm.expectRevert(IdentityRegistry.WalletIsZero.selector);
        _registry.setAgentWallet(agentId, address(0), deadline, proof);
        uint256 latest = block.timestamp + 5 minutes;
        vm.expectRevert(
            abi.encodeWithSelector(IdentityRegistry.WalletProofDeadlineTooFar.selector, latest + 1, latest)
        );
        _registry.setAgentWallet(agentId, _wallet, latest + 1, proof);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IdentityRegistry.WalletProofExpired.selector, deadline));
        _registry.setAgentWallet(agentId, _wallet, deadline, proof);
        vm.warp(deadline);
        vm.chainId(1);
        vm.expectRevert(invalid);
        _registry.setAgentWallet(agentId, _wallet, deadline, proof);
        vm.stopPrank();
    }

    function test_hostile_wallets_prove_nothing() public {
        uint256 agentId = _agent();
        HostileWallet wallet = new HostileWallet();
        for (uint8 mode = 0; mode <= uint8(type(HostileWallet.Mode).max); ++mode) {
            wallet.setMode(HostileWallet.Mode(mode));
            vm.prank(OWNER);
            vm.expectRevert(abi.encodeWithSelector(IdentityRegistry.WalletProofInvalid.selector, wallet));
            _registry.setAgentWallet{gas: 3_000_000}(agentId, address(wallet), block.timestamp, hex"00");
        }
    }

    function test_a_transfer_drops_the_wallet() public {
        uint256 agentId = _agent();
        vm.expectEmit(true, true, true, true);
        emit MetadataSet(agentId, "agentWallet", "agentWallet", "");
        vm.prank(OWNER);
        _registry.transferFrom(OWNER, STRANGER, agentId);
        eq(_registry.getAgentWallet(agentId), address(0), "dropped");
    }

    function test_a_receiver_that_moves_the_token_on_leaves_no_stale_wallet() public {
        uint256 agentId = new FlippingReceiver().registerAndFlip(_registry);
        eq(_registry.ownerOf(agentId), address(0xB0B), "owner");
        eq(_registry.getAgentWallet(agentId), address(0), "wallet");
    }

    function test_a_contract_that_cannot_receive_cannot_register() public {
        vm.prank(address(_registry));
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(_registry)));
        _registry.register();
    }

    function testFuzz_ids_are_consecutive_and_metadata_is_kept(uint8 count, string calldata key, bytes calldata value)
        public
    {
        vm.assume(keccak256(bytes(key)) != keccak256("agentWallet"));
        vm.startPrank(OWNER);
        for (uint256 i = 0; i < count % 8; ++i) {
            eq(_registry.register(), i, "id");
        }
        uint256 agentId = _registry.register();
        _registry.setMetadata(agentId, key, value);
        eq(_registry.getMetadata(agentId, key), value, "value");
        eq(_registry.getAgentWallet(agentId), OWNER, "wallet untouched");
    }

    function _agent() private returns (uint256) {
        vm.prank(OWNER);
        return _registry.register("https://a");
    }

    function _digest(uint256 agentId, address wallet, uint256 deadline) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("ERC8004IdentityRegistry"),
                keccak256("1"),
                block.chainid,
                address(_registry)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)"),
                agentId,
                wallet,
                OWNER,
                deadline
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
