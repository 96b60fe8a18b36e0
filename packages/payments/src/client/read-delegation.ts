import { type Address, type Hex, KoinonError, toAddress } from '@koinon/base'
import { decodeAbiParameters } from 'viem'
import { type Delegation, delegationHash, rootAuthority } from '../rules/delegation.ts'
import { delegationContextType } from './delegated-payment-signer.ts'

/** What a smart account's owner granted: delegations from its account to a key, the last one first, and where they are redeemed. */
export type GrantedDelegation = {
  readonly manager: Address
  readonly delegations: readonly [Delegation, ...Delegation[]]
}

const mostDelegations = 8
const mostCaveats = 32

/**
 * Reads a grant as wallets give it: `{delegationManager, context}` of ERC-7715 (`signerMeta.delegationManager` and `permissionsContext` too), or
 * `{manager, delegations}` with the delegations as the framework's JSON has them. Each must pass on the one behind it, and the last one nobody's.
 * Signatures and caveats are the manager's to judge. Throws `payments/bad-delegation`.
 */
export function readDelegation(json: unknown): GrantedDelegation {
  try {
    const [file] = (Array.isArray(json) && json.length === 1 ? json : [json]) as [Json]
    const meta = (file['signerMeta'] ?? {}) as Json
    const manager = toAddress(String(file['delegationManager'] ?? file['manager'] ?? meta['delegationManager']))
    const context = file['context'] ?? file['permissionsContext']
    const list = context === undefined ? file['delegations'] : decoded(String(context) as Hex)
    if (!Array.isArray(list) || list.length === 0) throw new Error('it holds no delegations')
    if (list.length > mostDelegations) throw new Error(`it holds more than ${mostDelegations} delegations`)
    const delegations = list.map((item) => delegationOf(item as Json)) as [Delegation, ...Delegation[]]
    for (const [index, { authority, delegator }] of delegations.entries()) {
      const before = delegations[index + 1]
      const expected = before === undefined ? rootAuthority : delegationHash(before)
      if (authority.toLowerCase() !== expected || (before !== undefined && before.delegate !== delegator))
        throw new Error(`delegation ${index + 1} does not pass on the one behind it`)
    }
    return { manager, delegations }
  } catch (cause) {
    throw new KoinonError({
      code: 'payments/bad-delegation',
      message: `This is not a delegation: ${(cause as Error).message.split('\n')[0]}`,
      hint: 'It is JSON with "delegationManager" and "context", as wallets answer a request for permissions (ERC-7715), or with "manager" and "delegations".',
      cause,
    })
  }
}

type Json = Readonly<Record<string, unknown>>

function decoded(context: Hex): readonly unknown[] {
  return decodeAbiParameters(delegationContextType, context)[0]
}

function delegationOf(item: Json): Delegation {
  const caveats = (item['caveats'] ?? []) as readonly Json[]
  if (!Array.isArray(caveats) || caveats.length > mostCaveats) throw new Error('its caveats cannot be read')
  return {
    delegate: toAddress(String(item['delegate'])),
    delegator: toAddress(String(item['delegator'])),
    authority: hexOf(item['authority'], 32),
    caveats: caveats.map(({ enforcer, terms, args }) => ({
      enforcer: toAddress(String(enforcer)),
      terms: hexOf(terms),
      args: hexOf(args ?? '0x'),
    })),
    salt: BigInt(item['salt'] as string | bigint),
    signature: hexOf(item['signature']),
  }
}

function hexOf(value: unknown, bytes?: number): Hex {
  const isHex = typeof value === 'string' && /^0x([0-9a-fA-F]{2})*$/.test(value)
  if (isHex && (bytes === undefined || value.length === 2 + 2 * bytes)) return value.toLowerCase() as Hex
  throw new Error(`"${String(value).slice(0, 20)}" is not hex${bytes === undefined ? '' : ` of ${bytes} bytes`}`)
}
