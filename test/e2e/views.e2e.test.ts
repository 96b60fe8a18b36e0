/** Page, command line and ledger say the same of a subnet: seats, validators, flow, split, decentralization and the last audit. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AgentsJson,
  agentStateWords,
  gasSavedWords,
  type JobStepJson,
  type JobsJson,
  jobStepWords,
  type MetagraphJson,
  type PaymentDetailsJson,
  type PaymentsJson,
  paymentRefusalWords,
  type SubnetsJson,
  type ValidatorsJson,
} from '@koinon/work/dashboard'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { scoreText } from '../../apps/web/src/agents/words.ts'
import { formatAlphaAtomic } from '../../apps/web/src/format/alpha.ts'
import { formatFlow } from '../../apps/web/src/format/flow.ts'
import { formatDollarAtomic } from '../../apps/web/src/format/money.ts'
import { formatPpm } from '../../apps/web/src/format/text.ts'
import { axeViolations, type OpenPage, sidewaysPixels } from '../../apps/web/test/chromium.ts'
import { getJson } from '../harness/ask.ts'
import { koinonJson } from '../harness/cli.ts'
import { keepPicture, OwnerBrowser } from '../harness/page.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
/** Until an epoch of a local network was judged and paid. */
const payPatienceMs = 300_000
/** Until figures that move with every payment stand still for both sides. */
const settlePatienceMs = 180_000
const auditMs = 300_000

type Page = OpenPage['page']
type Split = NonNullable<SubnetsJson['subnets'][number]['split']>

let browser: OwnerBrowser
/** A home that joined by a network file without a gateway. */
let folder: string

beforeAll(async () => {
  browser = await OwnerBrowser.start(network)
  folder = mkdtempSync(join(tmpdir(), 'koinon-views-e2e-'))
  const { gatewayUrl: _, ...file } = await getJson<Record<string, unknown>>(network, '/network.json')
  writeFileSync(join(folder, 'network.json'), JSON.stringify(file))
  const joined = await koinonJson(['join', join(folder, 'network.json'), '--home', join(folder, 'home')])
  expect(joined).toMatchObject({ code: 0 })
  await waitFor('a signed epoch with its record', payPatienceMs, async () => {
    const found = await getJson<MetagraphJson>(network, '/api/subnets/1/metagraph')
    return found.epoch !== undefined && found.neurons.some(({ paidAtomic }) => paidAtomic !== '0')
  })
}, payPatienceMs + 120_000)
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function told<data>(...args: readonly string[]): Promise<data> {
  const { code, data, error } = await koinonJson([...args, '--home', network.home], auditMs)
  expect(error).toBeUndefined()
  expect(code).toBe(0)
  return data as data
}

/** Text of every row of a table, by a word in it; long ones are asked for all. */
async function rowsOf(page: Page, table: string | RegExp): Promise<readonly string[]> {
  const found = page.getByRole('table', { name: table })
  await found.waitFor()
  const words = typeof table === 'string' ? table : table.source.replace('^', '')
  const more = page.getByRole('button', { name: new RegExp(`^Show all \\d+: ${words}`) })
  if ((await more.count()) > 0) await more.click()
  return (await found.getByRole('row').allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' '))
}

/** Tells until page and command line agree, because a payment may come between the two looks. */
async function agree(what: string, hash: string, compare: (page: Page) => Promise<void>): Promise<void> {
  const { page, context, foreign, problems } = await browser.open(hash)
  await waitFor(what, settlePatienceMs, async () => {
    await compare(page)
    return true
  })
  await keepPicture(page, what)
  expect(foreign).toEqual([])
  expect(problems).toEqual([])
  await context.close()
}

