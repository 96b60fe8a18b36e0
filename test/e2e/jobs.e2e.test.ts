/** A job that names the validators of subnet 1 as its evaluator is judged, settled and paid by them alone, and its money is accounted for. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandom } from '@koinon/base'
import { accountKey, openHome } from '@koinon/node/home'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { koinonJson } from '../harness/cli.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-jobs-'))
const onEmbedded = inject('ground').chain === undefined
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const job = async (...args: readonly string[]) => (await koinonJson(['job', ...args, '--home', network.home])).data

describe.runIf(onEmbedded)('jobs that validators judge', () => {
  beforeAll(async () => {
    const home = openHome(network.home)
    for (const name of ['buyer', 'maker']) {
      const { address } = accountKey(home, name, systemRandom)
      const answer = await fetch(`${network.gateway}/api/faucet`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ address }),
      })
      expect(answer.status, await answer.text()).toBe(200)
    }
    writeFileSync(join(folder, 'work.json'), '{"title":"done","body":"as asked"}')
  })

  it('pays for what passes the check that its terms name', async () => {
    const buyer = ['--account', 'buyer']
    const maker = ['--account', 'maker']
    const terms = ['--price', '2', '--hours', '1', '--evaluator', 'subnet:1', '--check', 'json title,body']
    const posted = await job('post', 'Write a note.', ...terms, ...buyer)
    const id = String(posted['jobId'])
    expect(await job('bid', id, '--price', '1.5', ...maker)).toMatchObject({ made: true })
    expect(await job('award', id, ...buyer)).toMatchObject({ job: { status: 'funded' } })
    expect(await job('submit', id, join(folder, 'work.json'), ...maker)).toMatchObject({ job: { status: 'submitted' } })
    await waitFor('a verdict that is paid', 120_000, async () => (await job('show', id))['status'] === 'completed')
    expect(await job('show', id)).toMatchObject({ judgement: { accepted: true, isSettled: true } })
    const audit = await koinonJson(['audit', '--home', network.home])
    const checks = audit.data['checks'] as readonly { name: string; agreed: number; differences: readonly unknown[] }[]
    const jobs = checks.find(({ name }) => name === 'jobs')
    expect(jobs).toMatchObject({ differences: [] })
    expect(jobs?.agreed).toBeGreaterThan(5)
  }, 180_000)
})
