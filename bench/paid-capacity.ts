/** How many paid requests a second a paywall takes: signed beforehand, so that only the seller works, every voucher durable. */
import { channelIdOf } from '@koinon/payments/rules'
import { Pool } from 'undici'
import type { TestNetwork } from '../packages/payments/src/testing/chain.ts'
import { configOf, party } from '../packages/payments/src/testing/fixtures.ts'
import { dollarOf, signDeposit } from '../packages/payments/src/testing/settlement.ts'
import type { BenchSeller } from './paid-children.ts'
import type { SellerFigures } from './paid-seller.ts'

/** An account with dollars. */
type Payer = Awaited<ReturnType<TestNetwork['fund']>>

const warmUpCalls = 20

/** Rounds of free and paid calls, a connection a payer; the round with the least CPU counts, the fastest for calls a second. */
export async function capacityOf(
  net: TestNetwork,
  seller: BenchSeller,
  payers: readonly Payer[],
  { count, rounds, isLate }: { readonly count: number; readonly rounds: number; readonly isLate: () => boolean },
) {
  const pool = new Pool(seller.url, { connections: payers.length, pipelining: 1 })
  const receiver = party('seller', net.domain).address
  const each = Math.ceil(count / payers.length)
  const headers = payers.map((who, index) => signedCalls(net, who, receiver, each * rounds + warmUpCalls, `${index}`))
  const send = async (path: string, header?: string) => {
    const { statusCode, body } = await pool.request({
      path,
      method: 'GET',
      ...(header === undefined ? {} : { headers: { 'payment-signature': header } }),
    })
    await body.arrayBuffer()
    if (statusCode !== 200) throw new Error(`the seller answered ${statusCode}`)
  }
  const everybody = (calls: number, call: (worker: number) => Promise<void>) =>
    Promise.all(
      payers.map(async (_, worker) => {
        for (let index = 0; index < calls; index++) await call(worker)
      }),
    )
  const used = payers.map(() => 0)
  const free = () => send('/free')
  const paid = (worker: number) => send('/paid', headers[worker]?.[(used[worker] = (used[worker] as number) + 1) - 1])
  await everybody(warmUpCalls, async (worker) => {
    await free()
    await paid(worker)
  })
  const best = {
    paidPerSecond: 0,
    freePerSecond: 0,
    paidCpuMs: Infinity,
    addedCpuMs: Infinity,
    addedLoopCpuMs: Infinity,
  }
  const calls = each * payers.length
  let rpcCalls = 0
  let played = 0
  for (; played < rounds && (played === 0 || !isLate()); played++) {
    const freeRound = await measured(seller, () => everybody(each, free))
    const paidRound = await measured(seller, () => everybody(each, paid))
    best.freePerSecond = Math.max(best.freePerSecond, Math.round((calls * 1000) / freeRound.ms))
    best.paidPerSecond = Math.max(best.paidPerSecond, Math.round((calls * 1000) / paidRound.ms))
    best.paidCpuMs = Math.min(best.paidCpuMs, paidRound.cpuMs / calls)
    best.addedCpuMs = Math.min(best.addedCpuMs, (paidRound.cpuMs - freeRound.cpuMs) / calls)
    best.addedLoopCpuMs = Math.min(best.addedLoopCpuMs, (paidRound.loopCpuMs - freeRound.loopCpuMs) / calls)
    rpcCalls += paidRound.rpcCalls
  }
  await pool.close()
  return { connections: payers.length, calls: calls * played, rounds: played, ...best, rpcCalls }
}

async function measured(seller: BenchSeller, work: () => Promise<unknown>) {
  const before = await seller.figures()
  const begunMs = performance.now()
  await work()
  const ms = performance.now() - begunMs
  const after = await seller.figures()
  const spent = (name: keyof SellerFigures) => after[name] - before[name]
  return { ms, cpuMs: spent('cpuMicros') / 1000, loopCpuMs: spent('loopMicros') / 1000, rpcCalls: spent('rpcCalls') }
}

/** A deposit and the vouchers after it, as headers. */
function signedCalls(net: TestNetwork, who: Payer, receiver: `0x${string}`, count: number, salt: string): string[] {
  const config = { ...configOf(who.address, receiver, `capacity ${salt}`), token: dollarOf(net).token }
  const channelId = channelIdOf(config, net.domain)
  const accepted = { scheme: 'batch-settlement', network: `eip155:${net.domain.chainId}` }
  return Array.from({ length: count }, (_, index) => {
    const maxClaimableAtomic = BigInt(index + 1) * 1_000n
    const { signature } = who.signer.sign({ channelId, maxClaimableAtomic })
    const voucher = { channelId, maxClaimableAmount: maxClaimableAtomic.toString(), signature }
    const base = { type: 'voucher', channelConfig: config, voucher }
    const deposit = () => depositOf(net, who, config, BigInt(count) * 1_000n)
    const payload = index > 0 ? base : { ...base, type: 'deposit', deposit: deposit() }
    return Buffer.from(JSON.stringify({ x402Version: 2, accepted, payload })).toString('base64')
  })
}

function depositOf(net: TestNetwork, who: Payer, config: ReturnType<typeof configOf>, amountAtomic: bigint) {
  const { salt, signature, ...times } = signDeposit(who, dollarOf(net), net.domain, config, amountAtomic)
  const [validAfter, validBefore] = [times.validAfter.toString(), times.validBefore.toString()]
  return {
    amount: amountAtomic.toString(),
    authorization: { erc3009Authorization: { validAfter, validBefore, salt, signature } },
  }
}
