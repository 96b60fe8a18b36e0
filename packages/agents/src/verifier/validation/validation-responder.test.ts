import { bytesToHex, keccak256, utf8ToBytes } from '@koinon/base'
import { validationRegistryAbi } from '@koinon/ledger/abis'
import { type ContractsNetwork, startEmbedded, type TestAccount, withContracts } from '@koinon/ledger/testing'
import { checkThat, notChecked } from '@koinon/work'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerAgent } from '../../client/identity/agent-registry.ts'
import { type Judge, ValidationResponder } from './validation-responder.ts'

let chain: ContractsNetwork
let owner: TestAccount
let validator: TestAccount
let agentId: bigint
const documents = new Map<string, Uint8Array>()
beforeAll(async () => {
  chain = await withContracts(await startEmbedded())
  ;[owner, validator] = [await chain.account(), await chain.account()]
  agentId = await registerAgent({ ...chain, sender: owner.sender }, 'https://a.example/x')
}, 60_000)
afterAll(() => chain?.close())

const registry = () => ({ address: chain.network.contracts.validation, abi: validationRegistryAbi }) as const
async function ask(document: string, hash = bytesToHex(keccak256(utf8ToBytes(document)))) {
  const uri = `mem:${documents.size}`
  documents.set(uri, utf8ToBytes(document))
  await owner.sender.call({
    ...registry(),
    functionName: 'validationRequest',
    args: [validator.address, agentId, uri, hash],
  })
  return hash
}
const judge: Judge = async ({ isHonest }) => ({
  checks: [checkThat('replay', isHonest === true, 'answer'), notChecked('x', '')],
})
const answers: Uint8Array[] = []
const responder = (mostPerLook = 100) =>
  new ValidationResponder({
    mostPerLook,
    account: { ...chain, sender: validator.sender },
    judges: { receipt: judge, shy: async () => ({ checks: [notChecked('replay', 'no model')] }) },
    fetch: async (uri) => documents.get(uri) as Uint8Array,
    publish: (document) => `mem:answer ${answers.push(document)}`,
  })

it('answers each request once with what its checks say, also after a restart', async () => {
  const good = await ask('{"kind":"receipt","isHonest":true}')
  const bad = await ask('{"kind":"receipt","isHonest":false}')
  expect(await responder().look()).toMatchObject([
    { requestHash: good, response: 100 },
    { requestHash: bad, response: 0 },
  ])
  expect(await responder().look()).toEqual([])
  const [, , response, hash, tag] = await chain.reader.readContract({
    ...registry(),
    functionName: 'getValidationStatus',
    args: [bad],
  })
  expect([response, tag]).toEqual([0, 'koinon receipt'])
  expect(hash).toBe(bytesToHex(keccak256(answers[1] as Uint8Array)))
})

it('answers nothing that it did not look at, and nothing about a document that was exchanged', async () => {
  await ask('{"kind":"shy"}')
  await ask('{"kind":"constructor"}')
  await ask('not JSON')
  await ask('[1]')
  await ask('{"kind":"receipt","isHonest":true,"v":2}', `0x${'12'.repeat(32)}`)
  const outcomes = await responder().look()
  expect(outcomes).toHaveLength(5)
  for (const { response } of outcomes) expect(response).toBeUndefined()
  expect(outcomes.at(-1)?.reason).toContain('not the one')
})

it('judges so many in one look, and lets those rest that it could not judge', async () => {
  const one = responder(3)
  expect(await one.look()).toHaveLength(3)
  const good = await ask('{"kind":"receipt","isHonest":true,"v":3}')
  expect(await one.look()).toMatchObject([{}, {}, { requestHash: good, response: 100 }])
  expect(await one.look()).toEqual([])
})
