/** For Vitest: a folder that all tests of one run share, removed when they are through. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'koinon-tests-'))
  process.env['KOINON_TEST_SHARED'] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
