/** Whether a checkout's built page is of its sources. */
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pageFolder } from './static-files.ts'

/** What the page is built of, from the root of the repository. */
const sources = ['apps/web', 'packages/base/src', 'packages/work/src', 'packages/inference/src/rules']
const leftOut = ['dist', 'dev', 'test', 'node_modules']

/** `missing` or `older` than its sources; undefined of a page that is up to date, and wherever no sources lie beside it. */
export function pageFault(folder: string = pageFolder()): 'missing' | 'older' | undefined {
  const root = resolve(folder, '../../..')
  if (root.split(/[/\\]/).includes('node_modules') || changedAtMs(join(root, 'apps/web/src')) === undefined)
    return undefined
  const builtAtMs = changedAtMs(join(folder, 'index.html'))
  if (builtAtMs === undefined) return 'missing'
  return sources.some((source) => hasNewer(join(root, source), builtAtMs)) ? 'older' : undefined
}

function hasNewer(folder: string, thanMs: number): boolean {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    if (leftOut.includes(entry.name) || entry.name.startsWith('.') || entry.name.includes('.test.')) return false
    const path = join(folder, entry.name)
    return entry.isDirectory() ? hasNewer(path, thanMs) : entry.isFile() && (changedAtMs(path) ?? 0) > thanMs
  })
}

function changedAtMs(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs
}
