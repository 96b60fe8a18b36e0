/** Extension `sign-in-with-x`: who has paid comes back by a signature (EIP-4361) instead of paying again. */
import { type Address, bytesToHex, type Hex, keccak256, utf8ToBytes } from '@koinon/base'
import type { Challenge } from '../../client/client-wire.ts'
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
type Field = (typeof fieldsOf)[number]

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
  const extension = object((challenge.raw as Partial<X402Challenge>).extensions?.['sign-in-with-x'])
  const info = object(extension?.['info'])
  const chains = extension?.['supportedChains']
  const network = `eip155:${chainId}`
  if (info === undefined || !Array.isArray(chains)) return undefined
  if (!chains.some((chain) => object(chain)?.['chainId'] === network && object(chain)?.['type'] === 'eip191'))
    return undefined
  const values = Object.fromEntries(fieldsOf.map((name) => [name, text(info[name])])) as Readonly<
    Record<Field, string | undefined>
  >
  const resources = Array.isArray(info['resources']) ? info['resources'].slice(0, 16).map(String) : undefined
  if (!isBound(values, url) || [...Object.values(values), ...(resources ?? [])].some((value) => value?.includes('\n')))
    return undefined
  const message = signInMessage({
    ...values,
    chainId,
    address: checksummed(signer.address),
    ...(resources === undefined ? {} : { resources }),
  })
  const bytes = utf8ToBytes(message)
  const prefix = utf8ToBytes(`\x19Ethereum Signed Message:\n${bytes.length}`)
  const signature = await signer.signDigest(keccak256(Uint8Array.of(...prefix, ...bytes)))
  const payload = { ...info, chainId: network, type: 'eip191', address: checksummed(signer.address), signature }
  return { 'sign-in-with-x': encodeBase64Json(payload) }
}

type Message = Readonly<Record<Field, string | undefined>> & {
  readonly chainId: number
  readonly address: string
  readonly resources?: readonly string[]
}

/** The text of EIP-4361. */
function signInMessage(of: Message): string {
  return [
    `${of.domain} wants you to sign in with your Ethereum account:`,
    of.address,
    '',
    ...(of.statement === undefined ? [''] : [of.statement, '']),
    `URI: ${of.uri}`,
    `Version: ${of.version}`,
    `Chain ID: ${of.chainId}`,
    `Nonce: ${of.nonce}`,
    `Issued At: ${of.issuedAt}`,
    ...(of.expirationTime === undefined ? [] : [`Expiration Time: ${of.expirationTime}`]),
    ...(of.notBefore === undefined ? [] : [`Not Before: ${of.notBefore}`]),
    ...(of.requestId === undefined ? [] : [`Request ID: ${of.requestId}`]),
    ...(of.resources === undefined ? [] : ['Resources:', ...of.resources.map((resource) => `- ${resource}`)]),
  ].join('\n')
}

function isBound(
  { domain, uri, version, nonce, issuedAt }: Readonly<Record<Field, string | undefined>>,
  url: string,
): boolean {
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

/** EIP-55. */
function checksummed(address: Address): string {
  const hash = bytesToHex(keccak256(utf8ToBytes(address.slice(2)))).slice(2)
  const digits = [...address.slice(2)].map((digit, at) =>
    Number.parseInt(hash[at] as string, 16) >= 8 ? digit.toUpperCase() : digit,
  )
  return `0x${digits.join('')}`
}
