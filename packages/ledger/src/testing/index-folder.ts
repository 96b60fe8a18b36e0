/** Folders of empty embedded indexes: making one takes seconds of the processor, copying one next to nothing. */
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbeddedIndex } from '../indexer/database.ts'

/** Where the tests of one run share what takes long to make; vitest.config.ts says it. */
const sharedFolder = process.env['KOINON_TEST_SHARED']

/** Puts an empty index at a path where nothing is yet, as an index that was closed leaves it. */
export async function prepareIndexFolder(folder: string): Promise<void> {
  if (sharedFolder === undefined) return
  const template = join(sharedFolder, 'index')
  if (!existsSync(template)) {
    const draft = mkdtempSync(join(sharedFolder, 'draft-'))
    const { close } = await openEmbeddedIndex(join(draft, 'index'))
    await close()
    try {
      renameSync(join(draft, 'index'), template)
    } catch (error) {
      // Another process was faster.
      if (!existsSync(template)) throw error
    }
    rmSync(draft, { recursive: true, force: true })
  }
  cpSync(template, folder, { recursive: true })
}
