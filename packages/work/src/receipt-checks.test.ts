import { type StructJson, sha256Hex, verifySession } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { chainId, twoHops, workType } from './receipt.test-fixture.ts'
import { bundleToJson, parseBundle, type ReceiptBundle } from './receipt.ts'
import { checkBundle } from './receipt-checks.ts'

const requestHash = sha256Hex('request')
const responseHash = sha256Hex('response')

describe('checkBundle', () => {
  it('passes every check of an honest answer over two hops', () => {
    const checks = verify(twoHops())
    expect(checks.filter((check) => check.state !== 'pass')).toEqual([])
    expect(checks.map((check) => check.name)).toMatchInlineSnapshot(`
      [
        "version",
        "chain",
        "signature",
        "delegation",
        "request",
        "response",
        "work",
        "times",
        "owed",
        "upstream",
        "hop2.version",
        "hop2.chain",
        "hop2.signature",
        "hop2.delegation",
        "hop2.request",
        "hop2.response",
        "hop2.work",
        "hop2.times",
        "hop2.owed",
      ]
    `)
  })

  it('says notChecked, not pass, for bytes and hops it was not given', () => {
    const bundle = { v: 1, hops: [twoHops().hops[0]] } as ReceiptBundle
    const checks = checkBundle({ bundle, verifySession, hashWork })
    expect(checks.filter((check) => check.state === 'notChecked').map((check) => check.name)).toEqual([
      'chain',
      'request',
      'response',
      'upstream',
    ])
  })

  it('fails by name when any single field of either hop is changed', () => {
    const honest = bundleToJson(twoHops())
    for (const hop of [0, 1]) {
      for (const path of leavesOf((honest['hops'] as unknown[])[hop])) {
        const forged = structuredClone(honest) as { hops: unknown[] }
        const before = change(forged.hops[hop], path)
        let failed: readonly string[]
        try {
          failed = verify(parseBundle(forged))
            .filter((check) => check.state === 'fail')
            .map((check) => check.name)
        } catch (error) {
          failed = [(error as Error).message]
        }
        expect(failed, `hop ${hop} ${path.join('.')} was ${String(before)}`).not.toEqual([])
      }
    }
  })

  it('fails when the request or the response differs in one byte', () => {
    const bundle = twoHops()
    const failed = (hashes: { requestHash: `0x${string}`; responseHash: `0x${string}` }) =>
      checkBundle({ bundle, verifySession, hashWork, ...hashes })
        .filter((check) => check.state === 'fail')
        .map((check) => check.name)
    expect(failed({ requestHash: sha256Hex('requesT'), responseHash })).toEqual(['request', 'hop2.request'])
    expect(failed({ requestHash, responseHash: sha256Hex('responsE') })).toEqual(['response', 'hop2.response'])
  })

  it('fails when hops of two answers are put together', () => {
    const [a, b] = [twoHops(), twoHops()]
    const other = {
      ...b,
      hops: [b.hops[0], { ...a.hops[1], receipt: { ...a.hops[1]?.receipt, amountPicoUsd: 1n } }],
    } as ReceiptBundle
    expect(
      verify(other)
        .filter((check) => check.state === 'fail')
        .map((check) => check.name),
    ).toEqual(['upstream', 'hop2.signature'])
  })
})

describe('parseBundle', () => {
  it('takes back what bundleToJson wrote', () => {
    const json = JSON.parse(JSON.stringify(bundleToJson(twoHops())))
    expect(bundleToJson(parseBundle(json))).toEqual(json)
  })
  it.each([
    null,
    1,
    {},
    { v: 2, hops: [] },
    { v: 1, hops: [] },
    { v: 1, hops: [{}] },
    { v: 1, hops: Array.from({ length: 9 }, () => ({})) },
  ])('refuses %j', (json) => {
    expect(() => parseBundle(json)).toThrow(/malformed/)
  })
})

function hashWork(signed: { readonly work: StructJson }) {
  return workType.hash(workType.fromJson(signed.work))
}

function verify(bundle: ReceiptBundle) {
  return checkBundle({ bundle, requestHash, responseHash, chainId, verifySession, hashWork })
}

function leavesOf(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]))
}

function change(root: unknown, path: readonly (string | number)[]): unknown {
  const holder = path
    .slice(0, -1)
    .reduce((node, key) => (node as Record<string | number, unknown>)[key], root) as Record<string | number, unknown>
  const key = path.at(-1) as string
  const before = holder[key]
  if (typeof before === 'number') holder[key] = before + 1
  else {
    const text = String(before)
    holder[key] = `${text.slice(0, -1)}${text.endsWith('1') ? '2' : '1'}`
  }
  return before
}