describe('page and command line', { timeout: settlePatienceMs + 60_000 }, () => {
  it('show the same metagraph', () =>
    agree('metagraph', '#/subnets/1', async (page) => {
      const metagraph = await told<MetagraphJson & { readonly source: string }>('subnet', 'metagraph', '1')
      expect(metagraph.source).toBe('gateway')
      expect(metagraph.neurons).toHaveLength(5)
      const rows = await rowsOf(page, 'Seats of the subnet')
      for (const neuron of metagraph.neurons) {
        const row = rows.find((text) => text.startsWith(`no. ${neuron.uid} `)) ?? ''
        const shares = [neuron.incentivePpm, neuron.dividendsPpm, neuron.consensusPpm, neuron.rankPpm]
        const figures = shares.map((ppm) => (ppm === undefined ? '–' : formatPpm(ppm)))
        expect(row).toContain(` ${formatAlphaAtomic(BigInt(neuron.stakeAtomic))} ${figures.join(' ')} `)
        expect(row).toContain(` ${formatAlphaAtomic(BigInt(neuron.paidAtomic))} `)
        expect(row).toMatch(neuron.hasPermit ? / \d+ (s|min) yes$/ : / \d+ (s|min) (no|asks for it)$/)
      }
      expect(metagraph.neurons.filter(({ hasPermit }) => hasPermit)).toHaveLength(2)
    }))

  it('show the same validators', () =>
    agree('validators', '#/validators', async (page) => {
      const { subnets } = await told<ValidatorsJson>('validator', 'list', '1')
      expect(subnets).toHaveLength(1)
      const [subnet] = subnets
      expect(subnet?.validators).toHaveLength(2)
      const rows = await rowsOf(page, `Validators of subnet 1 in epoch ${subnet?.epoch}`)
      for (const validator of subnet?.validators ?? []) {
        const row = rows.find((text) => text.startsWith(`no. ${validator.uid} `)) ?? ''
        expect(row).toContain(` ${formatAlphaAtomic(BigInt(validator.stakeAtomic))} `)
        expect(row).toContain(
          ` ${validator.takeBps / 100} % yes epoch ${validator.lastSignedEpoch} ${validator.signedResults} of the last ${subnet?.results} `,
        )
        const { agreementPpm, keptPpm } = validator.judged ?? {}
        expect(row).toContain(
          ` ${agreementPpm === undefined ? '–' : formatPpm(agreementPpm)} ${keptPpm === undefined ? '–' : formatPpm(keptPpm)} `,
        )
      }
    }))

  it('show the same flow into a pool, which a purchase raises', { timeout: 3 * settlePatienceMs }, async () => {
    const flowOf = async () => {
      const { subnets } = await told<{ readonly subnets: SubnetsJson['subnets'] }>('subnet', 'list')
      return subnets.find(({ netuid }) => netuid === 1)?.flow
    }
    const before = BigInt((await flowOf())?.netAtomic ?? 0)
    await told('subnet', 'buy', '1', '0.75', '--yes')
    await agree('flow', '#/subnets', async (page) => {
      const flow = await flowOf()
      // Of 0.75 KOIN five parts in 10,000 are a fee that is burned.
      expect(BigInt(flow?.netAtomic ?? 0) - before).toBe(749_625_000_000_000_000n)
      const row = (await rowsOf(page, 'Subnets')).find((text) => text.startsWith('1 ·'))
      expect(row).toContain(` ${formatFlow(flow?.netAtomic ?? '')} `)
    })
  })

  it('show the same split of new alpha, and what an epoch brought each part', () =>
    agree('split', '#/subnets/1', async (page) => {
      const { split } = await told<{ readonly split: Split }>('subnet', 'show', '1')
      expect(split).toMatchObject({ ownerBps: 1_800, minersBps: 4_100, validatorsBps: 4_100 })
      const rows = await rowsOf(page, 'Emission split')
      expect(rows[0]).toContain(`Accrued in epoch ${split.epoch}`)
      const parts = [
        [/^Owner /, split.ownerBps, split.ownerAtomic],
        [/^Miners /, split.minersBps, split.minersAtomic],
        [/^Validators and who staked on them /, split.validatorsBps, split.validatorsAtomic],
      ] as const
      for (const [who, bps, atomic] of parts) {
        const row = rows.find((text) => who.test(text)) ?? ''
        expect(row).toContain(`${formatPpm(bps * 100)} `)
        expect(row).toContain(` ${formatAlphaAtomic(BigInt(atomic ?? 0))} `)
      }
    }))
})

describe('payments', { timeout: settlePatienceMs + 60_000 }, () => {
  it('are told alike by page and command line, refusals in words', async () => {
    const body = JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'What is a subnet?' }] })
    const headers = { 'content-type': 'application/json', 'payment-signature': 'bm90IGEgcGF5bWVudA==' }
    const asked = await fetch(`${network.gateway}/v1/chat/completions`, { method: 'POST', headers, body })
    expect(asked.ok).toBe(false)
    await agree('payments', '#/payments', async (page) => {
      const found = await told<PaymentsJson & { readonly details: PaymentDetailsJson }>('payments')
      expect(found.door.refused).toBeGreaterThan(0)
      const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
      expect(text).toContain(`Refused ${found.door.refused} `)
      expect(text).toContain(gasSavedWords(found.gas))
      for (const { code, count } of found.door.refusals)
        expect(text).toContain(`${paymentRefusalWords(code)} ${count} `)
      const rows = await rowsOf(page, /^Channels/)
      expect(rows).toHaveLength(found.details.channels.length + 1)
    })
  })
})

