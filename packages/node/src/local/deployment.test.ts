import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, bytesToHex, systemRandom } from '@koinon/base'
import {
  createLedgerReader,
  createLedgerWriter,
  type NetworkFile,
  parseNetworkFile,
  TransactionSender,
} from '@koinon/ledger'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import { type OutsideChain, startOutsideChain } from '../testing/outside-chain.ts'
import { type Deployment, deploymentNote, deployNetwork } from './deployment.ts'
import { localNetworkParameters } from './parameters.ts'

const { home, remove } = temporaryHome()
const chains: OutsideChain[] = []
let first: OutsideChain
let second: OutsideChain
let file: string
let files = 0
beforeAll(async () => {
  first = await startOutsideChain(77_101)
  second = await startOutsideChain(77_102)
  chains.push(first, second)
})
beforeEach(() => {
  file = join(home.path, `network-${files++}.json`)
})
afterAll(async () => {
  for (const chain of chains) await chain.close()
  remove()
})

/** A deployment by a new account that has money on `chain`, or by the owner of `privateKey`. */
async function by(chain: OutsideChain, changes: Partial<NetworkFile> = {}, privateKey = bytesToHex(systemRandom(32))) {
  const draft: NetworkFile = {
    v: 1,
    name: 'outside',
    chainId: chain.chainId,
    chainKind: 'external',
    rpcUrl: chain.rpcUrl,
    startBlock: 0,
    isTest: true,
    contracts: {} as NetworkFile['contracts'],
    ...changes,
  }
  const reader = createLedgerReader(draft)
  const sender = new TransactionSender(reader, createLedgerWriter(draft, privateKey))
  await chain.send(sender.address, 10n ** 19n)
  const notePath = deploymentNote(file, chain.chainId)
  const deployment: Deployment = { draft, reader, sender, parameters: localNetworkParameters, notePath }
  return { ...deployment, privateKey, sent: () => reader.getTransactionCount({ address: sender.address }) }
}

/** Breaks a deployment off once `count` contracts stand; returns what stands. */
async function breakOff(deployment: Deployment, count: number): Promise<Readonly<Record<string, Address>>> {
  const standing: Record<string, Address> = {}
  const onDeployed: Deployment['onDeployed'] = (name, address) => {
    standing[name] = address
    if (Object.keys(standing).length === count) throw new Error('pulled the plug')
  }
  await expect(deployNetwork({ ...deployment, onDeployed })).rejects.toThrow('pulled the plug')
  return standing
}

describe('deployNetwork', () => {
  it.each([
    ['name', { name: 'n'.repeat(65) }],
    ['name', { name: '' }],
    ['gatewayUrl', { gatewayUrl: 'ftp://gateway.invalid' }],
    ['rpcUrl', { rpcUrl: 'ws://127.0.0.1:1' }],
  ])('sends nothing when the file would be refused for its %s: %j', async (field, changes) => {
    const deployment = await by(first)
    const draft = { ...deployment.draft, ...changes }
    await expect(deployNetwork({ ...deployment, draft })).rejects.toMatchObject({
      code: 'usage/bad-network-facts',
      message: expect.stringContaining(`${field}:`),
    })
    expect(await deployment.sent()).toBe(0)
    expect(existsSync(deployment.notePath)).toBe(false)
  })

  it('goes on where it was broken off, and makes a file that others can read', async () => {
    const deployment = await by(first)
    const before = await deployment.reader.getBlockNumber({ cacheTime: 0 })
    const standing = await breakOff(deployment, 4)
    const network = await deployNetwork(deployment)
    expect(network.contracts).toMatchObject(standing)
    expect(network.startBlock).toBe(Number(before))
    expect(parseNetworkFile(JSON.stringify(network))).toEqual(network)
  }, 60_000)

  it('builds nothing on what stands on another chain, and finds that again', async () => {
    const here = await by(first)
    const standing = await breakOff(here, 4)
    const note = readFileSync(here.notePath, 'utf8')
    const there = await by(second, {}, here.privateKey)
    const { contracts } = await deployNetwork(there)
    for (const address of Object.values(contracts)) expect(await there.reader.getCode({ address })).toBeDefined()
    expect(readFileSync(here.notePath, 'utf8')).toBe(note)
    expect((await deployNetwork(here)).contracts).toMatchObject(standing)
  }, 60_000)

  it('refuses to go on with what is not as it was begun, and says how to begin anew', async () => {
    const deployment = await by(first)
    await breakOff({ ...deployment, policy: 'priceEma' }, 18)
    const sent = await deployment.sent()
    const { parameters } = deployment
    await expect(
      deployNetwork({ ...deployment, parameters: { ...parameters, unbondingSeconds: 86_400n } }),
    ).rejects.toMatchObject({
      code: 'ledger/other-choice',
      message: expect.stringMatching(/begun with unbonding-seconds 300, not 86400; policy priceEma, not userCapital: /),
      hint: expect.stringContaining(`remove ${deployment.notePath} to begin a new deployment`),
      details: { choices: expect.arrayContaining([{ name: 'policy', standing: 'priceEma', asked: 'userCapital' }]) },
    })
    expect(await deployment.sent()).toBe(sent)
    await deployNetwork({ ...deployment, policy: 'priceEma' })
    rmSync(deployment.notePath)
    await deployNetwork(deployment)
  }, 60_000)

  it('refuses a note of another account, of contracts that do not stand, or of anything else', async () => {
    const deployment = await by(first)
    await breakOff(deployment, 2)
    const text = readFileSync(deployment.notePath, 'utf8')
    const note = JSON.parse(text) as { readonly contracts: object }
    const other = await by(first)
    const refused = async (code: string, whose = deployment): Promise<void> => {
      const sent = await whose.sent()
      await expect(deployNetwork(whose)).rejects.toMatchObject({
        code,
        hint: expect.stringContaining('Remove the file'),
      })
      expect(await whose.sent()).toBe(sent)
    }
    await refused('ledger/other-deployer', other)
    const changed = [
      ['ledger/contracts-gone', { ...note, contracts: { ...note.contracts, identity: `0x${'1d'.repeat(20)}` } }],
      ['node/bad-deployment-note', { ...note, chainId: second.chainId }],
      ['node/bad-deployment-note', note.contracts],
      ['node/bad-deployment-note', null],
    ] as const
    for (const [code, content] of changed) {
      writeFileSync(deployment.notePath, JSON.stringify(content))
      await refused(code)
    }
    writeFileSync(deployment.notePath, text.slice(0, 20))
    await refused('node/bad-deployment-note')
    writeFileSync(deployment.notePath, text)
    await deployNetwork(deployment)
  }, 60_000)
})
