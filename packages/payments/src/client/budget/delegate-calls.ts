/** Batches for the owner's delegate: what a typed intent becomes on chain (specs/0025-budgets.md section 5). */
import { type Address, type Hex, zeroHash } from '@koinon/base'
import { batchSettlementAbi, budgetDelegateAbi, jobsAbi } from '@koinon/ledger/abis'
import {
  decodeAbiParameters,
  decodeFunctionData,
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  getAbiItem,
  toFunctionSelector,
} from 'viem'
import type { SignedBudgetGrant } from '../../rules/budget/grant.ts'
import type { DepositIntent, FundJobIntent, HireJobIntent, TransferIntent } from '../../rules/budget/intent.ts'
import type { AccountCall } from '../../rules/budget/owner-words.ts'
import { parseGrantChain } from '../../rules/budget/parse-grant.ts'

export type OnChainIntent = DepositIntent | FundJobIntent | HireJobIntent | TransferIntent

/** Selector of a job contract's `fund(uint256,uint256,bytes)` (ERC-8183). */
export const fundJobSelector: Hex = toFunctionSelector(getAbiItem({ abi: jobsAbi, name: 'fund' }))

/** Selector of a job contract's `hire`: a quote for a job that is opened with it (specs/0024-jobs.md section 2). */
export const hireSelector: Hex = toFunctionSelector(getAbiItem({ abi: jobsAbi, name: 'hire' }))
/** Selector of a job contract's `fundByQuote`: a quote for an open job. */
export const fundByQuoteSelector: Hex = toFunctionSelector(getAbiItem({ abi: jobsAbi, name: 'fundByQuote' }))

/** Which function of a job contract a grant must list: `hire` for a new job, `fundByQuote` for an open one. */
export function hireJobSelector({ job }: Pick<HireJobIntent, 'job'>): Hex {
  return 'jobId' in job ? fundByQuoteSelector : hireSelector
}

/** The owner's account calls and has approved: no signature of its own. */
const byAllowance = { validAfter: 0n, validBefore: 0n, salt: zeroHash, signature: '0x' } as const

const callsParameter = {
  type: 'tuple[]',
  components: [
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'data', type: 'bytes' },
  ],
} as const
const grantComponents = getAbiItem({ abi: budgetDelegateAbi, name: 'budgetGrantHash' }).inputs[0]
const grantsParameter = {
  type: 'tuple[]',
  components: [
    { ...grantComponents, name: 'grant' },
    { name: 'signature', type: 'bytes' },
  ],
} as const
const opDataParameters = [grantsParameter, { type: 'bytes32' }, { type: 'uint64' }, { type: 'bytes' }] as const
/** ERC-7821: a single batch with `opData`. */
const batchMode: Hex = `0x01000000000078210001${'00'.repeat(22)}`

/** The calls of the owner's account that an intent stands for. */
export function callsOf(intent: OnChainIntent, owner: Address, escrow: Address): readonly AccountCall[] {
  if (intent.kind === 'transfer') {
    const args = [intent.receiver, intent.amountAtomic] as const
    return [call(intent.asset, encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args }))]
  }
  if (intent.kind === 'deposit') {
    const args = [intent.channel, intent.amountAtomic, owner, '0x'] as const
    return [call(escrow, encodeFunctionData({ abi: batchSettlementAbi, functionName: 'deposit', args }))]
  }
  const approval = [intent.target, intent.amountAtomic] as const
  return [
    call(intent.asset, encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: approval })),
    call(intent.target, intent.kind === 'hireJob' ? hireData(intent, owner) : fundData(intent)),
  ]
}

function fundData({ jobId, amountAtomic }: FundJobIntent): Hex {
  return encodeFunctionData({ abi: jobsAbi, functionName: 'fund', args: [jobId, amountAtomic, '0x'] })
}

/** What the contract compares is made of what was decided on: another provider, price or other terms, and it takes nothing. */
function hireData({ job, quote, receiver, asset, amountAtomic, termsHash }: HireJobIntent, owner: Address): Hex {
  const signed = {
    ...{ termsHash, provider: receiver, price: amountAtomic, nonce: quote.nonce },
    deadline: BigInt(quote.deadlineSeconds),
  }
  const rest = [signed, quote.signature, byAllowance, '0x'] as const
  if ('jobId' in job)
    return encodeFunctionData({ abi: jobsAbi, functionName: 'fundByQuote', args: [job.jobId, ...rest] })
  const { evaluator, hook, expiredAtSeconds, description } = job
  const terms = { client: owner, evaluator, hook, token: asset, expiredAt: BigInt(expiredAtSeconds), description }
  return encodeFunctionData({ abi: jobsAbi, functionName: 'hire', args: [terms, ...rest] })
}

/** Call data of `execute` on the owner's account, for whoever pays the gas. */
export function executeData(batch: {
  readonly grants: readonly SignedBudgetGrant[]
  readonly calls: readonly AccountCall[]
  readonly salt: Hex
  readonly deadline: number
  readonly signature: Hex
}): Hex {
  const { grants, calls, salt, deadline, signature } = batch
  const opData = encodeAbiParameters(opDataParameters, [
    grants.map(({ grant, signature: signed }) => ({ grant: wireGrant(grant), signature: signed })),
    salt,
    BigInt(deadline),
    signature,
  ])
  const executionData = encodeAbiParameters([callsParameter, { type: 'bytes' }], [calls, opData])
  return encodeFunctionData({ abi: budgetDelegateAbi, functionName: 'execute', args: [batchMode, executionData] })
}

/** The grants of a key's batch in call data of `execute`; none in anything else. Shapes are checked, signatures are not. */
export function grantsOfExecute(data: Hex): readonly SignedBudgetGrant[] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: budgetDelegateAbi, data })
    if (functionName !== 'execute') return []
    const [, opData] = decodeAbiParameters([callsParameter, { type: 'bytes' }], args[1])
    const [grants] = decodeAbiParameters(opDataParameters, opData)
    return parseGrantChain(grants.map(({ grant, signature }) => ({ grant: readGrant(grant), signature })))
  } catch {
    return []
  }
}

/** The grant as viem encodes it. */
export function wireGrant(grant: SignedBudgetGrant['grant']) {
  return {
    ...grant,
    periodSeconds: BigInt(grant.periodSeconds),
    validFrom: BigInt(grant.validFrom),
    validUntil: BigInt(grant.validUntil),
    revocationNonce: BigInt(grant.revocationNonce),
  }
}

/** Times as numbers again; what is too large for one is refused with the rest of a malformed grant. */
function readGrant(grant: Omit<ReturnType<typeof wireGrant>, 'autonomy'>): unknown {
  return {
    ...grant,
    periodSeconds: Number(grant.periodSeconds),
    validFrom: Number(grant.validFrom),
    validUntil: Number(grant.validUntil),
    revocationNonce: Number(grant.revocationNonce),
  }
}

function call(to: Address, data: Hex): AccountCall {
  return { to, value: 0n, data }
}
