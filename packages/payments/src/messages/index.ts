export { MessageDoor, type MessageDoorOptions } from './message-door.ts'
export { a2aPaymentExtension, type MessageCall, payTaskCall, payToolCall } from './pay-messages.ts'
export { sellTaskCall, type TaskSale, type TaskSaleResult } from './task-sale.ts'
export { sellToolCall, type ToolAnswer, type ToolSale } from './tool-sale.ts'
