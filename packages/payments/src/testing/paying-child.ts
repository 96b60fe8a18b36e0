/**
 * A payer that makes one call after the other, to be killed. Arguments: store path, seller URL, secret key, network (JSON of chainId, token, escrow,
 * collector, name), first call, number of calls. One line a call that ended: number, `paid` or the error's code.
 */
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { type Address, bytesToHex, type Hex, hexToBytes, isKoinonError, keccak256, utf8ToBytes } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { Payer } from '../client/payer.ts'
import { durablePayerStore, payerSchema } from '../client/payer-store.ts'
import { payingFetch } from '../client/paying-fetch.ts'
import { localPaymentSigner } from '../client/payment-signer.ts'
import { x402Wire } from '../x402/client/x402-wire.ts'

type Network = {
  readonly chainId: number
  readonly token: Address
  readonly escrow: Address
  readonly collector: Address
  readonly name: string
  readonly rpcUrl: string
}

const [path = '', url = '', secretKey = '0x', network = '{}', first = '0', count = '1'] = process.argv.slice(2)
const { chainId, token, escrow, collector, name, rpcUrl } = JSON.parse(network) as Network
/** `authorizationState` without a library that takes long to load. */
async function isUsed(_chainId: number, contract: Address, from: Address, nonce: Hex): Promise<boolean> {
  const selector = bytesToHex(keccak256(utf8ToBytes('authorizationState(address,bytes32)'))).slice(0, 10)
  const data = `${selector}${from.slice(2).padStart(64, '0')}${nonce.slice(2)}`
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params: [{ to: contract, data }, 'latest'] })
  const answer = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return BigInt(((await answer.json()) as { readonly result: string }).result) === 1n
}

const store = await DurableStore.open(path, payerSchema)
const payer = new Payer({
  signer: localPaymentSigner(hexToBytes(secretKey as Hex)),
  store: durablePayerStore(store),
  ledger: {
    isUsed,
    depositOf: () => Promise.reject(new Error('not asked')),
    balanceOf: () => Promise.reject(new Error('not asked')),
  },
  policy: {
    assets: [{ chainId, token, name, version: '1', decimals: 6, escrow, collector }],
    maximumPerCallAtomic: 100_000n,
    maximumInChannelsAtomic: 100_000_000n,
    maximumTimeoutSeconds: 300,
    maximumWithdrawDelaySeconds: 86_400,
  },
})
await payer.start()
const pay = payingFetch({ payer, wires: [x402Wire] })
// Killed, it keeps nothing of what it compiled for its successor.
flushCompileCache()
writeSync(1, 'ready\n')
for (let index = Number(first); index < Number(first) + Number(count); index++) {
  const outcome = await pay(url, {
    method: 'POST',
    body: `call ${index}`,
    headers: { 'idempotency-key': `call-${String(index).padStart(16, '0')}` },
  }).then(
    async (response) => ((await response.text()) === `did call ${index}` ? 'paid' : `http ${response.status}`),
    (error: unknown) => (isKoinonError(error) ? error.code : String(error)),
  )
  // Written by the kernel before the process can die.
  writeSync(1, `${index} ${outcome}\n`)
}
await store.close()
