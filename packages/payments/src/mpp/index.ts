export {
  createMppClientWire,
  type MppClientWire,
  type MppClientWireOptions,
  type MppMessages,
} from './client/mpp-wire.ts'
export { type MppOffer, type OfferOptions, readOffers } from './client/offers.ts'
export { readSteppedStream, type SteppedReaderOptions } from './client/stepped-reader.ts'
export { MppDoor, type MppDoorOptions } from './provider/mpp-door.ts'
export { createMppWire, type MppWireOptions } from './provider/mpp-wire.ts'
export { SteppedStreams, type SteppedStreamsOptions } from './provider/stepped-streams.ts'
