/** What a provider keeps of each answer, in the transaction of its receipt, so that anyone entitled can check it later. */
import type { Hex } from '@koinon/base'
import type { DurableStore, SqlRow, SqlStatement } from '@koinon/base/node'
import type { SamplerSettings } from '../rules/sampler.ts'

/** Table for the provider's store, beside those of the payments package. */
export const evidenceSchema = `
create table if not exists inference_evidence (
  request_id text not null,
  payer text not null,
  at_ms integer not null,
  request blob not null,
  response blob not null,
  detail text not null,
  primary key (request_id, payer)
) strict;
create index if not exists inference_evidence_age on inference_evidence (at_ms);
`

/** Inputs of a replay. Token ids are undefined when the engine did not tell them; such answers stay on rung L0. */
export type EvidenceDetail = {
  /** `chat` or `text`: which of the two paths was asked. */
  readonly kind: 'chat' | 'text'
  readonly model: string
  readonly promptTokenIds: readonly number[] | undefined
  readonly outputTokenIds: readonly number[] | undefined
  /** The seed as a decimal string, because it has 64 bits. */
  readonly sampler: Omit<SamplerSettings, 'seed'> & { readonly seed: string }
  readonly stop: readonly string[]
  readonly maxTokens: number
  /** Context the provider offered, prompt and answer together. */
  readonly contextTokens: number
  readonly finishReason: string
  readonly engine: string
}

/** Evidence as it travels: bodies in base64, the rest as above. */
export type EvidenceJson = EvidenceDetail & {
  readonly requestId: Hex
  readonly payer: Hex
  /** Body of the request as received. */
  readonly requestBase64: string
  /** The bytes of the answer that the response hash covers. */
  readonly responseBase64: string
}

export function evidenceInsert(evidence: {
  readonly requestId: Hex
  readonly payer: Hex
  readonly atMs: number
  readonly request: Uint8Array
  readonly response: Uint8Array
  readonly detail: EvidenceDetail
}): SqlStatement {
  const { requestId, payer, atMs, request, response, detail } = evidence
  return {
    sql: 'insert into inference_evidence (request_id, payer, at_ms, request, response, detail) values (?, ?, ?, ?, ?, ?)',
    values: [requestId, payer, atMs, request, response, JSON.stringify(detail)],
  }
}

/** Evidence of a payer's request; without a payer, of whoever made the request first. */
export async function readEvidence(
  store: DurableStore,
  requestId: Hex,
  payer?: Hex,
): Promise<EvidenceJson | undefined> {
  const rows =
    payer === undefined
      ? await store.read('select * from inference_evidence where request_id = ? order by at_ms limit 1', [requestId])
      : await store.read('select * from inference_evidence where request_id = ? and payer = ?', [requestId, payer])
  return rows[0] === undefined ? undefined : evidenceOfRow(rows[0])
}

/** Deletes what is older than `beforeMs`. */
export async function pruneEvidence(store: DurableStore, beforeMs: number): Promise<void> {
  await store.write([{ sql: 'delete from inference_evidence where at_ms < ?', values: [beforeMs] }])
}

function evidenceOfRow(row: SqlRow): EvidenceJson {
  return {
    ...(JSON.parse(row['detail'] as string) as EvidenceDetail),
    requestId: row['request_id'] as Hex,
    payer: row['payer'] as Hex,
    requestBase64: Buffer.from(row['request'] as Uint8Array).toString('base64'),
    responseBase64: Buffer.from(row['response'] as Uint8Array).toString('base64'),
  }
}
