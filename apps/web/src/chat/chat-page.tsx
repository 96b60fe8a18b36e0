import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useApp, useNetwork } from '../app-context.ts'
import { useAudits } from '../receipts/use-audits.ts'
import { Composer } from './composer.tsx'
import { KeyForm } from './key-form.tsx'
import { Suggestions } from './suggestions.tsx'
import { isRunning } from './turn.ts'
import { TurnView } from './turn-view.tsx'
import { crewSentence, smallModelSentence } from './welcome-words.ts'

/** Ask, watch the answer come, see who gave it and what it cost, check its receipt. */
export function ChatPage() {
  const { conversation, signIn, useKey } = useApp()
  const turns = useSyncExternalStore(conversation.subscribe, conversation.turns)
  const view = useNetwork()
  const [chosenModel, setChosenModel] = useState('default')
  const models = view.network?.models ?? []
  // A model can go away while it is chosen; the network's default never does.
  const model = models.some((one) => one.id === chosenModel) ? chosenModel : 'default'
  const running = isRunning(turns.at(-1))
  const list = useRef<HTMLDivElement>(null)
  const questions = turns.length
  useEffect(() => {
    // A new question goes to the top, so that its answer has the screen to itself.
    if (questions > 1) list.current?.lastElementChild?.scrollIntoView({ block: 'start' })
  }, [questions])
  const audits = useAudits(questions > 0)
  const modelNote = smallModelSentence(models)
  const announcement = useMemo(() => announce(turns.at(-1)), [turns])
  const { apiKey } = signIn
  const send = (question: string): void => {
    if (apiKey !== undefined) void conversation.ask(question, { apiKey, model })
  }
  const keyForm =
    apiKey === undefined && !signIn.isLoading ? (
      <KeyForm isOwner={signIn.local !== undefined} refusal={signIn.refusal} onKey={useKey} />
    ) : undefined
  return (
    <div className="chat">
      <p className="visually-hidden" role="status" aria-live="polite">
        {announcement}
      </p>
      {turns.length === 0 ? (
        <section className="welcome">
          <p className="eyebrow">{crewSentence(view.network)}</p>
          <h1>Ask the network.</h1>
          <p className="lead">
            Every answer comes with a signed receipt: who gave it, what it cost, and what was checked. You can check it
            yourself, in this page.
          </p>
          {keyForm ?? <Suggestions isReady={apiKey !== undefined} onPick={send} />}
          {modelNote === undefined ? null : <p className="hint welcome-note">{modelNote}</p>}
        </section>
      ) : (
        <>
          <div className="chat-top">
            <h1>Chat</h1>
            <button type="button" className="button button-small" onClick={() => conversation.clear()}>
              New conversation
            </button>
          </div>
          <div ref={list} className="turns" role="log" aria-label="Conversation" aria-live="off">
            {turns.map((turn) => (
              <TurnView
                key={turn.key}
                turn={turn}
                audits={audits.get(turn.receiptId ?? '')}
                onAgain={() => {
                  const question = conversation.takeBack(turn.key)
                  if (question !== undefined) send(question)
                }}
              />
            ))}
          </div>
          {keyForm}
        </>
      )}
      <Composer
        models={models}
        model={model}
        onModel={setChosenModel}
        isRunning={running}
        isReady={apiKey !== undefined}
        placeholder={modelNote === undefined ? 'Ask anything' : 'Ask about this network and its field'}
        onSend={send}
        onStop={() => conversation.stop()}
      />
    </div>
  )
}

/** What a screen reader is told: beginnings and ends, the answer once it is whole, never single words. */
function announce(turn: Parameters<typeof isRunning>[0]): string {
  if (turn === undefined) return ''
  if (turn.state === 'asking') return 'The question was sent.'
  if (turn.state === 'streaming') return 'The answer is coming.'
  if (turn.state === 'done') return `${turn.unsure ? 'The model is unsure. ' : ''}Answer: ${turn.answer}`
  if (turn.state === 'stopped') return 'Stopped.'
  return ''
}
