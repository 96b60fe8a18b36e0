import { encodeFunctionData, type Hex, parseAbi } from 'viem'

/**
 * A token with no frills, compiled with solc 0.8.37 (optimizer 200 runs, evmVersion cancun, no metadata) from:
 *
 *     // SPDX-License-Identifier: Apache-2.0
 *     pragma solidity ^0.8.0;
 *     contract BenchToken {
 *         event Transfer(address indexed from, address indexed to, uint256 value);
 *         mapping(address => uint256) public balanceOf;
 *         constructor() { balanceOf[msg.sender] = 1e30; }
 *         function transfer(address to, uint256 value) external returns (bool) {
 *             balanceOf[msg.sender] -= value;
 *             balanceOf[to] += value;
 *             emit Transfer(msg.sender, to, value);
 *             return true;
 *         }
 *         function fill(uint256 start, uint256 count) external {
 *             for (uint256 i = start; i < start + count; i++)
 *                 balanceOf[address(uint160(uint256(keccak256(abi.encode(i)))))] = 1;
 *         }
 *     }
 */
export const benchTokenBytecode: Hex =
  '0x6080604052348015600e575f5ffd5b50335f9081526020819052604090206c0c9f2c9cd04674edea40000000905561026a8061003a5f395ff3fe608060405234801561000f575f5ffd5b506004361061003f575f3560e01c80633c29fc431461004357806370a0823114610058578063a9059cbb1461008a575b5f5ffd5b6100566100513660046101ad565b6100ad565b005b6100776100663660046101e8565b5f6020819052908152604090205481565b6040519081526020015b60405180910390f35b61009d610098366004610208565b610112565b6040519015158152602001610081565b815b6100b98284610244565b81101561010d5760015f5f836040516020016100d791815260200190565b60408051601f1981840301815291815281516020928301206001600160a01b0316835290820192909252015f20556001016100af565b505050565b335f90815260208190526040812080548391908390610132908490610257565b90915550506001600160a01b0383165f908152602081905260408120805484929061015e908490610244565b90915550506040518281526001600160a01b0384169033907fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef9060200160405180910390a35060015b92915050565b5f5f604083850312156101be575f5ffd5b50508035926020909101359150565b80356001600160a01b03811681146101e3575f5ffd5b919050565b5f602082840312156101f8575f5ffd5b610201826101cd565b9392505050565b5f5f60408385031215610219575f5ffd5b610222836101cd565b946020939093013593505050565b634e487b7160e01b5f52601160045260245ffd5b808201808211156101a7576101a7610230565b818103818111156101a7576101a761023056'

const abi = parseAbi(['function transfer(address,uint256)', 'function fill(uint256,uint256)'])

/** Call data of `transfer`. */
export function transferData(to: Hex, value: bigint): Hex {
  return encodeFunctionData({ abi, functionName: 'transfer', args: [to, value] })
}

/** Call data that writes `count` balances, each a storage slot of its own. */
export function fillData(start: number, count: number): Hex {
  return encodeFunctionData({ abi, functionName: 'fill', args: [BigInt(start), BigInt(count)] })
}
