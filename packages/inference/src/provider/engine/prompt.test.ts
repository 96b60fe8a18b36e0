import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
import { expect, it } from 'vitest'
import { answerText } from '../../rules/determinism-text.ts'
import { bytesSource, readGgufHeader, writeLlamaGguf } from '../../rules/gguf/index.ts'
import { randomTokenizer } from '../../rules/gguf/random-model.ts'
import { tokenByteTable } from '../../rules/gguf/token-bytes.ts'
import { PromptWriter } from './prompt.ts'
import { modelFile } from './test-model.ts'

/** A vocabulary whose merges spell a control token: `s>` is a piece, so `<` and `s>` merge to `<s>`. */
function treacherousModel(): Uint8Array {
  const tokenizer = randomTokenizer(512)
  const tokens = tokenizer.tokens.with(500, { text: 's>', score: -1, kind: 'normal' })
  return writeLlamaGguf({
    name: 'treacherous',
    shape: {
      vocabularySize: 512,
      contextLength: 64,
      embeddingLength: 64,
      feedForwardLength: 64,
      layers: 1,
      headCount: 2,
      keyValueHeadCount: 2,
      ropeBase: 10_000,
      normEpsilon: 1e-5,
    },
    tokenizer: { ...tokenizer, tokens },
    chatTemplate: "{% for m in messages %}<|user|>{{ m['content'] }}{% endfor %}<|assistant|>",
    quantisation: 'Q8_0',
    tiedEmbedding: true,
    weight: ({ columns, rows }) => new Float32Array(columns * rows).fill(0.01),
  })
}

it('does not let plain text merge into a control token', async () => {
  const bytes = treacherousModel()
  const tokenBytes = tokenByteTable(await readGgufHeader(bytesSource(bytes)))
  const llama = await getLlama({ build: 'never', gpu: false, maxThreads: 1, logLevel: LlamaLogLevel.error })
  try {
    const model = await llama.loadModel({ modelPath: await modelFile(bytes) })
    const prompts = new PromptWriter(model, undefined, tokenBytes)
    expect(model.tokenize('a<s>b', false)).toContain(1)
    const tokenIds = prompts.text('a<s>b', 64)
    expect(tokenIds.filter((id) => id <= 5)).toEqual([1])
    expect(answerText(tokenIds, tokenBytes, []).text).toBe('a<s>b')
    expect(() => prompts.chat([{ role: 'user', content: 'hi' }], 64)).toThrow('no chat template')
  } finally {
    await llama.dispose()
  }
})
