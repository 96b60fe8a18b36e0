/** What a hostile or careless stranger sends to the doors of a network, and what it is told. */
import { request as httpRequest } from 'node:http'
import { describe, expect, inject, it } from 'vitest'
import { type Answer, ask } from '../harness/ask.ts'
import { koinonJson } from '../harness/cli.ts'
import { LedgerView } from '../harness/ledger.ts'

const network = inject('network')

type OpenAiError = {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly code: string
    readonly param: string | null
  }
}

describe('the OpenAI door', () => {
  it.each([
    ['malformed JSON', '{"model":"default","messages":[', 400],
    ['a JSON array', '[]', 400],
    ['broken UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), 400],
    ['no messages', '{"model":"default"}', 400],
    ['a number as content', '{"model":"default","messages":[{"role":"user","content":7}]}', 400],
    ['an empty body', '', 400],
  ])('refuses %s with one sentence in the shape of OpenAI', async (_name, body, status) => {
    const { status: got, error } = await post(body)
    expect(got).toBe(status)
    expect(error.type).toBe('invalid_request_error')
    expect(error.message.length).toBeGreaterThan(15)
  })

  it.each([1e12, 100_000, -1, 0, 1.5, '12', null])(
    'never serves max_tokens %s as if nothing were wrong',
    async (maxTokens) => {
      const { status, error } = await post(
        JSON.stringify({
          model: 'default',
          messages: [{ role: 'user', content: 'hi' }],
          max_tokens: maxTokens,
          stop: ['e'],
        }),
      )
      if (maxTokens === null) expect(status).toBe(200)
      else {
        expect(status).toBe(400)
        expect(error).toMatchObject({ param: 'max_tokens', type: 'invalid_request_error' })
      }
    },
  )

  it('refuses a body of five million bytes in a way that the sender gets to read', async () => {
    const { status, error } = await post(
      JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'a'.repeat(5_000_000) }] }),
    )
    expect(status).toBe(413)
    expect(error.message).toMatch(/\d/)
  })

  it('refuses a prompt that does not fit the context as the fault of the caller', async () => {
    const { status, error } = await post(
      JSON.stringify({ model: 'default', messages: [{ role: 'user', content: 'stake and weight '.repeat(3_000) }] }),
    )
    expect(status).toBe(400)
    expect(error.message).toMatch(/context.*shorter/)
  })

  it.each([
    ['a malformed key', 'Bearer nonsense', 'invalid_api_key'],
    ['an unknown key', `Bearer sk-koinon-${'B'.repeat(43)}`, 'invalid_api_key'],
    ['a key in another scheme', 'Basic abc', 'missing_api_key'],
  ])('refuses %s', async (_name, authorization, code) => {
    const { status, error } = await post('{}', { authorization }, false)
    expect(status).toBe(401)
    expect(error).toMatchObject({ code })
  })

  it('refuses a provider that is pinned and does not exist', async () => {
    const answer = await ask(network, { headers: { 'x-koinon-provider': `0x${'1'.repeat(40)}` } })
    expect(answer.status).toBe(404)
    expect((JSON.parse(answer.body) as OpenAiError).error.message).toContain('x-koinon-provider')
  })

  it('refuses the wrong method and says which is right', async () => {
    const response = await fetch(`${network.openai}/chat/completions`, {
      headers: { authorization: `Bearer ${network.apiKey}` },
    })
    expect(response.status).toBe(405)
    expect(((await response.json()) as OpenAiError).error.message).toContain('POST')
  })

  it('answers an empty channel with 402 and what to do, and serves again after a top-up', async () => {
    const label = `poor ${Date.now()}`
    const created = await koinonJson(['keys', 'create', '--label', label, '--deposit', '0.001', '--home', network.home])
    expect(created.code).toBe(0)
    const apiKey = created.data['apiKey'] as string
    // The least deposit there is covers the worst case of a few long answers at once, not of twenty.
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(network, { apiKey, maxTokens: 500 })))
    const refused = answers.find(({ status }) => status !== 200) as Answer
    expect(refused.status).toBe(402)
    const { error } = JSON.parse(refused.body) as OpenAiError
    expect(error.message).toMatch(/top|deposit/i)
    const added = await koinonJson(['keys', 'top-up', label, '1', '--home', network.home])
    expect(added.code).toBe(0)
    expect((await ask(network, { apiKey, maxTokens: 4 })).status).toBe(200)
  }, 120_000)

  it('goes on serving after all this', async () => {
    expect((await ask(network, { maxTokens: 4 })).status).toBe(200)
  })
})

