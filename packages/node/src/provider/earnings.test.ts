import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerWriter, TransactionSender } from '@koinon/ledger'
import { ChannelOpener } from '@koinon/payments/client'
import { ChannelBook, createVoucherSigner, localDelegatingAccount, paymentsSchema } from '@koinon/payments/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accountKey } from '../home/secrets.ts'
import { readBalances } from '../local/treasury.ts'
import { temporaryHome } from '../testing/home.ts'
import { startTestLedger, type TestLedger } from '../testing/ledger.ts'
import { readEarnings, withdrawEarnings } from './earnings.ts'

const { home, remove } = temporaryHome()
const wallet = accountKey(home, 'wallet', systemRandom)
const provider = accountKey(home, 'provider', systemRandom)
const payer = accountKey(home, 'payer', systemRandom)
const lockFile = join(home.run, 'supervisor.json')
let ledger: TestLedger

beforeAll(async () => {
  ledger = await startTestLedger(home.path)
  writeFileSync(home.networkFile, JSON.stringify(ledger.network))
  await ledger.fund(provider.address)
  await ledger.fund(payer.address)
}, 120_000)
afterAll(async () => {
  await ledger.stop()
  remove()
})

const held = (account: `0x${string}`) => readBalances(ledger.reader, ledger.network, account)

/** What a provider leaves behind that was killed: a channel on the ledger, and in its books a voucher that nobody claimed. */
async function leaveUnclaimed(owedAtomic: bigint): Promise<void> {
  const { reader, network } = ledger
  const opener = new ChannelOpener({
    reader,
    sender: new TransactionSender(reader, createLedgerWriter(network, payer.privateKey)),
    payer: localDelegatingAccount(payer.secretKey),
    domain: { chainId: network.chainId, escrow: network.contracts.channels },
    token: network.contracts.dollar,
    collector: network.contracts.depositCollector,
    clock: systemClock,
    random: systemRandom,
  })
  const depositAtomic = 1_000_000n
  const { channelId, config } = await opener.open({
    receiver: provider.address,
    payerAuthorizer: payer.address,
    depositAtomic,
  })
  const domain = { chainId: network.chainId, escrow: network.contracts.channels }
  const folder = home.role('provider')
  mkdirSync(folder, { recursive: true })
  const store = await DurableStore.open(join(folder, 'store.db'), paymentsSchema)
  const book = new ChannelBook({ store, domain })
  await book.start()
  await book.add({
    config,
    role: 'inbound',
    depositAtomic,
    claimedAtomic: 0n,
    status: 'open',
    creditLimitPicoUsd: 0n,
    nowMs: 0,
  })
  await store.write([
    {
      sql: 'update payment_channels set owed_pico_usd = ? where channel_id = ?',
      values: [`${owedAtomic * 1_000_000n}`, channelId],
    },
  ])
  const signer = createVoucherSigner(payer.secretKey, domain)
  const { signature } = signer.sign({ channelId, maxClaimableAtomic: owedAtomic })
  await book.raiseVoucher(channelId, owedAtomic, signature)
  await store.close()
}

describe('the earnings of a provider', () => {
  it('are those of its own account, and of none where it never started', async () => {
    expect(await readEarnings(home, 'nobody')).toBeUndefined()
    const earnings = await readEarnings(home, 'provider')
    expect(earnings).toEqual({ account: provider.address, held: await held(provider.address), alpha: [] })
    expect(earnings?.held?.dollar).toBe(100_000_000n)
  })

  it('include what is owed and not yet claimed, also when the ledger is away', async () => {
    await leaveUnclaimed(2_500n)
    expect((await readEarnings(home, 'provider'))?.unclaimedAtomic).toBe(2_500n)
    const before = readFileSync(home.networkFile, 'utf8')
    writeFileSync(home.networkFile, JSON.stringify({ ...ledger.network, rpcUrl: 'http://127.0.0.1:1' }))
    try {
      expect(await readEarnings(home, 'provider')).toEqual({ account: provider.address, unclaimedAtomic: 2_500n })
    } finally {
      writeFileSync(home.networkFile, before)
    }
  }, 60_000)

  it('are not touched while the provider runs, whose nonces they would take', async () => {
    const running = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)', 'koinon'])
    writeFileSync(lockFile, JSON.stringify({ pid: running.pid, startedAtMs: 0, controlSocket: '' }))
    try {
      const nonce = await ledger.reader.getTransactionCount({ address: provider.address })
      await expect(withdrawEarnings(home, 'provider', systemClock, undefined)).rejects.toMatchObject({
        code: 'home/in-use',
        hint: expect.stringContaining('koinon provider stop --keep-seat'),
      })
      expect(await ledger.reader.getTransactionCount({ address: provider.address })).toBe(nonce)
    } finally {
      running.kill('SIGKILL')
      rmSync(lockFile, { force: true })
    }
  })

  it('are claimed and go to the wallet of the home, and the gas money stays', async () => {
    const done = await withdrawEarnings(home, 'provider', systemClock, undefined)
    expect(done).toMatchObject({
      from: provider.address,
      to: wallet.address,
      koin: 0n,
      dollar: 100_002_500n,
      claimedAtomic: 2_500n,
    })
    expect(done.transactionHashes).toHaveLength(1)
    expect((await held(wallet.address)).dollar).toBe(100_002_500n)
    const left = await held(provider.address)
    expect([left.dollar, left.nativeWei > 0n]).toEqual([0n, true])
    expect((await readEarnings(home, 'provider'))?.unclaimedAtomic).toBe(0n)
  }, 60_000)

  it('are sent once: a second time there is nothing, and the home is free again', async () => {
    const again = await withdrawEarnings(home, 'provider', systemClock, payer.address)
    expect(again).toMatchObject({ koin: 0n, dollar: 0n, claimedAtomic: 0n, transactionHashes: [] })
    expect(() => readFileSync(lockFile)).toThrow()
  })

  it('are still sent when the books belong to a network that the home left', async () => {
    await ledger.fund(provider.address)
    const before = readFileSync(home.networkFile, 'utf8')
    const channels = `0x${'11'.repeat(20)}`
    const contracts = { ...ledger.network.contracts, channels }
    writeFileSync(home.networkFile, JSON.stringify({ ...ledger.network, contracts }))
    try {
      expect((await readEarnings(home, 'provider'))?.unclaimedAtomic).toBeUndefined()
      const { dollar } = await withdrawEarnings(home, 'provider', systemClock, payer.address)
      expect(dollar).toBe(100_000_000n)
    } finally {
      writeFileSync(home.networkFile, before)
    }
  })
})
