import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import type { EmbeddedChainOptions } from './chain-options.ts'
import { EmbeddedChain } from './embedded-chain.ts'
import { decodeFrameHeader, encodeRecord, frameHeaderBytes } from './journal-format.ts'
import { clientsFor, newAccount, rpc, startChain, temporaryFolder, testChainId } from './testing/chain-fixture.ts'
import { readAllRecords, recordKinds } from './testing/journal-fixture.ts'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** Contract code of 11 bytes that returns the time of the block it runs in. */
const timestampCode = '0x425f5260205ff3'
const predeploy = { address: `0x${'ee'.repeat(20)}`, runtimeBytecode: timestampCode } as const

describe('EmbeddedChain.start', () => {
  it('funds the genesis accounts, places the predeploys with nonce 1, and unlocks nobody', async () => {
    const { url, account } = await setup({}, [predeploy])
    const read = async (method: string, ...params: unknown[]) => (await rpc(url, method, params)).result
    expect(BigInt(await read('eth_getBalance', account.address, 'latest'))).toBe(10n ** 21n)
    expect(await read('eth_getCode', predeploy.address, 'latest')).toBe(timestampCode)
    expect(await read('eth_getTransactionCount', predeploy.address, 'latest')).toBe('0x1')
    expect(await read('eth_accounts')).toEqual([])
    expect(await read('eth_chainId')).toBe(`0x${testChainId.toString(16)}`)
    const wellKnown = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
    expect(await read('eth_getBalance', wellKnown, 'latest')).toBe('0x0')
  })

  it('comes back to the same block after a stop, reports the replay and stays usable', async () => {
    const { chain, options, wallet, reader } = await setup()
    for (let count = 0; count < 3; count++) await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const seen = await reader.getBlock()
    await chain.stop()
    expect(chain.status().state).toBe('stopped')
    const progress: unknown[] = []
    const again = new EmbeddedChain({ ...options, onProgress: (step) => progress.push(step) })
    cleanups.push(() => again.stop())
    const started = await again.start()
    expect(started).toMatchObject({ blockNumber: 3, blockHash: seen.hash })
    expect(progress[0]).toEqual({ transactions: 0, totalTransactions: 3 })
    expect(progress.at(-1)).toEqual({ transactions: 3, totalTransactions: 3 })
    const { result } = await rpc(started.url, 'eth_getBlockByNumber', ['0x3', false])
    expect(result.stateRoot).toBe(seen.stateRoot)
    expect((await recordKinds(options.journalPath)).join(' ')).toBe('block seal block seal block seal')
  })

  it('makes the same block hashes again for any prevrandao and timestamp, and shows both to contracts', async () => {
    const clock = { nowMs: () => 1_900_000_000_000 }
    const random = (count: number) => new Uint8Array(count).fill(0x77)
    const { options, wallet, reader } = await setup({ clock, random }, [predeploy])
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const block = await reader.getBlock()
    expect(block).toMatchObject({ timestamp: 1_900_000_000n, mixHash: `0x${'77'.repeat(32)}` })
    expect((await readAllRecords(options.journalPath))[0]).toMatchObject({ timestampSeconds: 1_900_000_000 })
  })

  it('lets block times stand still while the host clock is behind, and warns at the next start', async () => {
    let nowMs = 1_900_000_000_000
    const warnings: string[] = []
    const clock = { nowMs: () => nowMs }
    const { chain, wallet, reader } = await setup({ clock, onWarning: (warning) => warnings.push(warning) })
    const send = () => wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await send()
    nowMs -= 3_600_000
    await send()
    expect((await reader.getBlock()).timestamp).toBe(1_900_000_000n)
    const tip = chain.status().blockHash
    await chain.stop()
    expect(await chain.start()).toMatchObject({ blockHash: tip })
    expect(warnings).toEqual([expect.stringMatching(/clock is 3600 s behind/)])
  })

  it('shows the present to calls after a replay, however old the latest block is', async () => {
    const [minedMs, againMs] = [1_900_000_000_000, 1_900_086_400_000]
    const { chain, options, wallet } = await setup({ clock: { nowMs: () => minedMs } }, [predeploy])
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await chain.stop()
    const again = new EmbeddedChain({ ...options, clock: { nowMs: () => againMs } })
    cleanups.push(() => again.stop())
    const { url } = await again.start()
    const shown = [(await rpc(url, 'eth_getBlockByNumber', ['pending', false])).result.timestamp]
    for (const tag of [undefined, 'latest', 'pending']) {
      const params = [{ to: predeploy.address }, tag].filter((item) => item !== undefined)
      shown.push((await rpc(url, 'eth_call', params)).result)
    }
    // From there on the engine's time goes with the host's: at least the present, and not another hour's.
    for (const timestamp of shown.map(Number)) {
      expect(timestamp).toBeGreaterThanOrEqual(againMs / 1000)
      expect(timestamp).toBeLessThan(againMs / 1000 + 3_600)
    }
  })

  it('refuses a second chain on the same journal, in this process and in another', async () => {
    const { options } = await setup()
    await expect(new EmbeddedChain(options).start()).rejects.toMatchObject({ code: 'chain/journal-locked' })
    const child = killChild(options)
    const [output] = await once(child.stderr, 'data')
    expect(String(output)).toMatch(/Another process \(\d+\) uses this chain journal/)
    await once(child, 'exit')
  })

  it('stops at another genesis or chain id and leaves the journal as it was', async () => {
    const { chain, options, wallet } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await chain.stop()
    const bytes = readFileSync(options.journalPath)
    for (const change of [{ chainId: 7 }, { genesis: { accounts: [], predeploys: [] } }]) {
      await expect(new EmbeddedChain({ ...options, ...change }).start()).rejects.toMatchObject({
        code: 'chain/journal-mismatch',
        hint: expect.stringContaining('Nothing was changed'),
      })
    }
    expect(readFileSync(options.journalPath).equals(bytes)).toBe(true)
    expect(existsSync(`${options.journalPath}.lock`)).toBe(false)
  })

  it('opens a journal that lacks predeploys of a newer version, goes on without them, and says so', async () => {
    const { chain, options } = await setup({}, [predeploy])
    await chain.stop()
    const newer = { address: `0x${'dd'.repeat(20)}`, runtimeBytecode: timestampCode } as const
    const warnings: string[] = []
    const again = new EmbeddedChain({
      ...options,
      genesis: { ...options.genesis, predeploys: [newer, predeploy] },
      onWarning: (sentence) => warnings.push(sentence),
    })
    await again.start()
    await again.stop()
    expect(warnings).toEqual([expect.stringContaining(newer.address)])
    const changed = { ...options.genesis, predeploys: [newer, { ...predeploy, runtimeBytecode: '0x00' as const }] }
    await expect(new EmbeddedChain({ ...options, genesis: changed }).start()).rejects.toMatchObject({
      code: 'chain/journal-mismatch',
    })
  })

  it('stops when a replayed block comes out differently, and leaves the journal as it was', async () => {
    const { chain, options, wallet } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await chain.stop()
    const [block, seal] = await readAllRecords(options.journalPath)
    const bytes = readFileSync(options.journalPath)
    const sealStart = bytes.length - encodeRecord(seal!).length
    const forged = encodeRecord({
      ...(seal as { kind: 'seal'; number: number; receiptsRoot: Hex }),
      blockHash: `0x${'00'.repeat(32)}`,
    })
    const damaged = Buffer.concat([bytes.subarray(0, sealStart), forged])
    writeFileSync(options.journalPath, damaged)
    await expect(chain.start()).rejects.toMatchObject({ code: 'chain/replay-diverged', details: { blockNumber: 1 } })
    expect(readFileSync(options.journalPath).equals(damaged)).toBe(true)
    expect(block?.kind).toBe('block')
  })

  it('refuses the public test chain id on a public address, and can be started after a failure', async () => {
    const folder = temporaryFolder()
    cleanups.push(folder.remove)
    const journalPath = join(folder.path, 'chain.journal')
    const options = { journalPath, chainId: 31337, genesis: { accounts: [], predeploys: [] } }
    await expect(new EmbeddedChain({ ...options, host: '0.0.0.0' }).start()).rejects.toMatchObject({
      code: 'chain/unsafe-bind',
    })
    const chain = new EmbeddedChain(options)
    await chain.start()
    await expect(chain.start()).rejects.toMatchObject({ code: 'chain/already-started' })
    await chain.stop()
    await chain.stop()
  })
})

