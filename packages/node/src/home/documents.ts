/** Documents that this home shows to others by the hash of what they contain: files behind feedback and agents. */
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { contentIdOf, contentUri, isContentOf, maximumContentBytes } from '@koinon/agents/rules'
import { type Home, writeFileDurably } from './home.ts'

/** Keeps a document durably and returns its `ipfs://` URI; the gateway of this home serves it at `/ipfs/<cid>`. */
export function saveDocument(home: Pick<Home, 'path'>, bytes: Uint8Array): string {
  const uri = contentUri(bytes)
  const folder = join(home.path, 'documents')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileDurably(join(folder, contentIdOf(uri) as string), bytes)
  return uri
}

/** The document of that hash, if this home keeps it and it is whole. */
export function readDocument(home: Pick<Home, 'path'>, cid: string): Uint8Array | undefined {
  if (!/^b[a-z2-7]{58}$/.test(cid)) return undefined
  const path = join(home.path, 'documents', cid)
  if (!existsSync(path) || statSync(path).size > maximumContentBytes) return undefined
  const bytes = readFileSync(path)
  return isContentOf(cid, bytes) === true ? bytes : undefined
}
