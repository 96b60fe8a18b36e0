/** Show 3 on the chain: a thief with the session key and no signer in between, against the owner's delegate (specs/0025 section 8). */
import { type Address, bytesToHex, type Hex, hexToBytes, signDigest } from '@koinon/base'
import { createLedgerWriter } from '@koinon/ledger'
import { batchSettlementAbi, budgetDelegateAbi, testDollarAbi } from '@koinon/ledger/abis'
import * as fc from 'fast-check'
import { encodeFunctionData } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BudgetGrant, budgetGrantHash, type SignedBudgetGrant } from '../../rules/budget/grant.ts'
import { type AccountCall, budgetCallsDigest } from '../../rules/budget/owner-words.ts'
import { budgetChannel, budgetGrant, intentId, signedGrant } from '../../testing/budget.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { party, seed } from '../../testing/fixtures.ts'
import { deployBudgetDelegate, setDelegate } from './delegate-account.ts'
import { executeData } from './delegate-calls.ts'

let net: TestNetwork
let thief: Awaited<ReturnType<TestNetwork['fund']>>
let grant: BudgetGrant
let asset: Address
const owner = party('owner').address
const startAtomic = 1_000_000_000n

beforeAll(async () => {
  net = await startNetwork()
  await net.fund('owner')
  thief = await net.fund('thief')
  asset = net.network.contracts.dollar
  const delegate = await deployBudgetDelegate(net.reader, thief.sender, net.domain.escrow)
  await setDelegate(net.reader, createLedgerWriter(net.network, bytesToHex(seed('owner'))), delegate)
  const now = Number((await net.reader.getBlock()).timestamp)
  grant = budgetGrant({
    asset,
    validFrom: now - 1,
    validUntil: now + 8_640_000,
    maxPerPeriodAtomic: 600n,
    maxTotalAtomic: 900n,
  })
}, 120_000)

afterAll(() => net.close())

const amounts = fc.oneof(fc.bigInt(1n, 100n), fc.bigInt(1n, 700n), fc.constant(startAtomic))
const names = fc.constantFrom('alice', 'alice', 'thief')
const calls = fc.record({
  kind: fc.constantFrom('transfer', 'deposit', 'approve', 'approve and take', 'revoke', 'set free', 'collect'),
  to: names,
  authorizer: fc.constantFrom('agent', 'agent', 'thief'),
  amount: amounts,
})
type Wish = typeof calls extends fc.Arbitrary<infer wish> ? wish : never
const attempts = fc.record({
  wishes: fc.array(calls, { minLength: 1, maxLength: 3 }),
  signer: fc.constantFrom('agent', 'agent', 'agent', 'thief'),
  chain: fc.constantFrom('own', 'own', 'wide child', 'forged'),
  days: fc.constantFrom(0, 0, 0, 1),
})

function callsOf({ kind, to, authorizer, amount }: Wish): readonly AccountCall[] {
  const account = party(to).address
  const call = (target: Address, data: Hex): AccountCall => ({ to: target, value: 0n, data })
  const dollar = (functionName: 'transfer' | 'approve' | 'transferFrom', args: readonly unknown[]) =>
    encodeFunctionData({ abi: testDollarAbi, functionName, args } as never)
  const channel = budgetChannel({
    token: asset,
    receiver: account,
    receiverAuthorizer: party('thief').address,
    payerAuthorizer: party(authorizer).address,
  })
  const deposit = { abi: batchSettlementAbi, functionName: 'deposit', args: [channel, amount, owner, '0x'] } as const
  switch (kind) {
    case 'transfer':
      return [call(asset, dollar('transfer', [account, amount]))]
    case 'deposit':
      return [call(net.domain.escrow, encodeFunctionData(deposit))]
    case 'approve':
      return [call(asset, dollar('approve', [thief.address, amount]))]
    case 'approve and take':
      return [
        call(asset, dollar('approve', [asset, amount])),
        call(asset, dollar('transferFrom', [owner, thief.address, amount])),
      ]
    case 'revoke':
      return [call(owner, encodeFunctionData({ abi: budgetDelegateAbi, functionName: 'revokeBudgets' }))]
    case 'set free':
      return [
        call(
          owner,
          encodeFunctionData({
            abi: budgetDelegateAbi,
            functionName: 'execute',
            args: [`0x01${'00'.repeat(31)}`, '0x'],
          }),
        ),
      ]
    default:
      return [
        call(
          owner,
          encodeFunctionData({
            abi: budgetDelegateAbi,
            functionName: 'collect',
            args: [owner, asset, amount, intentId(0), '0x'],
          }),
        ),
      ]
  }
}