describe('recovery', () => {
  it('mines a block that was written but never sealed, and seals it', async () => {
    const { chain, options, wallet } = await setup()
    for (let count = 0; count < 2; count++) await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const tip = chain.status().blockHash
    await chain.stop()
    const bytes = readFileSync(options.journalPath)
    const seal = (await readAllRecords(options.journalPath)).at(-1)
    writeFileSync(options.journalPath, bytes.subarray(0, bytes.length - encodeRecord(seal!).length))
    expect(await chain.start()).toMatchObject({ blockNumber: 2, blockHash: tip })
    await chain.stop()
    expect(readFileSync(options.journalPath).equals(bytes)).toBe(true)
  })

  it('cuts a torn record with a warning, at whatever byte it broke off', async () => {
    const warnings: string[] = []
    const { chain, options, wallet } = await setup({ onWarning: (warning) => warnings.push(warning) })
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await chain.stop()
    const whole = readFileSync(options.journalPath)
    const [block] = await readAllRecords(options.journalPath)
    const next = encodeRecord({ ...(block as { kind: 'block' } & typeof block & object), number: 2 } as never)
    for (const cut of [1, frameHeaderBytes - 1, frameHeaderBytes, next.length - 1]) {
      appendFileSync(options.journalPath, next.subarray(0, cut))
      expect(await chain.start()).toMatchObject({ blockNumber: 1 })
      await chain.stop()
      expect(readFileSync(options.journalPath).equals(whole)).toBe(true)
      expect(warnings.pop()).toMatch(new RegExp(`Cut ${cut} bytes`))
    }
  })

  it('voids an unsealed block that the engine refuses, instead of never starting again', async () => {
    const { chain, options, wallet } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await chain.stop()
    const [block] = await readAllRecords(options.journalPath)
    appendFileSync(options.journalPath, encodeRecord({ ...(block as object), number: 2 } as never))
    expect(await chain.start()).toMatchObject({ blockNumber: 1 })
    await chain.stop()
    expect((await recordKinds(options.journalPath)).join(' ')).toBe('block seal block void')
    expect(await chain.start()).toMatchObject({ blockNumber: 1 })
  })

  it('stops at a bit flipped in any record and changes nothing', async () => {
    const { chain, options, wallet } = await setup()
    for (let count = 0; count < 3; count++) await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    await chain.stop()
    const bytes = readFileSync(options.journalPath)
    const headerEnd =
      8 + frameHeaderBytes + (decodeFrameHeader(bytes.subarray(8, 8 + frameHeaderBytes))?.payloadBytes ?? 0)
    for (const at of [
      9,
      60,
      headerEnd,
      headerEnd + 5,
      headerEnd + 40,
      headerEnd + 90,
      bytes.length - 80,
      bytes.length - 1,
    ]) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] as number) ^ 4
      writeFileSync(options.journalPath, damaged)
      await expect(chain.start(), `byte ${at}`).rejects.toMatchObject({ code: 'chain/journal-damaged' })
      expect(readFileSync(options.journalPath).equals(damaged)).toBe(true)
    }
    writeFileSync(options.journalPath, bytes)
    expect(await chain.start()).toMatchObject({ blockNumber: 3 })
  })

  it('runs a copy of a journal elsewhere to the same block', async () => {
    const { chain, options, wallet } = await setup()
    await wallet.sendTransaction({ to: newAccount().address, value: 1n })
    const folder = temporaryFolder()
    const journalPath = join(folder.path, 'copy.journal')
    copyFileSync(options.journalPath, journalPath)
    const copy = new EmbeddedChain({ ...options, journalPath })
    cleanups.push(async () => {
      await copy.stop()
      folder.remove()
    })
    expect((await copy.start()).blockHash).toBe(chain.status().blockHash)
  })
})

