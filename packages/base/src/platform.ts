/**
 * What Node offers natively where this package's portable code would be slower; all undefined in a browser. Asked of the running
 * process rather than imported, so that bundles for browsers hold no trace of it.
 */
type NodeCrypto = Pick<typeof import('node:crypto'), 'hash'>
type NodeProcess = { getBuiltinModule?: (name: 'node:crypto') => NodeCrypto | undefined }
type NodeBuffer = Pick<typeof Buffer, 'from'>

const host = globalThis as { readonly process?: NodeProcess; readonly Buffer?: NodeBuffer }

/** Node's OpenSSL, where its one-shot hash exists (Node 20.12 and later). */
export const nodeCrypto: NodeCrypto | undefined = withHash(host.process?.getBuiltinModule?.('node:crypto'))

/** Node's Buffer, whose base64 and hexadecimal codecs are native. */
export const nodeBuffer: NodeBuffer | undefined = nodeCrypto === undefined ? undefined : host.Buffer

function withHash(crypto: NodeCrypto | undefined): NodeCrypto | undefined {
  return typeof crypto?.hash === 'function' ? crypto : undefined
}
