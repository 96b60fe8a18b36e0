import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedResult } from '../client/index.ts'
import { epochWindow, resultToJson } from '../rules/index.ts'
import { type RevealedSubnet, startRevealedSubnet } from '../testing/revealed-subnet.ts'
import { startTestLedger, type TestAccount, type TestLedger, testPhases, token, until } from '../testing/test-ledger.ts'
import { createTestValidator } from '../testing/test-peers.ts'
import { rootStake } from '../testing/validator-world.ts'
import { planAccusation, signedResultFromJson } from './accuse.ts'

let ledger: TestLedger
let folder: string
const servers: Server[] = []
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-accuse-'))
  ledger = await startTestLedger()
}, 120_000)
afterAll(async () => {
  for (const server of servers) server.closeAllConnections()
  for (const server of servers) server.close()
  await ledger?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('whoever has two results of one epoch with one signature', () => {
  it('has the signer slashed, once, and is told what stands against it', async () => {
    const subnet = await startRevealedSubnet(ledger, [60n * token, 40n * token])
    const { netuid, chain, writer, validators } = subnet
    const [honest, offender] = validators as [TestAccount, TestAccount]
    await subnet.reveal(1)
    const { result } = await subnet.compute(1)
    const other = { ...result, dataHash: sha256Hex('another') }
    const place = { ledger: chain, writer }
    const [one, two] = [subnet.sign(result, offender), subnet.sign(other, offender)]
    await expect(planAccusation(place, one, one)).rejects.toMatchObject({ code: 'subnets/not-two-results' })
    await expect(planAccusation(place, one, subnet.sign(other, honest))).rejects.toMatchObject({
      code: 'subnets/two-signers',
    })
    const stranger = subnet.sign(result, ledger.owner)
    await expect(planAccusation(place, stranger, subnet.sign(other, ledger.owner))).rejects.toMatchObject({
      code: 'subnets/not-punishable',
      message: expect.stringContaining('no validator permit'),
    })

    const documents = [one, two].map((signed) => signedResultFromJson(JSON.parse(JSON.stringify(served(signed)))))
    const [first, second] = documents as [SignedResult, SignedResult]
    const plan = await planAccusation(place, first, second)
    expect(plan).toMatchObject({ netuid, epoch: 1, signer: offender.address })
    await writer.punishTwofold(first, second)
    expect(await rootStake({ ledger }, offender.address)).toBe(32n * token)
    expect(await rootStake({ ledger }, honest.address)).toBe(60n * token)
    await expect(planAccusation(place, first, second)).rejects.toMatchObject({
      code: 'subnets/not-punishable',
      message: expect.stringContaining('slashed already, for this epoch'),
    })
  }, 120_000)
})

describe('a validator that runs', () => {
  it('keeps what the others give out across restarts, and accuses who gives out another result later', async () => {
    const { subnet, offender, serve, watch } = await watched()
    const { result } = await subnet.compute(1)
    serve(subnet.sign(result, offender))
    const before = await watch()
    await until('the first is kept', async () => (await before.store.signedResults(subnet.netuid, 0)).length === 1)
    await before.close()
    serve(subnet.sign({ ...result, dataHash: sha256Hex('another') }, offender))
    const after = await watch()
    await until('the signer is accused', () => after.events.some(({ kind }) => kind === 'accused'))
    await after.close()
    expect(after.events).toContainEqual({ kind: 'accused', epoch: 1, signer: offender.address })
    expect(await rootStake({ ledger }, offender.address)).toBe(32n * token)
    expect(after.events.filter(({ kind }) => kind === 'problem')).toEqual([])
  }, 120_000)

  it('accuses who signed another result on the ledger than it gives out', async () => {
    const { subnet, honest, offender, serve, watch } = await watched()
    const computed = await subnet.compute(1)
    await subnet.submit(computed, [honest, offender])
    serve(subnet.sign(computed.result, offender))
    const watcher = await watch()
    await until('it is kept', async () => (await watcher.store.signedResults(subnet.netuid, 0)).length === 1)
    expect(await rootStake({ ledger }, offender.address)).toBe(40n * token)
    serve(subnet.sign({ ...computed.result, dataHash: sha256Hex('another') }, offender))
    await ledger.moveTo((await ledger.nowSeconds()) + testPhases.epochSeconds / 8)
    await until('the signer is accused', () => watcher.events.some(({ kind }) => kind === 'accused'))
    await watcher.close()
    expect(await rootStake({ ledger }, offender.address)).toBe(32n * token)
  }, 120_000)
})

/** A small honest validator and an offender whose endpoint gives out what the test says, where rows of epoch 1 are revealed. */
async function watched() {
  let document = '{}'
  const server = createServer((request, response) => {
    const isAttestation = request.url === `/v1/attestations/${subnet.netuid}/1`
    response.writeHead(isAttestation ? 200 : 404, { 'content-type': 'application/json' }).end(document)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  const subnet: RevealedSubnet = await startRevealedSubnet(ledger, [60n * token, 40n * token], {
    endpoints: ['', endpoint],
  })
  const [honest, offender] = subnet.validators as [TestAccount, TestAccount]
  await subnet.reveal(1)
  const { revealEndsAtSeconds } = epochWindow(subnet.clock, 1)
  expect(await ledger.nowSeconds()).toBeGreaterThan(revealEndsAtSeconds)
  return {
    subnet,
    honest,
    offender,
    serve(signed: SignedResult) {
      document = JSON.stringify({ ...served(signed), objections: [] })
    },
    async watch() {
      const validator = await createTestValidator(ledger.network, honest.privateKey, subnet.netuid, folder)
      validator.start()
      return validator
    },
  }
}

function served({ result, signature }: SignedResult) {
  return { result: resultToJson(result), signature }
}
