// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP3009} from "./EIP3009.sol";

/// @title The network token
/// @notice "Koinon" (KOIN), 18 decimals. At most {CAP} base units are ever minted: burning frees no room.
/// @dev No owner, no pause, no seizure. The one privilege is `setMinter`, which works once and is then gone.
///      Votes count by timestamp (ERC-6372 `mode=timestamp`) and must be delegated, to oneself or another.
contract KoinonToken is ERC20, ERC20Burnable, ERC20Permit, ERC20Votes, EIP3009 {
    /// @notice Base units that may ever be minted: 21,000,000 KOIN.
    uint256 public constant CAP = 21_000_000e18;

    /// @notice Base units minted so far, burned ones included.
    uint256 public totalMinted;
    /// @notice The only account that may mint; zero until set, fixed afterwards.
    address public minter;
    /// @notice The account that may set the minter once; zero afterwards.
    address public minterSetter;

    /// @notice The minter was fixed for ever.
    event MinterSet(address indexed minter, address indexed setter);

    error NotMinter(address caller);
    error NotMinterSetter(address caller);
    error MinterIsZero();
    error CapExceeded(uint256 wouldBeMinted, uint256 cap);

    /// @param genesisHolder Receives the genesis amount.
    /// @param genesisAmount Base units minted at genesis; the rest of {CAP} is left to emission.
    /// @param setter May call {setMinter} once; usually the deployer.
    constructor(address genesisHolder, uint256 genesisAmount, address setter)
        ERC20("Koinon", "KOIN")
        ERC20Permit("Koinon")
    {
        minterSetter = setter;
        if (genesisAmount > 0) _mintCapped(genesisHolder, genesisAmount);
    }

    /// @notice Fixes the minter and gives up the right to do so again.
    function setMinter(address newMinter) external {
        if (msg.sender != minterSetter) revert NotMinterSetter(msg.sender);
        if (newMinter == address(0)) revert MinterIsZero();
        minterSetter = address(0);
        minter = newMinter;
        emit MinterSet(newMinter, msg.sender);
    }

    /// @notice Mints `amount` base units to `to`; only the minter, never beyond {CAP}.
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _mintCapped(to, amount);
    }

    /// @notice Voting clock: Unix seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice ERC-6372 description of {clock}.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// @notice Next unused Permit and delegation nonce of `owner`.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _mintCapped(address to, uint256 amount) private {
        uint256 minted = totalMinted + amount;
        if (minted > CAP) revert CapExceeded(minted, CAP);
        totalMinted = minted;
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
