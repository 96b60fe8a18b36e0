/** Extension `sign-in-with-x`: who has paid comes back by a signature (EIP-4361) instead of paying again. */
import type { Address, Hex } from '@koinon/base'
import type { Challenge } from '../../client/client-wire.ts'
import { checksummed } from '../../rules/checksummed.ts'
import { type SignInMessage, signInDigest, signInExtension } from '../rules/sign-in.ts'
import { object, text, type X402Challenge } from './challenge.ts'
import { encodeBase64Json } from './x402-wire.ts'

/** Signs EIP-191 messages for one account; nothing that looks like typed data ever reaches it. */
export type SignInSigner = { readonly address: Address; signDigest(digest: Uint8Array): Promise<Hex> }

const fieldsOf = [
  'domain',
  'uri',
  'version',
  'nonce',
  'issuedAt',
  'statement',
  'expirationTime',
  'notBefore',
  'requestId',
] as const
type Fields = Readonly<Partial<Record<(typeof fieldsOf)[number], string>>>
type BoundFields = Fields & Pick<SignInMessage, 'domain' | 'uri' | 'version' | 'nonce' | 'issuedAt'>

/**
 * The header that signs in, for `beforePaying` of a paying fetch; undefined when the seller does not offer it for the chain, or its challenge is not
 * bound to the origin that was asked.
 */
export async function signInHeaders(
  challenge: Challenge,
  url: string,
  chainId: number,
  signer: SignInSigner,
): Promise<Readonly<Record<string, string>> | undefined> {
  const extension = object((challenge.raw as Partial<X402Challenge>).extensions?.[signInExtension])
  const info = object(extension?.['info'])
  const chains = extension?.['supportedChains']
  const network = `eip155:${chainId}`
  if (info === undefined || !Array.isArray(chains)) return undefined
  if (!chains.some((chain) => object(chain)?.['chainId'] === network && object(chain)?.['type'] === 'eip191'))
    return undefined
  const values = Object.fromEntries(fieldsOf.map((name) => [name, text(info[name])])) as Fields
  const resources = Array.isArray(info['resources']) ? info['resources'].slice(0, 16).map(String) : undefined
  if (!isBound(values, url) || [...Object.values(values), ...(resources ?? [])].some((value) => value?.includes('\n')))
    return undefined
  const { address } = signer
  const signature = await signer.signDigest(signInDigest({ ...values, chainId, address, resources }))
  const payload = { ...info, chainId: network, type: 'eip191', address: checksummed(address), signature }
  return { [signInExtension]: encodeBase64Json(payload) }
}

function isBound(values: Fields, url: string): values is BoundFields {
  const { domain, uri, version, nonce, issuedAt } = values
  const { host, origin } = new URL(url)
  return (
    domain === host &&
    uri !== undefined &&
    URL.canParse(uri) &&
    new URL(uri).origin === origin &&
    version === '1' &&
    nonce !== undefined &&
    issuedAt !== undefined
  )
}
