/**
 * Writes specs/vectors/budget.json (see budget-vectors.mjs) and specs/vectors/contracts.json: digests that Solidity and TypeScript must agree on, computed here with viem and
 * asserted by the forge tests, and the functions that change anything. Usage: node scripts/vectors.mjs [--check]
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { concat, encodeAbiParameters, hashTypedData, keccak256, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { predeploys } from '../../packages/ledger/src/generated/predeploys.ts'
import { budgetVectors } from './budget-vectors.mjs'
import { CONTRACTS_DIR } from './paths.mjs'
import { BATCH_SETTLEMENT_ADDRESS } from './predeploys.mjs'

const VECTORS = join(CONTRACTS_DIR, '../specs/vectors')
const GENERATED = join(CONTRACTS_DIR, '../packages/ledger/src/generated')
const CHAIN_ID = 424242
const EPOCHS = '0x00000000000000000000000000000000000e90c5'
const WEIGHTS = '0x00000000000000000000000000000000003e1947'
const HOTKEY = '0x00000000000000000000000000000000000a11ce'
const TEST_KEY = keccak256(toHex('koinon test vector key, never funded'))
const word = (text) => keccak256(toHex(text))

async function vectors() {
  const signer = privateKeyToAccount(TEST_KEY)
  return {
    description:
      'Digests of the contracts. Integers are decimal strings, bytes are hex. Signer key: keccak256("koinon test vector key, never funded").',
    chainId: CHAIN_ID,
    signer: signer.address,
    ...(await epochVectors(signer)),
    weightCommitment: weightCommitment(),
    ...(await channelVectors(signer)),
    predeploys: predeploys.map(({ name, address, runtimeBytecode }) => ({
      name,
      address,
      codeHash: keccak256(runtimeBytecode),
    })),
    functions: await changingFunctions(),
  }
}

/** Names of all functions of the published contracts that change anything, overloads repeated, by the contract's file. */
async function changingFunctions() {
  const files = readdirSync(GENERATED).filter((file) => file !== 'predeploys.ts')
  const listed = files.sort().map(async (file) => {
    const module = await import(pathToFileURL(join(GENERATED, file)).href)
    const [, abi] = Object.entries(module).find(([name]) => name.endsWith('Abi'))
    const changing = abi.filter((item) => item.type === 'function' && !/view|pure/.test(item.stateMutability))
    return [basename(file, '.ts'), changing.map((item) => item.name).sort()]
  })
  return Object.fromEntries(await Promise.all(listed))
}

async function epochVectors(signer) {
  const domain = { name: 'Koinon Epochs', version: '4', chainId: CHAIN_ID, verifyingContract: EPOCHS }
  const result = {
    netuid: 7,
    epoch: '41',
    previousHash: word('previous'),
    root: word('root'),
    minersTotal: '3500000000000000001',
    dividendsTotal: '2100000000000000000',
    validatorsHash: word('validators'),
    carryHash: word('carry'),
    specHash: word('spec'),
    dataHash: word('data'),
  }
  const typed = {
    domain,
    types: {
      Result: [
        { name: 'netuid', type: 'uint32' },
        { name: 'epoch', type: 'uint64' },
        { name: 'previousHash', type: 'bytes32' },
        { name: 'root', type: 'bytes32' },
        { name: 'minersTotal', type: 'uint256' },
        { name: 'dividendsTotal', type: 'uint256' },
        { name: 'validatorsHash', type: 'bytes32' },
        { name: 'carryHash', type: 'bytes32' },
        { name: 'specHash', type: 'bytes32' },
        { name: 'dataHash', type: 'bytes32' },
      ],
    },
    primaryType: 'Result',
    message: {
      ...result,
      epoch: BigInt(result.epoch),
      minersTotal: BigInt(result.minersTotal),
      dividendsTotal: BigInt(result.dividendsTotal),
    },
  }
  const resultDigest = hashTypedData(typed)
  const objection = {
    domain,
    types: {
      Objection: [
        { name: 'netuid', type: 'uint32' },
        { name: 'epoch', type: 'uint64' },
        { name: 'resultHash', type: 'bytes32' },
      ],
    },
    primaryType: 'Objection',
    message: { netuid: 7, epoch: 41n, resultHash: resultDigest },
  }
  return {
    result: {
      verifyingContract: EPOCHS,
      ...result,
      digest: resultDigest,
      signature: await signer.signTypedData(typed),
    },
    objection: { netuid: 7, epoch: '41', resultHash: resultDigest, digest: hashTypedData(objection) },
  }
}

