/** A local beacon alone, for a process that does nothing else and should stay small. */
export { createBeaconHandler, createLocalBeacon } from './provider/local-beacon.ts'
