import type { ServerResponse } from 'node:http'
import { maximumEvidenceLogBytes } from '@koinon/base'
import { defaultHttpLimits, HttpListener, sendText } from '@koinon/base/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createValidatorLogReader } from './validator-logs.ts'

const listeners: HttpListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop(0)
})

/** A validator that answers as it is told and counts. */
async function validator(answer: (response: ServerResponse, path: string) => void) {
  const asked: string[] = []
  const listener = new HttpListener({
    host: '127.0.0.1',
    port: 0,
    limits: defaultHttpLimits,
    handle: async (request, response) => {
      asked.push(request.url ?? '')
      answer(response, request.url ?? '')
    },
  })
  listeners.push(listener)
  const port = await listener.start()
  return { asked, uid: 3, hotkey: '0xaa', endpoint: `http://127.0.0.1:${port}/` }
}

const log = JSON.stringify({
  v: 1,
  netuid: 1,
  epoch: 4,
  validator: `0x${'aa'.repeat(20)}`,
  specHash: `0x${'00'.repeat(32)}`,
  beacon: `0x${'00'.repeat(32)}`,
  miners: [],
  scores: [],
  row: '0x',
})

describe('the reader of what validators publish', () => {
  it('stops at the size limit, without taking the whole in', async () => {
    let sentBytes = 0
    const endless = await validator((response) => {
      const portion = Buffer.alloc(256 * 1024, ' ')
      const send = (): void => {
        while (!response.destroyed) {
          sentBytes += portion.length
          if (!response.write(portion)) return void response.once('drain', send)
        }
      }
      send()
    })
    expect(await createValidatorLogReader()(endless, 1, 4)).toBeUndefined()
    expect(sentBytes).toBeGreaterThan(maximumEvidenceLogBytes)
    expect(sentBytes).toBeLessThan(64 * maximumEvidenceLogBytes)
  })

  it('gives up on a validator that drips, that redirects and that is not there, and leaves it alone for a while', async () => {
    const read = createValidatorLogReader()
    const drip = await validator((response) => void response.writeHead(200).write('{'))
    const moved = await validator((response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
    for (const one of [drip, moved]) {
      expect(await read(one, 1, 4)).toBeUndefined()
      expect(await read(one, 1, 5)).toBeUndefined()
      expect(one.asked).toEqual(['/v1/evidence-log/1/4'])
    }
    expect(await read({ uid: 1, hotkey: '0xbb', endpoint: 'http://127.0.0.1:1' }, 1, 4)).toBeUndefined()
  })

  it.each(['file:///etc/passwd', 'data:application/json,{}', 'http://user:secret@127.0.0.1', ''])(
    'asks nobody at %j',
    async (endpoint) => {
      expect(await createValidatorLogReader()({ uid: 1, hotkey: '0xcc', endpoint }, 1, 4)).toBeUndefined()
    },
  )

  it('reads a log as long as an auditor takes, and forgets the oldest before many fill the memory', async () => {
    const read = createValidatorLogReader()
    const long = log + ' '.repeat(maximumEvidenceLogBytes - log.length)
    const one = await validator((response) => sendText(response, 200, 'application/json', long))
    for (const epoch of [4, 5, 6, 7, 4, 8, 8, 4])
      expect(await read(one, 1, epoch), String(epoch)).toMatchObject({ validatorUid: 3 })
    expect(one.asked.map((path) => Number(path.split('/').at(-1)))).toEqual([4, 5, 6, 7, 8, 4])
  })

  it('asks for a log once, and again for one that was not there yet', async () => {
    const read = createValidatorLogReader()
    const late = await validator((response, path) => {
      if (path.endsWith('/4') && late.asked.length > 1) sendText(response, 200, 'application/json', log)
      else response.writeHead(404).end()
    })
    expect(await read(late, 1, 4)).toBeUndefined()
    expect(await read(late, 1, 4)).toMatchObject({ validatorUid: 3, checks: [] })
    expect(await read(late, 1, 4)).toMatchObject({ validatorUid: 3, checks: [] })
    expect(late.asked).toHaveLength(2)
  })
})
