/** A local timekeeper alone, for a process that does nothing else and should stay small. */
export { createLocalTimekeeper, createTimekeeperHandler } from './provider/local-timekeeper.ts'
