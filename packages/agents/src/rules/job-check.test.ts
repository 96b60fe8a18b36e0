import { bytesToHex, sha256, utf8ToBytes } from '@koinon/base'
import { describe, expect, it } from 'vitest'
import { jobCheckers, parseJobCheck, refusedBy } from './job-check.ts'

const bytes = utf8ToBytes('{"title":"a","body":null}')
const run = (name: string, argument: string, content = bytes) => jobCheckers[name]?.(argument, content)

describe('the check that a job names', () => {
  it('is the last line of its description and nothing before it', () => {
    expect(parseJobCheck('Translate this\ncheck: json title,body')).toEqual({ name: 'json', argument: 'title,body' })
    expect(parseJobCheck('check: sha256 0xab')).toEqual({ name: 'sha256', argument: '0xab' })
    expect(parseJobCheck(`Do.\ncheck: json a\n[${'0f'.repeat(16)}]`)).toEqual({ name: 'json', argument: 'a' })
    expect(parseJobCheck('check: json a\nthank you')).toBeUndefined()
    expect(parseJobCheck('Please check: json a')).toBeUndefined()
    expect(parseJobCheck('check: __proto__ a')).toBeUndefined()
  })

  it('holds bytes against their hash', async () => {
    const hash = bytesToHex(sha256(bytes))
    expect(await run('sha256', hash)).toMatchObject({ accepted: true })
    expect(await run('sha256', hash, utf8ToBytes('other'))).toEqual(refusedBy('sha256'))
    expect(await run('sha256', 'something')).toBeUndefined()
  })

  it('asks a JSON object for its members', async () => {
    expect(await run('json', 'title')).toMatchObject({ accepted: true })
    expect(await run('json', 'title, body')).toEqual(refusedBy('json'))
    expect(await run('json', 'toString')).toEqual(refusedBy('json'))
    expect(await run('json', 'title', utf8ToBytes('["title"]'))).toEqual(refusedBy('json'))
    expect(await run('json', 'title', Uint8Array.of(0xff))).toEqual(refusedBy('json'))
    expect(await run('json', '')).toBeUndefined()
  })
})
