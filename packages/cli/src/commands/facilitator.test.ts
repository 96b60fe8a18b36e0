import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemRandom, withDeadline } from '@koinon/base'
import { accountKey, openHome } from '@koinon/node/home'
import { startTestLedger, type TestLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-facilitator-'))
const homePath = join(folder, 'home')
const bin = fileURLToPath(new URL('../../bin/koinon.mjs', import.meta.url))
let ledger: TestLedger
let account: string

beforeAll(async () => {
  ledger = await startTestLedger()
  const home = openHome(homePath)
  writeFileSync(home.networkFile, JSON.stringify(ledger.network))
  const wallet = accountKey(home, 'wallet', systemRandom)
  account = wallet.address
  await ledger.owner.sender.send({ to: wallet.address, value: 10n ** 18n }, 'funding')
}, 120_000)

afterAll(async () => {
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('koinon facilitator', () => {
  it('serves the network of its home until it is stopped, and says what it cost', async () => {
    const running = spawn(process.execPath, [bin, '--home', homePath, '--json', 'facilitator', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    running.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [line] = (await withDeadline(
      once(createInterface({ input: running.stdout }), 'line'),
      60_000,
      'starting the facilitator',
    )) as [string]
    const ready = JSON.parse(line) as { url: string; account: string; balanceWei: string; settled: number }
    expect(ready).toMatchObject({ ready: true, account, balanceWei: `${10n ** 18n}`, settled: 0, costWei: '0' })
    const supported = (await (await fetch(`${ready.url}/supported`)).json()) as { signers: Record<string, string[]> }
    expect(supported.signers).toEqual({ 'eip155:*': [account] })
    const closed = once(running, 'close')
    running.kill('SIGINT')
    const [code] = (await withDeadline(closed, 30_000, 'stopping the facilitator')) as [number]
    expect(code).toBe(0)
    expect(said).toContain('nothing settled yet\nstopped')
  })
})
