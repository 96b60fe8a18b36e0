/** What specs/vectors/budget.json holds: hashes and signatures of budgets, computed with viem, and decisions, written down by hand. */
import { encodeAbiParameters, hashTypedData, keccak256, stringToHex, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { budgetDelegateAbi } from '../../packages/ledger/src/generated/budget-delegate.ts'

const CHAIN_ID = 424242
const domain = { name: 'Koinon Budget', version: '1', chainId: CHAIN_ID }
const key = (name) => privateKeyToAccount(keccak256(toHex(`koinon budget vector ${name}, never funded`)))
const owner = key('owner')
const agent = key('agent')
const helper = key('helper')
const place = (digits) => `0x${digits.repeat(40 / digits.length)}`
const ASSET = place('d0')
const ALICE = place('a1')
const BOB = place('b0')
const JOBS = place('70')
const FUND = '0xd2e13f50'
const NONE = `0x${'00'.repeat(32)}`

const types = {
  BudgetGrant: [
    { name: 'owner', type: 'address' },
    { name: 'agent', type: 'address' },
    { name: 'parentGrant', type: 'bytes32' },
    { name: 'autonomy', type: 'string' },
    { name: 'asset', type: 'address' },
    { name: 'receivers', type: 'address[]' },
    { name: 'services', type: 'string[]' },
    { name: 'methods', type: 'string[]' },
    { name: 'contractCalls', type: 'ContractCall[]' },
    { name: 'maxPerCallAtomic', type: 'uint128' },
    { name: 'maxPerPeriodAtomic', type: 'uint128' },
    { name: 'periodSeconds', type: 'uint64' },
    { name: 'maxTotalAtomic', type: 'uint128' },
    { name: 'validFrom', type: 'uint64' },
    { name: 'validUntil', type: 'uint64' },
    { name: 'revocationNonce', type: 'uint64' },
  ],
  ContractCall: [
    { name: 'target', type: 'address' },
    { name: 'selector', type: 'bytes4' },
  ],
  BudgetRevocation: [{ name: 'grant', type: 'bytes32' }],
  BudgetApproval: [
    { name: 'grant', type: 'bytes32' },
    { name: 'intent', type: 'bytes32' },
    { name: 'isApproved', type: 'bool' },
  ],
  BudgetCalls: [
    { name: 'grant', type: 'bytes32' },
    { name: 'calls', type: 'Call[]' },
    { name: 'salt', type: 'bytes32' },
    { name: 'deadline', type: 'uint64' },
  ],
  Call: [
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'data', type: 'bytes' },
  ],
}
const typed = (primaryType, message) => ({ domain, types, primaryType, message })

/** An agent that may pay Alice, and fund jobs, from 1,000,000 on for ten days. */
const base = {
  owner: owner.address.toLowerCase(),
  agent: agent.address.toLowerCase(),
  parentGrant: NONE,
  autonomy: 'limited',
  asset: ASSET,
  receivers: [ALICE],
  services: ['https://api.example'],
  methods: ['POST /v1/*', 'GET /v1/models'],
  contractCalls: [{ target: JOBS, selector: FUND }],
  maxPerCallAtomic: '100',
  maxPerPeriodAtomic: '1000',
  periodSeconds: 86400,
  maxTotalAtomic: '5000',
  validFrom: 1_000_000,
  validUntil: 1_864_000,
  revocationNonce: 0,
}
const nothing = { totalAtomic: '0', periodAtomic: '0', periodIndex: 0 }
const call = {
  kind: 'payCall',
  asset: ASSET,
  receiver: ALICE,
  service: 'https://api.example',
  method: 'POST',
  path: '/v1/chat/completions',
  amountAtomic: '100',
}
const transfer = {
  kind: 'transfer',
  asset: ASSET,
  receiver: ALICE,
  service: 'https://api.example',
  amountAtomic: '100',
}
const deposit = { ...transfer, kind: 'deposit', amountAtomic: '1000' }
const job = { ...transfer, kind: 'fundJob', target: JOBS, selector: FUND }

