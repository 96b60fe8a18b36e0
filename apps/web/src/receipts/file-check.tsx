import { type ErrorJson, errorToJson, type Hex, KoinonError } from '@koinon/base'
import { useState } from 'react'
import { nameOf, useNetwork } from '../app-context.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { hashBytes } from './check-receipt.ts'
import { ReceiptReportView } from './receipt-report-view.tsx'
import { hashedResponseBytes } from './response-bytes.ts'

type FileReport = {
  readonly name: string
  readonly bundle: unknown
  readonly requestHash: Hex | undefined
  readonly responseHash: Hex | undefined
}

/** A receipt is some kilobytes; anything near this is something else. */
const maxReceiptBytes = 1_000_000

/** Checks a receipt that came as a file, with the request and response bytes if they are there too. Nothing is uploaded. */
export function FileCheck() {
  const view = useNetwork()
  const [receipt, setReceipt] = useState<File | undefined>()
  const [request, setRequest] = useState<File | undefined>()
  const [response, setResponse] = useState<File | undefined>()
  const [report, setReport] = useState<FileReport | undefined>()
  const [error, setError] = useState<ErrorJson | undefined>()
  const check = async (): Promise<void> => {
    if (receipt === undefined) return
    setReport(undefined)
    setError(undefined)
    try {
      const bundle = await readReceipt(receipt)
      const requestBytes = await readBytes(request)
      const responseBytes = await readBytes(response)
      setReport({
        name: receipt.name,
        bundle,
        requestHash: requestBytes === undefined ? undefined : hashBytes(requestBytes),
        responseHash: responseBytes === undefined ? undefined : hashBytes(hashedResponseBytes(responseBytes)),
      })
    } catch (cause) {
      setError(errorToJson(cause))
    }
  }
  return (
    <section className="stack">
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault()
          void check()
        }}
      >
        <h2>Check a receipt from a file</h2>
        <p>Anybody can check a receipt. The files stay on this machine: the check runs in this page.</p>
        <div className="file-fields">
          <FileField label="Receipt (JSON)" onFile={setReceipt} />
          <FileField label="Request body, if you have it" onFile={setRequest} />
          <FileField label="Response body, if you have it" onFile={setResponse} />
        </div>
        <div className="actions">
          <button type="submit" className="button button-primary" disabled={receipt === undefined}>
            Check the file
          </button>
        </div>
      </form>
      {error === undefined ? null : <ErrorNotice error={error} />}
      {report === undefined ? null : (
        <section className="stack" aria-label={`Report on ${report.name}`}>
          <ReceiptReportView
            bundle={report.bundle}
            requestHash={report.requestHash}
            responseHash={report.responseHash}
            bytesFrom={
              report.responseHash === undefined && report.requestHash === undefined
                ? undefined
                : 'this browser, from your files'
            }
            chainId={view.network?.chainId}
            nameOf={(account) => nameOf(view, account)}
          />
        </section>
      )}
    </section>
  )
}

function FileField({ label, onFile }: { readonly label: string; readonly onFile: (file: File | undefined) => void }) {
  return (
    <label>
      {label}
      <input type="file" onChange={(event) => onFile(event.target.files?.[0])} />
    </label>
  )
}

async function readReceipt(file: File): Promise<unknown> {
  if (file.size > maxReceiptBytes) throw notAReceipt('it is larger than a megabyte')
  try {
    return JSON.parse(await file.text())
  } catch {
    throw notAReceipt('it is not JSON')
  }
}

async function readBytes(file: File | undefined): Promise<Uint8Array | undefined> {
  return file === undefined ? undefined : new Uint8Array(await file.arrayBuffer())
}

function notAReceipt(problem: string): KoinonError {
  return new KoinonError({
    code: 'web/not-a-receipt',
    message: `The file is not a receipt: ${problem}`,
    hint: 'Choose the JSON that "Download the raw JSON" or GET /v1/receipts/<id> gave you.',
  })
}
