/** Kills a facilitator at random moments while it settles, and asks its successor again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bytesToHex, sleep, withDeadline } from '@koinon/base'
import type { TransferAuthorization } from '../rules/terms.ts'
import { startNetwork, type TestNetwork } from './chain.ts'
import { party, temporaryFolder } from './fixtures.ts'
import { seededUnit } from './seeded.ts'
import { dollarOf, signTransfer } from './settlement.ts'

export type KillReport = {
  readonly kills: number
  readonly payments: number
  /** Payments that were answered before the kill; each must be answered the same afterwards. */
  readonly answeredBefore: number
  /** What the payee got, in payments: equal to `payments`. */
  readonly paid: number
  readonly contradictions: readonly string[]
  /** Payments that were not answered before the kill. */
  readonly unknownConcluded: number
}

const child = fileURLToPath(new URL('./facilitator-child.ts', import.meta.url))
const paymentsPerKill = 5
const priceAtomic = 1_000n

export async function facilitatorKills(options: {
  readonly kills: number
  readonly longestDelayMs: number
  /** Repeats the moments of the kills. */
  readonly seed: string
}): Promise<KillReport> {
  const folder = temporaryFolder()
  const network = await startNetwork()
  try {
    const gas = await network.fund('gas')
    const payers = await Promise.all(['ann', 'bob'].map((name) => network.fund(name)))
    const seller = party('seller').address
    const start = () => startChild(network, gas.secretKey, folder.path)
    const contradictions: string[] = []
    let answeredBefore = 0
    let facilitator = await start()
    for (let kill = 0; kill < options.kills; kill++) {
      const payments = Array.from({ length: paymentsPerKill }, (_, index) =>
        signTransfer(
          payers[index % payers.length] as (typeof payers)[number],
          dollarOf(network),
          network.domain.chainId,
          {
            to: seller,
            valueAtomic: priceAtomic,
          },
        ),
      )
      const first = payments.map((payment) => settle(facilitator.port, network, payment).catch(() => undefined))
      await sleep(seededUnit(options.seed, kill)() * options.longestDelayMs)
      await facilitator.kill()
      const before = await Promise.all(first)
      facilitator = await start()
      for (const [index, payment] of payments.entries()) {
        const { port } = facilitator
        const after = await withDeadline(
          untilKnown(() => settle(port, network, payment)),
          60_000,
          'settling',
        )
        const earlier = before[index]
        if (earlier !== undefined && earlier.status === 200) {
          answeredBefore++
          if (earlier.text !== after) contradictions.push(`${earlier.text} then ${after}`)
        }
        if (!after.includes('"success":true')) contradictions.push(after)
      }
    }
    await facilitator.kill()
    return {
      kills: options.kills,
      payments: options.kills * paymentsPerKill,
      answeredBefore,
      paid: Number((await network.dollarsOf(seller)) / priceAtomic),
      contradictions,
      unknownConcluded: options.kills * paymentsPerKill - answeredBefore,
    }
  } finally {
    await network.close()
    folder.remove()
  }
}

async function untilKnown(ask: () => Promise<{ readonly status: number; readonly text: string }>): Promise<string> {
  for (;;) {
    const { status, text } = await ask()
    if (status === 200) return text
    if (status !== 503) throw new Error(`${status} ${text}`)
    await sleep(100)
  }
}

async function settle(port: number, network: TestNetwork, payment: TransferAuthorization) {
  const asset = dollarOf(network)
  const requirements = {
    scheme: 'exact',
    network: `eip155:${network.domain.chainId}`,
    asset: asset.token,
    amount: payment.valueAtomic.toString(),
    payTo: payment.to,
    maxTimeoutSeconds: 60,
    extra: { name: asset.name, version: asset.version },
  }
  const { from, to, nonce, signature, valueAtomic, validAfter, validBefore } = payment
  const authorization = {
    ...{ from, to, nonce },
    value: valueAtomic.toString(),
    validAfter: validAfter.toString(),
    validBefore: validBefore.toString(),
  }
  const response = await fetch(`http://127.0.0.1:${port}/settle`, {
    method: 'POST',
    body: JSON.stringify({
      x402Version: 2,
      paymentPayload: { x402Version: 2, accepted: requirements, payload: { authorization, signature } },
      paymentRequirements: requirements,
    }),
  })
  return { status: response.status, text: await response.text() }
}

async function startChild(network: TestNetwork, key: Uint8Array, folder: string) {
  const argument = JSON.stringify({
    path: join(folder, 'facilitator.db'),
    rpcUrl: network.url,
    chainId: network.domain.chainId,
    escrow: network.domain.escrow,
    asset: dollarOf(network),
    key: bytesToHex(key),
  })
  const running = spawn(process.execPath, [child, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compile-cache') },
  })
  running.stdout.setEncoding('utf8')
  const [line] = (await withDeadline(once(running.stdout, 'data'), 60_000, 'starting a facilitator')) as [string]
  return {
    port: Number(line),
    async kill(): Promise<void> {
      const closed = once(running, 'close')
      running.kill('SIGKILL')
      await closed
    },
  }
}
