import { KoinonError } from '@koinon/base'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { indexSchemaSql } from './schema.ts'

/** Drizzle over PGlite or PostgreSQL; callers cannot tell which. */
export type IndexDatabase = PgDatabase<PgQueryResultHKT, Record<string, never>>

export type OpenIndexDatabase = { readonly database: IndexDatabase; close(): Promise<void> }

/** The index is a few megabytes; PostgreSQL's default of 128 MB would only be memory that nobody uses. */
const sharedBuffers = '8MB'

/** PGlite in a folder of this home. One process at a time; Node's `--liftoff-only` keeps its compiled code 300 MB smaller. */
export async function openEmbeddedIndex(folder: string): Promise<OpenIndexDatabase> {
  const [{ PGlite }, { drizzle }] = await Promise.all([import('@electric-sql/pglite'), import('drizzle-orm/pglite')])
  const client = await PGlite.create({
    dataDir: folder,
    startParams: [...PGlite.defaultStartParams, '-c', `shared_buffers=${sharedBuffers}`],
  }).catch((cause: Error) => {
    throw new KoinonError({
      code: 'index/open-failed',
      message: `The index in ${folder} could not be opened: ${cause.message}`,
      hint: 'Stop other programs on this home. The index can be deleted at any time: it is rebuilt from the ledger.',
      cause,
    })
  })
  await client.exec(indexSchemaSql)
  return { database: drizzle(client) as unknown as IndexDatabase, close: () => client.close() }
}

const poolSize = 4
const connectTimeoutSeconds = 10

/** A PostgreSQL database by URL. The tables are created in its default schema. */
export async function openPostgresIndex(url: string): Promise<OpenIndexDatabase> {
  const [{ default: postgres }, { drizzle }] = await Promise.all([
    import('postgres'),
    import('drizzle-orm/postgres-js'),
  ])
  const client = postgres(url, { max: poolSize, connect_timeout: connectTimeoutSeconds, onnotice: () => undefined })
  try {
    await client.unsafe(indexSchemaSql)
  } catch (cause) {
    await client.end({ timeout: 1 })
    throw new KoinonError({
      code: 'index/open-failed',
      message: `PostgreSQL could not be used for the index: ${(cause as Error).message}`,
      hint: 'Check the connection URL, that the server runs, and that the user may create tables.',
      retry: 'later',
      cause,
    })
  }
  return { database: drizzle(client) as unknown as IndexDatabase, close: () => client.end({ timeout: 5 }) }
}
