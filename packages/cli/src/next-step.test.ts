import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asTyped, commandStyle, shellWord } from './next-step.ts'
import { createProgram } from './program.ts'
import { defineEveryCommand } from './top-commands.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-path-'))
  writeFileSync(join(folder, 'koinon'), '')
  chmodSync(join(folder, 'koinon'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('commandStyle', () => {
  it('says npx where npm started it, which puts the command on PATH for itself alone, and where it is not on PATH', () => {
    expect(commandStyle(undefined, { PATH: folder }).program).toBe('koinon')
    expect(commandStyle(undefined, { PATH: `/nowhere:${folder}`, npm_command: 'exec' }).program).toBe('npx koinon')
    expect(commandStyle(undefined, { PATH: folder, npm_lifecycle_event: 'start' }).program).toBe('npx koinon')
    expect(commandStyle(undefined, { PATH: '/nowhere::' }).program).toBe('npx koinon')
    expect(commandStyle(undefined, {}).program).toBe('npx koinon')
  })

  it('names a home unless it is the one that commands take by themselves', () => {
    const home = (path: string | undefined, env = {}) => commandStyle(path, env, '/srv/koinon').homePath
    expect(home(undefined)).toBeUndefined()
    expect(home('/srv/koinon/')).toBeUndefined()
    expect(home('/tmp/other')).toBe('/tmp/other')
    expect(home('other')).toBe(join(process.cwd(), 'other'))
    // Another terminal may not have the variable.
    expect(home(undefined, { KOINON_HOME: '/tmp/other' })).toBe('/tmp/other')
  })
})

describe('asTyped', () => {
  const style = { program: 'npx koinon', homePath: '/tmp/x' } as const
  it('writes the usage lines of groups as those of commands', () => {
    const typed = (text: string) => asTyped(text, { program: 'npx koinon' })
    expect(typed('Usage: koinon subnet [options] [command]')).toBe('Usage: npx koinon subnet [options] [command]')
    expect(typed('Usage: koinon [options] [command]')).toBe('Usage: npx koinon [options] [command]')
    expect(typed('Usage: koinon subnet create [options]')).toBe('Usage: npx koinon subnet create [options]')
  })

  it.each([
    ['koinon chat "What?"', 'npx koinon chat --home /tmp/x "What?"'],
    ['See "koinon logs gateway".', 'See "npx koinon logs --home /tmp/x gateway".'],
    ['see `koinon status`', 'see `npx koinon status --home /tmp/x`'],
    [
      'Run "koinon up" for a local one, or "koinon join <URL>".',
      'Run "npx koinon up --home /tmp/x" for a local one, or "npx koinon join --home /tmp/x <URL>".',
    ],
    ['or "koinon join URL" with the URL', 'or "npx koinon join URL --home /tmp/x" with the URL'],
    ['on a test network: koinon wallet faucet.', 'on a test network: npx koinon wallet faucet --home /tmp/x.'],
    ['koinon up --home /tmp/other', 'npx koinon up --home /tmp/other'],
    [
      'stop it with "koinon down", or choose --home DIR',
      'stop it with "npx koinon down --home /tmp/x", or choose --home DIR',
    ],
    ['See "koinon --help" or "koinon COMMAND --help".', 'See "npx koinon --help" or "npx koinon COMMAND --help".'],
    ['(see "koinon subnet --help")', '(see "npx koinon subnet --help")'],
    ['  koinon <command> --help  more', '  npx koinon <command> --help  more'],
    ['npx koinon up', 'npx koinon up'],
    [
      'cd koinon up; a koinon network; koinon-miner; my-koinon up',
      'cd npx koinon up --home /tmp/x; a koinon network; koinon-miner; my-koinon up',
    ],
  ])('%s', (text, typed) => {
    expect(asTyped(text, style)).toBe(typed)
  })

  it('leaves text alone where koinon is on PATH and the home is the usual one', () => {
    expect(asTyped('Start it with "koinon up".', { program: 'koinon' })).toBe('Start it with "koinon up".')
  })

  it('knows every command there is', async () => {
    const program = await defineEveryCommand(createProgram({ program: 'koinon' }))
    const leaves = (command: Command, path: string): readonly string[] =>
      command.commands.length === 0
        ? [path]
        : command.commands.flatMap((child) => leaves(child, `${path} ${child.name()}`))
    for (const path of leaves(program, 'koinon')) expect(asTyped(path, style)).toBe(`npx ${path} --home /tmp/x`)
  })
})

describe('shellWord', () => {
  it.each([
    ['/tmp/a-b_c.d', '/tmp/a-b_c.d'],
    ['/tmp/my home', "'/tmp/my home'"],
    ["/tmp/it's $x", `'/tmp/it'\\''s $x'`],
    ['~/x', "'~/x'"],
  ])('%s', (text, word) => {
    expect(shellWord(text)).toBe(word)
  })
})
