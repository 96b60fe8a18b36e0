/** What a node serves about who it is: its registration file, and documents by the hash of their content (specs/0023 section 1.3). */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sendText } from '@koinon/base/node'
import { contentIdOf, contentUri } from '../../rules/identity/content-uri.ts'
import { registrationFilePath } from '../../rules/identity/registration-file.ts'

/** Documents kept by their hash; the oldest makes room. */
export class ContentShelf {
  readonly #documents = new Map<string, Uint8Array>()
  readonly #most: number

  constructor(most = 1_024) {
    this.#most = most
  }

  /** Keeps a document and returns its `ipfs://` URI. Throws `agents/bad-content-uri` when it is too large. */
  put(bytes: Uint8Array): string {
    const uri = contentUri(bytes)
    const cid = contentIdOf(uri) as string
    this.#documents.delete(cid)
    this.#documents.set(cid, bytes)
    const [oldest] = this.#documents.keys()
    if (this.#documents.size > this.#most && oldest !== undefined) this.#documents.delete(oldest)
    return uri
  }

  get(cid: string): Uint8Array | undefined {
    return this.#documents.get(cid)
  }
}

export type IdentityDoor = (request: IncomingMessage, response: ServerResponse) => boolean

/** Answers GET and HEAD of the registration file and of `/ipfs/<cid>`; false for everything else. Anyone may read, also from a page. */
export function createIdentityDoor(options: {
  /** The file's bytes now. */
  readonly registrationFile: () => Uint8Array
  readonly shelf?: Pick<ContentShelf, 'get'>
}): IdentityDoor {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return false
    const path = (request.url ?? '').split('?')[0] as string
    const open = { 'access-control-allow-origin': '*', 'cache-control': 'no-cache' }
    if (path === registrationFilePath) {
      sendText(response, 200, 'application/json; charset=utf-8', options.registrationFile(), open)
      return true
    }
    const document = path.startsWith('/ipfs/') ? options.shelf?.get(path.slice('/ipfs/'.length)) : undefined
    if (document === undefined) return false
    sendText(response, 200, 'application/octet-stream', document, {
      'access-control-allow-origin': '*',
      'cache-control': 'public, max-age=31536000, immutable',
    })
    return true
  }
}
