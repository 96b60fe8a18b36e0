import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Address, KoinonError } from '@koinon/base'
import { sendError, sendJson } from '@koinon/base/node'
import { type RequestGate, refusalStatus } from '@koinon/work/node'
import { maximumPageItems, type WorkItem, workPage } from '../rules/index.ts'
import type { WorkCommitter } from './work-committer.ts'

const compress = promisify(gzip)

export type WorkListHandlerOptions = {
  readonly committer: Pick<WorkCommitter, 'listOf'>
  readonly gate: RequestGate
  /** Whether this account may read lists: validators with a permit. */
  readonly mayRead: (account: Address, netuid: number) => Promise<boolean>
  /** The receipts behind these hashes as JSON, in this order; without it only hashes are shown. */
  readonly receiptsOf?: (items: readonly WorkItem[]) => Promise<readonly unknown[]>
}

/** Answers `GET /v1/work/{netuid}/{epoch}?offset=&limit=`; false when the request is for something else. Mount it in the provider's server. */
export function createWorkListHandler(
  options: WorkListHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const match = /^\/v1\/work\/(\d{1,10})\/(\d{1,15})(?:\?(.*))?$/.exec(request.url ?? '')
    if (match === null || request.method !== 'GET') return false
    const [netuid, epoch] = [Number(match[1]), Number(match[2])]
    try {
      await options.gate.identifyPermitted(request, (sender) => options.mayRead(sender, netuid))
      const items = await options.committer.listOf(netuid, epoch)
      if (items === undefined) {
        sendError(response, notCommitted(netuid, epoch), 404)
      } else {
        const page = workPage(items, { netuid, epoch, ...pageOf(match[3] ?? '') })
        const shown = await options.receiptsOf?.(page.receipts)
        const receipts = page.receipts.map((item, index) => ({ ...item, receipt: shown?.[index] }))
        await answerPage(request, response, { ...page, receipts })
      }
    } catch (error) {
      sendError(response, error, refusalStatus(error) ?? 500)
    }
    return true
  }
}

function pageOf(query: string): { readonly offset: number; readonly limit: number } {
  const read = (name: string, fallback: number): number => {
    const text = new URLSearchParams(query).get(name)
    return text !== null && /^[0-9]{1,9}$/.test(text) ? Number(text) : fallback
  }
  return { offset: read('offset', 0), limit: read('limit', maximumPageItems) }
}

/** Receipts repeat each other, so a page shrinks to less than half. */
async function answerPage(request: IncomingMessage, response: ServerResponse, page: unknown): Promise<void> {
  if (!/\bgzip\b/.test(String(request.headers['accept-encoding']))) return sendJson(response, 200, page)
  const bytes = await compress(Buffer.from(JSON.stringify(page)))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': bytes.length }
  response.writeHead(200, headers).end(bytes)
}

function notCommitted(netuid: number, epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/not-committed',
    message: `No work was committed for epoch ${epoch} of subnet ${netuid}`,
  })
}