function weightCommitment() {
  const pairs = [
    [0, 65535],
    [3, 1],
    [255, 32768],
  ]
  const row = concat(pairs.map(([uid, weight]) => concat([toHex(uid, { size: 2 }), toHex(weight, { size: 2 })])))
  const salt = word('salt')
  const types = ['uint256', 'address', 'uint32', 'uint64', 'address', 'bytes32', 'bytes32'].map((type) => ({ type }))
  const commitment = keccak256(
    encodeAbiParameters(types, [BigInt(CHAIN_ID), WEIGHTS, 7, 41n, HOTKEY, keccak256(row), salt]),
  )
  return {
    weightsContract: WEIGHTS,
    netuid: 7,
    epoch: '41',
    hotkey: HOTKEY,
    row,
    rowHash: keccak256(row),
    salt,
    commitment,
  }
}

async function channelVectors(signer) {
  const domain = {
    name: 'x402 Batch Settlement',
    version: '1',
    chainId: CHAIN_ID,
    verifyingContract: BATCH_SETTLEMENT_ADDRESS,
  }
  const config = {
    payer: '0x4444444444444444444444444444444444444444',
    payerAuthorizer: signer.address,
    receiver: '0x5555555555555555555555555555555555555555',
    receiverAuthorizer: '0x6666666666666666666666666666666666666666',
    token: '0x7777777777777777777777777777777777777777',
    withdrawDelay: 86_400,
    salt: word('channel'),
  }
  const channelConfigFields = ['payer', 'payerAuthorizer', 'receiver', 'receiverAuthorizer', 'token'].map((name) => ({
    name,
    type: 'address',
  }))
  const types = {
    ChannelConfig: [
      ...channelConfigFields,
      { name: 'withdrawDelay', type: 'uint40' },
      { name: 'salt', type: 'bytes32' },
    ],
    Voucher: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'maxClaimableAmount', type: 'uint128' },
    ],
    Refund: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'nonce', type: 'uint256' },
      { name: 'amount', type: 'uint128' },
    ],
    ClaimEntry: [
      { name: 'channelId', type: 'bytes32' },
      { name: 'maxClaimableAmount', type: 'uint128' },
      { name: 'totalClaimed', type: 'uint128' },
    ],
    ClaimBatch: [{ name: 'claims', type: 'ClaimEntry[]' }],
  }
  const channelId = hashTypedData({ domain, types, primaryType: 'ChannelConfig', message: config })
  const voucher = { domain, types, primaryType: 'Voucher', message: { channelId, maxClaimableAmount: 1_500_000n } }
  const refund = { domain, types, primaryType: 'Refund', message: { channelId, nonce: 2n, amount: 250_000n } }
  const claims = [{ channelId, maxClaimableAmount: 1_500_000n, totalClaimed: 1_200_000n }]
  return {
    channel: { verifyingContract: BATCH_SETTLEMENT_ADDRESS, config, channelId },
    voucher: {
      maxClaimableAmount: '1500000',
      digest: hashTypedData(voucher),
      signature: await signer.signTypedData(voucher),
    },
    refund: { nonce: '2', amount: '250000', digest: hashTypedData(refund) },
    claimBatch: {
      totalClaimed: '1200000',
      digest: hashTypedData({ domain, types, primaryType: 'ClaimBatch', message: { claims } }),
    },
  }
}

for (const [name, content] of [
  ['contracts.json', await vectors()],
  ['budget.json', await budgetVectors()],
]) {
  const file = join(VECTORS, name)
  const text = `${JSON.stringify(content, null, 2)}\n`
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`stale: specs/vectors/${name}\n`)
    process.exitCode = 1
  }
}
