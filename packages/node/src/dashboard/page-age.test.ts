import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { pageFault } from './page-age.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'koinon-page-age-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, atSeconds: number, under = root): void {
  const whole = join(under, path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(whole, '')
  utimesSync(whole, atSeconds, atSeconds)
}

function checkout(under = root): string {
  for (const source of ['apps/web/src/main.tsx', 'packages/base/src/index.ts', 'packages/work/src/index.ts'])
    write(source, 1_000, under)
  write('packages/inference/src/rules/index.ts', 1_000, under)
  return join(under, 'apps/web/dist')
}

it('tells of a page that is older than what it is built of, or not built', () => {
  const folder = checkout()
  expect(pageFault(folder)).toBe('missing')
  write('apps/web/dist/index.html', 2_000)
  expect(pageFault(folder)).toBeUndefined()
  write('packages/work/src/dashboard/new.ts', 3_000)
  expect(pageFault(folder)).toBe('older')
  write('apps/web/dist/index.html', 3_000)
  expect(pageFault(folder)).toBeUndefined()
})

it('asks nothing of tests, tools and what was installed', () => {
  const folder = checkout()
  write('apps/web/dist/index.html', 2_000)
  for (const path of ['src/a.test.ts', 'test/x.ts', 'dev/x.ts', 'node_modules/x/x.js', '.types/x.d.ts'])
    write(`apps/web/${path}`, 3_000)
  expect(pageFault(folder)).toBeUndefined()
})

it('says nothing in an installed package', () => {
  expect(pageFault(join(root, 'apps/web/dist'))).toBeUndefined()
  expect(pageFault(checkout(join(root, 'node_modules')))).toBeUndefined()
})
