import { KoinonError } from '@koinon/base'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CommandContext, type CommandResult, confirm, exitCodeOf, parseInteger, runCommand } from './runner.ts'

let output = ''
let errors = ''
beforeEach(() => {
  output = ''
  errors = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += String(text)
    return true
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function run(work: (context: CommandContext, argument: string) => Promise<CommandResult>, ...flags: string[]) {
  const program = new Command('koinon').option('--home <dir>').option('--json').option('-q, --quiet').exitOverride()
  program.command('do').argument('<what>').action(runCommand(work))
  await program.parseAsync(['do', 'it', '--home', '/nowhere/home', ...flags], { from: 'user' })
  return { output, errors, code: process.exitCode }
}

describe('runCommand', () => {
  it('prints text for people and sets exit code 0', async () => {
    const result = await run(async ({ home, say, isJson }, what) => {
      say('working')
      return { data: {}, text: `${what} ${home.path} ${isJson}` }
    })
    expect(result).toEqual({ output: 'it /nowhere/home false\n', errors: 'working\n', code: 0 })
  })

  it('prints one envelope under --json, with amounts as text and warnings inside', async () => {
    const { output: text, errors: said } = await run(
      async ({ warn, isInteractive }) => {
        warn('old file')
        return { data: { amount: 10n ** 30n, isInteractive }, text: 'never shown' }
      },
      '--json',
      '--quiet',
    )
    expect(text.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(text)).toEqual({
      v: 1,
      ok: true,
      data: { amount: `1${'0'.repeat(30)}`, isInteractive: false },
      warnings: ['old file'],
    })
    expect(said).toBe('')
  })

  it('exits with 1 when the command found something wrong', async () => {
    const result = await run(async () => ({ data: { checks: [] }, text: 'FAIL', isBad: true }), '--json')
    expect(JSON.parse(result.output)).toMatchObject({ ok: false, data: { checks: [] } })
    expect(result.code).toBe(1)
  })

  it('explains an error with its next step, on standard error or in the envelope', async () => {
    const fail = async (): Promise<CommandResult> => {
      throw new KoinonError({ code: 'node/not-running', message: 'Nothing runs', hint: 'Start it.', retry: 'later' })
    }
    expect(await run(fail)).toEqual({ output: '', errors: 'koinon: Nothing runs\n        Start it.\n', code: 3 })
    errors = ''
    const { output: text } = await run(fail, '--json')
    expect(JSON.parse(text)).toEqual({
      v: 1,
      ok: false,
      data: null,
      error: { code: 'node/not-running', message: 'Nothing runs', hint: 'Start it.', retry: 'later' },
      warnings: [],
    })
    expect(errors).toBe('')
  })

  it('turns an unexpected error into a sentence, not a stack', async () => {
    const result = await run(async () => {
      throw new TypeError('x is not a function')
    })
    expect(result).toEqual({ output: '', errors: 'koinon: x is not a function\n', code: 1 })
  })
})

describe('what is to be typed next', () => {
  const notThere = async (): Promise<CommandResult> => {
    throw new KoinonError({ code: 'node/not-running', message: 'no "koinon up"', hint: 'Run "koinon up".' })
  }
  it('names the home in use, in a hint and in what a command says of itself', async () => {
    expect((await run(notThere)).errors).toMatch(
      /^koinon: no "koinon up"\n {8}Run "(npx )?koinon up --home \/nowhere\/home"\.\n$/,
    )
    const { output: text } = await run(async ({ typed }) => ({ data: {}, text: typed('koinon chat "hi"') }))
    expect(text).toMatch(/^(npx )?koinon chat --home \/nowhere\/home "hi"\n$/)
  })

  it('is left to programs as it stands', async () => {
    const { output: text } = await run(notThere, '--json')
    expect(JSON.parse(text)).toMatchObject({ error: { hint: 'Run "koinon up".' } })
  })
})

describe('exit codes', () => {
  it.each([
    ['usage/bad-number', 'never', 2],
    ['base/bad-amount', 'never', 2],
    ['cli/needs-confirmation', 'never', 4],
    ['cli/interrupted', 'never', 130],
    ['ledger/rpc-unreachable', 'later', 3],
    ['ledger/x', 'now', 3],
    ['ledger/unknown-outcome', 'unknown', 1],
    ['ledger/refused', 'never', 1],
  ] as const)('%s (%s) is %d', (code, retry, expected) => {
    expect(exitCodeOf({ code, message: '', retry })).toBe(expected)
  })
})

describe('confirm and parseInteger', () => {
  const context = { isInteractive: false } as CommandContext
  it('needs --yes where nobody can be asked', async () => {
    await confirm(context, 'Sure?', true)
    await expect(confirm(context, 'Sure?', false)).rejects.toMatchObject({
      code: 'cli/needs-confirmation',
      message: 'Sure?',
      hint: 'Add --yes to agree.',
    })
  })
  it('takes whole numbers within bounds only', () => {
    expect(parseInteger('20', '--limit', 1, 200)).toBe(20)
    for (const wrong of ['0', '201', '1.5', 'x', '-1', 'NaN', 'Infinity']) {
      expect(() => parseInteger(wrong, '--limit', 1, 200)).toThrow(/--limit takes a whole number from 1 to 200/)
    }
  })
})