describe('a full disk', () => {
  it.skipIf(process.platform === 'win32')('makes the chain read-only and loses nothing acknowledged', async () => {
    const folder = temporaryFolder()
    cleanups.push(folder.remove)
    const account = newAccount()
    const options = {
      journalPath: join(folder.path, 'chain.journal'),
      chainId: testChainId,
      accounts: [account.address],
    }
    const script = join(import.meta.dirname, 'testing', 'kill-child.ts')
    const limited = 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"'
    const child = spawn('/bin/bash', ['-c', limited, process.execPath, script, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout, 'data')
    const { url } = JSON.parse(String(line)) as { url: string }
    const { wallet } = clientsFor(url, account)
    const acknowledged: Hex[] = []
    const refusals: unknown[] = []
    const data: Hex = `0x${'ab'.repeat(1500)}`
    while (refusals.length === 0 && acknowledged.length < 50) {
      await wallet.sendTransaction({ to: account.address, data, gas: 200_000n }).then(
        (hash) => acknowledged.push(hash),
        (error) => refusals.push(error),
      )
    }
    expect(String(refusals[0])).toContain('the chain is read-only: the disk of its journal is full')
    expect(acknowledged.length).toBeGreaterThan(2)
    expect((await rpc(url, 'eth_getTransactionReceipt', [acknowledged[0]])).result.status).toBe('0x1')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const { chain } = restart(folder.path, account.address)
    const { url: again } = await chain.start()
    for (const hash of acknowledged) {
      expect((await rpc(again, 'eth_getTransactionReceipt', [hash])).result.status).toBe('0x1')
    }
    await chain.stop()
  })
})

function restart(folder: string, address: Hex) {
  const genesis = { accounts: [{ address, balanceWei: 10n ** 21n }], predeploys: [], timestampSeconds: 1_750_000_000 }
  return { chain: new EmbeddedChain({ journalPath: join(folder, 'chain.journal'), chainId: testChainId, genesis }) }
}

function killChild(options: EmbeddedChainOptions) {
  const script = join(import.meta.dirname, 'testing', 'kill-child.ts')
  const accounts = options.genesis.accounts.map((account) => account.address)
  const json = JSON.stringify({ journalPath: options.journalPath, chainId: options.chainId, accounts })
  return spawn(process.execPath, [script, json], { stdio: ['ignore', 'pipe', 'pipe'] })
}

async function setup(
  changes: Partial<EmbeddedChainOptions> = {},
  predeploys: EmbeddedChainOptions['genesis']['predeploys'] = [],
) {
  const started = await startChain(changes, predeploys)
  cleanups.push(started.close)
  return started
}