/** [name, grant changes by level, spent by level, action, seconds after validFrom, verdict, code, level] */
const cases = [
  ['a call within everything', [{}], [{}], call, 0, 'allow'],
  ['a transfer within everything', [{}], [{}], transfer, 0, 'allow'],
  ['a deposit may be larger than a call', [{}], [{}], deposit, 0, 'allow'],
  ['a job within everything', [{}], [{}], job, 0, 'allow'],
  ['one second early', [{}], [{}], transfer, -1, 'refuse', 'not-yet-valid', 0],
  ['the last second', [{}], [{}], transfer, 863_999, 'allow'],
  ['the end', [{}], [{}], transfer, 864_000, 'refuse', 'expired', 0],
  ['another asset', [{}], [{}], { ...transfer, asset: BOB }, 0, 'refuse', 'wrong-asset', 0],
  ['another receiver', [{}], [{}], { ...transfer, receiver: BOB }, 0, 'refuse', 'receiver-not-allowed', 0],
  ['a deposit for another receiver', [{}], [{}], { ...deposit, receiver: BOB }, 0, 'refuse', 'receiver-not-allowed', 0],
  ['nobody is named', [{ receivers: [] }], [{}], transfer, 0, 'refuse', 'receiver-not-allowed', 0],
  [
    'full asks for no receiver',
    [{ autonomy: 'full', receivers: [] }],
    [{}],
    { ...transfer, receiver: BOB },
    0,
    'allow',
  ],
  [
    'full keeps to amounts',
    [{ autonomy: 'full' }],
    [{}],
    { ...transfer, amountAtomic: '101' },
    0,
    'refuse',
    'over-call',
    0,
  ],
  [
    'full names contracts all the same',
    [{ autonomy: 'full', contractCalls: [] }],
    [{}],
    job,
    0,
    'refuse',
    'contract-not-allowed',
    0,
  ],
  ['another function', [{}], [{}], { ...job, selector: '0x12345678' }, 0, 'refuse', 'contract-not-allowed', 0],
  ['another contract', [{}], [{}], { ...job, target: BOB }, 0, 'refuse', 'contract-not-allowed', 0],
  ['alert signs nothing', [{ autonomy: 'alert' }], [{}], transfer, 0, 'refuse', 'alert-only', 0],
  ['propose asks', [{ autonomy: 'propose' }], [{}], transfer, 0, 'propose', null, 0],
  [
    'propose asks only for what the lists allow',
    [{ autonomy: 'propose' }],
    [{}],
    { ...transfer, receiver: BOB },
    0,
    'refuse',
    'receiver-not-allowed',
    0,
  ],
  [
    'propose asks only within amounts',
    [{ autonomy: 'propose' }],
    [{}],
    { ...transfer, amountAtomic: '101' },
    0,
    'refuse',
    'over-call',
    0,
  ],
  ['one unit more a call', [{}], [{}], { ...transfer, amountAtomic: '101' }, 0, 'refuse', 'over-call', 0],
  [
    'one unit more a period, as a deposit',
    [{}],
    [{}],
    { ...deposit, amountAtomic: '1001' },
    0,
    'refuse',
    'over-period',
    0,
  ],
  ['the rest of a period', [{}], [{ totalAtomic: '900', periodAtomic: '900' }], transfer, 86_399, 'allow'],
  [
    'one unit more than the rest of a period',
    [{}],
    [{ totalAtomic: '901', periodAtomic: '901' }],
    transfer,
    86_399,
    'refuse',
    'over-period',
    0,
  ],
  ['the next period', [{}], [{ totalAtomic: '1000', periodAtomic: '1000' }], transfer, 86_400, 'allow'],
  [
    'a period that was charged ahead of the clock',
    [{}],
    [{ totalAtomic: '1000', periodAtomic: '1000', periodIndex: 3 }],
    transfer,
    86_400,
    'refuse',
    'over-period',
    0,
  ],
  [
    'the rest of the total',
    [{}],
    [{ totalAtomic: '4900', periodAtomic: '900', periodIndex: 4 }],
    transfer,
    5 * 86_400,
    'allow',
  ],
  [
    'one unit more than the total',
    [{}],
    [{ totalAtomic: '4901', periodAtomic: '901', periodIndex: 4 }],
    transfer,
    5 * 86_400,
    'refuse',
    'over-total',
    0,
  ],
  [
    'nothing is left',
    [{}],
    [{ totalAtomic: '5000' }],
    { ...transfer, amountAtomic: '1' },
    9 * 86_400,
    'refuse',
    'over-total',
    0,
  ],
  [
    'the largest amounts do not wrap',
    [
      {
        maxPerCallAtomic: `${2n ** 128n - 1n}`,
        maxPerPeriodAtomic: `${2n ** 128n - 1n}`,
        maxTotalAtomic: `${2n ** 128n - 1n}`,
      },
    ],
    [{ totalAtomic: `${2n ** 128n - 1n}`, periodAtomic: `${2n ** 128n - 1n}` }],
    { ...transfer, amountAtomic: `${2n ** 128n - 1n}` },
    0,
    'refuse',
    'over-period',
    0,
  ],
  ['two levels that allow', [{}, { maxTotalAtomic: '50' }], [{}, {}], { ...transfer, amountAtomic: '50' }, 0, 'allow'],
  [
    'the level below is narrower',
    [{}, { maxTotalAtomic: '50' }],
    [{}, {}],
    { ...transfer, amountAtomic: '51' },
    0,
    'refuse',
    'over-total',
    1,
  ],
  [
    'the level above is used up',
    [{}, {}],
    [{ totalAtomic: '5000' }, {}],
    { ...transfer, amountAtomic: '1' },
    9 * 86_400,
    'refuse',
    'over-total',
    0,
  ],
  [
    'a wider level below gives nothing',
    [{}, { receivers: [ALICE, BOB] }],
    [{}, {}],
    { ...transfer, receiver: BOB },
    0,
    'refuse',
    'receiver-not-allowed',
    0,
  ],
  [
    'full below limited is limited',
    [{}, { autonomy: 'full' }],
    [{}, {}],
    { ...transfer, receiver: BOB },
    0,
    'refuse',
    'receiver-not-allowed',
    0,
  ],
  [
    'limited below full is limited',
    [{ autonomy: 'full' }, {}],
    [{}, {}],
    { ...transfer, receiver: BOB },
    0,
    'refuse',
    'receiver-not-allowed',
    1,
  ],
  ['propose above asks for those below', [{ autonomy: 'propose' }, {}], [{}, {}], transfer, 0, 'propose', null, 0],
  ['another service', [{}], [{}], { ...call, service: 'https://evil.example' }, 0, 'refuse', 'service-not-allowed', 0],
  [
    'a service that only begins alike',
    [{}],
    [{}],
    { ...call, service: 'https://api.example.evil' },
    0,
    'refuse',
    'service-not-allowed',
    0,
  ],
  ['another path', [{}], [{}], { ...call, path: '/v2/chat' }, 0, 'refuse', 'method-not-allowed', 0],
  ['another method', [{}], [{}], { ...call, method: 'DELETE' }, 0, 'refuse', 'method-not-allowed', 0],
  [
    'a path without star is whole',
    [{}],
    [{}],
    { ...call, method: 'GET', path: '/v1/models/x' },
    0,
    'refuse',
    'method-not-allowed',
    0,
  ],
  ['any method', [{ methods: ['* /v1/*'] }], [{}], { ...call, method: 'DELETE' }, 0, 'allow'],
  ['by service alone', [{ receivers: [] }], [{}], { ...call, receiver: BOB }, 0, 'allow'],
  ['by service alone, no deposits', [{ receivers: [] }], [{}], deposit, 0, 'refuse', 'receiver-not-allowed', 0],
]

