import { fileURLToPath } from 'node:url'
import { type Address, type Hex, sha256Hex } from '@koinon/base'
import { readSubnetFile, SubnetSandbox } from '@koinon/subnets/dev'
import { afterEach, describe, expect, it } from 'vitest'

const opening: Hex = `0x${'0a'.repeat(32)}`
const closing: Hex = `0x${'0b'.repeat(32)}`
let sandbox: SubnetSandbox | undefined

afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

describe('probing', () => {
  it('catches forged stretches, a chain of another miner and a chain that begins elsewhere', async () => {
    const { tasks, serve, judge } = await open('probing')
    const honest = JSON.parse(await serve(0, 9)) as { checkpoints: string[] }
    const forged = honest.checkpoints.map((_, index) => sha256Hex(`forged ${index}`).slice(2))
    const other = honest.checkpoints.map((checkpoint, index) => (index === 0 ? (forged[0] as string) : checkpoint))
    const verdicts = await judge(0, [{ checkpoints: forged }, honest, { checkpoints: other }])
    expect(tasks).toHaveLength(4)
    expect(verdicts.map(({ kind }) => kind)).toEqual(['cheat', 'cheat', 'cheat'])
  })

  it('pays half for half of the work', async () => {
    const { serve, judge } = await open('probing')
    const { checkpoints } = JSON.parse(await serve(0, 0)) as { checkpoints: string[] }
    expect((await judge(0, [{ checkpoints: checkpoints.slice(0, 24) }]))[0]).toMatchObject({ scorePpm: 500_000 })
  })
})

describe('scraping', () => {
  it('pays nothing for made-up rows, once for repeated ones and half for what two sent', async () => {
    const { serve, judge } = await open('scraping')
    type Row = { page: number; author: string; text: string }
    const { rows } = JSON.parse(await serve(0, 7)) as { rows: Row[] }
    const madeUp = rows.map((row) => ({ ...row, text: 'post of mine' }))
    const repeated = rows.map(() => rows[0] as Row)
    const far = rows.map(({ page }) => (page + 1_000) % 2_000)
    expect(await scores(judge(0, [{ rows }]))).toEqual([1_000_000])
    expect(await scores(judge(0, [{ rows: madeUp }]))).toEqual([0])
    expect(await scores(judge(0, [{ rows: repeated }]))).toEqual([25_000])
    expect(await scores(judge(0, [{ rows }, { rows }]))).toEqual([500_000, 500_000])
    const mixed = rows.map((row, index) => (index % 2 === 0 ? row : { ...row, page: far[index] as number }))
    expect((await scores(judge(0, [{ rows: mixed }])))[0]).toBeLessThan(900_000)
    expect(await scores(judge(0, [{ rows: [] }]))).toEqual([0])
  })
})

describe('forecast', () => {
  it('pays spread-out paths more than one path repeated, and both more than the wrong price', async () => {
    const { serve, judge, tasks } = await open('forecast')
    let [spread, flat, wrong] = [0, 0, 0]
    for (const [task, text] of tasks.entries()) {
      const { history } = JSON.parse(text) as { history: number[] }
      const last = history.at(-1) as number
      const path = (price: number) => Array.from({ length: 32 }, () => Array.from({ length: 12 }, () => price))
      const answers = [JSON.parse(await serve(task, 0)), { paths: path(last) }, { paths: path(last * 2) }]
      const [first, second, third] = (await scores(judge(task, answers))) as [number, number, number]
      spread += first
      flat += second
      wrong += third
    }
    expect(spread).toBeGreaterThan(flat)
    expect(wrong).toBe(0)
  })
})

describe('arena', () => {
  it('pays agents that know nothing next to nothing, and those that know people more than those that do not', async () => {
    const { serve, judge } = await open('arena')
    let [known, literal] = [0, 0]
    for (const task of [0, 1, 2]) {
      const honest = JSON.parse(await serve(task, 0)) as { agent: number[][] }
      const identity = { agent: honest.agent.map((row, at) => row.map((_, column) => (at === column ? 100 : 0))) }
      const indifferent = { agent: honest.agent.map((row) => row.map(() => 0)) }
      const upsideDown = { agent: honest.agent.map((row) => row.map((weight) => -weight)) }
      const [best, plain, none, worst] = await scores(judge(task, [honest, identity, indifferent, upsideDown]))
      expect(best).toBeGreaterThan(600_000)
      expect(none).toBeLessThan(400_000)
      expect(worst).toBe(0)
      known += best ?? 0
      literal += plain ?? 0
    }
    expect(known).toBeGreaterThan(literal)
  })
})

type Vectors = { readonly vectors: readonly (readonly number[])[] }

describe('embedding', () => {
  it('pays nothing for one vector for all, or for a language that is another', async () => {
    const { serve, judge } = await open('embedding')
    const [{ vectors }, other] = [JSON.parse(await serve(0, 0)), JSON.parse(await serve(1, 0))] as [Vectors, Vectors]
    const same = { vectors: vectors.map(() => vectors[0]) }
    const [placed, constant, foreign] = await scores(judge(0, [{ vectors }, same, other]))
    expect(placed).toBeGreaterThan(300_000)
    expect([constant, foreign]).toEqual([0, 0])
  })
})

describe('all templates', () => {
  it.each([
    ['arena', ['tastes']],
    ['embedding', ['meaningOf']],
    ['forecast', ['history']],
    ['probing', ['seed']],
    ['scraping', ['site']],
  ])('%s judges by what is drawn when its answers are fixed, or by work done again', async (name, fields) => {
    const { tasks, serve, judge } = await open(name)
    expect(Object.keys(JSON.parse(tasks[0] as string))).toEqual(fields)
    const answer = JSON.parse(await serve(0, 0))
    const [first, ...others] = await Promise.all(
      ['0b', '0c', '0d', '0e'].map(async (byte) => (await judge(0, [answer], `0x${byte.repeat(32)}`))[0]),
    )
    if (name === 'probing' || name === 'scraping') expect(others).toEqual([first, first, first])
    else expect(others.some((other) => JSON.stringify(other) !== JSON.stringify(first))).toBe(true)
  })
})

async function open(name: string) {
  const opened = await SubnetSandbox.open(readSubnetFile(fileURLToPath(new URL(`${name}.ts`, import.meta.url))))
  sandbox = opened
  const tasks = await opened.tasks({ epoch: 1, beacon: opening })
  const taskText = (index: number): string => tasks[index] as string
  return {
    tasks,
    serve: (index: number, uid: number) =>
      opened.serve({ epoch: 1, beacon: opening, index, hotkey: hotkeyOf(uid), taskText: taskText(index) }),
    judge: async (index: number, responses: readonly unknown[], beacon = closing) => {
      const answers = responses.map((response, uid) => {
        return { uid, hotkey: hotkeyOf(uid), responseText: JSON.stringify(response) }
      })
      const question = { epoch: 1, beacon, index, taskText: taskText(index) }
      return (await opened.judge({ ...question, answers, order: 'ascending' })).map(({ verdict }) => verdict)
    },
  }
}

type Judged = ReturnType<Awaited<ReturnType<typeof open>>['judge']>

async function scores(judged: Judged): Promise<readonly (number | undefined)[]> {
  return (await judged).map((verdict) => (verdict.kind === 'scored' ? verdict.scorePpm : undefined))
}

function hotkeyOf(uid: number): Address {
  return `0x${uid.toString(16).padStart(40, '0')}`
}