describe('agents and jobs', { timeout: settlePatienceMs + 60_000 }, () => {
  it('are listed alike by page and command line, the network’s own roles among them', () =>
    agree('agents', '#/agents', async (page) => {
      const found = await told<AgentsJson & { readonly source: string }>('agent', 'list')
      expect(found.source).toBe('gateway')
      expect(found.total).toBeGreaterThanOrEqual(6)
      const rows = await rowsOf(page, 'Agents')
      expect(rows).toHaveLength(found.agents.length + 1)
      for (const [place, agent] of found.agents.entries()) {
        const row = rows[place + 1] ?? ''
        const { lastCheck, trust } = agent
        expect(row).toContain(agent.id === undefined ? `${agent.name} in the book` : `${agent.name} no. ${agent.key}, `)
        expect(row).toContain(` ${agentStateWords[agent.state]} `)
        expect(row).toContain(` ${trust === undefined ? '–' : scoreText(trust.scoreMicro)} `)
        expect(row).toContain(lastCheck?.failed === 0 ? `${lastCheck.passed} passed ` : `${lastCheck?.failed} failed `)
      }
    }))

  it('have their jobs and escrow told alike, and the owner closes one from the page', async () => {
    const posted = await told<{ readonly jobId: string }>('job', 'post', 'Sum up the decree', '--price', '2')
    await agree('job', `#/jobs/${posted.jobId}`, async (page) => {
      await page.getByRole('heading', { name: 'Sum up the decree' }).waitFor()
      const shown = await told<{ readonly steps: readonly JobStepJson[] }>('job', 'show', posted.jobId)
      const rows = await rowsOf(page, /^Steps of the job/)
      expect(rows).toHaveLength(shown.steps.length + 1)
      for (const { name, transactionHash } of shown.steps) {
        expect(rows.some((row) => row.startsWith(jobStepWords[name]))).toBe(true)
        expect(await page.locator(`code[title="${transactionHash}"]`).count()).toBeGreaterThan(0)
      }
    })
    await agree('jobs', '#/jobs', async (page) => {
      const { totals, total, jobs } = await told<JobsJson>('job', 'list')
      expect(jobs.find(({ jobId }) => jobId === posted.jobId)).toMatchObject({ status: 'open' })
      expect(await rowsOf(page, /^Jobs/)).toHaveLength(total + 1)
      const text = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
      expect(text).toContain(`In escrow now ${formatDollarAtomic(BigInt(totals.inEscrowAtomic))} `)
      expect(text).toContain(`Open ${totals.byState.open} Funded ${totals.byState.funded} `)
      expect(text).toContain(`Rejected ${totals.byState.rejected} `)
    })
    const { page, context } = await browser.open(`#/jobs/${posted.jobId}`)
    await page.getByRole('button', { name: 'Close the job' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Close the job' }).click()
    await page.getByText('It is rejected.').waitFor()
    await context.close()
  })
})

describe('without a gateway', { timeout: settlePatienceMs + 60_000 }, () => {
  it('the ledger itself tells seats and validators as the gateway does', async () => {
    const alone = async <data>(...args: readonly string[]): Promise<data> =>
      (await koinonJson([...args, '--home', join(folder, 'home')], auditMs)).data as data
    await waitFor('both say the same', settlePatienceMs, async () => {
      const [own, gateway] = await Promise.all([
        alone<MetagraphJson & { readonly source: string }>('subnet', 'metagraph', '1'),
        told<MetagraphJson>('subnet', 'metagraph', '1'),
      ])
      expect(own.source).toBe('ledger')
      expect({ epoch: own.epoch, neurons: own.neurons }).toEqual({ epoch: gateway.epoch, neurons: gateway.neurons })
      return true
    })
    await waitFor('both name the same validators', settlePatienceMs, async () => {
      const [own, gateway] = await Promise.all([
        alone<ValidatorsJson>('validator', 'list', '1'),
        told<ValidatorsJson>('validator', 'list', '1'),
      ])
      expect(own.subnets).toEqual(gateway.subnets)
      return true
    })
  })
})

describe('the last audit', { timeout: auditMs + settlePatienceMs }, () => {
  it('is told by page and status, with what it came to', async () => {
    const { code, data } = await koinonJson(['audit', '--home', network.home], auditMs)
    expect(code).toBe(0)
    const { agreed, open, replay } = data as { readonly agreed: number; readonly open: number; readonly replay: string }
    const status = await told<{ readonly lastAudit: Record<string, unknown> }>('status')
    expect(status.lastAudit).toMatchObject({ agreed, open, differs: 0, outcome: replay, isWhole: true })
    const { page, context, foreign } = await browser.open('#/decentralization', { reducedMotion: 'reduce' })
    const audit = page.getByRole('region', { name: 'Last audit' })
    await audit
      .getByText(
        `${agreed.toLocaleString('en')} figures agree, 0 differ, ${open.toLocaleString('en')} could not be checked`,
      )
      .waitFor()
    const rows = await rowsOf(page, 'Concentration of Stake')
    expect(rows.map((text) => /^by \w+/.exec(text)?.[0])).toEqual([undefined, 'by entity', 'by owner', 'by address'])
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 820 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await axeViolations(page), `${colorScheme}, ${width} px`).toEqual([])
        await keepPicture(page, `decentralization after an audit ${colorScheme} ${width}`)
      }
      expect(await sidewaysPixels(page), `${width} px`).toBe(0)
    }
    expect(foreign).toEqual([])
    await context.close()
  })
})
