import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { refuseForeignPage, requireLocalToken, requireOwnPage } from './local-guard.ts'

const request = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
  ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage
const host = 'localhost:8402'

describe('the local guard', () => {
  it.each([
    [{ host }, '127.0.0.1'],
    [{ host: '127.0.0.1:8402', origin: 'http://127.0.0.1:8402', 'sec-fetch-site': 'same-origin' }, '::ffff:127.0.0.1'],
    [{ host: '[::1]:8402', 'sec-fetch-site': 'none' }, '::1'],
  ])('lets our own page pass: %j', (headers, peer) => {
    expect(() => requireOwnPage(request(headers as Record<string, string>, peer))).not.toThrow()
  })

  it.each<[string, Record<string, string>, string]>([
    ['another machine', { host }, '192.0.2.7'],
    ['a name rebound to the loopback', { host: 'evil.example:8402' }, '127.0.0.1'],
    ['a name that begins like ours', { host: 'localhost.evil.example' }, '127.0.0.1'],
    ['another origin', { host, origin: 'https://evil.example' }, '127.0.0.1'],
    ['another port of this machine', { host, origin: 'http://localhost:3000' }, '127.0.0.1'],
    ['a sandboxed frame', { host, origin: 'null' }, '127.0.0.1'],
    ['a request that a foreign page caused', { host, 'sec-fetch-site': 'cross-site' }, '127.0.0.1'],
    ['a sibling site', { host, 'sec-fetch-site': 'same-site' }, '127.0.0.1'],
    ['no host', {}, '127.0.0.1'],
    ['what a proxy on this machine passes on', { host, 'x-forwarded-for': '127.0.0.1' }, '127.0.0.1'],
    ['a proxy that speaks RFC 7239', { host, forwarded: 'for=127.0.0.1' }, '127.0.0.1'],
    ['a proxy that only names itself', { host, via: '1.1 proxy' }, '127.0.0.1'],
  ])('refuses %s', (_, headers, peer) => {
    expect(() => requireOwnPage(request(headers, peer))).toThrow(/own gateway/)
  })

  it('asks for the token, in full', () => {
    const withToken = (token: string) => request({ host, 'x-koinon-local': token })
    expect(() => requireLocalToken(withToken('secret'), 'secret')).not.toThrow()
    for (const wrong of ['', 'secre', 'secreT', 'secret1']) {
      expect(() => requireLocalToken(withToken(wrong), 'secret')).toThrow(/let in/)
    }
    expect(() => requireLocalToken(withToken(''), '')).toThrow(/let in/)
    expect(() => requireLocalToken(request({ host }), 'secret')).toThrow(/let in/)
    expect(() => requireLocalToken(request({ host: 'evil', 'x-koinon-local': 'secret' }), 'secret')).toThrow(/page/)
  })

  it('lets programs and the own page use the faucet, and no page of another site', () => {
    const json = { host, 'content-type': 'application/json' }
    for (const headers of [json, { ...json, origin: `http://${host}` }, { ...json, 'sec-fetch-site': 'same-origin' }])
      expect(() => refuseForeignPage(request(headers))).not.toThrow()
    for (const headers of [
      { ...json, origin: 'https://evil.example' },
      { ...json, origin: 'null' },
      { ...json, 'sec-fetch-site': 'cross-site' },
      { host, 'content-type': 'text/plain' },
      { host },
    ])
      expect(() => refuseForeignPage(request(headers as Record<string, string>))).toThrow(/own page/)
  })
})
