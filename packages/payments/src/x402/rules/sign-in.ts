/** Extension `sign-in-with-x` (specs/0022-machine-payments.md section 6.1): the message of EIP-4361 and its digest. */
import { type Address, keccak256, utf8ToBytes } from '@koinon/base'
import { checksummed } from '../../rules/checksummed.ts'

export const signInExtension = 'sign-in-with-x'

/** What is signed; a field that is left out has no line. */
export type SignInMessage = {
  readonly domain: string
  readonly address: Address
  readonly uri: string
  readonly version: string
  readonly chainId: number
  readonly nonce: string
  /** ISO 8601, as all times here. */
  readonly issuedAt: string
  readonly statement?: string | undefined
  readonly expirationTime?: string | undefined
  readonly notBefore?: string | undefined
  readonly requestId?: string | undefined
  readonly resources?: readonly string[] | undefined
}

/** The text of EIP-4361. Fields must have no line breaks. */
export function signInText(of: SignInMessage): string {
  return [
    `${of.domain} wants you to sign in with your Ethereum account:`,
    checksummed(of.address),
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

/** EIP-191 digest of the text. */
export function signInDigest(message: SignInMessage): Uint8Array {
  const bytes = utf8ToBytes(signInText(message))
  const prefix = utf8ToBytes(`\x19Ethereum Signed Message:\n${bytes.length}`)
  return keccak256(Uint8Array.of(...prefix, ...bytes))
}
