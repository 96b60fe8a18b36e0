import { type Hex, hexToBytes } from '@koinon/base'
import {
  getAddress,
  hashMessage,
  hashTypedData,
  keccak256,
  type LocalAccount,
  parseSignature,
  serializeTransaction,
} from 'viem'
import { toAccount } from 'viem/accounts'
import { type Secp256k1Engine, secp256k1Engine } from './secp256k1.ts'

/** A viem account whose signatures come from the fast engine; equal to `privateKeyToAccount` in every byte. */
export function createFastAccount(secretKey: Uint8Array, engine: Secp256k1Engine = secp256k1Engine): LocalAccount {
  const key = secretKey.slice()
  const sign = (digest: Hex): Hex => engine.sign(hexToBytes(digest), key)
  return toAccount({
    address: getAddress(engine.addressOf(key)),
    sign: async ({ hash }) => sign(hash),
    signMessage: async ({ message }) => sign(hashMessage(message)),
    signTypedData: async (typedData) => sign(hashTypedData(typedData)),
    async signTransaction(transaction, options) {
      const serialize = options?.serializer ?? serializeTransaction
      const unsigned = await serialize(transaction as never)
      return serialize(transaction as never, parseSignature(sign(keccak256(unsigned))))
    },
  }) as LocalAccount
}
