import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { NetworkFeed } from './api/network-feed.ts'
import { ownOrigin } from './api/request.ts'
import { watchedDoor } from './api/watched-door.ts'
import { App } from './app.tsx'
import { Conversation } from './chat/conversation.ts'
import { type KeptStorage, ReceiptShelf } from './receipts/receipt-shelf.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/controls.css'
import './styles/chat.css'
import './styles/receipt.css'
import './styles/data.css'

const nowMs = (): number => Date.now()
const shelf = new ReceiptShelf(storageOf(() => localStorage))
const tabStorage = storageOf(() => sessionStorage)
const feed = new NetworkFeed(ownOrigin, nowMs)
const door = watchedDoor(ownOrigin, feed.look)
const conversation = new Conversation({ door, shelf, storage: tabStorage, nowMs })
const root = document.getElementById('root')
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <App door={door} feed={feed} conversation={conversation} shelf={shelf} tabStorage={tabStorage} />
    </StrictMode>,
  )
}

/** Reading the property throws where storage is forbidden. */
function storageOf(read: () => Storage): KeptStorage | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