/** The owner's grant, one that the thief cut from it for itself as wide as can be, or one that it made up. */
function chainOf(kind: string): readonly SignedBudgetGrant[] {
  const id = net.domain.chainId
  if (kind === 'own') return [signedGrant(grant, 'owner', id)]
  const wide: BudgetGrant = {
    ...grant,
    autonomy: 'full',
    maxPerCallAtomic: startAtomic,
    maxTotalAtomic: startAtomic,
    maxPerPeriodAtomic: startAtomic,
  }
  if (kind === 'forged') return [signedGrant(wide, 'agent', id)]
  const child = { ...wide, agent: thief.address, parentGrant: budgetGrantHash(grant, id) }
  return [signedGrant(grant, 'owner', id), signedGrant(child, 'agent', id)]
}

let salts = 0

/** Sends a batch; resolves whether the chain did it. */
async function tryBatch(
  chain: readonly SignedBudgetGrant[],
  list: readonly AccountCall[],
  signer: string,
): Promise<boolean> {
  const last = chain.at(-1) as SignedBudgetGrant
  const deadline = Number((await net.reader.getBlock()).timestamp) + 1_000_000
  const batch = { calls: list, salt: intentId(`salt ${salts++}`), deadline }
  const digest = budgetCallsDigest(
    { grant: budgetGrantHash(last.grant, net.domain.chainId), ...batch },
    net.domain.chainId,
  )
  const data = executeData({ grants: chain, ...batch, signature: signDigest(digest, seed(signer)) })
  return thief.sender.send({ to: owner, data }, 'a theft').then(
    () => true,
    () => false,
  )
}

describe('a stolen session key', () => {
  it('takes at most the open budget, for the listed receiver', async () => {
    let done = 0
    await fc.assert(
      fc.asyncProperty(attempts, async ({ wishes, signer, chain, days }) => {
        if (days > 0) await net.advanceSeconds(days * 86_400)
        const list = wishes.flatMap(callsOf)
        if (await tryBatch(chainOf(chain), list, chain === 'wide child' ? 'thief' : signer)) done += 1
        const lost = startAtomic - (await net.dollarsOf(owner))
        expect(lost).toBeLessThanOrEqual(grant.maxTotalAtomic)
        // The thief's own thousand dollars, and not a unit more.
        expect(await net.dollarsOf(thief.address)).toBe(startAtomic)
        const [spent, allowance] = await Promise.all([
          net.reader.readContract({
            address: owner,
            abi: budgetDelegateAbi,
            functionName: 'budgetSpent',
            args: [budgetGrantHash(grant, net.domain.chainId)],
          }),
          net.reader.readContract({
            address: asset,
            abi: testDollarAbi,
            functionName: 'allowance',
            args: [owner, thief.address],
          }),
        ])
        expect(lost).toBe(spent.total)
        expect(allowance).toBe(0n)
      }),
      { numRuns: 40, endOnFailure: true },
    )
    // And then all that is left, in the open: exactly the total, and not one unit more.
    for (let day = 0; day < 4; day++) {
      await net.advanceSeconds(86_400)
      for (const amount of [500n, 100n, 50n, 10n, 1n]) {
        while (
          await tryBatch(
            chainOf('own'),
            callsOf({ kind: 'deposit', to: 'alice', authorizer: 'agent', amount }),
            'agent',
          )
        )
          done += 1
      }
    }
    expect(done).toBeGreaterThan(1)
    expect(startAtomic - (await net.dollarsOf(owner))).toBe(grant.maxTotalAtomic)
    expect(
      await tryBatch(
        chainOf('own'),
        callsOf({ kind: 'transfer', to: 'alice', authorizer: 'agent', amount: 1n }),
        'agent',
      ),
    ).toBe(false)
  }, 60_000)

  it('cannot sign for the account: not for deposits, not for logins', async () => {
    const digest = hexToBytes(intentId('anything'))
    const ask = (signer: string) =>
      net.reader.readContract({
        address: owner,
        abi: budgetDelegateAbi,
        functionName: 'isValidSignature',
        args: [bytesToHex(digest), signDigest(digest, seed(signer))],
      })
    expect(await ask('owner')).toBe('0x1626ba7e')
    expect(await ask('agent')).toBe('0xffffffff')
  })
})
