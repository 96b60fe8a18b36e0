/** The validator's ports over signed HTTP requests. */
import type { PeerClient } from '../client/index.ts'
import { maximumPageItems } from '../rules/index.ts'
import type { AttestationPort, MinerPort } from './ports.ts'

const maximumEvidenceBytes = 32 * 1024 * 1024
const maximumAttestationBytes = 64 * 1024
const bytesPerWorkItem = 2_048

/** Lists and evidence, of so many bytes at most, from miners' endpoints (specs/0008-http.md section 3). */
export function createMinerPort(client: PeerClient, maximumBytes = maximumEvidenceBytes): MinerPort {
  return {
    workPage: (peer, { netuid, epoch, offset }, signal) =>
      client.getJson(peer, {
        path: `/v1/work/${netuid}/${epoch}?offset=${offset}&limit=${maximumPageItems}`,
        maximumBytes: 1024 + bytesPerWorkItem * maximumPageItems,
        signal,
      }),
    evidence: (peer, requestId, signal) =>
      client.getJson(peer, { path: `/v1/evidence/${requestId}`, maximumBytes, signal }),
  }
}

/** For `{text}` of a subnet file's answer: escaped as JSON again it has at most twice its bytes. */
export function answerEvidenceBytes(answerBytes: number): number {
  return 1_024 + 2 * answerBytes
}

/** Attestations and objections from other validators' endpoints (section 4). */
export function createAttestationPort(client: PeerClient): AttestationPort {
  return (peer, netuid, epoch, signal) =>
    client.getJson(peer, { path: `/v1/attestations/${netuid}/${epoch}`, maximumBytes: maximumAttestationBytes, signal })
}
