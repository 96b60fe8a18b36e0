/** The dollar that users pay with, whoever issued it: what is asked of such a token, and whether a network can be built on one. */
import {
  type Address,
  bytesToHex,
  dollarDecimals,
  domainSeparator,
  KoinonError,
  type TypedDataDomain,
  zeroAddress,
  zeroHash,
} from '@koinon/base'
import { erc20Abi, parseAbi } from 'viem'
import type { LedgerReader } from './clients.ts'
import { isContractRefusal, rpcUnreachable } from './rpc-unreachable.ts'

/** ERC-20 with its errors (ERC-6093), EIP-3009, and both ways in which tokens state their EIP-712 domain. */
export const dollarAbi = [
  ...erc20Abi,
  ...parseAbi([
    'function version() view returns (string)',
    'function DOMAIN_SEPARATOR() view returns (bytes32)',
    'function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)',
    'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
    'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
    'error ERC20InvalidSender(address sender)',
    'error ERC20InvalidReceiver(address receiver)',
  ]),
] as const

/** ERC-5267 for a domain of name, version, chain and contract, and of nothing else. */
const plainDomainFields = '0x0f'

/**
 * EIP-712 domain under which holders of a dollar sign: as the token states it (ERC-5267) or, where it does not, its name and version, held
 * against its DOMAIN_SEPARATOR. Throws `ledger/unusable-dollar`, `ledger/rpc-unreachable` (later).
 */
export async function readDollarDomain(reader: LedgerReader, token: Address): Promise<Required<TypedDataDomain>> {
  const dollar = { address: token, abi: dollarAbi } as const
  const domainOf = (name: string, version: string): Required<TypedDataDomain> => ({
    name,
    version,
    chainId: reader.chain.id,
    verifyingContract: token,
  })
  const stated = await answer(reader.readContract({ ...dollar, functionName: 'eip712Domain' }))
  if (stated !== undefined) {
    const [fields, name, version] = stated
    if (fields === plainDomainFields) return domainOf(name, version)
    throw unusable(token, `its EIP-712 domain has other fields (${fields}) than name, version, chain and contract`)
  }
  const [name, version, separator] = await Promise.all([
    answer(reader.readContract({ ...dollar, functionName: 'name' })),
    answer(reader.readContract({ ...dollar, functionName: 'version' })),
    answer(reader.readContract({ ...dollar, functionName: 'DOMAIN_SEPARATOR' })),
  ])
  if (name === undefined || version === undefined || separator === undefined)
    throw unusable(
      token,
      'it states no EIP-712 domain: neither eip712Domain() nor name(), version() and DOMAIN_SEPARATOR()',
    )
  const domain = domainOf(name, version)
  if (bytesToHex(domainSeparator(domain)) === separator) return domain
  throw unusable(
    token,
    `its DOMAIN_SEPARATOR is not that of "${name}", version "${version}", on chain ${domain.chainId}`,
  )
}

/** Throws `ledger/unusable-dollar` when channels could not be paid in this token, `ledger/rpc-unreachable` (later). */
export async function checkDollar(reader: LedgerReader, token: Address): Promise<void> {
  const dollar = { address: token, abi: dollarAbi } as const
  const decimals = await answer(reader.readContract({ ...dollar, functionName: 'decimals' }))
  if (decimals === undefined) throw unusable(token, 'no ERC-20 token with decimals() stands there')
  if (decimals !== dollarDecimals)
    throw unusable(token, `it counts in ${decimals} decimals, and prices here count in ${dollarDecimals}`)
  const state = reader.readContract({ ...dollar, functionName: 'authorizationState', args: [zeroAddress, zeroHash] })
  if ((await answer(state)) === undefined) throw unusable(token, 'it takes no signed transfers (EIP-3009)')
  await readDollarDomain(reader, token)
}

/** Undefined when the contract refuses or knows no such function. */
async function answer<value>(read: Promise<value>): Promise<value | undefined> {
  try {
    return await read
  } catch (cause) {
    if (isContractRefusal(cause)) return undefined
    throw rpcUnreachable('what the dollar token is', cause)
  }
}

function unusable(token: Address, problem: string): KoinonError {
  return new KoinonError({
    code: 'ledger/unusable-dollar',
    message: `The token ${token} cannot be the dollar of a network: ${problem}`,
    hint: 'Name a dollar token with 6 decimals and EIP-3009, such as USDC of Circle on the same chain.',
    details: { token },
  })
}
