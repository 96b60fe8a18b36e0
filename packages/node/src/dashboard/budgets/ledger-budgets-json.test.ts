/** What a ledger shows of budgets, from a real one on which they were used, revoked and forged, and from a real index of it. */
import { bytesToHex, type Hex, signDigest, systemClock, zeroHash } from '@koinon/base'
import { DurableStore } from '@koinon/base/node'
import { createLedgerWriter } from '@koinon/ledger'
import { budgetDelegateAbi } from '@koinon/ledger/abis'
import {
  BudgetSigner,
  budgetSchema,
  createBudgetChain,
  deployBudgetDelegate,
  setDelegate,
} from '@koinon/payments/client/budget'
import {
  type BudgetGrant,
  budgetGrantHash,
  budgetRevocationDigest,
  channelIdOf,
  type SignedBudgetGrant,
} from '@koinon/payments/rules'
import {
  budgetChannel,
  budgetGrant,
  party,
  payment,
  seed,
  signedGrant,
  startNetwork,
  type TestNetwork,
  temporaryFolder,
} from '@koinon/payments/testing'
import { concatHex, encodeEventTopics, getContractAddress, numberToHex, padHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestIndex } from '../../testing/indexed.ts'
import { ledgerBudgetsJson } from './ledger-budgets-json.ts'

type Member = Awaited<ReturnType<TestNetwork['fund']>>
const folder = temporaryFolder()
const [ownerAddress, agentAddress, helperAddress] = ['owner', 'agent', 'helper'].map((name) => party(name).address) as [
  Hex,
  Hex,
  Hex,
]
let net: TestNetwork
let index: Awaited<ReturnType<typeof openTestIndex>>
let owner: Member
let relay: Member
let now: number
let grant: BudgetGrant
let child: BudgetGrant
let [grantHash, childHash]: Hex[] = []

beforeAll(async () => {
  net = await startNetwork()
  index = await openTestIndex(net, `${folder.path}/index`)
  ;[owner, relay] = [await net.fund('owner'), await net.fund('relay')]
  const delegate = await deployBudgetDelegate(net.reader, relay.sender, net.domain.escrow)
  await setDelegate(net.reader, createLedgerWriter(net.network, bytesToHex(seed('owner'))), delegate)
  now = Number((await net.reader.getBlock()).timestamp)
  const asset = net.network.contracts.dollar
  grant = budgetGrant({ asset, validFrom: now - 10, validUntil: now + 864_000 })
  grantHash = budgetGrantHash(grant, net.domain.chainId)
  child = { ...grant, agent: helperAddress, parentGrant: grantHash, maxTotalAtomic: 2_000n }
  childHash = budgetGrantHash(child, net.domain.chainId)
}, 120_000)

afterAll(async () => {
  await index?.close()
  await net?.close()
  folder.remove()
})

const view = (account: Hex) =>
  ledgerBudgetsJson({ view: { network: net.network, reader: net.reader }, index, clock: systemClock }, account)

const signed = (one: BudgetGrant, signer: string): SignedBudgetGrant => signedGrant(one, signer, net.domain.chainId)

/** Has a key sign a batch, and sends it. */
async function spend(key: string, grants: readonly SignedBudgetGrant[], intent: object): Promise<void> {
  const store = await DurableStore.open(`${folder.path}/${key}-${grants.length}`, budgetSchema)
  const signer = new BudgetSigner({
    ...{ store, grants, sessionKey: seed(key), domain: net.domain, reader: net.reader, maxStalenessMs: 0 },
    assetDomain: { name: 'Test Dollar', version: '1', chainId: net.domain.chainId, verifyingContract: grant.asset },
    chain: createBudgetChain({ reader: net.reader, unsettledBlocks: 0 }),
    clock: { nowMs: () => now * 1_000 },
  })
  await signer.start()
  const answer = await signer.sign(intent)
  if (answer.state !== 'signed' || answer.kind !== 'batch') throw new Error('no batch')
  await relay.sender.send({ to: answer.to, data: answer.data }, 'a batch', budgetDelegateAbi)
  await store.close()
}