const kinds = { deposit: 0, transfer: 1, fundJob: 2 }
/** Only TypeScript knows services, methods and who is paid for a job. */
const isOnChain = ({ kind }) => kind !== 'payCall'

function components(name, args) {
  const item = budgetDelegateAbi.find((entry) => entry.type === 'function' && entry.name === name)
  return item[args][0].components
}

function wire(grant) {
  return {
    ...grant,
    ...Object.fromEntries(
      Object.entries(grant)
        .filter(([name]) => /Atomic|Seconds|valid|Nonce/.test(name))
        .map(([name, value]) => [name, BigInt(value)]),
    ),
  }
}

const grantType = { type: 'tuple', components: components('budgetGrantHash', 'inputs') }
const spentType = { type: 'tuple', components: components('budgetSpent', 'outputs') }
const actionType = {
  type: 'tuple',
  components: [
    'uint8 kind',
    'address asset',
    'address receiver',
    'address target',
    'bytes4 selector',
    'uint256 amount',
  ].map((text) => ({ type: text.split(' ')[0], name: text.split(' ')[1] })),
}

/** The case as Solidity reads it: grants, spent, action, time, code. */
function encodeCase(levels, action, nowSeconds, verdict, code) {
  return encodeAbiParameters(
    [
      { ...grantType, type: 'tuple[]' },
      { ...spentType, type: 'tuple[]' },
      actionType,
      { type: 'uint256' },
      { type: 'bytes32' },
    ],
    [
      levels.map(({ grant }) => wire(grant)),
      levels.map(({ spent }) => ({
        total: BigInt(spent.totalAtomic),
        inPeriod: BigInt(spent.periodAtomic),
        periodIndex: BigInt(spent.periodIndex),
      })),
      {
        kind: kinds[action.kind],
        asset: action.asset,
        receiver: action.receiver,
        target: action.target ?? action.asset,
        selector: action.selector ?? '0x00000000',
        amount: BigInt(action.amountAtomic),
      },
      BigInt(nowSeconds),
      stringToHex(code ?? (verdict === 'propose' ? 'needs-owner' : ''), { size: 32 }),
    ],
  )
}

