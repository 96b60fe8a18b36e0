/** The command line: help, envelopes, exit codes, and one clear sentence with a next step for everything that goes wrong. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { ask } from '../harness/ask.ts'
import { koinon, koinonCommand, koinonJson, repository } from '../harness/cli.ts'
import { LedgerView } from '../harness/ledger.ts'
import { modelPath } from '../harness/model.ts'
import { freePort, freePorts } from '../harness/ports.ts'
import { ProcessGroup } from '../harness/process-group.ts'
import { waitFor } from '../harness/wait.ts'

const network = inject('network')
const folder = mkdtempSync(join(tmpdir(), 'koinon-e2e-cli-'))
const home = ['--home', network.home]
const hasOwnChain = inject('ground').chain === undefined
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const commands = [
  'up',
  'down',
  'status',
  'doctor',
  'chat',
  ...['receipt list', 'receipt show', 'receipt verify'],
  ...['wallet new', 'wallet balance', 'wallet faucet', 'wallet send'],
  ...['keys create', 'keys list', 'keys revoke', 'keys top-up', 'keys withdraw'],
  'join',
  ...['provider start', 'provider stop', 'provider status', 'provider withdraw'],
  ...['validator start', 'validator withdraw'],
  ...['network deploy', 'network sim'],
  ...['subnet buy', 'subnet stake', 'subnet holdings'],
  'epoch show',
  'logs',
  'version',
  'completion',
]

describe('help', () => {
  it('lists every command', async () => {
    const { code, stdout } = await koinon(['--help'])
    expect(code).toBe(0)
    for (const command of commands) expect(stdout).toContain(`  ${command.split(' ')[0]}`)
  })

  it('explains one of each kind without doing anything', async () => {
    const ofEachKind = [...new Map(commands.map((command) => [command.split(' ')[0], command])).values()]
    for (let first = 0; first < ofEachKind.length; first += 4) {
      await Promise.all(ofEachKind.slice(first, first + 4).map(expectHelp))
    }
  })
})

describe('usage errors', () => {
  it('suggests the nearest command and exits with 2', async () => {
    const { code, stderr } = await koinon(['statsu'])
    expect(code).toBe(2)
    expect(stderr).toContain('Did you mean status?')
  })

  it.each([
    [['up', '--port', 'many'], 'usage/bad-number'],
    [['up', '--port', '70000'], 'usage/bad-number'],
    [['receipt', 'verify', 'nonsense'], 'usage/bad-receipt-id'],
    [['receipt', 'verify', '0'.repeat(32), '--level', 'L9'], 'usage/unknown-level'],
    [['wallet', 'send', '1', 'gold', `0x${'1'.repeat(40)}`], 'usage/unknown-asset'],
    [['keys', 'create', '--deposit', '0'], 'usage/bad-deposit'],
    [['logs', 'nobody'], 'usage/no-log'],
    [['epoch', 'show', 'last'], 'usage/bad-number'],
    [['completion', 'tcsh'], 'usage/unknown-shell'],
    [['chat', 'hi', '--max-tokens', '0'], 'usage/bad-number'],
  ])('%j exits with 2 and says why in an envelope', async (args, errorCode) => {
    const needsModel = args[0] === 'up' ? ['--model', modelPath(folder)] : []
    const { code, ok, error } = await koinonJson([
      ...args,
      ...needsModel,
      ...(args[0] === 'up' ? ['--home', join(folder, 'unused')] : home),
    ])
    expect({ code, ok, errorCode: error?.code }).toEqual({ code: 2, ok: false, errorCode })
    expect(error?.message.length).toBeGreaterThan(10)
  })

  it('wants a yes and exits with 4 where nobody can be asked', async () => {
    const { code, error } = await koinonJson(['keys', 'revoke', 'demo', ...home])
    expect(code).toBe(4)
    expect(error).toMatchObject({ code: 'cli/needs-confirmation', hint: 'Add --yes to agree.' })
  })

  it('exits with 3 when what it needs does not answer', async () => {
    const port = await freePort()
    const { code, error } = await koinonJson(['join', `http://127.0.0.1:${port}`, '--home', join(folder, 'nowhere')])
    expect({ code, retry: error?.retry }).toEqual({ code: 3, retry: 'later' })
  })

  it('exits with 1 for what will not work later either', async () => {
    const { code, error } = await koinonJson(['receipt', 'verify', 'f'.repeat(32), ...home])
    expect({ code, retry: error?.retry }).toEqual({ code: 1, retry: 'never' })
  })

  it('exits with 130 when it is interrupted while it starts, and leaves nothing running', async () => {
    const [port, rpcPort] = await freePorts()
    const group = up(join(folder, 'interrupted'), port, rpcPort)
    await waitFor('it has begun', 20_000, () => group.stderr.includes('ports and model'))
    await group.end('SIGINT', 30_000)
    expect(await group.exited).toBe(130)
  })
})

describe('koinon up where it cannot', () => {
  it('names the process that holds its port', async () => {
    const outcome = await failedUp('port', Number(new URL(network.gateway).port), await freePort())
    expect(outcome.error).toMatchObject({ code: 'node/port-in-use' })
    expect(outcome.error?.message).toMatch(/^Port \d+ is in use by .+ \(process \d+\)$/)
    expect(outcome.error?.hint).toContain('--port N')
  })

  it('does the same for the port of the ledger', async () => {
    const outcome = await failedUp('rpc-port', await freePort(), Number(new URL(network.rpc).port))
    expect(outcome.error?.message).toContain('(process ')
    expect(outcome.error?.hint).toContain('--rpc-port N')
  })

  it('does not touch a home that is in use', async () => {
    const [port, rpcPort] = await freePorts()
    const group = up(network.home, port, rpcPort)
    expect(await group.exited).not.toBe(0)
    expect(JSON.parse(group.stdout)).toMatchObject({ ok: false, error: { code: 'home/in-use' } })
    expect(group.stderr).toContain(`process ${network.pid}`)
    expect((await koinonJson(['status', ...home])).data).toMatchObject({ running: true, pid: network.pid })
  })

  it('refuses a home of another version and changes nothing', async () => {
    const other = join(folder, 'newer')
    mkdirSync(other)
    writeFileSync(join(other, 'home.json'), '{"version":99}\n')
    const outcome = await failedUp('newer', await freePort(), await freePort())
    expect(outcome.error).toMatchObject({ code: 'home/other-version' })
    expect(readFileSync(join(other, 'home.json'), 'utf8')).toBe('{"version":99}\n')
  })

  it('refuses files that are not GGUF, and files that are not there', async () => {
    const text = join(folder, 'notes.gguf')
    writeFileSync(text, 'These are not weights.')
    const notGguf = await koinonJson(['up', '--model', text, '--home', join(folder, 'm')])
    expect(notGguf).toMatchObject({ ok: false, error: { code: 'model/not-gguf' } })
    expect(notGguf.error?.hint).toContain('GGUF')
    const missing = await koinonJson(['up', '--model', join(folder, 'none.gguf'), '--home', join(folder, 'm')])
    expect(missing).toMatchObject({ ok: false, error: { code: 'model/missing' } })
  })

  it('explains a GGUF file that breaks off', async () => {
    const half = join(folder, 'half.gguf')
    writeFileSync(half, readFileSync(modelPath(folder)).subarray(0, 20_000))
    const [port, rpcPort] = await freePorts()
    const group = up(join(folder, 'half'), port, rpcPort, half)
    await group.exited
    const { error } = JSON.parse(group.stdout) as { error: { code: string; message: string } }
    expect(error.message).toMatch(/model|GGUF/)
  })

  // The journal is the embedded chain's; any other chain keeps its state itself.
  it.runIf(hasOwnChain)('stops at a damaged journal, says what to do, and leaves it as it is', async () => {
    const damaged = join(folder, 'damaged')
    mkdirSync(join(damaged, 'chain'), { recursive: true })
    cpSync(join(network.home, 'keys'), join(damaged, 'keys'), { recursive: true })
    const journal = join(damaged, 'chain', 'journal')
    const bytes = readFileSync(join(network.home, 'chain', 'journal'))
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 0x10
    writeFileSync(journal, bytes)
    const outcome = await failedUp('damaged', await freePort(), await freePort())
    expect(outcome.error).toMatchObject({ code: 'chain/journal-damaged' })
    expect(outcome.error?.hint?.length).toBeGreaterThan(20)
    expect(readFileSync(journal).equals(bytes)).toBe(true)
  })
})

describe('commands on a running network', () => {
  it('chats and says who answered, what it cost and what was checked', async () => {
    const { code, stdout } = await koinon(['chat', 'What', 'is', 'an', 'epoch?', '--max-tokens', '16', ...home])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /answered by 0x[0-9a-f]{40} in .*\n.* tokens, 0\.\d+ dollars\nlevel L0: \d+ checks passed, 0 not checked/,
    )
    const { data } = await koinonJson(['chat', 'And a beacon?', '--max-tokens', '8', ...home])
    expect(data).toMatchObject({ outputTokens: expect.any(Number), receiptId: expect.stringMatching(/^0x/) })
  })

  it('shows status, logs and the doctor', async () => {
    const status = await koinonJson(['status', ...home])
    const names = (status.data['roles'] as { name: string; state: string; rssBytes: number }[]).map(({ name }) => name)
    expect(names.sort()).toEqual([
      'beacon',
      ...(hasOwnChain ? ['chain'] : []),
      'gateway',
      'indexer',
      'miner-1',
      'miner-2',
      'miner-3',
      'validator-1',
      'validator-2',
    ])
    const logs = await koinonJson(['logs', 'gateway', '-n', '5', ...home])
    expect((logs.data['lines'] as { role: string }[]).every(({ role }) => role === 'gateway')).toBe(true)
    const doctor = await koinonJson(['doctor', ...home])
    const findings = doctor.data['findings'] as { name: string; state: string }[]
    expect(findings.filter(({ state }) => state === 'bad')).toEqual([])
    expect(findings.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Node', 'disk', 'memory', 'home', 'network']),
    )
  })

  it('keeps test money: balance, send, faucet once a minute', async () => {
    const to = '0x2222222222222222222222222222222222222222'
    const ledger = new LedgerView(network.home)
    const before = await ledger.balances('wallet')
    for (const [amount, asset] of [
      ['1.5', 'dollar'],
      ['2', 'koin'],
      ['0.001', 'eth'],
    ] as const) {
      const sent = await koinonJson(['wallet', 'send', amount, asset, to, ...home])
      expect(sent.data['transactionHash']).toMatch(/^0x[0-9a-f]{64}$/)
    }
    const after = await ledger.balances('wallet')
    expect(before.dollar - after.dollar).toBe(1_500_000n)
    expect(before.koin - after.koin).toBe(2n * 10n ** 18n)
    expect((await koinonJson(['wallet', 'faucet', ...home])).code).toBe(0)
    expect(await koinonJson(['wallet', 'faucet', ...home])).toMatchObject({ code: 3, error: { retry: 'later' } })
    const { data } = await koinonJson(['wallet', 'balance', ...home])
    expect(BigInt(data['dollar'] as string)).toBeGreaterThan(after.dollar)
  })

  it('buys alpha, stakes it, and sells it again', async () => {
    const ledger = new LedgerView(network.home)
    const miner = ledger.account('miner-1')
    const quote = await koinonJson(['subnet', 'buy', '1', '0.5', '--dry-run', ...home])
    expect(quote.data).toMatchObject({ made: false, inputAtomic: `${5n * 10n ** 17n}` })
    const bought = await koinonJson(['subnet', 'buy', '1', '0.5', ...home])
    const alpha = BigInt(bought.data['outputAtomic'] as string)
    expect(alpha).toBeGreaterThanOrEqual(BigInt(quote.data['leastOutputAtomic'] as string))
    expect((await koinonJson(['subnet', 'stake', '1', miner, '0.1', ...home])).code).toBe(0)
    const { data } = await koinonJson(['subnet', 'holdings', ...home])
    expect(data['staked']).toContainEqual(expect.objectContaining({ netuid: 1, hotkey: miner, isBound: false }))
    const back = await koinonJson(['subnet', 'unstake', '1', miner, 'all', ...home])
    expect(back.data['freeAtSeconds']).toBeUndefined()
    const sold = await koinon(['subnet', 'sell', '1', 'all', '--yes', ...home])
    expect(sold.stdout).toMatch(/^Sold [\d.]+ alpha of subnet 1 for [\d.]+ KOIN\./)
  })

  it.each([
    ['more than there is', ['1000000000', 'dollar', `0x${'2'.repeat(40)}`]],
    ['nothing', ['0', 'dollar', `0x${'2'.repeat(40)}`]],
    ['to no address', ['1', 'dollar', 'bob']],
    ['an amount that is no number', ['lots', 'dollar', `0x${'2'.repeat(40)}`]],
  ])('refuses to send %s', async (_name, args) => {
    const { code, error } = await koinonJson(['wallet', 'send', ...args, ...home])
    expect(code).not.toBe(0)
    expect(error?.message.length).toBeGreaterThan(10)
    expect(error?.code).not.toBe('internal')
  })

  it('makes a wallet once and keeps its key to its owner', async () => {
    const own = join(folder, 'own')
    const first = await koinonJson(['wallet', 'new', '--home', own])
    const second = await koinonJson(['wallet', 'new', '--home', own])
    expect(first.data).toMatchObject({ isNew: true })
    expect(second.data).toEqual({ address: first.data['address'], isNew: false })
  })

  it('makes keys that work until they are revoked', async () => {
    const created = await koinonJson(['keys', 'create', '--label', 'short-lived', '--deposit', '0.5', ...home])
    const apiKey = created.data['apiKey'] as string
    expect((await ask(network, { apiKey, maxTokens: 4 })).status).toBe(200)
    const listed = await koinonJson(['keys', 'list', ...home])
    expect(JSON.stringify(listed.data)).not.toContain('sk-koinon-')
    expect((await koinonJson(['keys', 'revoke', 'short-lived', '--yes', ...home])).code).toBe(0)
    const refused = await ask(network, { apiKey })
    expect(refused.status).toBe(401)
    expect(refused.body).toContain('revoked_api_key')
    expect((await ask(network, { maxTokens: 4 })).status).toBe(200)
    const asked = await koinonJson(['keys', 'withdraw', 'short-lived', ...home])
    expect(asked.data).toMatchObject({ state: 'waiting', amountAtomic: expect.stringMatching(/^4999\d\d$|^500000$/) })
    expect((await koinonJson(['keys', 'withdraw', 'short-lived', ...home])).data).toEqual(asked.data)
    const usable = await koinonJson(['keys', 'withdraw', 'demo', ...home])
    expect(usable.error?.code).toBe('wallet/key-in-use')
  })

  it('tells its versions', async () => {
    const { data } = await koinonJson(['version'])
    expect(data).toMatchObject({
      koinon: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      node: expect.stringMatching(/^2[4-9]\./),
    })
  })

  it('completes in bash', async () => {
    const script = join(folder, 'completion.bash')
    writeFileSync(script, (await koinon(['completion', 'bash'])).stdout)
    const complete = (words: string): string =>
      execFileSync(
        'bash',
        [
          '-c',
          `. "${script}"; COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _koinon; echo "\${COMPREPLY[@]}"`,
        ],
        { encoding: 'utf8' },
      ).trim()
    expect(complete('koinon rec')).toBe('receipt')
    expect(complete('koinon keys rev')).toBe('revoke')
    for (const shell of ['zsh', 'fish']) expect((await koinon(['completion', shell])).stdout).toContain('receipt')
  })
})

const { policyHashes: emissionPolicies } = JSON.parse(
  readFileSync(join(repository, 'specs/vectors/emission.json'), 'utf8'),
) as { policyHashes: { readonly netFlow: string } }

describe('koinon network deploy', () => {
  it('puts the contracts on a plain anvil and writes a network file that others can join', async () => {
    const port = await freePort()
    const anvil = new ProcessGroup(join(repository, 'node_modules/.bin/anvil'), ['--port', String(port), '--silent'])
    const rpc = `http://127.0.0.1:${port}`
    const file = join(folder, 'network.json')
    const keyFile = join(folder, 'deployer')
    try {
      // The first of the accounts that every anvil funds; worth nothing anywhere else.
      writeFileSync(keyFile, '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80', { mode: 0o600 })
      await waitFor('anvil answers', 30_000, async () => (await fetch(rpc, { method: 'POST', body: '{}' })).status > 0)
      const refused = await koinonJson(['network', 'deploy', '--rpc', rpc, '--key-file', keyFile, '--out', file])
      expect(refused.code).toBe(4)
      const tooLong = ['--name', 'n'.repeat(65), '--yes']
      expect(
        await koinonJson(['network', 'deploy', '--rpc', rpc, '--key-file', keyFile, '--out', file, ...tooLong]),
      ).toMatchObject({ code: 2, error: { code: 'usage/bad-network-facts' } })
      const deployed = await koinonJson([
        'network',
        'deploy',
        '--rpc',
        rpc,
        '--key-file',
        keyFile,
        '--out',
        file,
        '--name',
        'outside',
        '--policy',
        'netFlow',
        '--yes',
      ])
      expect(deployed, JSON.stringify(deployed.error)).toMatchObject({
        code: 0,
        data: { network: { name: 'outside', chainId: 31337, isTest: true, emissionPolicy: emissionPolicies.netFlow } },
      })
      const again = await koinonJson(['network', 'deploy', '--rpc', rpc, '--key-file', keyFile, '--out', file, '--yes'])
      expect(again).toMatchObject({ code: 2, error: { code: 'usage/file-exists' } })
      const joined = await koinonJson(['join', file, '--home', join(folder, 'outsider')])
      expect(joined).toMatchObject({ code: 0, data: { network: 'outside', chainId: 31337 } })
    } finally {
      await anvil.end('SIGKILL')
    }
  }, 120_000)

  it('says that the chain does not answer, and exits with 3', async () => {
    const keyFile = join(folder, 'deployer')
    const { code, error } = await koinonJson([
      'network',
      'deploy',
      '--rpc',
      `http://127.0.0.1:${await freePort()}`,
      '--key-file',
      keyFile,
      '--out',
      join(folder, 'x.json'),
      '--yes',
    ])
    expect({ code, errorCode: error?.code }).toEqual({ code: 3, errorCode: 'ledger/rpc-unreachable' })
  })
})

async function expectHelp(command: string): Promise<void> {
  const { code, stdout, stderr } = await koinon([...command.split(' '), '--help'])
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' })
  expect(stdout).toMatch(new RegExp(`Usage: (npx )?koinon ${command}`))
  expect(stdout).toContain('--json')
  expect(stdout.split('\n')[2]?.length).toBeGreaterThan(10)
}

function up(atHome: string, port: number, rpcPort: number, model = modelPath(folder)): ProcessGroup {
  return new ProcessGroup(process.execPath, [
    koinonCommand,
    ...['up', '--json', '--home', atHome, '--port', String(port), '--rpc-port', String(rpcPort), '--model', model],
  ])
}

async function failedUp(name: string, port: number, rpcPort: number) {
  const outcome = await koinonJson([
    'up',
    '--home',
    join(folder, name),
    '--port',
    String(port),
    '--rpc-port',
    String(rpcPort),
    '--model',
    modelPath(folder),
  ])
  expect(outcome.ok).toBe(false)
  expect(outcome.code).not.toBe(0)
  expect(outcome.stderr).toContain(outcome.error?.message)
  return outcome
}