describe('budgets on a ledger', () => {
  it('are unknown while nothing of them was used', async () => {
    expect(await view(ownerAddress)).toMatchObject({ code: 'budgets', grants: [], channels: [], isCut: false })
    expect(await view(agentAddress)).toMatchObject({ code: 'none', grants: [], channels: [] })
    expect(await view(net.network.contracts.dollar)).toMatchObject({ code: 'contract', grants: [] })
  })

  it('are told to owner and key alike: what was charged, what is left, in whose words, and the channels', async () => {
    const channel = budgetChannel({ token: grant.asset })
    await spend('agent', [signed(grant, 'owner')], {
      kind: 'deposit',
      ...payment('one', 600n),
      asset: grant.asset,
      channel,
    })
    for (const account of [ownerAddress, agentAddress]) {
      const found = await view(account)
      expect(found.grants).toMatchObject([
        {
          ...{ grantHash, owner: ownerAddress, state: 'usable', spentAtomic: '600', uses: 1 },
          terms: { agent: agentAddress, autonomy: 'limited', maxTotalAtomic: '2500', leftAtomic: '400' },
        },
      ])
      expect(found.channels).toMatchObject([
        {
          ...{ channelId: channelIdOf(channel, net.domain), payer: ownerAddress, authorizer: agentAddress },
          ...{ state: 'open', depositAtomic: '600', claimedAtomic: '0' },
        },
      ])
    }
  })

  it('bound a grant below by what stands above it', async () => {
    const chain = [signed(grant, 'owner'), signed(child, 'agent')]
    await spend('helper', chain, { kind: 'transfer', ...payment('two', 90n), asset: grant.asset })
    const { grants } = await view(helperAddress)
    expect(grants.map((one) => [one.grantHash, one.spentAtomic, one.uses, one.terms?.leftAtomic])).toEqual([
      [grantHash, '690', 0, '310'],
      [childHash, '90', 1, '310'],
    ])
    expect((await view(ownerAddress)).grants.map((one) => one.uses).toSorted()).toEqual([1, 1])
  })

  it('are not believed of a stranger who writes the same events', async () => {
    // Any contract can: this one emits three topics and a word of its call data.
    const code = '0x601580600b6000396000f360003560005260603560403560203560206000a300'
    const factory = '0x4e59b44847b379578588920ca78fbf26c0b4956c'
    const forger = getContractAddress({ opcode: 'CREATE2', from: factory, salt: zeroHash, bytecode: code })
    await relay.sender.send({ to: factory, data: concatHex([zeroHash, code]) }, 'a forger')
    const [topic] = encodeEventTopics({ abi: budgetDelegateAbi, eventName: 'BudgetCharged' })
    const forged = `0x${'f0'.repeat(32)}` as const
    const data = concatHex([
      numberToHex(1_000_000n, { size: 32 }),
      topic as Hex,
      forged,
      padHex(agentAddress, { size: 32 }),
    ])
    await relay.sender.send({ to: forger, data }, 'a forgery')
    const logs = await net.reader.getLogs({ address: forger })
    expect(logs).toHaveLength(1)
    const { grants } = await view(agentAddress)
    expect(grants.map((one) => one.grantHash)).toEqual([grantHash])
  })

  it('stay revoked when the account lays the code down, and a grant that was never used has no terms', async () => {
    for (const hash of [grantHash as Hex, zeroHash]) {
      const signature = signDigest(budgetRevocationDigest({ grant: hash }, net.domain.chainId), seed('owner'))
      const call = {
        address: owner.address,
        abi: budgetDelegateAbi,
        functionName: 'revokeBudgetWithSignature',
      } as const
      await relay.sender.call({ ...call, args: [hash, signature] })
    }
    await setDelegate(net.reader, createLedgerWriter(net.network, bytesToHex(seed('owner'))), undefined)
    const found = await view(ownerAddress)
    expect(found.code).toBe('none')
    expect(found.grants.every(({ state }) => state === 'revoked')).toBe(true)
    expect(found.grants).toHaveLength(3)
    expect(found.grants.find((one) => one.grantHash === zeroHash)).not.toHaveProperty('terms')
    expect(found.grants.find((one) => one.grantHash === childHash)?.terms?.leftAtomic).toBe('0')
  })
})