function decisions() {
  return cases.map(([name, changes, spent, action, after, verdict, code = null, level = null]) => {
    const levels = changes.map((change, index) => ({
      grant: { ...base, ...change },
      spent: { ...nothing, ...spent[index] },
    }))
    const nowSeconds = base.validFrom + after
    const onChain = isOnChain(action) ? { encoded: encodeCase(levels, action, nowSeconds, verdict, code) } : {}
    return { name, levels, action, nowSeconds, verdict, code, level, ...onChain }
  })
}

async function signedGrant(name, grant, signer) {
  const message = wire(grant)
  return {
    name,
    grant,
    hash: hashTypedData(typed('BudgetGrant', message)),
    encoded: encodeAbiParameters([grantType], [message]),
    signer: signer.address.toLowerCase(),
    signature: await signer.signTypedData(typed('BudgetGrant', message)),
  }
}

/** The whole file. */
export async function budgetVectors() {
  const top = await signedGrant('top', base, owner)
  const child = {
    ...base,
    agent: helper.address.toLowerCase(),
    parentGrant: top.hash,
    maxTotalAtomic: '500',
    validUntil: base.validFrom + 3600,
  }
  const bare = { ...base, autonomy: 'full', receivers: [], services: [], methods: [], contractCalls: [] }
  const calls = [
    { to: ASSET, value: 0n, data: '0xa9059cbb' },
    { to: JOBS, value: 7n, data: '0x' },
  ]
  const batch = { grant: top.hash, calls, salt: keccak256(toHex('salt')), deadline: 1_000_600n }
  const approval = { grant: top.hash, intent: keccak256(toHex('intent')), isApproved: true }
  return {
    description:
      'Budgets (specs/0025): hashes and signatures computed with viem, decisions written down by hand. `encoded` is the same for Solidity. Keys: keccak256("koinon budget vector NAME, never funded") for owner, agent, helper.',
    chainId: CHAIN_ID,
    grants: [top, await signedGrant('child', child, agent), await signedGrant('bare', bare, owner)],
    revocation: { grant: top.hash, digest: hashTypedData(typed('BudgetRevocation', { grant: top.hash })) },
    approvals: [approval, { ...approval, isApproved: false }].map((message) => ({
      ...message,
      digest: hashTypedData(typed('BudgetApproval', message)),
    })),
    batch: {
      ...batch,
      calls: calls.map((item) => ({ ...item, value: item.value.toString() })),
      deadline: Number(batch.deadline),
      digest: hashTypedData(typed('BudgetCalls', batch)),
      encoded: encodeAbiParameters(
        [{ type: 'bytes32' }, { type: 'tuple[]', components: types.Call }, { type: 'bytes32' }, { type: 'uint64' }],
        [batch.grant, calls, batch.salt, batch.deadline],
      ),
    },
    decisions: decisions(),
  }
}
