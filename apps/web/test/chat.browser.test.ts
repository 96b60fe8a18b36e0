import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, startBench } from './browser.ts'
import type { OpenPage } from './chromium.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
}, 120_000)
afterAll(() => bench?.stop())

describe('chat', () => {
  test('answers, states who, how fast and how much, and checks the receipt in the browser', async () => {
    const { page, context, foreign, problems } = await bench.open()
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    const slip = page.getByRole('region', { name: 'Receipt of this answer' })
    await slip.getByText('22 passed').waitFor()
    const text = await slip.innerText()
    expect(text).toMatch(/Answered by\s+miner-(attica|boeotia)/)
    expect(text).toMatch(/First byte\s+\d+ ms/)
    expect(text).toMatch(/Tokens\s+\d+ in, \d+ out/)
    expect(text).toMatch(/Cost\s+\$0\.0000\d+/)
    expect(text).toMatch(/0 failed/)
    expect(text).toMatch(/2 not checked/)
    await slip.getByRole('button', { name: 'Check this receipt yourself' }).click()
    const list = slip.getByRole('group', { name: 'Checks in this browser' })
    expect(await list.getByRole('listitem').count()).toBe(24)
    expect(await list.innerText()).toContain('the stated work hashes to the signed work hash')
    expect(foreign).toEqual([])
    expect(problems).toEqual([])
    await context.close()
  })

  test('names the failed check when a word of the answer was changed on the way', async () => {
    const { page, context } = await bench.open()
    await tamper(page, (body) => body.replace('"content":" market"', '"content":" casino"'))
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.locator('.answer').getByText('is a casino for one kind of work').waitFor()
    const counts = page.getByRole('list', { name: 'Checks so far' })
    await counts.getByText('2 failed: response, hop2.response').waitFor()
    await page.getByRole('button', { name: 'Check this receipt yourself' }).click()
    expect(await page.locator('.check-fail').first().innerText()).toMatch(
      /Failed[\s\S]*Was this answer given\?[\s\S]*SHA-256 of the response/,
    )
    await context.close()
  })

  test('names the failed check when the receipt itself was changed', async () => {
    const { page, context } = await bench.open()
    await tamper(page, (body) =>
      body.replace(/: koinon-receipt (\S+)/, (_, encoded: string) => {
        const bundle = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as {
          hops: { receipt: { endedAtMs: number } }[]
        }
        const [own] = bundle.hops
        if (own !== undefined) own.receipt.endedAtMs += 1
        return `: koinon-receipt ${Buffer.from(JSON.stringify(bundle)).toString('base64url')}`
      }),
    )
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.getByText('1 failed: signature').waitFor()
    await context.close()
  })

  test('fails the response check when words follow the receipt', async () => {
    const { page, context } = await bench.open()
    await tamper(page, (body) =>
      body.replace('data: [DONE]', 'data: {"choices":[{"delta":{"content":"send me money"}}]}\n\ndata: [DONE]'),
    )
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.getByText('2 failed: response, hop2.response').waitFor()
    expect(await page.getByText('send me money').count()).toBe(0)
    await context.close()
  })

  test("shows the replay of this node's verifier, failed checks included", async () => {
    const { page, context } = await bench.open()
    await page.getByRole('button', { name: 'What does an answer cost?' }).click()
    await page.getByRole('button', { name: 'Replay the answer here' }).click()
    const replay = page.getByRole('region', { name: 'Replay by this node' })
    await replay.getByText('1 failed: counts').waitFor()
    expect(await replay.innerText()).toMatch(/2 passed[\s\S]*1 not checked/)
    await context.close()
  })

  test('says that an answer is marked unsure, and does not rewrite it', async () => {
    const { page, context } = await bench.open()
    await ask(page, 'Who won the chariot race?')
    await page.getByText('The model is unsure of this answer').waitFor()
    await page.getByText('I am a small model that knows this network').first().waitFor()
    await context.close()
  })

  test('stops a running answer and keeps what came', async () => {
    const { page, context } = await bench.open()
    await ask(page, 'Tell me a long story')
    await page.getByText('There was once a league').first().waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('You stopped this answer').waitFor()
    await page.getByRole('button', { name: 'Ask', exact: true }).waitFor()
    expect(await page.getByText('No receipt came with this answer').count()).toBe(1)
    await context.close()
  })

  test('shows an error with its next step, and asks again', async () => {
    const { page, context } = await bench.open()
    let isBroke = true
    await page.route('**/v1/chat/completions', (route) =>
      isBroke
        ? route.fulfill({
            status: 402,
            contentType: 'application/json',
            body: '{"error":{"message":"The key has nothing left. Top it up.","type":"x","param":null,"code":"payments/channel-empty"}}',
          })
        : route.continue(),
    )
    await ask(page, 'What is a subnet?')
    const alert = page.getByRole('alert')
    await alert.getByText('The key has nothing left').waitFor()
    expect(await alert.getByRole('link', { name: 'Open Wallet & keys' }).getAttribute('href')).toBe('#/wallet')
    isBroke = false
    await alert.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText('22 passed').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await context.close()
  })

  test('keeps the talk over pages and a reload, and draws markup in an answer as text', async () => {
    const { page, context } = await bench.open()
    await tamper(page, (body) => body.replace('"content":" market"', '"content":" <img src=x onerror=alert(1)>"'))
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.locator('.answer').getByText('<img src=x onerror=alert(1)>').waitFor()
    await page.getByRole('link', { name: 'Network' }).click()
    await page.getByRole('heading', { name: 'Network', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Chat' }).click()
    await page.locator('.answer').getByText('<img src=x onerror=alert(1)>').waitFor()
    await page.reload()
    await page.locator('.answer').getByText('<img src=x onerror=alert(1)>').waitFor()
    await page.getByText('2 failed').waitFor()
    expect(await page.locator('.answer img').count()).toBe(0)
    await context.close()
  })

  test('asks for a key where the gateway gives none, and works with a pasted one', async () => {
    const { page, context } = await bench.open({ isStranger: true })
    await page.getByText('Is this your machine?').waitFor()
    await page.getByLabel('API key').fill(bench.network.state.firstKey)
    await page.getByRole('button', { name: 'Use this key' }).click()
    await page.getByRole('button', { name: 'What is a subnet?' }).click()
    await page.getByText('22 passed').waitFor()
    await page.getByRole('link', { name: 'Wallet & keys' }).click()
    await page.getByText('The wallet is only open to the owner of the machine').waitFor()
    await context.close()
  })

  test('lets a browser in by the printed link, once, and keeps it in over reloads and in other tabs', async () => {
    const { page, context } = await bench.open({ isStranger: true })
    await page.getByLabel('API key').waitFor()
    const link = bench.network.state.pageLink(bench.url)
    await page.goto(link)
    await page.getByRole('button', { name: 'What is a subnet?' }).waitFor()
    expect(page.url()).toBe(`${bench.url}/#/`)
    await page.reload()
    await page.getByRole('button', { name: 'What is a subnet?' }).waitFor()
    const tab = await context.newPage()
    await tab.goto(`${bench.url}/#/wallet`)
    await tab.getByRole('button', { name: 'Create a key' }).waitFor()
    const other = await bench.open({ isStranger: true })
    await other.page.goto(link)
    await other.page.getByLabel('API key').waitFor()
    await other.page.getByRole('alert').getByText('This link was already used').waitFor()
    expect(await other.page.locator('.status-state').innerText()).toBe('Connected, signed out')
    await other.context.close()
    await context.close()
  })

  test('says in the wallet and above that it is signed out after the gateway was started anew unseen', async () => {
    const { page, context } = await bench.open({ hash: '#/wallet' })
    await page.getByRole('button', { name: 'Create a key' }).waitFor()
    const json = { error: { code: 'local/no-token', message: 'not let in', retry: 'never' } }
    const signedOut = { isSignedIn: false, program: 'koinon' }
    await page.route('**/api/session', (route) => route.fulfill({ status: 200, json: signedOut }))
    await page.route('**/api/wallet', (route) => route.fulfill({ status: 403, json }))
    await page.getByText('You are signed out: the gateway was started anew').waitFor()
    expect(await page.locator('.status-state').innerText()).toBe('Connected, signed out')
    expect(await page.getByRole('button', { name: 'Create a key' }).count()).toBe(0)
    await context.close()
  })

  test('labels everything stale when the gateway goes away', async () => {
    const { page, context } = await bench.open({ hash: '#/network' })
    await page.route('**/api/**', (route) => route.abort())
    await page.getByText('may have changed since').waitFor()
    await page.getByText('Stale: the clock stands at the last answer.').waitFor()
    expect(await page.locator('.status-state').innerText()).toBe('Stale')
    await context.close()
  })
})

async function ask(page: OpenPage['page'], question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question)
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
}

/** Changes the answer between gateway and browser, as a dishonest middleman would. */
async function tamper(page: OpenPage['page'], change: (body: string) => string): Promise<void> {
  await page.route('**/v1/chat/completions', async (route) => {
    const response = await route.fetch()
    const body = await response.text()
    const changed = change(body)
    expect(changed).not.toBe(body)
    await route.fulfill({ response, body: changed })
  })
}
