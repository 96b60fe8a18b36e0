import { type ChatMessage, requestLimits } from './inference-request.ts'
import { type JsonRecord } from './json-fields.ts'
import { badRequest } from './openai-error.ts'

/** `messages` of a chat request. Content parts of type `text` are joined; other parts and tool messages are refused. */
export function readMessages(record: JsonRecord): readonly ChatMessage[] {
  const messages = record['messages']
  if (!Array.isArray(messages)) throw badRequest('messages', 'must be an array', 'invalid_type')
  if (messages.length === 0) throw badRequest('messages', 'must hold at least one message')
  if (messages.length > requestLimits.messages)
    throw badRequest('messages', `at most ${requestLimits.messages} are allowed`)
  return messages.map(readMessage)
}

/** `prompt` of a text completion: one string, alone or in an array. */
export function readPrompt(record: JsonRecord): string {
  const prompt = record['prompt']
  const text = Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt
  if (typeof text !== 'string') {
    throw badRequest('prompt', 'must be one string; token ids and several prompts are not supported', 'invalid_type')
  }
  if (text === '') throw badRequest('prompt', 'must not be empty')
  if (!text.isWellFormed()) throw badRequest('prompt', 'holds a lone surrogate')
  return text
}

function readMessage(message: unknown, index: number): ChatMessage {
  const name = `messages[${index}]`
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw badRequest(name, 'must be an object', 'invalid_type')
  }
  const record = message as JsonRecord
  return { role: readRole(record['role'], `${name}.role`), content: readContent(record, `${name}.content`) }
}

function readRole(role: unknown, name: string): ChatMessage['role'] {
  if (role === 'system' || role === 'user' || role === 'assistant') return role
  if (role === 'developer') return 'system'
  if (role === 'tool' || role === 'function')
    throw badRequest(name, 'tool messages are not supported yet', 'unsupported_value')
  throw badRequest(name, 'must be system, developer, user or assistant')
}

function readContent(record: JsonRecord, name: string): string {
  const content = record['content']
  if (typeof content === 'string') return wellFormed(content, name)
  if ((content === null || content === undefined) && record['role'] === 'assistant') return ''
  if (!Array.isArray(content)) throw badRequest(name, 'must be a string or an array of text parts', 'invalid_type')
  return content.map((part, index) => readPart(part, `${name}[${index}]`)).join('')
}

function readPart(part: unknown, name: string): string {
  const record = (typeof part === 'object' && part !== null ? part : {}) as JsonRecord
  if (record['type'] !== 'text') throw badRequest(`${name}.type`, 'only text parts are supported', 'unsupported_value')
  if (typeof record['text'] !== 'string') throw badRequest(`${name}.text`, 'must be a string', 'invalid_type')
  return wellFormed(record['text'], `${name}.text`)
}

function wellFormed(text: string, name: string): string {
  if (!text.isWellFormed()) throw badRequest(name, 'holds a lone surrogate')
  return text
}
