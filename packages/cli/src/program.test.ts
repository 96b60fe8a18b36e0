import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProgram } from './program.ts'
import { defineEveryCommand } from './top-commands.ts'

const main = new URL('./main.ts', import.meta.url).pathname
/** As bin/koinon.mjs sets it. */
const compileCache = new URL('../../../.node/compile-cache', import.meta.url).pathname
let folder: string
let program: Command
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-cli-'))
  program = await defineEveryCommand(createProgram())
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The command as a user runs it, with a home that does not exist. */
function koinon(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, '--home', join(folder, 'home'), ...args],
    { encoding: 'utf8', timeout: 60_000, env: { ...process.env, NODE_COMPILE_CACHE: compileCache } },
  )
  return { code: status, stdout, stderr }
}

function everyCommand(command: Command, path: readonly string[] = []): readonly (readonly [string, Command])[] {
  return command.commands.flatMap((child) => {
    const name = [...path, child.name()]
    return [[name.join(' '), child] as const, ...everyCommand(child, name)]
  })
}

describe('the command tree', () => {
  it('has every command that is promised', () => {
    const names = new Set(everyCommand(program).map(([name]) => name))
    const promised = `up|down|status|doctor|chat|join|provider start|provider stop|provider status|provider withdraw|validator start|validator withdraw|network deploy|subnet buy|subnet sell|subnet stake|subnet unstake|subnet withdraw|subnet claim-root|subnet move|subnet holdings|subnet parts|subnet metagraph|validator list|keys create|keys list|keys revoke|wallet new|wallet balance|wallet faucet|wallet send|receipt list|receipt show|receipt verify|epoch show|job post|job bid|job award|job submit|job accept|job reject|job dispute|job refund|job list|job show|epoch run|logs|version|completion|agent register|agent show|agent check|agent rate|agent trust|agent list`
    for (const name of promised.split('|')) expect(names, name).toContain(name)
  })

  it('describes every command, argument and option, with help of its own', () => {
    for (const [name, command] of everyCommand(program)) {
      expect(command.description(), name).not.toBe('')
      expect(command.helpInformation(), name).toContain(command.description().slice(0, 20))
      for (const option of command.options) expect(option.description, `${name} ${option.flags}`).not.toBe('')
      for (const argument of command.registeredArguments) {
        expect(argument.description, `${name} ${argument.name()}`).not.toBe('')
      }
    }
  })
})

describe('--yes', () => {
  it.each(['stake', 'unstake', 'auto-stake'])('says of koinon subnet %s that test networks ask nothing', (name) => {
    const [, command] = everyCommand(program).find(([path]) => path === `subnet ${name}`) ?? []
    expect(command?.helpInformation()).toContain('on a test network')
  })
})

describe('koinon', () => {
  it('suggests the right command for a wrong one and exits with 2', () => {
    const { code, stdout, stderr } = koinon('statsu')
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain('Did you mean status?')
  })

  it.each([[['wallet', 'sned']], [['logs', '--line', '3']], [['wallet', 'send', '1']], [['network', 'deploy']]])(
    'exits with 2 for %j',
    (args) => {
      expect(koinon(...args).code).toBe(2)
    },
  )

  it.each([
    [['statsu'], ''],
    [['wallet', 'show'], 'wallet '],
    [['validator', 'list', '--netuid', '2'], 'validator list '],
    [['epoch', 'confirm', '--dry-run'], 'epoch confirm '],
    [['subnet', 'dev'], 'subnet dev '],
  ])('sends to the help of the command that was written wrongly: %j', (args, named) => {
    expect(koinon(...args).stderr).toMatch(new RegExp(`\\(see "(npx )?koinon ${named}--help"\\)`))
  })

  it.each([
    [['wallet', 'sned']],
    [['up', '--rpc', 'http://127.0.0.1:1', '--rpc-port', '9545']],
    [['up', '--nonsense']],
  ])('says it in an envelope for programs: %j', (args) => {
    const { code, stdout } = koinon(...args, '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, ok: false, error: { code: 'usage/bad-command-line' } })
  })

  it('gives help and version as answers', () => {
    expect(koinon('--help')).toMatchObject({ code: 0, stdout: expect.stringMatching(/Usage: (npx )?koinon/) })
    expect(koinon('--help').stdout).not.toMatch(/npx koinon up[^]*\n {2}koinon </)
    expect(koinon('version', '--json').stdout).toContain('"ok":true')
  })

  it('lists no receipts in a home without a gateway key, and says what to do', () => {
    const { code, stdout } = koinon('receipt', 'list')
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/no gateway key.*keys create[^]*Or pay one call.*pay .*URL/),
    ])
  })

  it.each([
    ['wallet balance', 'node/no-network'],
    ['receipt show 00000000000000000000000000000000', 'home/no-api-key'],
    ['logs', 'usage/no-log'],
  ])('explains %s in a home that is empty, as one line of JSON', (command, code) => {
    const { stdout, stderr } = koinon(...command.split(' '), '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      v: 1,
      ok: false,
      error: { code: expect.stringContaining(code.split('/')[0] as string) },
    })
    expect(stderr).toBe('')
  })
})

describe('completion', () => {
  it('is a valid bash script that completes commands, subcommands and flags', () => {
    const file = join(folder, 'completion.bash')
    writeFileSync(file, koinon('completion', 'bash').stdout)
    execFileSync('bash', ['-n', file])
    const complete = (...words: string[]): string[] =>
      execFileSync(
        'bash',
        [
          '--norc',
          '-c',
          `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _koinon; echo "\${COMPREPLY[*]}"`,
          'x',
          file,
          ...words,
        ],
        { encoding: 'utf8' },
      )
        .trim()
        .split(' ')
    expect(complete('koinon', 'wa')).toEqual(['wallet'])
    expect(complete('koinon', 'keys', '')).toEqual(expect.arrayContaining(['create', 'list', 'revoke']))
    expect(complete('koinon', 'logs', '--fo')).toEqual(['--follow'])
    expect(complete('koinon', 'zzz')).toEqual([''])
  })

  it('names the shells it knows', () => {
    expect(koinon('completion', 'zsh').stdout).toContain('#compdef koinon')
    expect(koinon('completion', 'fish').stdout).toContain('complete -c koinon')
    expect(koinon('completion', 'csh')).toMatchObject({ code: 2, stderr: expect.stringContaining('bash, zsh, fish') })
  })
})