// The embedded chain's door is ours to answer for; the door of any other chain is its own.
describe.runIf(inject('ground').chain === undefined)('the JSON-RPC door', () => {
  it.each([
    ['anvil_setBalance', ['0x1111111111111111111111111111111111111111', '0x1']],
    ['anvil_impersonateAccount', ['0x1111111111111111111111111111111111111111']],
    ['hardhat_setBalance', ['0x1111111111111111111111111111111111111111', '0x1']],
    ['hardhat_reset', []],
    ['hardhat_setStorageAt', []],
    ['evm_mine', []],
    ['evm_increaseTime', [3600]],
    ['evm_snapshot', []],
    ['evm_setNextBlockTimestamp', [9_999_999_999]],
    ['eth_sendTransaction', [{}]],
    ['eth_sign', []],
    ['eth_signTransaction', []],
    ['personal_unlockAccount', []],
    ['debug_traceTransaction', []],
    ['admin_nodeInfo', []],
    ['txpool_content', []],
  ])('does not know %s', async (method, params) => {
    expect(await rpc(method, params)).toMatchObject({ error: { code: -32601 } })
  })

  it('holds no accounts that could sign', async () => {
    expect(await rpc('eth_accounts', [])).toMatchObject({ result: [] })
  })

  it('refuses malformed requests and goes on', async () => {
    for (const body of ['{', '[]', 'null', '{"jsonrpc":"2.0"}']) {
      const response = await fetch(network.rpc, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      expect(response.status).toBeLessThan(500)
      expect(JSON.stringify(await response.json())).toContain('error')
    }
    expect(await rpc('eth_chainId', [])).toMatchObject({ result: `0x${network.chainId.toString(16)}` })
  })

  it('refuses other host names and pages of other origins', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
    expect(await raw(network.rpc, { method: 'POST', host: 'evil.example', body })).toBe(403)
    expect(await raw(network.rpc, { method: 'POST', origin: 'http://evil.example', body })).toBe(403)
    expect(await raw(network.rpc, { method: 'POST', body })).toBe(200)
  })

  it('gives no money away: the balances of a stranger stay nothing', async () => {
    const { reader } = new LedgerView(network.home)
    expect(await reader.getBalance({ address: '0x1111111111111111111111111111111111111111' })).toBe(0n)
  })
})

describe("the owner's door", () => {
  const session = `${network.gateway}/api/session`
  /** All that who is not signed in is told: that, and what this program is called. */
  const signedOut = ['isSignedIn', 'program']

  it('opens once for the code in a printed link, to the page and not to other users of this machine', async () => {
    const stranger = await fetch(session)
    expect([stranger.status, Object.keys((await stranger.json()) as object).sort()]).toEqual([200, signedOut])
    expect(await raw(session, { origin: network.gateway })).toBe(200)
    const { page } = (await koinonJson(['status', '--home', network.home])).data as { page: string }
    const code = /^http:\/\/127\.0\.0\.1:\d+\/#\/open\/([0-9a-f]{32})$/.exec(page)?.[1] as string
    expect((await exchange('0'.repeat(32))).status).toBe(403)
    const { status, localToken } = await exchange(code)
    expect(status).toBe(200)
    expect((await exchange(code)).status).toBe(403)
    const own = { headers: { 'x-koinon-local': localToken } }
    const owner = (await (await fetch(session, own)).json()) as { apiKey: string; account: string }
    expect(owner.apiKey).toBe(network.apiKey)
    expect(await (await fetch(`${network.gateway}/api/wallet`, own)).json()).toMatchObject({ account: owner.account })
    const wrong = await fetch(session, { headers: { 'x-koinon-local': `0x${'1'.repeat(64)}` } })
    expect([wrong.status, Object.keys((await wrong.json()) as object).sort()]).toEqual([200, signedOut])
    const next = (await koinonJson(['status', '--home', network.home])).data as { page: string }
    expect(next.page).not.toBe(page)
  })

  it('gives nothing away to requests that a proxy passes on', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
      expect((await exchange('0'.repeat(32), { [name]: '127.0.0.1' })).code).toBe('local/refused')
    }
  })

  it('is shut for names that were pointed at this machine and for pages of other sites', async () => {
    expect(await raw(session, { host: 'evil.example' })).toBe(421)
    expect(await raw(session, { host: `evil.example:${new URL(network.gateway).port}` })).toBe(421)
    expect(await raw(session, { origin: 'http://evil.example' })).toBe(403)
    expect(await raw(session, { origin: 'null' })).toBe(403)
    expect(await raw(session, { site: 'cross-site' })).toBe(403)
  })

  it.each(['/api/wallet', '/api/wallet/send', '/api/wallet/keys', '/api/wallet/faucet'])(
    'wants the local token on %s',
    async (path) => {
      const method = path === '/api/wallet' ? 'GET' : 'POST'
      expect(await raw(`${network.gateway}${path}`, { method, body: method === 'POST' ? '{}' : '' })).toBe(403)
    },
  )

  it('does not let pages of other sites ask questions, nor other host names anything', async () => {
    expect(await raw(`${network.openai}/models`, { origin: 'http://evil.example' })).toBe(403)
    expect(await raw(`${network.openai}/models`, { host: 'evil.example' })).toBe(421)
  })

  it('serves no file outside the page', async () => {
    for (const path of [
      '/../package.json',
      '/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/package.json',
      '/assets/..%2f..%2f..%2fpackage.json',
    ]) {
      expect(await raw(`${network.gateway}${path}`, { exactPath: path })).not.toBe(200)
    }
  })
})

