import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryHome } from '../testing/home.ts'
import { defaultModel, modelManifest, resolveModel } from './model.ts'

const { home, remove } = temporaryHome()
afterAll(remove)

describe('modelManifest', () => {
  it('is the SHA-256 of the file, however long it is', async () => {
    const path = join(home.path, 'Large.GGUF')
    const bytes = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(3 << 20, 7)])
    writeFileSync(path, bytes)
    expect(await modelManifest(path)).toBe(`0x${createHash('sha256').update(bytes).digest('hex')}`)
    expect(await resolveModel(path)).toEqual({ path, id: 'large' })
  })

  it('of the demo model is the one that its own manifest states', async () => {
    const { path } = defaultModel()
    const manifest = JSON.parse(readFileSync(join(path, '..', 'manifest.json'), 'utf8')) as Record<string, unknown>
    expect(JSON.stringify(manifest)).toContain((await modelManifest(path)).slice(2))
  })

  it('refuses what is no model', async () => {
    const path = join(home.path, 'text.gguf')
    writeFileSync(path, 'hello')
    await expect(resolveModel(path)).rejects.toMatchObject({ code: 'model/not-gguf' })
    await expect(resolveModel(join(home.path, 'none.gguf'))).rejects.toMatchObject({ code: 'model/missing' })
  })
})
