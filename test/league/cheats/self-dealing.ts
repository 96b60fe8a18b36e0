/** A miner that refuses everybody and asks itself, through a payer of its own whose channel exists in its books only. */
import { type Address, bytesToHex, sha256Hex, systemClock, systemRandom } from '@koinon/base'
import type { EnginePort } from '@koinon/inference/provider'
import { localDelegatingAccount, openSession } from '@koinon/payments/core'
import { withdrawDelayBounds } from '@koinon/payments/rules'
import { nodeRequestHeader, signNodeRequest } from '@koinon/work'
import type { LedgerWorld } from '../world/ledger-world.ts'
import type { Dishonesty, Miner } from '../world/miner.ts'

const everyMs = 400

/** `others`: how it answers everybody else. */
export function dealsWithItself(world: LedgerWorld, others: (honest: EnginePort) => EnginePort): Dishonesty {
  let ownPayer: Address | undefined
  return {
    engine: (honest) => {
      const forOthers = others(honest)
      return {
        describe: () => honest.describe(),
        generate: (request, signal) => (request.caller === ownPayer ? honest : forOthers).generate(request, signal),
      }
    },
    async started(miner) {
      const secretKey = systemRandom(32)
      const payer = localDelegatingAccount(secretKey)
      ownPayer = payer.address
      return askItself(world, miner, secretKey)
    },
  }
}

async function askItself(world: LedgerWorld, miner: Miner, secretKey: Uint8Array): Promise<() => Promise<void>> {
  const payer = localDelegatingAccount(secretKey)
  const session = await openSession({
    account: payer,
    chainId: world.network.chainId,
    lifetimeSeconds: 86_400,
    clock: systemClock,
    random: systemRandom,
  })
  const inventChannel = () =>
    miner.payee.book.add({
      config: {
        payer: payer.address,
        payerAuthorizer: payer.address,
        receiver: miner.account,
        receiverAuthorizer: miner.account,
        token: world.network.contracts.dollar,
        withdrawDelay: withdrawDelayBounds.minimum,
        salt: bytesToHex(systemRandom(32)),
      },
      role: 'inbound',
      creditLimitPicoUsd: 1_000_000_000_000n,
      depositAtomic: 1_000_000_000n,
      claimedAtomic: 0n,
      status: 'open',
      nowMs: systemClock.nowMs(),
    })
  let channel = await inventChannel()
  const path = '/v1/chat/completions'
  const body = JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'hi' }], max_tokens: 1, seed: 1 })
  const ask = async (): Promise<void> => {
    const request = {
      recipient: miner.account,
      method: 'POST',
      path,
      bodyHash: sha256Hex(body),
      nonce: bytesToHex(systemRandom(16)),
      expiresAtMs: systemClock.nowMs() + 30_000,
    }
    const headers = {
      'content-type': 'application/json',
      [nodeRequestHeader]: signNodeRequest(request, session),
      'x-koinon-request-id': bytesToHex(systemRandom(16)),
      'x-koinon-channel': channel.channelId,
    }
    const signal = AbortSignal.timeout(5_000)
    const response = await fetch(`${miner.url}${path}`, { method: 'POST', headers, body, signal })
    await response.arrayBuffer()
    // The miner's own books find out that the ledger knows no such channel.
    if (!response.ok) channel = await inventChannel()
  }
  // A lost question is no loss: the next one comes soon.
  const timer = setInterval(() => void ask().catch(() => undefined), everyMs * world.stretch)
  return async () => clearInterval(timer)
}

/** Fails every answer before its first piece. */
export function refusing(honest: EnginePort): EnginePort {
  return {
    describe: () => honest.describe(),
    generate: () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('This miner answers nobody.')) }),
    }),
  }
}