describe("a miner's door", () => {
  it('does no work for strangers', async () => {
    const { neurons } = (
      (await (await fetch(`${network.gateway}/api/network`)).json()) as {
        subnets: [{ neurons: { kind: string; endpoint: string }[] }]
      }
    ).subnets[0]
    const miner = neurons.find(({ kind }) => kind === 'miner')?.endpoint as string
    const response = await fetch(`${miner}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"default","messages":[{"role":"user","content":"hi"}]}',
    })
    expect(response.status).toBe(401)
    expect(await (await fetch(`${miner}/metrics`)).text()).toMatch(/koinon_provider_answers_total\{[^}]+\} [1-9]/)
    for (const path of [`/v1/evidence/0x${'0'.repeat(32)}`, '/v1/work/1/0']) {
      expect((await fetch(`${miner}${path}`)).status).toBe(401)
    }
  })
})

async function post(
  body: string | Buffer,
  headers: Record<string, string> = {},
  withKey = true,
): Promise<{ readonly status: number; readonly error: OpenAiError['error'] }> {
  const response = await fetch(`${network.openai}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(withKey ? { authorization: `Bearer ${network.apiKey}` } : {}),
      ...headers,
    },
    body: typeof body === 'string' ? body : new Uint8Array(body),
    signal: AbortSignal.timeout(30_000),
  })
  const json = JSON.parse(await response.text()) as Partial<OpenAiError>
  return { status: response.status, error: json.error ?? { message: '', type: '', code: '', param: null } }
}

/** Shows a code of a printed link at the owner's door. */
async function exchange(
  code: string,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly localToken: string; readonly code?: string }> {
  const response = await fetch(`${network.gateway}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ code }),
    signal: AbortSignal.timeout(10_000),
  })
  const json = (await response.json()) as { localToken?: string; error?: { code: string } }
  return { status: response.status, localToken: json.localToken ?? '', code: json.error?.code ?? '' }
}

async function rpc(method: string, params: readonly unknown[]): Promise<unknown> {
  const response = await fetch(network.rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  return response.json()
}

/** Status of a request whose Host and Origin headers fetch would not let us choose. */
function raw(
  url: string,
  {
    method = 'GET',
    host,
    origin,
    site,
    body = '',
    exactPath,
  }: Partial<Record<'method' | 'host' | 'origin' | 'site' | 'body' | 'exactPath', string>>,
): Promise<number> {
  const { hostname, port, pathname, host: ownHost } = new URL(url)
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        hostname,
        port,
        path: exactPath ?? pathname,
        method,
        headers: {
          host: host ?? ownHost,
          ...(origin === undefined ? {} : { origin }),
          ...(site === undefined ? {} : { 'sec-fetch-site': site }),
          ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    request.setTimeout(10_000, () => request.destroy(new Error('no answer')))
    request.on('error', reject)
    request.end(body)
  })
}
