import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Home, openHome } from '../home/home.ts'

/** A fresh home below the system's temporary folder, and its removal. */
export function temporaryHome(): { readonly home: Home; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'koinon-home-'))
  return { home: openHome(join(path, 'home')), remove: () => rmSync(path, { recursive: true, force: true }) }
}
