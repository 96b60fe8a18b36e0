import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '@koinon/base'
import { koinonTokenAbi, subnetsAbi } from '@koinon/ledger/abis'
import { policyWords } from '@koinon/subnets/pools'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Home, writeFileDurably } from '../home/home.ts'
import { temporaryHome } from '../testing/home.ts'
import { startLocalLedger } from '../testing/local-ledger.ts'
import { ensureLocalNetwork } from '../testing/local-network.ts'
import { deploymentNote } from './deployment.ts'
import { localChainId, localNetworkParameters } from './parameters.ts'
import { inferenceSpecHash } from './subnet-spec.ts'
import type { Treasury } from './treasury.ts'

const entry = new URL('../testing/deploy-child.ts', import.meta.url)
const deadlineMs = 45_000
let home: Home
let remove: () => void
let ledger: { readonly rpcUrl: string; stop(): Promise<void> }
let child: ChildProcess | undefined
beforeEach(async () => {
  ;({ home, remove } = temporaryHome())
  ledger = await startLocalLedger(home)
})
afterEach(async () => {
  await ended(child)
  await ledger.stop()
  remove()
})

type Note = { readonly contracts: Readonly<Record<string, string>> }
const partial = (): string => deploymentNote(join(home.chain, 'deployment'), localChainId)
const deployed = (): Readonly<Record<string, string>> =>
  existsSync(partial()) ? (JSON.parse(readFileSync(partial(), 'utf8')) as Note).contracts : {}
const finish = (): Promise<Treasury> =>
  ensureLocalNetwork(home, ledger.rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())

async function ended(process: ChildProcess | undefined): Promise<void> {
  if (process === undefined || process.exitCode !== null || process.signalCode !== null) return
  process.kill('SIGKILL')
  await once(process, 'exit')
}

/** Deploys in a process of its own and kills it once `count` contracts are noted. */
async function deployUntil(count: number): Promise<void> {
  child = fork(entry, [home.path, ledger.rpcUrl], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  for (const end = Date.now() + deadlineMs; Object.keys(deployed()).length < count; await sleep(2)) {
    if (child.exitCode !== null || existsSync(home.networkFile)) throw new Error('it was done before it was killed')
    if (Date.now() > end) throw new Error(`no ${count} contracts in time: ${JSON.stringify(deployed())}`)
  }
  await ended(child)
}

/** What must hold of a finished network, however often its making was broken off. */
async function expectWhole({ network, reader }: Treasury): Promise<void> {
  expect(JSON.parse(readFileSync(home.networkFile, 'utf8'))).toEqual(network)
  expect(existsSync(partial())).toBe(false)
  for (const address of Object.values(network.contracts)) {
    expect(await reader.getCode({ address }), address).toMatch(/^0x.{20}/)
  }
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  expect(await reader.readContract({ ...subnets, functionName: 'subnetCount' })).toBe(1)
  const token = { address: network.contracts.token, abi: koinonTokenAbi } as const
  expect(await reader.readContract({ ...token, functionName: 'minter' }).then((minter) => minter.toLowerCase())).toBe(
    network.contracts.emission,
  )
  expect(policyWords(network.emissionPolicy ?? '0x')).toMatch(/\(userCapital\)$/)
  // One creation of a subnet was paid for, not two: the pool holds its price, and nothing was minted or burned.
  const inPools = await reader.readContract({ ...token, functionName: 'balanceOf', args: [network.contracts.pools] })
  expect(inPools).toBe(localNetworkParameters.minimumLock)
  expect(await reader.readContract({ ...token, functionName: 'totalSupply' })).toBe(
    localNetworkParameters.genesisAmount,
  )
}

describe('ensureLocalNetwork', () => {
  it('makes a network once and finds it again', async () => {
    const first = await finish()
    await expectWhole(first)
    const blocks = await first.reader.getBlockNumber()
    const again = await finish()
    expect(again.network).toEqual(first.network)
    expect(await first.reader.getBlockNumber()).toBe(blocks)
  })

  it('goes on where it was killed, keeping every contract that it had noted', async () => {
    const kept: Record<string, string> = {}
    for (const count of [1, 4, 9]) {
      await deployUntil(count)
      expect(deployed()).toMatchObject(kept)
      Object.assign(kept, deployed())
    }
    const whole = await finish()
    expect(whole.network.contracts).toMatchObject(kept)
    await expectWhole(whole)
  }, 180_000)

  it('goes on when its ledger was started again in between, too', async () => {
    await deployUntil(6)
    await ledger.stop()
    ledger = await startLocalLedger(home)
    await deployUntil(11)
    await ledger.stop()
    ledger = await startLocalLedger(home)
    await expectWhole(await finish())
  }, 180_000)

  it('makes no second subnet when only the network file is missing', async () => {
    const { network, sender } = await finish()
    rmSync(home.networkFile)
    const { chainId, startBlock, contracts } = network
    writeFileDurably(partial(), JSON.stringify({ v: 1, chainId, deployer: sender.address, startBlock, contracts }))
    await expectWhole(await finish())
  })

  it('refuses a ledger of another chain', async () => {
    await finish()
    const file = JSON.parse(readFileSync(home.networkFile, 'utf8')) as { chainId: number }
    writeFileDurably(home.networkFile, JSON.stringify({ ...file, chainId: 5 }))
    await expect(finish()).rejects.toMatchObject({ code: expect.stringMatching(/^ledger\//) })
  })
})
